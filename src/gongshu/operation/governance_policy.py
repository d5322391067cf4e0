"""What governance demands and records of returns forbid (dazhou-9). ``check_…`` raises the user's sentence. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.operation.policy import check_text
from gongshu.quality.checkset import Dimension

MOST_FEN = 10**15  # ten thousand billion yuan: a slip of the pen, whatever was meant
_CENTS = Decimal("0.01")


@dataclass(frozen=True)
class Fault:
    """What an operator found wrong. ``item`` empty: the whole resource; ``check``: the id of a check that fails."""

    dimension: str
    facts: str
    wish: str
    item: str = ""
    check: str = ""


@dataclass(frozen=True)
class Earned:
    """What a product earned. ``amount_fen`` in fen (CNY / 100); ``demands``: whose data are in it, by their numbers."""

    product: str
    scenario: str
    user: str
    period_from: date
    period_to: date
    amount_fen: int
    basis: str
    demands: tuple[str, ...]
    product_kind: str = ""


def check_fault(fault: Fault, *, items: Collection[str], failing: Collection[str], version: int | None) -> None:
    """Of which quality, in what way, what is wanted; an item that the operator receives, a check that really fails."""
    if version is None:
        raise Conflict("operation.governance_no_data", "该目录还没有数据。", "There are no data under this entry yet.")
    if fault.dimension not in set(Dimension):
        raise GongshuError(
            "operation.dimension",
            "请选择问题属于哪一类质量（GB/T 36344）。",
            "Choose which quality is wanting (GB/T 36344).",
            field="dimension",
        )
    if fault.item and fault.item not in items:
        raise GongshuError(
            "operation.item_not_received",
            "该数据项未向贵单位供给，请选择供给的数据项，或针对整个资源提出。",
            "That item is not supplied to you: choose one that is, or speak of the whole resource.",
            field="item",
        )
    if fault.check and fault.check not in failing:
        raise Conflict(
            "operation.check_not_failing",
            "该检查在现行版本中没有不符的数据，请重新选择，或不选检查、只写明情况。",
            "That check fails in no row of the present version: choose another, or describe the fault without one.",
            field="check",
        )
    check_text(fault.facts, "facts", "质量问题", "what is wrong")
    check_text(fault.wish, "wish", "治理要求", "what is to be done")


def check_received(received: bool) -> None:
    """A demand is about data that reach the operator: supplied to it, or open to everybody (dazhou-9, dazhou-19)."""
    if not received:
        raise NotAllowed(
            "operation.not_supplied",
            "该数据没有供给贵单位，也没有向社会开放；请先提出数据需求。",
            "These data are neither supplied to you nor open; demand them first.",
        )


def check_set_day(due_on: date | None, *, days: int | None, today: date) -> None:
    """Where the article gives no number the authority names the last day; where it does, nobody does."""
    if days is not None and due_on is not None:
        raise GongshuError(
            "operation.day_by_law",
            f"本市规则规定为{days}个工作日，不能另定。",
            f"The rules give {days} working days; no other day can be set.",
            field="due_on",
        )
    if days is None and (due_on is None or due_on <= today):
        raise GongshuError(
            "operation.governance_day",
            "条文没有规定天数，请主管部门规定完成治理的最后一日，须在今天以后。",
            "The text gives no number of days: set the last day by which the data are mended, later than today.",
            field="due_on",
        )


def check_later_day(due_on: date | None, *, before: date | None, today: date) -> None:
    """Another day is a later one."""
    if due_on is None or due_on <= max(today, before or today):
        raise GongshuError(
            "operation.governance_day_later",
            "新期限须晚于原期限和今天。",
            "The new day must be later than the old one and than today.",
            field="due_on",
        )


def check_mender(by: Actor, provider: str) -> None:
    """The provider of the data mends them (dazhou-9)."""
    if by.organization != provider or not by.has(Role.PROVIDER):
        raise NotAllowed(
            "operation.not_mender",
            "由数据提供单位的“数据提供”人员完成治理并反馈。",
            "The provider role of the unit that provides the data mends them and reports.",
        )


def check_mended(
    version: int | None, *, than: int, latest: int | None, checked: bool, before: int | None, after: int | None
) -> None:
    """The result is in a later version that is there; of a check that was pointed at, fewer rows fail in it.

    ``before``, ``after``: failing rows of that check; ``after`` is None where the version was not checked by it.
    """
    if version is None and not checked:
        return  # a fault that no new version mends: of the catalog entry, of an interface
    if version is None or version <= than or version > (latest if latest is not None else -1):
        raise Conflict(
            "operation.version_not_later",
            f"请填写 v{than} 之后、已归集的数据版本；治理后的数据要先归集入库。",
            f"Name a version after v{than} that has been collected; mended data are collected first.",
            field="version",
        )
    if not checked:
        return
    if after is None:
        raise Conflict(
            "operation.version_unchecked",
            "该版本还没有用这项检查检测，请先运行质量检测；检查规则不得删去这项检查。",
            "That version has not been checked by this check: run the checks first, and keep this one among them.",
            field="version",
        )
    if after and after >= (before or 0):
        raise Conflict(
            "operation.not_mended",
            f"该版本中这项检查仍有 {after:,} 行不符，没有减少，不能作为完成治理。",
            f"In that version {after:,} rows still fail this check, no fewer than before; that is not mended.",
            field="version",
        )


def check_accepter(by: Actor, *, operator: str, held: bool, authority: bool) -> None:
    """The operator looks whether it is mended; where its authorisation is over, the authority does."""
    if by.organization == operator and by.has(Role.OPERATOR):
        return
    if not held and authority:
        return
    raise NotAllowed(
        "operation.not_accepter",
        "由提出需求的运营单位验收；其授权已终止的，由主管部门验收。",
        "The operator that filed the demand accepts the result; the authority does once its authorisation is over.",
    )


def check_earned(earned: Earned, *, kinds: Collection[str], supplied: Collection[str], today: date) -> None:
    """Which product, for which scenario and user, out of which supplied data, how much in which period, on what basis."""
    if kinds and earned.product_kind not in kinds:
        raise GongshuError(
            "operation.product_kind", "请选择产品形态。", "Choose the kind of product.", field="product_kind"
        )
    check_text(earned.product, "product", "产品名称", "the name of the product")
    check_text(earned.scenario, "scenario", "应用场景", "the scenario of use")
    check_text(earned.user, "user", "应用单位", "the application unit")
    check_text(earned.basis, "basis", "收益依据", "the basis of the amount")
    for field, most in (("product", 200), ("user", 200), ("scenario", 500)):
        if len(getattr(earned, field).strip()) > most:
            raise GongshuError(
                "operation.return_long", f"此项不得超过 {most} 字。", f"At most {most} characters.", field=field
            )
    if not earned.demands or any(one not in supplied for one in earned.demands):
        raise GongshuError(
            "operation.return_demands",
            "请选择产品所用的、已供给贵单位的数据。",
            "Choose the data supplied to you that are in the product.",
            field="demands",
        )
    if earned.period_from > earned.period_to or earned.period_to > today:
        raise GongshuError(
            "operation.return_period",
            "收益期间须先后相符，且不晚于今天：收益按实际取得的报告。",
            "The period runs from its first to its last day and ends today at the latest: what was earned is reported.",
            field="period_to",
        )
    if not 0 <= earned.amount_fen <= MOST_FEN:
        raise GongshuError(
            "operation.return_amount",
            "金额须为零或正数，以元为单位，最多两位小数。",
            "The amount is zero or more, in yuan, with two decimals at most.",
            field="amount",
        )


def read_yuan(text: str) -> int:
    """Fen of an amount typed in yuan: ``1,234.5`` is 123450. GongshuError for what is no amount or has half a fen."""
    plain = text.strip().replace(",", "").replace("，", "").removesuffix("元").strip()
    try:
        if not plain.isascii() or len(plain) > 20:
            raise InvalidOperation
        amount = Decimal(plain)
        if not amount.is_finite() or amount != amount.quantize(_CENTS):
            raise InvalidOperation
    except InvalidOperation:
        raise GongshuError(
            "operation.return_amount",
            "金额须为零或正数，以元为单位，最多两位小数。",
            "The amount is zero or more, in yuan, with two decimals at most.",
            field="amount",
        ) from None
    return int(amount * 100)


def yuan(fen: int) -> str:
    """``123450`` as ``1,234.50``."""
    return f"{Decimal(fen) / 100:,.2f}"


def may(checks: Mapping[str, Callable[[], None]]) -> list[str]:
    """The names whose check raises nothing, in order."""
    found = []
    for name, check in checks.items():
        try:
            check()
        except GongshuError:
            continue
        found.append(name)
    return found
