"""What objections forbid. ``check_…`` raises the user's sentence; ``can_…`` asks the same function."""

from __future__ import annotations

from collections.abc import Callable, Collection

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.quality.report import Report
from gongshu.quality.states import Fault

LONGEST = 2_000


def check_report(by: Actor, *, received: bool) -> None:
    """Whoever can be answered, and receives the value: by a grant, as open data, or as the provider itself."""
    if not by.person_id:
        raise NotAllowed(
            "quality.sign_in",
            "反馈数据问题请先登录：校核结果需要告知反馈人。",
            "Sign in to report a value: the answer must reach whoever reported it.",
        )
    if not received:
        raise NotAllowed(
            "quality.not_received",
            "本单位没有读取该数据项的授权，它也没有向社会开放。请先申请共享，或向办理业务的单位提出。",
            "You hold no grant for this item and it is not open. Apply for it, or turn to the office you deal with.",
        )


def check_content(report: Report, *, known: Collection[str]) -> None:
    """Which item, what is thought right, on which evidence; in lengths that there is room for."""
    if report.item and report.item not in known:
        raise GongshuError(
            "quality.item_unknown", "该数据没有这个数据项。", "The data have no such item.", field="item"
        )
    if report.fault is Fault.WRONG:
        if not report.item:
            raise GongshuError(
                "quality.item_missing", "请选择有疑义的数据项。", "Choose the item that is doubted.", field="item"
            )
        if not report.right.strip() and not report.evidence.strip():
            raise GongshuError(
                "quality.right_missing",
                "请写明您认为正确的内容，或者说明依据。",
                "Say what you think right, or on what evidence you doubt it.",
                field="right",
            )
    elif not report.evidence.strip():
        raise GongshuError(
            "quality.evidence_missing", "请说明情况和依据。", "Describe the case and the evidence.", field="evidence"
        )
    for name in ("seen", "right", "evidence"):
        check_text(getattr(report, name), field=name)
    for value in report.key.values():
        check_text(value, field="key", most=200)


def check_text(value: str, *, field: str, most: int = LONGEST) -> None:
    """Text that any database holds, in a length that a page can show."""
    if "\x00" in value or len(value) > most:
        raise GongshuError(
            "quality.text_long",
            f"填写的内容不得超过 {most} 字，也不能含有不可存储的字符。",
            f"What is filled in has at most {most} characters and no NUL.",
            field=field,
        )


def check_forward(by: Actor, center: str) -> None:
    """Where reports go through the centre, its people pass them on (yongjia-23)."""
    if not (by.has(Role.DATA_AUTHORITY) and by.organization == center):
        raise NotAllowed(
            "quality.not_center",
            "由大数据中心转交提供单位。",
            "The data center forwards reports to the provider.",
        )


def can_forward(by: Actor, center: str) -> bool:
    return _allowed(lambda: check_forward(by, center))


def check_answer(by: Actor, provider: str, reporter_id: int) -> None:
    """The source answers for its data, by somebody other than who reported it."""
    if not by.has(Role.PROVIDER) or by.organization != provider:
        raise NotAllowed(
            "quality.not_provider",
            "由数据提供单位的“数据提供”人员校核答复。",
            "A data provider of the providing organisation checks and answers.",
        )
    if by.person_id == reporter_id:
        raise NotAllowed(
            "quality.same_person",
            "反馈人不能答复自己的反馈，请由本单位另一人办理。",
            "Who reported it does not answer it; a colleague must.",
        )


def can_answer(by: Actor, provider: str, reporter_id: int) -> bool:
    return _allowed(lambda: check_answer(by, provider, reporter_id))


def check_reporter(by: Actor, reporter_id: int) -> None:
    """Only whoever reported it closes, doubts the answer or takes the report back."""
    if by.person_id != reporter_id:
        raise NotAllowed("quality.not_reporter", "由反馈人本人办理。", "Only the person who reported it may.")


def check_reason(reason: str) -> None:
    """An answer says why (luzhou-31: the reporter is told)."""
    if not reason.strip():
        raise GongshuError("quality.reason_missing", "请说明理由。", "Give the reasons.", field="reason")
    check_text(reason, field="reason")


def check_outcome(outcome: str, outcomes: Collection[str]) -> None:
    if outcome not in outcomes:
        raise Conflict(
            "quality.outcome_unknown", "本市规则没有这种处理方式。", "The city's rules know no such outcome."
        )


def check_next(provider: str, others: Collection[str], office: Office) -> None:
    """A report is passed on to a source that had no turn yet, and not in a circle."""
    if provider in others:
        raise Conflict(
            "quality.passed_in_circle",
            "该单位已经办过这项异议，请另选，或作出答复。",
            "That organisation had its turn; choose another, or answer.",
            field="provider",
        )
    if office in {Office.PUBLIC, Office.OPERATOR}:
        raise GongshuError(
            "quality.not_a_source", "请选择公共管理和服务机构。", "Choose a public body.", field="provider"
        )


def check_corrected(fault: Fault, *, before: object, after: object, present: bool) -> None:
    """The record really changed: another value, a record where there was none, or none where there should be none."""
    changed = present if fault is Fault.MISSING else before != after
    if not changed:
        raise Conflict(
            "quality.not_changed",
            "该版本中这条记录没有变化，不能作为完成整改。请归集更正后的数据，再选择新版本。",
            "In that version the record is as it was: collect the corrected data, then name that version.",
            field="version",
        )


def _allowed(check: Callable[[], None]) -> bool:
    try:
        check()
    except GongshuError:
        return False
    return True
