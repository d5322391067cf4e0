"""All writes of libraries: set up, sources chosen and agreed to, computed when a source changes, ended."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q

from gongshu import clock
from gongshu.catalog import actions as catalog_actions
from gongshu.catalog import queries as catalog
from gongshu.catalog.hooks import EntryChange, Happened
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, EnvironmentFault, GongshuError, NotFound, Text
from gongshu.home import open_home
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.lake import serving, views
from gongshu.lake.serving import ServedItem
from gongshu.lake.tables import Table
from gongshu.ledger import actions as ledger
from gongshu.libraries import policy, queries
from gongshu.libraries.models import Build, Library, LibrarySource
from gongshu.libraries.states import CONSENT, LIBRARY, LIVE, BaseKind, Combine, Consent, LibraryKind, LibraryStatus
from gongshu.notifications import actions as notifications

LEASE = timedelta(minutes=15)
PAUSE = timedelta(minutes=1)  # after a fault of the machine
_REMARK = 300

log = logging.getLogger(__name__)


@transaction.atomic
def open_library(
    *,
    by: Actor,
    code: str,
    name: str,
    kind: LibraryKind,
    combine: Combine,
    about: BaseKind | None = None,
    purpose: str = "",
    ends_on: date | None = None,
) -> Library:
    """Set a library up under its own published entry ``code``, whose provider leads it (yongjia-7, yongjia-18).

    Raises NotAllowed, NotFound, Conflict (entry not published, collected, a library already), GongshuError by field.
    """
    policy.check_open(by, queries.openers())
    policy.check_words(name, kind, purpose, ends_on, clock.today())
    if (kind is LibraryKind.BASE) != (about is not None):
        raise GongshuError(
            "libraries.about_wrong",
            "基础库须选定类别，其他库不选。",
            "A base library says what it is about, and only that.",
            field="about",
        )
    entry = catalog.entry(by, code)
    policy.check_own_entry(queries.side(entry))
    try:
        with transaction.atomic():
            made = Library.objects.create(
                number=duties.next_number(by=by, prefix="SJK"),
                name=name.strip(),
                kind=kind,
                about=about or "",
                purpose=purpose.strip(),
                ends_on=ends_on,
                entry_id=entry.pk,
                combine=combine,
                opener=identity.holder_of(Office(queries.openers()[0]))
                if by.person_id == 0
                else identity.organization(by.organization),
                opened_by_id=by.person_id or None,
                opened_at=clock.now(),
                due=True,
            )
    except IntegrityError as error:
        raise Conflict(
            "libraries.exists", "该目录已有数据库。", "That entry has a library already.", field="code"
        ) from error
    _record(by, "library_opened", made, kind=str(kind), about=str(about or ""), combine=str(combine))
    _tell_lead(
        by,
        made,
        Text(
            f"已设立{made.kind_label.zh}“{made.name}”，由本单位牵头，请选择来源。",
            f"The {made.kind_label.en.lower()} “{made.name}” is set up and led by your unit; choose its sources.",
        ),
    )
    return made


@transaction.atomic
def define(*, by: Actor, number: str, parts: Sequence[tuple[str, Mapping[str, str] | None]]) -> Library:
    """Choose the sources in their order: (entry, items of the library → items of the entry); None: as names and titles say.

    What is kept keeps its consent when it takes no item that it did not take before. Providers are asked where they must
    agree. The library is computed by the worker once nothing is missing.
    """
    found = _locked(number)
    policy.check_keep(by, found.entry.provider.code, opener=queries.can_open(by))
    found.status = LIBRARY.check(LibraryStatus(found.status), "change")
    entries = [catalog.entry(by, code) for code, _ in parts]
    known = queries.sides([found.entry, *entries])
    own = known[found.entry_id]
    chosen = [
        policy.Part(known[entry.pk], queries.proposed(own, known[entry.pk]) if items is None else dict(items))
        for entry, (_, items) in zip(entries, parts, strict=True)
    ]
    policy.check_parts(own, chosen, Combine(found.combine), queries.named([one.code for one in entries]))
    before = {one.entry_id: one for one in found.sources.all()}
    for position, (entry, part) in enumerate(zip(entries, chosen, strict=True)):
        old = before.pop(entry.pk, None)
        needs = policy.needs_consent(part.side, part.items, own.provider)
        kept = old is not None and set(part.items.values()) <= set(old.items.values()) and old.consent != Consent.GIVEN
        consent = Consent(old.consent) if kept and needs and old else Consent.ASKED if needs else Consent.GIVEN
        LibrarySource.objects.update_or_create(
            library=found,
            entry_id=entry.pk,
            defaults={"position": position, "items": dict(part.items), "consent": consent},
        )
        if consent is Consent.ASKED and (old is None or old.consent != Consent.ASKED):
            _ask(by, found, entry)
    LibrarySource.objects.filter(pk__in=[one.pk for one in before.values()]).delete()
    _withdraw(found)  # what is defined anew is not served as it was
    found.due = True
    found.save(update_fields=["status", "due"])
    _record(by, "library_defined", found, sources=",".join(one.code for one in entries))
    return found


@transaction.atomic
def answer(*, by: Actor, number: str, code: str, agree: bool, remark: str = "") -> LibrarySource:
    """The provider of a source agrees that its items are used, or does not, and may take its consent back."""
    found = _locked(number)
    source = (
        found.sources.select_for_update(of=("self",)).select_related("entry__provider").filter(entry__code=code).first()
    )
    if source is None:
        raise NotFound("libraries.source_unknown", "没有这个来源。", "There is no such source.")
    policy.check_consent(by, source.entry.provider.code)
    remark = remark.strip()[:_REMARK]
    if not agree and not remark:
        raise GongshuError("libraries.remark_missing", "不同意须说明理由。", "Say why it is refused.", field="remark")
    source.consent = CONSENT.check(Consent(source.consent), "agree" if agree else "refuse")
    source.answered_by_id, source.answered_at, source.remark = by.person_id or None, clock.now(), remark
    source.save()
    Library.objects.filter(pk=found.pk).update(due=True)
    if not agree:
        _withdraw(found)
    _record(by, "source_agreed" if agree else "source_refused", found, source=code, remark=remark)
    said = Text("同意", "agreed to") if agree else Text("不同意", "refused")
    _tell_lead(
        by,
        found,
        Text(
            f"“{source.entry.title}”的提供单位{said.zh}用于“{found.name}”。{remark}",
            f"The provider of “{source.entry.title}” {said.en} its use in “{found.name}”. {remark}",
        ),
    )
    return source


@transaction.atomic
def end(*, by: Actor, number: str, reason: str) -> Library:
    """End a library: it is served no longer. Its builds and the ledger stay."""
    found = _locked(number)
    policy.check_keep(by, found.entry.provider.code, opener=queries.can_open(by))
    reason = reason.strip()[:_REMARK]
    if not reason:
        raise GongshuError("libraries.reason_missing", "请写明理由。", "Give the reason.", field="reason")
    return _end(by, found, reason)


@transaction.atomic
def follow_entry(change: EntryChange) -> None:
    """Wiring: an entry changed. The libraries that it is a source of, or whose own entry it is, are looked at again."""
    concerned = Q(sources__entry_id=change.entry_id)
    if change.happened is not Happened.DATA:
        concerned |= Q(entry_id=change.entry_id)
    if change.happened in {Happened.DATA, Happened.PUBLISHED, Happened.WITHDRAWN}:
        pks = list(Library.objects.filter(concerned, status__in=LIVE).values_list("pk", flat=True))
        if pks:
            Library.objects.filter(pk__in=pks).update(due=True)


def end_due(*, by: Actor) -> int:
    """End the task libraries whose last day is over; how many. Once a day."""
    over = list(Library.objects.filter(ends_on__lt=clock.today(), status__in=LIVE).values_list("number", flat=True))
    for number in over:
        with transaction.atomic():
            found = _locked(number)
            if found.status in LIVE:
                _end(by, found, "到期 (its last day is over)")
    home = open_home()
    for code in Library.objects.filter(status=LibraryStatus.ENDED).values_list("entry__code", flat=True):
        serving.withdraw(home, code)
    return len(over)


def build_one(*, by: Actor) -> Library | None:
    """The worker's step: look at one library of which something changed, and compute and serve it where all is there.

    A library is held by a lease; a killed worker's is taken up again. None when there is nothing to look at.
    """
    now = clock.now()
    free = Q(due=True) & (Q(lease_until__isnull=True) | Q(lease_until__lt=now))
    waiting = Library.objects.filter(free | Q(lease_until__lt=now), status__in=LIVE).order_by("lease_until", "pk")
    for pk, lease in waiting.values_list("pk", "lease_until")[:20]:
        if Library.objects.filter(pk=pk, lease_until=lease).update(lease_until=now + LEASE, due=False):
            _look(by, queries.everything().get(pk=pk))
            return queries.everything().get(pk=pk)
    return None


def _look(by: Actor, found: Library) -> Library:
    try:
        _ask_again(by, found)
        lines = queries.sources(found)
        troubles = queries.waiting(found, lines)
        if troubles:
            return _stop(by, found, troubles)
        return _build(by, found, lines)
    except EnvironmentFault:
        Library.objects.filter(pk=found.pk).update(due=True, lease_until=clock.now() + PAUSE)
        raise
    except GongshuError as error:
        return _stop(by, found, [error.text])


def _build(by: Actor, found: Library, lines: Sequence[LibrarySource]) -> Library:
    home, number = open_home(), 1
    items = catalog.items(found.entry.code)
    view = views.View(
        resource=found.entry.code,
        joins=found.combine == Combine.JOIN,
        items=tuple(ServedItem(one.name, one.title, str(one.data_type), one.is_key, one.mask) for one in items),
        keys=tuple(one.name for one in items if one.is_key),
        sources=tuple(
            views.Source(one.entry.code, Table(home, one.entry.code).version(one.entry.data_version), one.items)
            for one in lines
        ),
    )
    last = queries.builds(found).first()
    same = last is not None and last.digest == view.digest
    number = (last.number + (0 if same else 1)) if last else 1
    at = last.at if last is not None and same else clock.now()
    rows = views.publish(home, view, number, committed_at=at)
    with transaction.atomic():
        held = _locked(found.number)
        if held.due or held.status == LibraryStatus.ENDED:  # it changed while we computed: what we have is not it
            serving.withdraw(home, found.entry.code)
            Library.objects.filter(pk=held.pk).update(lease_until=None)
            return held
        back = held.status == LibraryStatus.BROKEN
        held.status = LIBRARY.check(LibraryStatus(held.status), "build")
        held.troubles, held.lease_until = [], None
        held.save(update_fields=["status", "troubles", "lease_until"])
        if back:
            _record(by, "library_resumed", held, version=number)
            _tell_lead(by, held, Text(f"“{held.name}”已恢复查询。", f"“{held.name}” is served again."))
        if same:
            return held
        stated = [
            {
                "code": one.entry.code,
                "title": one.entry.title,
                "version": source.version.number,
                "digest": source.version.digest,
                "items": one.items,
            }
            for one, source in zip(lines, view.sources, strict=True)
        ]
        Build.objects.create(library=held, number=number, at=at, rows=rows, digest=view.digest, sources=stated)
        _record(
            by,
            "library_built",
            held,
            version=number,
            rows=rows,
            digest=view.digest,
            sources=",".join(f"{one['code']}@{one['version']}" for one in stated),
        )
        catalog_actions.note_data_version(by=by, code=held.entry.code, version=number, rows=rows, at=at)
    return held


def _stop(by: Actor, found: Library, troubles: Sequence[Text]) -> Library:
    """It cannot be computed as it stands: serve nothing, say why, and tell the lead once."""
    serving.withdraw(open_home(), found.entry.code)
    said = [{"zh": one.zh, "en": one.en} for one in troubles]
    with transaction.atomic():
        held = _locked(found.number)
        held.lease_until = None
        broke = held.status == LibraryStatus.IN_USE
        if broke:
            held.status = LIBRARY.check(LibraryStatus(held.status), "break")
        changed = held.troubles != said
        held.troubles = said
        held.save(update_fields=["status", "troubles", "lease_until"])
        if broke:
            _record(by, "library_broken", held, reason=said[0]["zh"][:200])
        if broke or (changed and held.status == LibraryStatus.BROKEN):
            _tell_lead(
                by,
                held,
                Text(
                    f"“{held.name}”暂停查询：{troubles[0].zh}",
                    f"“{held.name}” is served no longer: {troubles[0].en}",
                ),
            )
    return held


def _ask_again(by: Actor, found: Library) -> None:
    """A source that was had without asking and is now shared on conditions has its provider asked; and the other way."""
    lines = queries.sources(found)
    own, chosen = queries.parts(found, lines)
    for line, part in zip(lines, chosen, strict=True):
        needs = policy.needs_consent(part.side, part.items, own.provider)
        if needs and line.consent == Consent.GIVEN:
            with transaction.atomic():
                LibrarySource.objects.filter(pk=line.pk, consent=Consent.GIVEN).update(consent=Consent.ASKED)
                _ask(by, found, line.entry)
        elif not needs and line.consent == Consent.ASKED:
            LibrarySource.objects.filter(pk=line.pk, consent=Consent.ASKED).update(consent=Consent.GIVEN)


def _end(by: Actor, found: Library, reason: str) -> Library:
    found.status = LIBRARY.check(LibraryStatus(found.status), "end")
    found.ended_at, found.due = clock.now(), False
    found.save(update_fields=["status", "ended_at", "due"])
    _withdraw(found)
    _record(by, "library_ended", found, reason=reason)
    _tell_lead(
        by,
        found,
        Text(f"“{found.name}”已结束，不再提供查询：{reason}", f"“{found.name}” has ended and is not served: {reason}"),
    )
    return found


def _withdraw(found: Library) -> None:
    """Serve it no longer, once the act stands. A process killed in between is made good by the worker."""
    home, code = open_home(), found.entry.code
    transaction.on_commit(lambda: serving.withdraw(home, code))


def _ask(by: Actor, found: Library, entry: Any) -> None:
    notifications.notify(
        by=by,
        organization=entry.provider.code,
        roles=(Role.PROVIDER,),
        kind="libraries.asked",
        text=Text(
            f"“{found.name}”拟以本单位“{entry.title}”为来源，请答复是否同意。",
            f"“{found.name}” is to use “{entry.title}” of your unit; say whether you agree.",
        ),
        link=_link(found),
    )


def _tell_lead(by: Actor, found: Library, text: Text) -> None:
    notifications.notify(
        by=by,
        organization=found.entry.provider.code,
        roles=(Role.PROVIDER, Role.STEWARD),
        kind="libraries.changed",
        text=text,
        link=_link(found),
    )


def _link(found: Library) -> str:
    return f"/console/libraries/{found.number}/"


def _locked(number: str) -> Library:
    seen = queries.library(number)
    rows = Library.objects.select_for_update(of=("self",)).select_related("entry", "entry__provider")
    return rows.get(pk=seen.pk)


def _record(by: Actor, act: str, found: Library, **details: Any) -> None:
    ledger.record(
        action=f"libraries.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        resource=found.entry.code,
        cites=[one.label("zh") for one in queries.citations()],
        details=details,
    )
