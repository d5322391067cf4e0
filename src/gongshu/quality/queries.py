"""All reads of quality, scoped to the viewer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import OpenType
from gongshu.errors import NotFound, Text
from gongshu.grants import queries as grants
from gongshu.grants.states import GrantKind
from gongshu.home import open_home
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.lake.tables import Table, Version
from gongshu.quality import policy, records
from gongshu.quality.models import Objection, Recipient
from gongshu.quality.records import Held
from gongshu.quality.report import Content, unseal
from gongshu.quality.states import ANSWERED, LIVE, ObjectionStatus
from gongshu.rules import Value

_PUBLIC = Text("社会公众", "the public")


@dataclass(frozen=True)
class Stage:
    """One stage of the closed loop (luzhou-31) and whether this case has been through it."""

    label: Text
    done: bool


def visible(actor: Actor) -> QuerySet[Objection]:
    """All for the authority and the auditor; else what one's organisation reported, answers or was told of."""
    found = Objection.objects.select_related("entry", "entry__provider", "provider", "reporter")
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    own = Q(reporter_id=actor.person_id)
    if actor.organization == "public":
        return found.filter(own)
    return found.filter(
        own
        | Q(organization=actor.organization)
        | Q(provider__code=actor.organization)
        | Q(entry__provider__code=actor.organization)
        | Q(pk__in=Recipient.objects.filter(organization=actor.organization).values("objection_id"))
    )


def search(actor: Actor, *, text: str = "", status: str = "", side: str = "") -> QuerySet[Objection]:
    """By number, data or provider, newest first. ``side``: ours (we reported it) or answer (we answer for the data)."""
    found = visible(actor)
    word = text.replace("\x00", " ").strip()  # which PostgreSQL cannot hold
    if word:
        found = found.filter(
            Q(number__icontains=word) | Q(entry__title__icontains=word) | Q(provider__name__icontains=word)
        )
    if status in set(ObjectionStatus):
        found = found.filter(status=status)
    if side == "ours":
        found = found.filter(Q(reporter_id=actor.person_id) | Q(organization=actor.organization))
    elif side == "answer":
        found = found.filter(provider__code=actor.organization)
    return found


def counts(actor: Actor) -> dict[str, int]:
    """How many visible objections stand in each state."""
    rows = visible(actor).order_by().values_list("status").annotate(n=Count("pk", distinct=True))
    return {str(status): n for status, n in rows}


def objection(actor: Actor, number: str) -> Objection:
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound("quality.unknown", "没有这个编号的数据异议。", "There is no objection with that number.")
    return found


def receives(actor: Actor, entry: Any, item: str) -> bool:
    """Whether the actor receives ``item`` (any, when empty) of the entry: by grant, as open data, or as its provider."""
    names = reportable_items(actor, entry)
    return item in names if item else bool(names)


def reportable_items(actor: Actor, entry: Any) -> list[str]:
    """The items of the entry that the actor receives and so may doubt, in the entry's order."""
    names = [one.name for one in catalog.items(entry.code)]
    if actor.organization == entry.provider.code and actor.has(Role.PROVIDER):
        return names
    received: set[str] = set()
    for grant in grants.in_force(resource=entry.code):
        if grant.kind == GrantKind.PUBLIC or (grant.organization == actor.organization != "public"):
            received.update(grant.items)
    return [name for name in names if name in received]


def center(found: Objection) -> Any:
    """The centre, where the pack sends reports through it (yongjia-23)."""
    channels = rules.load(found.pack).find("objection.channels", on=clock.today())
    if channels is None or "center" not in {choice.id for choice in channels.value}:
        return None
    return identity.holder_of(Office.CENTER)


def reporter_name(found: Objection) -> Text:
    """The reporter's organisation, or that it is somebody of the public."""
    if found.organization == "public":
        return _PUBLIC
    return identity.names([found.organization]).get(found.organization, Text(found.organization, found.organization))


