"""What demand and supply forbid. ``check_…`` raises the user's sentence; ``can_…`` asks the same function."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date

from gongshu.catalog.demand import Ground, Need
from gongshu.errors import GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.rules import RefusalDemand

MODES = ("verify", "query", "batch")
LONGEST = 2_000
_NAMES = {
    "items": ("所需数据项", "items needed"),
    "purpose": ("使用用途", "purpose of use"),
    "basis": ("使用依据", "basis in your duties"),
    "scenario": ("应用场景", "scenario of use"),
    "business_process": ("业务流程", "business process"),
    "scope": ("使用范围", "scope of use"),
    "mode": ("共享方式", "way of sharing"),
}


def check_file(by: Actor) -> None:
    """Whoever uses data for its duties says what it needs (xian-5, yongjia-20); an operator likewise (dazhou-17)."""
    if not by.has(Role.CONSUMER, Role.OPERATOR):
        raise NotAllowed(
            "demand.not_consumer",
            "提出数据需求需要“数据使用”或“授权运营”角色。",
            "Filing a demand needs the role of data consumer or operator.",
        )


def can_file(by: Actor) -> bool:
    return _allowed(lambda: check_file(by))


def check_need(need: Need, *, required: Collection[str], purposes: Collection[str], today: date) -> None:
    """All that the pack asks for is stated, in the lengths that there is room for."""
    if not need.title.strip():
        raise GongshuError("demand.title_missing", "请写明需要什么数据。", "Say which data you need.", field="title")
    if len(need.title.strip()) > 100:
        raise GongshuError(
            "demand.title_long", "数据名称不得超过 100 字。", "The name has at most 100 characters.", field="title"
        )
    for name in required:
        if name in _NAMES and not str(getattr(need, name)).strip():
            zh, en = _NAMES[name]
            raise GongshuError("demand.field_missing", f"请填写“{zh}”。", f"Fill in the {en}.", field=name)
    for name, (zh, en) in _NAMES.items():
        value = str(getattr(need, name))
        check_text(value, zh, en, field=name, most=60 if name == "purpose" else LONGEST)
    check_text(need.title, "数据名称", "name", field="title")
    if need.purpose and purposes and need.purpose not in purposes:
        raise GongshuError(
            "demand.purpose_unknown", "请从列表中选择使用用途。", "Choose one of the listed purposes.", field="purpose"
        )
    if need.mode and need.mode not in MODES:
        raise GongshuError(
            "demand.mode_unknown", "请从列表中选择共享方式。", "Choose one of the listed ways.", field="mode"
        )
    if need.wanted_by is not None and need.wanted_by < today:
        raise GongshuError(
            "demand.wanted_past", "期望日期不能早于今天。", "The day wanted must not be past.", field="wanted_by"
        )


def check_text(value: str, zh: str, en: str, *, field: str = "", most: int = LONGEST) -> None:
    """Text that any database holds, in a length that a page can show."""
    if "\x00" in value:
        raise GongshuError("demand.text_nul", f"“{zh}”含有不可存储的字符。", f"The {en} holds a NUL.", field=field)
    if len(value) > most:
        raise GongshuError(
            "demand.text_long",
            f"“{zh}”不得超过 {most} 字。",
            f"The {en} has at most {most} characters.",
            field=field,
        )


def check_arrange(by: Actor) -> None:
    """The data authority brings demand and supply together (luzhou-15, dazhou-5)."""
    if not (by.has(Role.DATA_AUTHORITY) and by.office in {Office.AUTHORITY, Office.CENTER}):
        raise NotAllowed(
            "demand.not_authority",
            "供需统筹由数据主管部门办理。",
            "Bringing demand and supply together is the data authority's.",
        )


def can_arrange(by: Actor) -> bool:
    return _allowed(lambda: check_arrange(by))


def check_assign(*, provider: str, consumer: str, due_on: date, today: date) -> None:
    """A provider other than who asks, and a day that lies ahead."""
    if provider == consumer:
        raise GongshuError(
            "demand.own_need",
            "提供单位不能是需求单位自己。",
            "The provider cannot be who needs the data.",
            field="provider",
        )
    if due_on <= today:
        raise GongshuError("demand.due_past", "提供期限须在今天之后。", "The day must lie after today.", field="due_on")


def check_answer(by: Actor, provider: str) -> None:
    """The assigned provider answers for itself."""
    if not by.has(Role.PROVIDER) or by.organization != provider:
        raise NotAllowed(
            "demand.not_provider",
            "由被指派单位的“数据提供”人员答复。",
            "Only a data provider of the assigned organisation answers.",
        )


def can_answer(by: Actor, provider: str) -> bool:
    return _allowed(lambda: check_answer(by, provider))


def check_ground(ground: Ground, demand: RefusalDemand) -> None:
    """Not supplying needs what the pack asks of any refusal (luzhou-15, yongjia-20)."""
    if not ground.reason.strip():
        raise GongshuError(
            "demand.reason_missing", "提出异议应当说明理由。", "An objection gives its reasons.", field="reason"
        )
    if demand.legal_basis and not ground.basis.strip():
        raise GongshuError(
            "demand.basis_missing",
            f"不提供数据须写明依据（{'；'.join(c.label('zh') for c in demand.citations)}）。",
            f"Not supplying needs its basis ({'; '.join(c.label('en') for c in demand.citations)}).",
            field="basis",
        )
    if demand.legal_basis and demand.accepted and ground.basis_kind not in {str(kind) for kind in demand.accepted}:
        raise GongshuError(
            "demand.basis_kind",
            f"依据须为：{'、'.join(kind.label.zh for kind in demand.accepted)}。",
            f"The basis must be one of: {', '.join(kind.label.en for kind in demand.accepted)}.",
            field="basis_kind",
        )
    check_text(ground.reason, "理由", "reason", field="reason")
    check_text(ground.basis, "依据", "basis", field="basis")


def check_withdraw(by: Actor, consumer: str) -> None:
    check_file(by)
    if by.organization != consumer:
        raise NotAllowed(
            "demand.not_yours", "只能撤回本单位提出的需求。", "You can only withdraw your own organisation's demand."
        )


def can_withdraw(by: Actor, consumer: str) -> bool:
    return _allowed(lambda: check_withdraw(by, consumer))


def check_remark(remark: str, *, needed: bool) -> None:
    if needed and not remark.strip():
        raise GongshuError(
            "demand.remark_missing", "不予满足的，应当说明理由。", "Declining gives its reasons.", field="remark"
        )
    check_text(remark, "意见", "remark", field="remark")


def _allowed(check: Callable[[], None]) -> bool:
    try:
        check()
    except GongshuError:
        return False
    return True
