"""What the rules of data stores forbid. ``check_…`` raises the user's sentence; ``can_…`` asks the same function."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from gongshu.errors import Conflict, GongshuError, NotAllowed, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.spaces.states import Right

NAME_LENGTH = 60
REASON_LENGTH = 300
MOST = 2**62
_SIZE = re.compile(r"([0-9]{1,15})(?:\.([0-9]{1,3}))? ?(b|kb|mb|gb|tb|)", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


@dataclass(frozen=True)
class Usage:
    """What the tables of a store hold: bytes on disk, rows of the present versions, tables; and the quotas, if any."""

    bytes: int
    rows: int
    tables: int
    quota_bytes: int | None
    quota_rows: int | None

    @property
    def percent_bytes(self) -> int | None:
        return _percent(self.bytes, self.quota_bytes)

    @property
    def percent_rows(self) -> int | None:
        return _percent(self.rows, self.quota_rows)

    @property
    def percent(self) -> int:
        """The higher of the two, rounded down: 100 is full."""
        return max(self.percent_bytes or 0, self.percent_rows or 0)

    @property
    def shown(self) -> int:
        """For a bar: at most 100."""
        return min(self.percent, 100)


def _percent(used: int, quota: int | None) -> int | None:
    return None if not quota else used * 100 // quota


def size_text(size: int) -> str:
    """Bytes in decimal units (1 GB is 1,000,000,000 bytes) with one place, rounded half up."""
    for unit, factor in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            tenths = (size * 10 + factor // 2) // factor
            return f"{tenths // 10}.{tenths % 10} {unit}"
    return f"{size} B"


def read_size(text: str) -> int | None:
    """``500 MB`` as bytes, decimal units; None for an empty text. Raises ``spaces.size_malformed``."""
    text = text.strip().replace(",", "")
    if not text:
        return None
    found = _SIZE.fullmatch(text)
    if found is None:
        raise GongshuError(
            "spaces.size_malformed",
            "容量写作数字和单位，如 500 MB、20 GB（1 GB 为 10 亿字节）。",
            "Write a size as a number with a unit, like 500 MB or 20 GB (1 GB is 1,000,000,000 bytes).",
            field="quota_bytes",
        )
    whole, fraction, unit = found.groups()
    factor = _UNITS[unit.lower()]
    return int(whole) * factor + int(((fraction or "") + "000")[:3]) * factor // 1000


def read_rows(text: str) -> int | None:
    """``1,000,000`` as a number of rows; None for an empty text. Raises ``spaces.rows_malformed``."""
    text = text.strip().replace(",", "").replace("，", "")
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise GongshuError(
            "spaces.rows_malformed", "行数写作整数，如 1000000。", "Write rows as a whole number.", field="quota_rows"
        )
    return int(text)


def check_opener(by: Actor, offices: Collection[str]) -> None:
    """Stores are opened and measured out by the office that the rules name, else by the authority (yongjia-7)."""
    if by.has(Role.DATA_AUTHORITY) and str(by.office) in {str(one) for one in offices}:
        return
    if by.person_id == 0 and not by.is_anonymous:
        return
    raise NotAllowed(
        "spaces.not_opener",
        "数据仓由规则指定的平台建设单位（未指定的为数据主管部门）的“数据主管”角色开设和分配。",
        "Stores are opened and measured out by the data-authority role of the office that the rules name for it.",
    )


def check_name(name: str) -> str:
    name = name.strip()
    if not name or len(name) > NAME_LENGTH or "\x00" in name:
        raise GongshuError(
            "spaces.name_malformed",
            f"请填写数据仓名称，{NAME_LENGTH} 字以内。",
            f"Give the store a name of at most {NAME_LENGTH} characters.",
            field="name",
        )
    return name


def check_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > REASON_LENGTH or "\x00" in reason:
        raise GongshuError(
            "spaces.reason_missing",
            f"请写明理由，{REASON_LENGTH} 字以内。",
            f"Give the reason, in {REASON_LENGTH} characters.",
            field="reason",
        )
    return reason


def check_quota(quota_bytes: int | None, quota_rows: int | None) -> None:
    """At least one of the two is limited, each to more than nothing."""
    for field, value in (("quota_bytes", quota_bytes), ("quota_rows", quota_rows)):
        if value is not None and not 0 < value < MOST:
            raise GongshuError("spaces.quota_bounds", "额度须大于零。", "A quota is greater than nothing.", field=field)
    if quota_bytes is None and quota_rows is None:
        raise GongshuError(
            "spaces.quota_missing",
            "请至少限定容量或行数中的一项。",
            "Limit the bytes or the rows, or both.",
            field="quota_bytes",
        )


def check_room(name: str, usage: Usage) -> None:
    """``usage`` as it would be with the new version; above a quota the version is not committed."""
    over = []
    if usage.quota_bytes is not None and usage.bytes > usage.quota_bytes:
        over.append(
            Text(
                f"容量 {size_text(usage.bytes)}，超过额度 {size_text(usage.quota_bytes)}",
                f"{size_text(usage.bytes)} against a quota of {size_text(usage.quota_bytes)}",
            )
        )
    if usage.quota_rows is not None and usage.rows > usage.quota_rows:
        over.append(
            Text(
                f"{usage.rows:,} 行，超过额度 {usage.quota_rows:,} 行",
                f"{usage.rows:,} rows against a quota of {usage.quota_rows:,}",
            )
        )
    if not over:
        return
    raise Conflict(
        "spaces.full",
        f"入库后数据仓“{name}”将达{'；'.join(one.zh for one in over)}，本次不入库，未作任何更改。"
        "请清理旧版本，或向开设单位申请扩大额度。",
        f"With this the store “{name}” would hold {' and '.join(one.en for one in over)}. Nothing was committed. "
        "Clear old versions, or ask the office that opened it for more room.",
    )


def check_not_full(name: str, usage: Usage) -> None:
    """At the door, before a file is even read: a store that holds its whole quota takes nothing."""
    if usage.percent < 100:
        return
    raise Conflict(
        "spaces.full_at_door",
        f"数据仓“{name}”已用满额度（{usage.percent}%），不能再接收数据。请清理旧版本，或向开设单位申请扩大额度。",
        f"The store “{name}” holds its whole quota ({usage.percent}%) and takes no more data. Clear old versions, or "
        "ask the office that opened it for more room.",
    )


def check_names_members(*, opener: bool, manages: bool) -> None:
    """Members are named by who opened the store and by its managers."""
    if opener or manages:
        return
    raise NotAllowed(
        "spaces.not_manager",
        "成员由数据仓的管理成员或开设单位指定。",
        "Members are named by the store's managers and by the office that opened it.",
    )


def check_term(since: date, until: date | None) -> None:
    if until is not None and until <= since:
        raise GongshuError(
            "spaces.term_malformed",
            "终止日期须晚于起始日期。",
            "The last day lies after the first one.",
            field="until",
        )


def check_belongs(belongs: bool) -> None:
    """Only people of the unit, or of one below it, become members."""
    if not belongs:
        raise GongshuError(
            "spaces.member_outside",
            "只有本单位及下级单位的在岗人员可以成为成员；其他单位请申请共享。",
            "Members are people of the unit and of those below it; others apply for sharing.",
            field="username",
        )


def check_use(by: Actor, name: str, held: Right | None, wanted: Right) -> None:
    """In a store with named members, people of the unit need the right that they use; supervision goes on as before."""
    if by.person_id == 0 and not by.is_anonymous:
        return
    if by.has(Role.DATA_AUTHORITY, Role.AUDITOR) or held == Right.MANAGE or held == wanted:
        return
    word = Text("读取", "read") if wanted is Right.READ else Text("管理", "manage")
    raise NotAllowed(
        "spaces.not_member",
        f"数据仓“{name}”按名单授权，您没有其中数据表的“{word.zh}”权。请联系该数据仓的管理成员。",
        f"The store “{name}” is for named members, and you may not {word.en} its tables. Ask one of its managers.",
    )


def allowed(check: Callable[[], None]) -> bool:
    try:
        check()
    except GongshuError:
        return False
    return True
