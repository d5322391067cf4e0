"""All writes of the catalog: keyword-only, ``by=``, one transaction: check, write, ledger leaf.

An entry that was never published is compiled in its own rows. A published one is compiled in a revision beside it:
the same verbs (change, submit, publish, return) then act on the revision, and readers keep seeing what is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import (
    codes,
    consistency,
    demand_actions,
    guard,
    mandate_actions,
    policy,
    reviewing,
    shape,
    steps,
    survey_actions,
    upkeep_actions,
)
from gongshu.catalog.draft import ENTRY_FIELDS, EntryData, as_plain
from gongshu.catalog.hooks import Happened
from gongshu.catalog.models import Entry, Revision, SecrecyReview
from gongshu.catalog.numbering import given_code, next_code
from gongshu.catalog.remarks import FieldRemark, short, sound
from gongshu.catalog.rights import named
from gongshu.catalog.rows import data_of, digest, draft_of, keep_version, write
from gongshu.catalog.states import REVIEW, REVISION, EntryStatus, RevisionStatus, SecrecyConclusion
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor


@transaction.atomic
def create_entry(*, by: Actor, data: EntryData, code: str = "") -> Entry:
    """A new draft. It may still be incomplete; only what is there must be sound.

    Where it names no holder of any right, it gets those that the city's law names itself (xian-7, xian-8).
    """
    policy.check_compile(by, data.provider)
    shape.check(data)
    provider = identity.organization(data.provider)
    data = named(data, pack=rules.active(), on=clock.today(), provider=provider.name)
    steps.check_title_free(data.title, exclude=None)
    moment = clock.now()
    entry = Entry(
        code=given_code(code) or next_code(provider, data),
        provider=provider,
        status=EntryStatus.DRAFT,
        compiled_by_id=by.person_id or None,
        created_at=moment,
    )
    if Entry.objects.filter(code=entry.code).exists():
        raise Conflict(
            "catalog.code_taken",
            "该资源代码已存在，请换一个。",
            "That resource code exists already; choose another.",
        )
    write(entry, data, moment)
    steps.note_compiler(by, entry)
    steps.tell(by, entry, "created")
    return entry


@transaction.atomic
def change_entry(*, by: Actor, code: str, data: EntryData, quietly: bool = False, expected: str = "") -> Entry:
    """Change a draft, a revision or what was sent back. ``quietly``: saved by itself, without a line in the history.

    What is published, or under review, cannot be changed: ``catalog.not_editable``. ``expected`` is the revision that
    was read (``guard.revision``): when somebody else changed the entry since, nothing is written, ``guard.Outdated``.
    """
    entry = steps.locked(code)
    policy.check_compile(by, entry.provider.code)
    guard.check_revision(entry, expected=expected)
    if data.provider != entry.provider.code:
        raise Conflict(
            "catalog.provider_fixed",
            "目录的提供单位不能更改；请由新的单位另行编制，再替换原目录。",
            "The provider of an entry is fixed: let the other unit compile its own, and replace this one by it.",
            field="provider",
        )
    revision = steps.revision_of(entry)
    editable = (
        revision.status in {RevisionStatus.DRAFT, RevisionStatus.RETURNED}
        if revision
        else entry.status in {EntryStatus.DRAFT, EntryStatus.RETURNED}
    )
    if not editable:
        label = revision.status_label if revision else entry.status_label
        raise Conflict(
            "catalog.not_editable",
            f"目录“{entry.title}”当前为“{label.zh}”，不能修改。",
            f"The entry “{entry.title}” is in state “{label.en}” and cannot be changed.",
        )
    shape.check(data)
    data = named(data, pack=rules.active(), on=clock.today(), provider=entry.provider.name)
    steps.check_title_free(data.title, exclude=entry.pk)
    before = draft_of(entry)
    moment = clock.now()
    if revision:
        revision.data, revision.changed_at = as_plain(data), moment
        revision.compiled_by_id = by.person_id or None
        revision.save()
    else:
        entry.compiled_by_id = by.person_id or None
        write(entry, data, moment)
    steps.note_compiler(by, entry)
    if data != before and not quietly:
        steps.tell(by, entry, "changed", details={"fields": _differing(before, data)})
    return entry


@transaction.atomic
def revise_entry(*, by: Actor, code: str, reason: str = "") -> Revision:
    """Begin a draft beside the published entry; the time to finish it begins too (西安12, 永嘉11).

    An entry of before the city's rules named the rights gets the law's holders in its revision.
    """
    entry = steps.locked(code)
    policy.check_compile(by, entry.provider.code)
    if entry.status != EntryStatus.PUBLISHED:
        raise Conflict(
            "catalog.not_published",
            "只有已发布的目录可以修订；草稿请直接修改。",
            "Only a published entry is revised; a draft is simply changed.",
        )
    if steps.revision_of(entry) is not None:
        raise Conflict(
            "catalog.revision_exists",
            "这项目录已有一份修订草稿，请在其上继续。",
            "This entry has a revision in work already; go on with that.",
        )
    current = data_of(entry)
    keep_version(entry, current, criteria=[], remark="")  # of entries published before versions were kept
    duty = steps.open_update_duty(by, entry)
    moment = clock.now()
    begun = named(current, pack=rules.active(), on=clock.today(), provider=entry.provider.name)
    revision = Revision.objects.create(
        entry=entry,
        data=as_plain(begun),
        reason=short(reason),
        duty_id=duty.pk if duty else None,
        compiled_by_id=by.person_id or None,
        started_at=moment,
        changed_at=moment,
    )
    entry.compilers.clear()
    entry.remarks, entry.field_remarks = "", []
    entry.save(update_fields=["remarks", "field_remarks"])
    steps.note_compiler(by, entry)
    steps.tell(by, entry, "revised", reason)
    return revision


@transaction.atomic
def discard_revision(*, by: Actor, code: str) -> Entry:
    """Give a revision up; the published entry stays as it is. A duty that only the revision opened falls away."""
    entry = steps.locked(code)
    policy.check_compile(by, entry.provider.code)
    revision = steps.revision_of(entry)
    if revision is None:
        raise Conflict("catalog.no_revision", "这项目录没有修订草稿。", "This entry has no revision in work.")
    REVISION.check(RevisionStatus(revision.status), "discard")
    _drop(by, entry, revision)
    steps.tell(by, entry, "discarded")
    return entry


@transaction.atomic
def declare_change(*, by: Actor, code: str, reason: str) -> Entry:
    """The department says that law, function or content changed: the update is owed from now on."""
    entry = steps.locked(code)
    policy.check_compile(by, entry.provider.code)
    if entry.status != EntryStatus.PUBLISHED:
        raise Conflict(
            "catalog.not_published", "只有已发布的目录需要更新。", "Only a published entry has to be updated."
        )
    policy.check_remark(reason, "请写明发生了什么变化。", "Say what has changed.")
    if steps.open_update_duty(by, entry) is None:
        raise Conflict(
            "catalog.change_declared",
            "这项目录已有更新待办，或本市规则未规定更新。",
            "An update of this entry is owed already, or the city's rules ask for none.",
        )
    steps.tell(by, entry, "change_declared", short(reason))
    return entry


@transaction.atomic
def record_secrecy_review(
    *, by: Actor, code: str, conclusion: SecrecyConclusion = SecrecyConclusion.PASSED, note: str = ""
) -> SecrecyReview:
    """The providing unit's secrecy review of what is to be published, as it stands now (西安34, 永嘉39, 泸州23)."""
    entry = steps.locked(code)
    policy.check_secrecy(by, entry.provider.code, steps.compilers_of(entry))
    if conclusion is SecrecyConclusion.REFUSED:
        policy.check_remark(note, "审查不通过的，请写明理由。", "Say why the review was not passed.")
    data = draft_of(entry)
    review = SecrecyReview.objects.create(
        entry=entry,
        digest=digest(data),
        at=clock.now(),
        person_id=by.person_id or None,
        conclusion=conclusion,
        note=short(note),
    )
    found = rules.active().find("sharing.secrecy_review_before", on=clock.today())
    steps.tell(
        by,
        entry,
        f"secrecy_{conclusion}",
        review.note,
        cites=[one.label("zh") for one in found.citations] if found else (),
        leaf={"digest": review.digest},
    )
    return review


