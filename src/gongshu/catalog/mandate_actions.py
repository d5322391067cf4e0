"""All writes of statutory duties: registered with the data they need; items beyond them kept with reasons (永嘉14).

Where the pack's ``collection.by_mandate`` holds, an entry with an item that no registered duty of its unit names is not
submitted until the item is dropped or its reason is on record; a unit without a register owes one.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import mandate_queries as queries
from gongshu.catalog import policy, steps
from gongshu.catalog.draft import EntryData
from gongshu.catalog.mandate_models import Mandate, MandateException
from gongshu.catalog.remarks import short
from gongshu.catalog.rows import data_of, draft_of
from gongshu.catalog.shape import normal
from gongshu.duties import actions as duties
from gongshu.duties import queries as owed
from gongshu.duties.states import OWED
from gongshu.errors import GongshuError, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger

DUTY = "collection.mandates"
LINK = "/console/mandates/"
MOST_TITLES = 2000


@transaction.atomic
def register(*, by: Actor, name: str, basis: str, data: Sequence[str], like: Sequence[str] = ()) -> Mandate:
    """Register a statutory duty of the own unit with its legal basis and the items that it needs.

    ``like`` are codes of own entries all of whose items it needs. Closes the duty of registering them.
    """
    policy.check_compile(by, by.organization)
    titles = _titles(by, data, like)
    now = clock.now()
    found = Mandate.objects.create(
        number=duties.next_number(by=by, prefix="ZZ"),
        organization=identity.organization(by.organization),
        name=_line(name, "职责名称", "name of the duty", field="name", most=100),
        basis=_line(basis, "法定依据", "legal basis", field="basis", most=300),
        data=titles,
        registered_by_id=by.person_id or None,
        registered_at=now,
        changed_at=now,
    )
    _record(by, found, "mandate_registered")
    for duty in owed.of_subject(f"mandates-{by.organization}").filter(kind=DUTY, status__in=OWED):
        duties.close_duty(by=by, duty_id=duty.pk, outcome="registered")
    return found


@transaction.atomic
def change(*, by: Actor, number: str, data: Sequence[str], like: Sequence[str] = ()) -> Mandate:
    """Say anew which items the duty needs."""
    found = _own(by, number)
    found.data, found.changed_at = _titles(by, data, like), clock.now()
    found.save(update_fields=["data", "changed_at"])
    _record(by, found, "mandate_changed")
    return found


@transaction.atomic
def end(*, by: Actor, number: str, reason: str) -> Mandate:
    """The duty is the unit's no more; what was acquired for it alone is beyond its duties from now on."""
    found = _own(by, number)
    policy.check_remark(reason, "请写明原因。", "Say why.")
    found.ended_at = clock.now()
    found.save(update_fields=["ended_at"])
    _record(by, found, "mandate_ended")
    return found


@transaction.atomic
def justify(*, by: Actor, code: str, item: str, reason: str) -> MandateException:
    """Keep an item that no duty names, with the reason; reviewers read it beside the entry."""
    entry = steps.locked(code)
    policy.check_compile(by, entry.provider.code)
    policy.check_remark(reason, "请写明为何需要采集。", "Say why it has to be acquired.")
    held = {one.name: one for one in (*data_of(entry).items, *draft_of(entry).items)}
    if item not in held:
        raise NotFound("catalog.item_unknown", "目录没有这个信息项。", "The entry has no such item.", field="item")
    found, _ = MandateException.objects.update_or_create(
        entry=entry,
        item=item,
        defaults={
            "item_title": held[item].title,
            "reason": short(reason)[:300],
            "person_id": by.person_id or None,
            "at": clock.now(),
        },
    )
    cites = [one.label("zh") for one in queries.law()]
    steps.tell(by, entry, "mandate_exception", short(reason)[:300], cites=cites, leaf={"item": item})
    return found


def check_submitted(data: EntryData, code: str) -> None:
    """Raises the first item beyond the unit's duties whose reason is not on record."""
    for found in queries.findings(data, code):
        if found.severity == "error":
            raise found.error()


def owe_registers(*, by: Actor) -> int:
    """The daily look: each unit that catalogs data and registered no duty owes its register once; how many newly."""
    cites = queries.law()
    return sum(_owe(by, unit, cites) for unit in queries.unregistered()) if cites else 0


@transaction.atomic
def _owe(by: Actor, unit: str, cites: Sequence[rules.Citation]) -> int:
    if owed.of_subject(f"mandates-{unit}").filter(kind=DUTY, status__in=OWED).exists():
        return 0
    duties.open_duty(
        by=by,
        kind=DUTY,
        subject=f"mandates-{unit}",
        title=Text("登记采集数据所依据的法定职责", "Register the statutory duties for which data are acquired"),
        link=LINK,
        organization=unit,
        role=Role.PROVIDER,
        pack=rules.active(),
        citations=[one.as_json() for one in cites],
        days=None,
        words=Text("按照部门法定职责采集", "data are acquired by statutory duty"),
    )
    return 1


def _titles(by: Actor, data: Sequence[str], like: Sequence[str]) -> list[str]:
    named = [short(line)[:100] for line in data if line.strip()]
    for code in like:
        entry = steps.locked(code)
        policy.check_compile(by, entry.provider.code)
        named += [item.title for item in draft_of(entry).items]
    unique = {normal(title): title for title in reversed(named)}
    titles = sorted(unique.values(), key=named.index)
    if not titles or len(titles) > MOST_TITLES:
        raise GongshuError(
            "catalog.mandate_data",
            f"请列出该职责所需的数据项（至多 {MOST_TITLES} 项），每行一项。",
            f"List the items that the duty needs, one a line, at most {MOST_TITLES}.",
            field="data",
        )
    return titles


def _line(value: str, zh: str, en: str, *, field: str, most: int) -> str:
    text = short(value)
    if not text or len(text) > most:
        raise GongshuError(
            f"catalog.mandate_{field}",
            f"请填写{zh}（不超过 {most} 字）。",
            f"Fill in the {en}, at most {most} characters.",
            field=field,
        )
    return text


def _own(by: Actor, number: str) -> Mandate:
    rows = Mandate.objects.select_for_update(of=("self",)).select_related("organization")
    found = rows.filter(number=number, ended_at__isnull=True).first()
    if found is None:
        raise NotFound("catalog.mandate_unknown", "没有这个编号的法定职责。", "There is no duty with that number.")
    policy.check_compile(by, found.organization.code)
    return found


def _record(by: Actor, found: Mandate, act: str) -> None:
    ledger.record(
        action=f"catalog.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=[one.label("zh") for one in queries.law()],
        details={"name": found.name, "items": len(found.data)},
    )
