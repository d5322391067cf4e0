"""All reads of service matters, scoped to the viewer; and the one question: may people be asked for this?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from gongshu import clock, rules
from gongshu.catalog import finding
from gongshu.catalog import queries as catalog
from gongshu.catalog.shape import normal
from gongshu.catalog.states import ShareType
from gongshu.errors import NotFound, Text
from gongshu.grants import queries as grants
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.matters import matching, policy
from gongshu.matters.matching import Match, Name
from gongshu.matters.models import Material, Matter
from gongshu.matters.states import ASKED, MATERIAL, MaterialStatus, MatterStatus

PARAMETER = "collection.no_resubmission"
MOST_FOUND = 10
_SHARED = (ShareType.UNCONDITIONAL, ShareType.CONDITIONAL)
_ENDINGS = ("", "信息", "数据", "登记信息", "目录")


@dataclass(frozen=True)
class Held:
    """An entry from which the material can be had: how, and by which grants of the asking unit already."""

    code: str
    title: str
    provider: Text
    share_type: str
    why: Text
    interface: str
    grants: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (grant id, ways of reading)


@dataclass(frozen=True)
class Advice:
    """The answer to "may people be asked for this material?"; ``forbidden`` where the city's rules say no to it."""

    may_ask: bool
    why: Text
    held: tuple[Held, ...]
    material: Material | None
    citations: tuple[rules.Citation, ...]

    @property
    def forbidden(self) -> bool:
        return not self.may_ask and bool(self.citations)


def visible(actor: Actor) -> QuerySet[Matter]:
    """The matters of the own unit; all for the data authority and the auditor."""
    found = Matter.objects.select_related("organization").annotate(
        asked=Count("materials"),
        flagged=Count("materials", filter=Q(materials__status=MaterialStatus.FLAGGED)),
        struck=Count("materials", filter=Q(materials__status=MaterialStatus.STRUCK)),
    )
    if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        return found
    return found.filter(organization__code=actor.organization)


def search(actor: Actor, *, text: str = "", status: str = "") -> QuerySet[Matter]:
    """``status`` is one of a material's: matters that have such a one; ``ended``: those no longer in use."""
    found = visible(actor)
    if status == MatterStatus.ENDED:
        found = found.filter(status=MatterStatus.ENDED)
    elif status in set(MaterialStatus):
        found = found.filter(pk__in=Material.objects.filter(status=status).values("matter_id"))
    key = normal(text)
    if key:
        found = found.filter(
            Q(name_key__contains=key)
            | Q(number__iexact=key)
            | Q(code__iexact=text.strip())
            | Q(pk__in=Material.objects.filter(name_key__contains=key).values("matter_id"))
        )
    return found.order_by("-id")


def matter(actor: Actor, number: str) -> Matter:
    """Raises NotFound for a matter that the actor may not know of."""
    found = visible(actor).filter(number=number).first()
    if found is None:
        raise NotFound("matters.unknown", "没有这个编号的办理事项。", "There is no matter with that number.")
    return found


def materials(found: Matter) -> list[Material]:
    return list(Material.objects.filter(matter=found).select_related("decided_by").order_by("position"))


def can_keep(actor: Actor, found: Matter) -> bool:
    return policy.can_keep(actor, found.organization.code) and found.status == MatterStatus.ACTIVE


def can_register(actor: Actor) -> bool:
    return policy.can_keep(actor, actor.organization)


def possible(actor: Actor, found: Matter, row: Material) -> tuple[str, ...]:
    """What the actor may do with a material now."""
    may = []
    if can_keep(actor, found):
        may += [name for name in ("strike", "justify", "resume") if MATERIAL.can(row.status, name)]
    if policy.can_disallow(actor) and MATERIAL.can(row.status, "disallow"):
        may.append("disallow")
    return tuple(may)


def law() -> tuple[rules.Citation, ...]:
    """The articles that forbid asking again; empty where the city's rules do not."""
    found = rules.active().find(PARAMETER, on=clock.today())
    return tuple(found.citations) if found and found.value else ()