@transaction.atomic
def submit_entry(*, by: Actor, code: str) -> Entry:
    """Hand a complete draft or revision to review; the first error of the consistency rules stops it."""
    entry = steps.locked(code)
    policy.check_compile(by, entry.provider.code)
    revision = steps.revision_of(entry)
    if revision:
        target = REVISION.check(RevisionStatus(revision.status), "submit")
    else:
        target = REVIEW.check(EntryStatus(entry.status), "submit")
    _check_complete(entry, draft_of(entry))
    mandate_actions.check_submitted(draft_of(entry), entry.code)
    if revision:
        revision.status, revision.changed_at = target, clock.now()
        revision.compiled_by_id = by.person_id or None
        revision.save()
    else:
        entry.status, entry.changed_at = target, clock.now()
        entry.compiled_by_id = by.person_id or None
        entry.save()
    steps.note_compiler(by, entry)
    steps.tell(by, entry, "submitted")
    if (turn := reviewing.turn(entry)) is not None:
        reviewing.hand_over(by, entry, turn)
    else:
        steps.notify_reviewers(by, entry)
        reviewing.owe_review(by, entry)
    return entry


@transaction.atomic
def publish_entry(*, by: Actor, code: str, remark: str = "", criteria: Sequence[str] | None = None) -> Entry:
    """The reviewer, who compiled nothing of it, lets the entry or its revision into the catalog as the next version.

    Where the pack orders several offices (``catalog.review_by``), each agrees in turn and the last one's publishes.

    ``criteria`` are the ids of ``catalog.review_criteria`` that the reviewer found met; None says all of them. Needs a
    secrecy review of exactly this state where the pack asks for one (``catalog.secrecy_missing``).
    """
    entry = steps.locked(code)
    revision = steps.revision_of(entry)
    turn = reviewing.turn(entry)
    policy.check_review(by, entry.provider.code, _authors(entry, revision), turn)
    target = (
        REVISION.check(RevisionStatus(revision.status), "publish")
        if revision
        else REVIEW.check(EntryStatus(entry.status), "publish")
    )
    data = draft_of(entry)
    _check_complete(entry, data)
    steps.check_title_free(data.title, exclude=entry.pk)
    wanted = rules.active().find("catalog.review_criteria", on=clock.today())
    required = [choice.id for choice in wanted.value] if wanted else []
    confirmed = required if criteria is None else [one for one in required if one in criteria]
    policy.check_criteria(confirmed, required)
    cites = _check_secrecy(entry, data) + ([one.label("zh") for one in wanted.citations] if wanted else [])
    if turn is not None and reviewing.agree(by, entry, turn, short(remark)):
        return entry
    moment = clock.now()
    if revision:
        entry.compiled_by_id = revision.compiled_by_id
        write(entry, data, moment)
        revision.delete()
    else:
        entry.status = target
    entry.reviewed_by_id = by.person_id or None
    entry.version += 1
    entry.published_at = entry.changed_at = moment
    entry.remarks, entry.field_remarks = "", []
    entry.save()
    version = keep_version(entry, data, criteria=confirmed, remark=short(remark))
    entry.compilers.clear()
    steps.close_update_duties(by, entry, "published")
    reviewing.close_duties(by, entry, "published")
    steps.tell(
        by,
        entry,
        "published",
        short(remark),
        details={"criteria": confirmed},
        cites=cites,
        leaf={"digest": version.digest, "criteria": confirmed},
    )
    demand_actions.follow_published(by=by, code=entry.code)
    upkeep_actions.note_published(by, entry)
    survey_actions.note_published(by=by, entry=entry)
    steps.notify_compiler(by, entry, Text(f"目录已发布：{entry.title}", f"Entry published: {entry.title}"))
    steps.changed(by, entry, Happened.PUBLISHED, remark=remark)
    return entry


