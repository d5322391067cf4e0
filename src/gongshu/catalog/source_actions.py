"""All writes of one source per datum: looking for what may be the same, naming sources, exempting, undoing.

The platform proposes, the data authority decides (一数一源: xian-16, luzhou-13, yongjia-14, zaozhuang-5.1); which articles
bind is the pack's (``collection.one_source``, ``collection.recollection_refused``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import datum_queries as queries
from gongshu.catalog import source_policy as policy
from gongshu.catalog.hooks import EntryChange, Happened
from gongshu.catalog.models import Item
from gongshu.catalog.source_method import Score, pairs, score
from gongshu.catalog.source_models import Datum, DatumUse, SourceProposal
from gongshu.catalog.source_states import PROPOSAL, USE, ProposalStatus, UseStatus
from gongshu.duties import actions as duties
from gongshu.duties import queries as owed
from gongshu.errors import Conflict, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications

SUBJECT = "one-source"  # of the authority's duty to decide what was found
Overlap = Callable[[queries.Held, str, queries.Held, str], float | None]
"""How far the values of two items overlap, 0 to 1, or None when that cannot be measured; see ``collection.sources``."""


@dataclass(frozen=True)
class Looked:
    """What a look through the catalog found."""

    items: int
    found: int  # proposals that are new, or found again
    changed: int  # open ones whose score is another now
    lapsed: int


def unmeasured(*_: object) -> None:
    """No values are looked at."""


@transaction.atomic
def look(*, by: Actor, overlap: Overlap = unmeasured) -> Looked:
    """Compare the published catalog with itself; open a proposal for each pair that reaches the threshold.

    What was decided stays decided. Values are asked for only where they can make a difference.
    """
    if by.person_id or by.is_anonymous:
        policy.check_decide(by)
    said = queries.words()
    sides, held = queries.sides()
    known = {
        frozenset(((one.entry_id, one.item), (one.other_entry_id, one.other_item))): one
        for one in SourceProposal.objects.select_for_update().order_by("pk")
    }
    used = set(DatumUse.objects.exclude(status=UseStatus.ENDED).values_list("entry_id", "item"))
    new: list[SourceProposal] = []
    renewed: list[SourceProposal] = []
    alike: set[int] = set()
    found_again = 0
    now = clock.now()
    for first, other in pairs(sides, said):
        before = known.get(frozenset((first.key, other.key)))
        if before is not None and before.status in {ProposalStatus.SAME, ProposalStatus.DIFFERENT}:
            continue
        if other.key in used:
            continue  # its source is named already
        result = score(first, other, said)
        if score(first, other, said, overlap=1.0).proposed:
            measured = overlap(held[first.entry], first.item, held[other.entry], other.item)
            result = score(first, other, said, overlap=measured)
        if not result.proposed:
            continue
        if before is None:
            new.append(
                SourceProposal(
                    entry_id=first.entry,
                    item=first.item,
                    item_title=first.title,
                    other_entry_id=other.entry,
                    other_item=other.item,
                    other_title=other.title,
                    across=held[first.entry].provider != held[other.entry].provider,
                    score=result.percent,
                    parts=_plain(result),
                    found_at=now,
                )
            )
            continue
        alike.add(before.pk)
        if before.status == ProposalStatus.LAPSED:
            before.status, before.found_at = PROPOSAL.check(before.status, "find"), now
            found_again += 1
        elif before.parts == _plain(result):
            continue
        before.score, before.parts = result.percent, _plain(result)
        renewed.append(before)
    SourceProposal.objects.bulk_create(new, batch_size=500)
    SourceProposal.objects.bulk_update(renewed, ["status", "found_at", "score", "parts"], batch_size=500)
    gone = [one for one in known.values() if one.status == ProposalStatus.OPEN and one.pk not in alike]
    for one in gone:
        one.status = PROPOSAL.check(one.status, "lapse")
    SourceProposal.objects.bulk_update(gone, ["status"], batch_size=500)
    looked = Looked(len(sides), len(new) + found_again, len(renewed) - found_again, len(gone))
    ledger.record(
        action="catalog.source_looked",
        actor=by.ref,
        organization=by.organization,
        subject=SUBJECT,
        cites=[c.label("zh") for c in queries.citations()],
        details={
            "items": looked.items,
            "found": looked.found,
            "changed": looked.changed,
            "lapsed": looked.lapsed,
        },
    )
    _keep_duty(by)
    return looked


@transaction.atomic
def name_source(*, by: Actor, proposal: int, source: str = "first", reason: str = "") -> Datum:
    """The two are one datum, and ``source`` (first or other) is where it comes from.

    The other unit is to have it by sharing: it gets a notice and a duty, unless the item is a key or its own.
    """
    policy.check_decide(by)
    policy.check_reason(reason, needed=False)
    found = _locked(proposal)
    status = PROPOSAL.check(found.status, "name")
    first = source != "other"
    ends = ((found.entry_id, found.item), (found.other_entry_id, found.other_item))
    chosen, user = ends if first else ends[::-1]
    datum = _datum(by, chosen, reason)
    _add_use(by, datum, user)
    found.status, found.datum, found.reason = status, datum, reason.strip()
    found.decided_by_id, found.decided_at = by.person_id, clock.now()
    found.save()
    _record(by, datum, "source_named", {"proposal": found.pk, "score": found.score})
    _keep_duty(by)
    return datum


@transaction.atomic
def differ(*, by: Actor, proposal: int, reason: str) -> SourceProposal:
    """The two only look alike; they are not proposed again."""
    policy.check_decide(by)
    policy.check_reason(reason, needed=True)
    found = _locked(proposal)
    found.status = PROPOSAL.check(found.status, "differ")
    found.reason, found.decided_by_id, found.decided_at = reason.strip(), by.person_id, clock.now()
    found.save()
    _record_proposal(by, found, "source_differs")
    _keep_duty(by)
    return found


@transaction.atomic
def reopen(*, by: Actor, proposal: int, reason: str) -> SourceProposal:
    """Two that were said to differ are to be decided again."""
    policy.check_decide(by)
    policy.check_reason(reason, needed=True)
    found = _locked(proposal)
    if found.status == ProposalStatus.SAME:
        raise Conflict(
            "source.undo_datum",
            "已认定数据源的，请在该数据的页面撤销认定。",
            "A source was named: undo that on the page of the datum.",
        )
    found.status = PROPOSAL.check(found.status, "reopen")
    found.reason, found.decided_by_id, found.decided_at = reason.strip(), by.person_id, clock.now()
    found.save()
    _record_proposal(by, found, "source_reopened")
    _keep_duty(by)
    return found


@transaction.atomic
def exempt(*, by: Actor, use: int, reason: str) -> DatumUse:
    """The unit may collect the item itself, for the reasons given; its duty falls away."""
    return _judge(by, use, "exempt", reason)


@transaction.atomic
def end_exemption(*, by: Actor, use: int, reason: str) -> DatumUse:
    """The exemption is over: the item is to be had from its source."""
    return _judge(by, use, "unexempt", reason)


@transaction.atomic
def dissolve(*, by: Actor, number: str, reason: str) -> Datum:
    """The naming is undone: no unit owes anything under it, and its pairs are to be decided again."""
    policy.check_decide(by)
    policy.check_reason(reason, needed=True)
    found = queries.datum(number)
    _end_datum(by, found, reason.strip())
    _keep_duty(by)
    return found


@transaction.atomic
def follow_entry(change: EntryChange) -> None:
    """An entry was published or withdrawn: what it no longer holds is neither a source nor collected again."""
    if change.happened not in {Happened.PUBLISHED, Happened.WITHDRAWN}:
        return
    there: set[str] = set()
    if change.happened is Happened.PUBLISHED:
        there = set(Item.objects.filter(entry_id=change.entry_id).values_list("name", flat=True))
    for use in (
        DatumUse.objects.select_for_update(of=("self",))
        .select_related("datum", "entry")
        .filter(entry_id=change.entry_id)
        .exclude(status=UseStatus.ENDED)
        .order_by("pk")
    ):
        if use.item not in there:
            _end_use(change.by, use)
            _record(change.by, use.datum, "source_use_ended", {"entry": change.code, "item": use.item})
    for datum in Datum.objects.filter(entry_id=change.entry_id, ended_at__isnull=True).order_by("pk"):
        if datum.item not in there:
            _end_datum(change.by, datum, "数据源的信息项已不在目录中 The source left the catalog")
            _tell_authority(change.by, datum)


def _datum(by: Actor, chosen: tuple[int, str], reason: str) -> Datum:
    """The datum whose source is ``chosen``, named now unless it was before."""
    entry_id, name = chosen
    found = Datum.objects.select_related("entry").filter(entry_id=entry_id, item=name, ended_at__isnull=True).first()
    if found is not None:
        return found
    elsewhere = _use_of(chosen)
    if elsewhere is not None:
        raise Conflict(
            "source.is_user",
            f"该信息项已认定以 {elsewhere.datum.number} 为源，不能再作数据源。请先撤销那项认定。",
            f"The source of that item is named in {elsewhere.datum.number}; undo that first.",
            datum=elsewhere.datum.number,
        )
    item = _item(chosen)
    pack, cites = rules.active(), queries.citations()
    return Datum.objects.create(
        number=duties.next_number(by=by, prefix="SY"),
        title=item.title,
        concept=queries.concept(item.title),
        entry_id=entry_id,
        item=name,
        reason=reason.strip(),
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in cites],
        named_by_id=by.person_id or None,
        named_at=clock.now(),
    )


def _add_use(by: Actor, datum: Datum, user: tuple[int, str]) -> None:
    elsewhere = _use_of(user)
    if elsewhere is not None and elsewhere.datum_id == datum.pk:
        return
    if elsewhere is not None:
        raise Conflict(
            "source.other_source",
            f"该信息项已认定以 {elsewhere.datum.number} 为源。请先撤销那项认定。",
            f"The source of that item is named in {elsewhere.datum.number} already; undo that first.",
            datum=elsewhere.datum.number,
        )
    own = Datum.objects.filter(entry_id=user[0], item=user[1], ended_at__isnull=True).first()
    if own is not None:
        raise Conflict(
            "source.is_source",
            f"该信息项本身是 {own.number} 的数据源。请先撤销那项认定，或改选它为数据源。",
            f"That item is itself the source of {own.number}: undo that first, or choose it as the source.",
            datum=own.number,
        )
    item = _item(user)
    provider = item.entry.provider
    use = DatumUse(
        datum=datum,
        entry=item.entry,
        item=item.name,
        item_title=item.title,
        status=UseStatus.DUE,
        decided_by_id=by.person_id or None,
        decided_at=clock.now(),
        since=clock.now(),
    )
    if item.is_key or provider.pk == datum.entry.provider_id:
        use.status = USE.check(use.status, "keep")
    use.save()
    if use.status == UseStatus.DUE:
        _owe(by, use)


def _owe(by: Actor, use: DatumUse) -> None:
    """The unit is to have the item by sharing and to take it out of what it collects."""
    datum, entry = use.datum, use.entry
    duty = duties.open_duty(
        by=by,
        kind="source.reuse",
        subject=datum.number,
        title=Text(
            f"“{entry.title}”的“{use.item_title}”改为共享获取（{datum.number}）",
            f"Have “{use.item_title}” of “{entry.title}” by sharing ({datum.number})",
        ),
        link=f"/console/sources/data/{datum.number}/",
        organization=entry.provider.code,
        role=Role.PROVIDER,
        pack=rules.load(datum.pack),
        citations=datum.citations,
        days=None,
        words=Text("", ""),
        concerned=datum.entry.provider.code,
    )
    use.duty_id = duty.pk
    use.save(update_fields=["duty_id"])


def _judge(by: Actor, pk: int, action: str, reason: str) -> DatumUse:
    policy.check_decide(by)
    policy.check_reason(reason, needed=True)
    use = (
        DatumUse.objects.select_for_update(of=("self",))
        .select_related("datum", "datum__entry", "datum__entry__provider", "entry", "entry__provider")
        .filter(pk=pk)
        .first()
    )
    if use is None:
        raise NotFound("source.use_unknown", "没有这个信息项的认定。", "There is no such item of a datum.")
    use.status = USE.check(use.status, action)
    use.reason, use.decided_by_id, use.decided_at = reason.strip(), by.person_id or None, clock.now()
    if action == "exempt" and use.duty_id:
        duties.close_duty(by=by, duty_id=use.duty_id, outcome="exempted")
        use.duty_id = None
    use.save()
    if use.status == UseStatus.DUE:
        _owe(by, use)
    _record(
        by,
        use.datum,
        "source_exempted" if action == "exempt" else "source_exemption_ended",
        {"entry": use.entry.code, "item": use.item},
    )
    if action == "exempt":
        notifications.notify(
            by=by,
            organization=use.entry.provider.code,
            roles=(Role.PROVIDER,),
            kind="source.exempted",
            text=Text(
                f"“{use.entry.title}”的“{use.item_title}”获准自行采集：{use.reason}",
                f"“{use.item_title}” of “{use.entry.title}” may be collected: {use.reason}",
            ),
            link=f"/console/sources/data/{use.datum.number}/",
        )
    return use


def _end_use(by: Actor, use: DatumUse) -> None:
    use.status = USE.check(use.status, "end")
    if use.duty_id:
        duties.close_duty(by=by, duty_id=use.duty_id, outcome="ended")
        use.duty_id = None
    use.save()


def _end_datum(by: Actor, datum: Datum, reason: str) -> None:
    if not Datum.objects.filter(pk=datum.pk, ended_at__isnull=True).update(ended_at=clock.now(), end_reason=reason):
        raise Conflict("source.ended", "该认定已经撤销。", "That naming was undone already.")
    for use in datum.uses.select_for_update(of=("self",)).exclude(status=UseStatus.ENDED).order_by("pk"):
        _end_use(by, use)
    for proposal in datum.proposals.filter(status=ProposalStatus.SAME).order_by("pk"):
        proposal.status, proposal.datum = PROPOSAL.check(proposal.status, "reopen"), None
        proposal.save(update_fields=["status", "datum"])
    _record(by, datum, "source_dissolved")


def _keep_duty(by: Actor) -> None:
    """The authority owes a decision while proposals between units stand open: one duty for all of them."""
    waiting = SourceProposal.objects.filter(status=ProposalStatus.OPEN, across=True).count()
    standing = [duty for duty in owed.of_subject(SUBJECT) if duty.is_owed]
    if waiting and not standing:
        duties.open_duty(
            by=by,
            kind="source.decide",
            subject=SUBJECT,
            title=Text("认定疑似重复采集数据的数据源", "Name the sources of data that may be collected twice"),
            link="/console/sources/",
            organization=identity.holder_of(Office.AUTHORITY).code,
            role=Role.DATA_AUTHORITY,
            pack=rules.active(),
            citations=[c.as_json() for c in queries.citations()],
            days=None,
            words=Text("", ""),
        )
    if not waiting:
        for duty in standing:
            duties.close_duty(by=by, duty_id=duty.pk, outcome="decided")


def _tell_authority(by: Actor, datum: Datum) -> None:
    notifications.notify(
        by=by,
        organization=identity.holder_of(Office.AUTHORITY).code,
        roles=(Role.DATA_AUTHORITY,),
        kind="source.lost",
        text=Text(
            f"“{datum.title}”的数据源已不在目录中，认定 {datum.number} 已失效，请重新认定。",
            f"The source of “{datum.title}” left the catalog; {datum.number} ended. Name another.",
        ),
        link=f"/console/sources/data/{datum.number}/",
    )


def _record(by: Actor, datum: Datum, act: str, details: dict[str, str | int] | None = None) -> None:
    ledger.record(
        action=f"catalog.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=datum.number,
        resource=datum.entry.code,
        cites=[c["label"] for c in datum.citations],
        details={
            "title": datum.title,
            "source_item": datum.item,
            "pack": datum.pack,
            "pack_version": datum.pack_version,
            **(details or {}),
        },
    )


def _record_proposal(by: Actor, found: SourceProposal, act: str) -> None:
    ledger.record(
        action=f"catalog.{act}",
        actor=by.ref,
        organization=by.organization,
        subject=f"{SUBJECT}:{found.pk}",
        resource=found.entry.code,
        cites=[c.label("zh") for c in queries.citations()],
        details={
            "item": found.item,
            "other": found.other_entry.code,
            "other_item": found.other_item,
            "score": found.score,
        },
    )


def _item(end: tuple[int, str]) -> Item:
    found = Item.objects.select_related("entry", "entry__provider").filter(entry_id=end[0], name=end[1]).first()
    if found is None:
        raise Conflict(
            "source.item_gone",
            "该信息项已不在目录中，请重新比对。",
            "That item is no longer in the catalog; have the catalog compared again.",
        )
    return found


def _use_of(end: tuple[int, str]) -> DatumUse | None:
    found = DatumUse.objects.select_related("datum").filter(entry_id=end[0], item=end[1])
    return found.exclude(status=UseStatus.ENDED).first()


def _plain(result: Score) -> list[dict[str, str | int]]:
    return [
        {"name": part.name, "points": part.points, "most": part.most, "zh": part.why.zh, "en": part.why.en}
        for part in result.parts
    ]


def _locked(pk: int) -> SourceProposal:
    rows = SourceProposal.objects.select_for_update(of=("self",)).select_related("entry", "other_entry")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound("source.proposal_unknown", "没有这条比对结果。", "There is no such proposal.")
    return found
