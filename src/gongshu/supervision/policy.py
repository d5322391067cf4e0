"""What supervision forbids. Kinds, offices and words of the law are arguments; they come from the rule pack."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.rules import Citation

ANSWERERS = (Role.PROVIDER, Role.CONSUMER, Role.OPERATOR)
LONGEST = 4000


def check_find(by: Actor) -> None:
    """Whoever supervises may put a violation on record: the offices of public data, and the auditor."""
    if not by.has(Role.DATA_AUTHORITY, Role.AUDITOR):
        raise NotAllowed(
            "supervision.not_supervisor",
            "只有数据主管部门及上级机关、大数据中心和审计监督人员可以登记违规线索。",
            "Only the offices that supervise public data, and auditors, put a violation on record.",
        )


def can_find(by: Actor) -> bool:
    try:
        check_find(by)
    except GongshuError:
        return False
    return True


def check_procedure(known: bool, city: str) -> None:
    """Without rules on correcting there is nothing that the platform could carry out."""
    if not known:
        raise Conflict(
            "supervision.no_procedure",
            f"本市规则（{city}）没有规定由谁、按什么步骤责令改正，平台不能代为设定。请依照其他法律、法规办理。",
            "The city's rules do not say who orders a correction and how; the platform invents no procedure.",
        )


def check_facts(*, kind: str, kinds: Collection[str], facts: str) -> None:
    """A finding names one of the pack's kinds and says what was seen."""
    if kind not in kinds:
        raise GongshuError(
            "supervision.kind_unknown",
            "请选择本市规则所列的一种情形。",
            "Choose one of the kinds that the city's rules list.",
            field="kind",
        )
    check_text(facts, "facts", "违规事实", "what was found")


def check_text(text: str, field: str, zh: str, en: str) -> None:
    """Required words, of a length that the page can show."""
    if not text.strip():
        raise GongshuError(f"supervision.{field}_missing", f"请填写“{zh}”。", f"Fill in {en}.", field=field)
    if len(text) > LONGEST or "\x00" in text:
        raise GongshuError(
            f"supervision.{field}_too_long",
            f"“{zh}”过长或含有不可用的字符，请压缩到{LONGEST}字以内。",
            f"Too long, or with unusable characters: {en}. Keep it under {LONGEST} characters.",
            field=field,
        )


def check_office(by: Actor, *, office: str, name: str, act: str, citations: Sequence[Citation] = ()) -> None:
    """The office that the pack names acts, through its people (xian-43, yongjia-46)."""
    if by.office != Office(office) or not by.has(Role.DATA_AUTHORITY):
        cites = "；".join(c.label("zh") for c in citations)
        cites_en = "; ".join(c.label("en") for c in citations)
        raise NotAllowed(
            "supervision.not_office",
            f"“{act}”由{name}办理（{cites}），您不能代为办理。",
            f"Under the city's rules another office does this ({cites_en}); you cannot do it for them.",
            office=office,
        )


def can_office(by: Actor, office: str) -> bool:
    return by.office == Office(office) and by.has(Role.DATA_AUTHORITY)


def check_other(by: Actor, violator: str) -> None:
    """Nobody supervises their own organisation."""
    if by.organization == violator:
        raise NotAllowed(
            "supervision.own_organization",
            "不能对本单位的违规事项作出处理，请由上级机关办理。",
            "An organisation does not decide on its own violations; the office above it does.",
        )


def check_day(day: date, *, today: date, after: date | None = None) -> None:
    """An order names a day to come; another day is later than the one before."""
    if day <= today or (after is not None and day <= after):
        raise GongshuError(
            "supervision.day_past",
            "改正期限须是今天以后的日期，另定期限须晚于原期限。",
            "The day to correct by must be in the future, and later than the one named before.",
            field="due_on",
        )


def check_violator(by: Actor, violator: str) -> None:
    """The body that was ordered answers, with evidence."""
    if by.organization != violator or not by.has(*ANSWERERS):
        raise NotAllowed(
            "supervision.not_violator",
            "只有被责令改正的单位可以反馈改正情况。",
            "Only the organisation that was ordered to correct can answer.",
        )


def check_late(*, answered: bool, due_on: date | None, today: date) -> None:
    """What was not answered is called uncorrected only when its day has passed (xian-43: 逾期不改正的)."""
    if not answered and due_on is not None and today <= due_on:
        raise Conflict(
            "supervision.not_late",
            f"改正期限为{due_on}，尚未届满，不能认定逾期未改正。",
            f"The organisation has until {due_on}; it cannot be found in default before.",
        )