@transaction.atomic
def return_entry(*, by: Actor, code: str, remark: str, remarks: Sequence[FieldRemark] = ()) -> Entry:
    """The reviewer sends the entry or its revision back and says what is to be mended, in all and field by field."""
    entry = steps.locked(code)
    revision = steps.revision_of(entry)
    policy.check_review(by, entry.provider.code, _authors(entry, revision), reviewing.turn(entry))
    target = (
        REVISION.check(RevisionStatus(revision.status), "send_back")
        if revision
        else REVIEW.check(EntryStatus(entry.status), "send_back")
    )
    said = [asdict(one) for one in sound(remarks, draft_of(entry))]
    general = short(remark)
    if not said:
        policy.check_remark(
            general, "退回时请写明需要修改之处。", "Say what is to be mended when sending an entry back."
        )
    moment = clock.now()
    if revision:
        revision.status, revision.changed_at = target, moment
        revision.save()
    else:
        entry.status, entry.changed_at = target, moment
        entry.reviewed_by_id = by.person_id or None
    entry.remarks, entry.field_remarks = general, said
    entry.save()
    reviewing.close_duties(by, entry, "returned")
    steps.tell(by, entry, "returned", general, details={"remarks": said}, leaf={"remarks": len(said)})
    steps.notify_compiler(by, entry, Text(f"目录被退回：{entry.title}", f"Entry sent back: {entry.title}"))
    return entry