def matches(name: str) -> list[Match]:
    """Entries that the platform holds data of, that are shared, and whose names fit the material's."""
    table = finding.synonyms()
    plain = matching.stem(name)
    wanted = matching.stems(name, (*table.others(normal(name)), *table.others(plain)))
    held = catalog.published().filter(data_version__isnull=False, share_type__in=_SHARED)
    titles: set[str] = set()
    near = Q()
    for one in wanted:
        titles.update(part + ending for part in matching.parts(one) for ending in _ENDINGS)
        if len(one) >= matching.SHORTEST:
            near |= Q(title_key__contains=one) | Q(keywords__icontains=one) | Q(business_name__icontains=one)
    near |= Q(title_key__in=sorted(titles | set(wanted))) | Q(keywords__icontains=plain)
    rows = held.filter(near).order_by("id").values_list("code", "title", "keywords", "business_name")[:500]
    names = [name_ for row in rows for name_ in _names(*row)]
    items = catalog.items_named([*dict.fromkeys([name.strip(), *wanted])], within=held)
    names += [Name(code, "item", title) for code, title in items]
    return matching.match(wanted, names)[:MOST_FOUND]


def ask(actor: Actor, name: str, *, number: str = "") -> Advice:
    """Whether people may be asked for ``name``, in the matter ``number`` if it is said. Raises NotFound, GongshuError."""
    text = policy.check_text(name, "材料名称", "name of the material", field="material", most=100)
    cites = law()
    row = None
    if number:
        row = Material.objects.filter(matter=matter(actor, number), name_key=normal(text)).first()
    found = held_of(actor, matches(text))
    if row is not None and row.status == MaterialStatus.STRUCK:
        said = Text(f"已取消收取，改由“{row.entry_title}”获取", f"no longer asked for: “{row.entry_title}” gives it")
        if not row.entry:
            said = Text("已取消收取，不再需要", "no longer asked for, as it is not needed")
        return Advice(False, said, found, row, cites)
    if row is not None and row.status == MaterialStatus.JUSTIFIED:
        ground = row.ground_label
        assert ground is not None  # noqa: S101 - a justified material has one
        return Advice(True, Text(f"已说明理由：{ground.zh}", f"kept with reasons: {ground.en}"), found, row, cites)
    if found:
        return Advice(
            False,
            Text(
                f"平台可以获取：见{found[0].provider.zh}的“{found[0].title}”，请共享或核验，勿向申请人索要",
                f"the platform has it: see “{found[0].title}” of {found[0].provider.en}; have it shared or verify it",
            ),
            found,
            row,
            cites,
        )
    return Advice(True, Text("目录中没有可以替代的数据", "nothing in the catalog replaces it"), (), row, cites)


def held_of(actor: Actor, found: Sequence[Match]) -> tuple[Held, ...]:
    """The matched entries with what the actor's unit may already read of them."""
    entries = {one.code: one for one in catalog.published().filter(code__in=[m.code for m in found])}
    have: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    if actor.organization:
        for grant in grants.in_force(organization=actor.organization).filter(resource__in=list(entries)):
            have.setdefault(grant.resource, []).append((grant.grant_id, tuple(grant.modes)))
    return tuple(
        Held(
            code=one.code,
            title=entries[one.code].title,
            provider=Text(entries[one.code].provider.say("zh"), entries[one.code].provider.say("en")),
            share_type=str(entries[one.code].share_type),
            why=one.why,
            interface=f"/v1/interfaces/{one.code}/verify",
            grants=tuple(have.get(one.code, ())),
        )
        for one in found
        if one.code in entries
    )


def may_be_asked(status: str) -> bool:
    return status in ASKED


def figures(actor: Actor) -> dict[str, int]:
    """How many materials stand where, of the matters in use that the actor sees."""
    seen = visible(actor).filter(status=MatterStatus.ACTIVE).values("pk")
    rows = Material.objects.filter(matter__in=seen).order_by().values_list("status").annotate(n=Count("pk"))
    counted = dict(rows)
    return {str(status): counted.get(str(status), 0) for status in MaterialStatus}


def _names(code: str, title: str, keywords: str, business: str) -> Iterable[Name]:
    yield Name(code, "title", title)
    for word in keywords.replace("，", " ").replace(",", " ").replace("、", " ").replace(";", " ").split():
        yield Name(code, "keyword", word)
    if business:
        yield Name(code, "business", business)
