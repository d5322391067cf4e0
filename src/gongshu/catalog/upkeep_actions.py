"""The daily clock of the catalog: full upkeep of each unit's entries in every period, and data older than promised.

西安12: each unit goes through its whole catalog at least once a quarter; the pack's ``catalog.full_review`` says how
often, and a city without it has no rounds. 泸州30: data that are not updated within their cycle are found.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction
from django.db.models import Q

from gongshu import clock, deadlines, rules
from gongshu.catalog import codes, data_actions, policy, steps, upkeep_queries
from gongshu.catalog.models import Entry, Revision, UpkeepMark, UpkeepRound
from gongshu.catalog.periods import TIMED, Period, fresh_until, period_of, surely_fresh_from
from gongshu.catalog.states import EntryStatus, UpdateCycle, UpkeepOutcome
from gongshu.duties import actions as duties
from gongshu.duties import queries as owed
from gongshu.duties.states import OWED
from gongshu.errors import Conflict, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications

DUTY = "catalog.upkeep"
MAINTAIN_DUTY = "catalog.maintain"
LINK = "/console/upkeep/"


def run_daily(*, by: Actor) -> dict[str, int]:
    """Open the rounds that began, find stale data. Running it twice a day, or side by side, changes nothing more."""
    opened = _open_rounds(by)
    stale, fresh = _find_stale(by)
    return {"upkeep_opened": opened, "stale": stale, "fresh": fresh}


@transaction.atomic
def confirm_entries(*, by: Actor, codes_of: Sequence[str], note: str = "") -> int:
    """Say of entries of the own unit that nothing about them changed; returns how many were newly confirmed.

    Raises NotFound without an open round, Conflict for an entry whose revision is in work.
    """
    policy.check_compile(by, by.organization)
    found = upkeep_queries.open_round(by.organization)
    if found is None:
        raise NotFound(
            "catalog.upkeep_none", "本单位目前没有进行中的全面维护。", "Your organisation has no upkeep under way."
        )
    wanted = [codes.normalise(code) for code in codes_of]
    entries = list(
        Entry.objects.select_for_update(of=("self",))
        .select_related("provider")
        .filter(code__in=wanted, provider__code=by.organization, status=EntryStatus.PUBLISHED)
        .order_by("pk")
    )
    if len(entries) < len(set(wanted)):
        raise NotFound(
            "catalog.upkeep_unknown",
            "所选目录中有不属于本单位或未发布的。",
            "Some of the entries chosen are not your organisation's, or not published.",
        )
    busy = Revision.objects.filter(entry__in=entries).select_related("entry").order_by("pk").first()
    if busy is not None:
        raise Conflict(
            "catalog.upkeep_revision",
            f"目录“{busy.entry.title}”正在修订，请先完成或放弃修订。",
            f"The entry “{busy.entry.title}” is being revised: finish the revision or give it up first.",
        )
    newly = 0
    for entry in entries:
        newly += _mark(by, found, entry, UpkeepOutcome.CONFIRMED, note)
    _close_if_done(by, found)
    return newly


@transaction.atomic
def owe_maintenance(*, by: Actor, code: str, sign: Text) -> bool:
    """Data and catalog were seen to differ (``sign``): where the pack wants the catalog kept up dynamically
    (``catalog.dynamic_upkeep``, 枣庄5.1), the unit owes its maintenance from now on; whether that is new.
    """
    pack, today = rules.active(), clock.today()
    found = pack.find("catalog.dynamic_upkeep", on=today)
    term = pack.find("catalog.update_deadline", on=today)
    if found is None or not found.value:
        return False
    entry = steps.locked(code)
    if entry.status != EntryStatus.PUBLISHED:
        return False
    if owed.of_subject(entry.code).filter(kind=MAINTAIN_DUTY, status__in=OWED).exists():
        return False
    duties.open_duty(
        by=by,
        kind=MAINTAIN_DUTY,
        subject=entry.code,
        title=Text(f"维护目录（{sign.zh}）：{entry.title}", f"Keep up the entry ({sign.en}): {entry.title}"),
        link=f"/console/catalog/{entry.code}/",
        organization=entry.provider.code,
        role=Role.PROVIDER,
        pack=pack,
        citations=[one.as_json() for one in found.citations],
        days=term.value.days if term else None,
        words=term.value.words if term else Text("动态维护", "kept up dynamically"),
    )
    return True


def close_maintenance(*, by: Actor, code: str, outcome: str) -> None:
    """New data were taken in, or a new version published: what was seen to differ is mended."""
    for duty in owed.of_subject(code).filter(kind=MAINTAIN_DUTY, status__in=OWED):
        duties.close_duty(by=by, duty_id=duty.pk, outcome=outcome)


def note_published(by: Actor, entry: Entry) -> None:
    """A new version was published: in an open upkeep the entry counts as gone through."""
    close_maintenance(by=by, code=entry.code, outcome="published")
    found = upkeep_queries.open_round(entry.provider.code)
    if found is not None:
        UpkeepMark.objects.filter(round=found, entry=entry).delete()
        _mark(by, found, entry, UpkeepOutcome.REVISED, "")
        _close_if_done(by, found)


def note_withdrawn(by: Actor, entry: Entry) -> None:
    """An entry left the catalog: it may have been the last one open in an upkeep."""
    close_maintenance(by=by, code=entry.code, outcome="withdrawn")
    data_actions.note_withdrawn(by, entry)
    found = upkeep_queries.open_round(entry.provider.code)
    if found is not None:
        _close_if_done(by, found)


def _mark(by: Actor, found: UpkeepRound, entry: Entry, outcome: UpkeepOutcome, note: str) -> bool:
    _, new = UpkeepMark.objects.get_or_create(
        round=found,
        entry=entry,
        defaults={
            "outcome": outcome,
            "person_id": by.person_id or None,
            "at": clock.now(),
            "note": note.replace("\x00", " ").strip()[:300],
        },
    )
    if new and outcome is UpkeepOutcome.CONFIRMED:
        steps.tell(by, entry, "confirmed", note[:300], leaf={"period": found.period})
    return new


def _close_if_done(by: Actor, found: UpkeepRound) -> None:
    """All entries are gone through: this round is done, and with it whatever an earlier one left open."""
    if upkeep_queries.progress(found).open:
        return
    rounds = UpkeepRound.objects.select_for_update(of=("self",)).filter(
        organization_id=found.organization_id, closed_at__isnull=True, starts_on__lte=found.starts_on
    )
    for one in rounds.order_by("starts_on"):
        one.closed_at = clock.now()
        one.save(update_fields=["closed_at"])
        if one.duty_id:
            duties.close_duty(by=by, duty_id=one.duty_id, outcome="done")
        _record(by, one, "upkeep_closed")


def _open_rounds(by: Actor) -> int:
    pack, today = rules.active(), clock.today()
    term = pack.find("catalog.full_review", on=today)
    period = period_of(today, term.value) if term else None
    if term is None or period is None:
        return 0
    units = identity.organizations().filter(entries__status=EntryStatus.PUBLISHED).distinct()
    already = UpkeepRound.objects.filter(period=period.name).values("organization_id")
    opened = 0
    for code in units.exclude(pk__in=already).order_by("code").values_list("code", flat=True):
        opened += _open_round(by, code, period, term)
    return opened


@transaction.atomic
def _open_round(by: Actor, code: str, period: Period, term: rules.Value) -> int:
    organization = identity.organization(code)
    found, new = UpkeepRound.objects.get_or_create(
        organization_id=organization.pk,
        period=period.name,
        defaults={"starts_on": period.first, "ends_on": period.last, "opened_at": clock.now()},
    )
    if not new:
        return 0
    today = clock.today()
    duty = duties.open_duty(
        by=by,
        kind=DUTY,
        subject=f"upkeep-{code}-{period.name}",
        title=Text(f"目录全面维护（{period.name}）", f"Full upkeep of the catalog ({period.name})"),
        link=LINK,
        organization=code,
        role=Role.PROVIDER,
        pack=rules.active(),
        citations=[one.as_json() for one in term.citations],
        days=_working_days(today, period.last),
        words=term.value.words,
        starts_on=today,
    )
    found.duty_id = duty.pk
    found.save(update_fields=["duty_id"])
    _record(by, found, "upkeep_opened", [one.label("zh") for one in term.citations])
    return 1


def _working_days(start: date, last: date) -> int | None:
    calendar = deadlines.calendar.load()
    return calendar.working_days_between(start, last) if calendar.known(last.year) else None


def _record(by: Actor, found: UpkeepRound, act: str, cites: Sequence[str] = ()) -> None:
    progress = upkeep_queries.progress(found)
    ledger.record(
        action=f"catalog.{act}",
        actor=by.ref,
        organization=found.organization.code,
        subject=f"upkeep-{found.organization.code}-{found.period}",
        cites=cites,
        details={
            "period": found.period,
            "entries": progress.total,
            "confirmed": progress.confirmed,
            "revised": progress.revised,
        },
    )


def _find_stale(by: Actor) -> tuple[int, int]:
    """Mark what became older than its cycle allows and tell its unit once; unmark what no longer is."""
    today = clock.today()
    stale = fresh = 0
    published = Q(status=EntryStatus.PUBLISHED, data_at__isnull=False)
    midnight = clock.local(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    for cycle in TIMED:
        before = midnight - (today - surely_fresh_from(cycle, today))
        old = Entry.objects.filter(published, update_cycle=cycle, stale_since__isnull=True, data_at__lt=before)
        for pk in old.order_by("pk").values_list("pk", flat=True):
            stale += _mark_stale(by, pk, today)
    marked = Entry.objects.filter(stale_since__isnull=False).order_by("pk")
    for entry in marked.only("pk", "status", "data_at", "update_cycle", "stale_since"):
        if entry.status != EntryStatus.PUBLISHED or not _stale_since(entry, today):
            fresh += Entry.objects.filter(pk=entry.pk).update(stale_since=None)
    return stale, fresh


def _stale_since(entry: Entry, today: date) -> date | None:
    if entry.data_at is None:
        return None
    until = fresh_until(UpdateCycle(entry.update_cycle), clock.local(entry.data_at).date())
    return until if until is not None and until < today else None


@transaction.atomic
def _mark_stale(by: Actor, pk: int, today: date) -> int:
    entry = Entry.objects.select_for_update(of=("self",)).select_related("provider").get(pk=pk)
    since = _stale_since(entry, today)
    if since is None or entry.stale_since is not None:
        return 0
    entry.stale_since = since
    entry.save(update_fields=["stale_since"])
    steps.event(by, entry, "stale", f"{entry.cycle_label.zh} · {since:%Y-%m-%d}")
    notifications.notify(
        by=by,
        organization=entry.provider.code,
        roles=(Role.PROVIDER,),
        kind="catalog.stale",
        text=Text(
            f"数据超过更新周期未更新（{entry.cycle_label.zh}）：{entry.title}",
            f"Data not updated within their cycle ({entry.cycle_label.en}): {entry.title}",
        ),
        link=f"/console/catalog/{entry.code}/",
    )
    owe_maintenance(by=by, code=entry.code, sign=Text("数据超过更新周期", "data older than their cycle"))
    return 1