@transaction.atomic
def withdraw_entry(*, by: Actor, code: str, remark: str, replaced_by: str = "") -> Entry:
    """Take an entry out of the catalog, with a reason; ``replaced_by`` is the code of the entry to turn to.

    Those who hold grants, have applications under way or subscribed are told (``hooks.on_entry_changed``).
    """
    entry = steps.locked(code)
    policy.check_review(by, entry.provider.code, [entry.compiled_by_id or 0])
    target = REVIEW.check(EntryStatus(entry.status), "withdraw")
    policy.check_remark(remark, "撤下目录请说明原因。", "Give the reason for withdrawing the entry.")
    replacement = _replacement(entry, replaced_by) if replaced_by.strip() else None
    keep_version(entry, data_of(entry), criteria=[], remark="")
    if (revision := steps.revision_of(entry)) is not None:
        _drop(by, entry, revision)
    entry.status = target
    entry.replaced_by = replacement
    entry.changed_at = clock.now()
    entry.save()
    steps.close_update_duties(by, entry, "withdrawn")
    reviewing.close_duties(by, entry, "withdrawn")
    steps.tell(
        by,
        entry,
        "withdrawn",
        short(remark),
        details={"replaced_by": replacement.code} if replacement else None,
        leaf={"replaced_by": replacement.code} if replacement else None,
    )
    steps.notify_compiler(by, entry, Text(f"目录已撤下：{entry.title}", f"Entry withdrawn: {entry.title}"))
    upkeep_actions.note_withdrawn(by, entry)
    steps.changed(by, entry, Happened.WITHDRAWN, remark=short(remark), replacement=replacement)
    return entry


@transaction.atomic
def reopen_entry(*, by: Actor, code: str) -> Entry:
    """Compile a withdrawn entry again."""
    entry = steps.locked(code)
    policy.check_compile(by, entry.provider.code)
    entry.status = REVIEW.check(EntryStatus(entry.status), "reopen")
    entry.compiled_by_id = by.person_id or None
    entry.replaced_by = None
    entry.changed_at = clock.now()
    entry.save()
    steps.note_compiler(by, entry)
    steps.tell(by, entry, "reopened")
    return entry


@transaction.atomic
def note_data_version(*, by: Actor, code: str, version: int, rows: int, at: datetime) -> None:
    """Collection committed a version: the entry shows how much there is and how fresh it is. Older news is ignored."""
    entry = steps.locked(code)
    if entry.data_version is not None and entry.data_version >= version:
        return
    entry.data_version, entry.data_rows, entry.data_at, entry.stale_since = version, rows, at, None
    entry.save(update_fields=["data_version", "data_rows", "data_at", "stale_since"])
    upkeep_actions.close_maintenance(by=by, code=entry.code, outcome="data")
    steps.event(by, entry, "data", f"v{version}: {rows}")
    steps.changed(by, entry, Happened.DATA)


@transaction.atomic
def note_opened(*, by: Actor, code: str, opened: bool) -> None:
    """A release became public, or was withdrawn."""
    entry = steps.locked(code)
    entry.opened_at = clock.now() if opened else None
    entry.save(update_fields=["opened_at"])
    steps.event(by, entry, "opened" if opened else "closed")
    steps.changed(by, entry, Happened.OPENED if opened else Happened.CLOSED)


def _authors(entry: Entry, revision: Revision | None) -> list[int]:
    last = revision.compiled_by_id if revision else entry.compiled_by_id
    return [*steps.compilers_of(entry), last or 0]


def _check_complete(entry: Entry, data: EntryData) -> None:
    consistency.check_complete(
        data,
        pack=rules.active(),
        on=clock.today(),
        previous=steps.published_data(entry),
        provider=entry.provider.name,
    )


def _check_secrecy(entry: Entry, data: EntryData) -> list[str]:
    """The article's label when a passed review of exactly this state is on record."""
    found = rules.active().find("sharing.secrecy_review_before", on=clock.today())
    if found is None or not found.value:
        return []
    latest = SecrecyReview.objects.filter(entry=entry, digest=digest(data)).order_by("-id").first()
    if latest is None or latest.conclusion != SecrecyConclusion.PASSED:
        raise Conflict(
            "catalog.secrecy_missing",
            "发布前须由提供单位对当前内容作保密审查并通过；内容修改后须重新审查。",
            "Before publication the providing unit reviews the secrecy of exactly this content, and passes it; "
            "after a change it is reviewed again.",
        )
    return [one.label("zh") for one in found.citations]


def _replacement(entry: Entry, code: str) -> Entry:
    found = Entry.objects.filter(code=codes.normalise(code), status=EntryStatus.PUBLISHED).exclude(pk=entry.pk).first()
    if found is None:
        raise NotFound(
            "catalog.replacement_unknown",
            "没有找到作为替换的已发布目录，请核对资源代码。",
            "There is no published entry to replace this one; check the resource code.",
            field="replaced_by",
        )
    return found


def _drop(by: Actor, entry: Entry, revision: Revision) -> None:
    if revision.duty_id:
        duties.cancel_duty(by=by, duty_id=revision.duty_id, reason="revision given up")
    revision.delete()
    entry.compilers.clear()
    entry.remarks, entry.field_remarks = "", []
    entry.save(update_fields=["remarks", "field_remarks"])


def _differing(before: EntryData, after: EntryData) -> list[str]:
    names = [name for name in ENTRY_FIELDS if getattr(before, name) != getattr(after, name)]
    return names + (["items"] if before.items != after.items else [])