def content(actor: Actor, found: Objection) -> Content | None:
    """What was reported, for the reporter and those who check it; the key alone for who received the record by its key."""
    if found.reporter_id == actor.person_id or (actor.has(Role.PROVIDER) and found.provider.code == actor.organization):
        return unseal(found.sealed)
    if found.organization == actor.organization != "public" and actor.has(Role.CONSUMER, Role.OPERATOR):
        return unseal(found.sealed)
    if Recipient.objects.filter(objection=found, organization=actor.organization, knows_key=True).exists():
        return Content(unseal(found.sealed).key, "", "", "")
    return None


def held(actor: Actor, found: Objection) -> tuple[Held, Held] | None:
    """What the reported version and the latest hold of the record, for whoever checks it; None for others."""
    if not (actor.has(Role.PROVIDER) and actor.organization == found.provider.code):
        return None
    items, key = catalog.items(found.entry.code), unseal(found.sealed).key
    latest = found.entry.data_version if found.entry.data_version is not None else found.version
    before = records.held(open_home(), found.entry.code, found.version, items, key, found.item)
    return before, records.held(open_home(), found.entry.code, latest, items, key, found.item)


def later_versions(found: Objection) -> list[Version]:
    """Versions of the data after the reported one, newest first."""
    there = Table(open_home(), found.entry.code).versions()
    return [one for one in reversed(there) if one.number > found.version]


def recipients(actor: Actor, found: Objection) -> list[tuple[Recipient, Text]]:
    """Who received the wrong value and was told: all for those who answer or govern, else one's own organisation."""
    rows = Recipient.objects.filter(objection=found)
    if not (actor.has(Role.DATA_AUTHORITY, Role.AUDITOR) or actor.organization == found.provider.code):
        rows = rows.filter(organization=actor.organization)
    names = identity.names(row.organization for row in rows)
    return [(row, names.get(row.organization, Text(row.organization, row.organization))) for row in rows]


def loop(found: Objection) -> list[Stage]:
    """The stages of the closed loop that the pack names, and how far this case is."""
    stages = rules.load(found.pack).find("objection.loop", on=clock.today())
    if stages is None:
        return []
    corrected = found.corrected_version is not None
    served = corrected and (found.entry.data_version or 0) >= (found.corrected_version or 0)
    done = {
        "found": True,
        "reported": True,
        "corrected": corrected,
        "shared": served,
        "opened": served and grants.public_grant(found.entry.code) is not None,
    }
    opens = found.entry.open_type != OpenType.PROHIBITED
    return [
        Stage(choice.label, done.get(choice.id, False)) for choice in stages.value if opens or choice.id != "opened"
    ]


def business_continues(found_pack: str = "") -> Value | None:
    """That business with valid proof goes on during the check, where the rules say so (xian-23, yongjia-23)."""
    pack = rules.load(found_pack) if found_pack else rules.active()
    flag = pack.find("objection.business_continues", on=clock.today())
    return flag if flag is not None and flag.value else None


def can_answer(actor: Actor, found: Objection) -> bool:
    return found.status in {ObjectionStatus.CHECKING, ObjectionStatus.CORRECTING} and policy.can_answer(
        actor, found.provider.code, found.reporter_id
    )


def can_forward(actor: Actor, found: Objection) -> bool:
    through = center(found) if found.status == ObjectionStatus.REPORTED else None
    return through is not None and policy.can_forward(actor, through.code)


def can_close(actor: Actor, found: Objection) -> bool:
    return found.status in ANSWERED and found.reporter_id == actor.person_id


def can_withdraw(actor: Actor, found: Objection) -> bool:
    waiting = {ObjectionStatus.REPORTED, ObjectionStatus.CHECKING}
    return found.status in waiting and found.reporter_id == actor.person_id


def open_about(code: str) -> int:
    """How many objections to values of a resource are not closed yet; a number that everybody may know."""
    return Objection.objects.filter(entry__code=code, status__in=LIVE).count()


def open_cases(code: str) -> list[tuple[int, int | None]]:
    """The versions that objections which are not closed yet speak of: as reported, and as corrected."""
    found = Objection.objects.filter(entry__code=code, status__in=LIVE).order_by("pk")
    return list(found.values_list("version", "corrected_version"))
