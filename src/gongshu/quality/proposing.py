"""The check set that an entry's own catalog description already implies; a steward goes on from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import UpdateCycle
from gongshu.quality.checkset import SHAPES, Check, CheckSet, Dimension, Severity

_PHONES = ("电话", "手机", "联系方式")
_DAY_PAIRS = (
    ("开始", "结束"),
    ("起始", "截止"),
    ("生效", "失效"),
    ("成立", "注销"),
    ("出生", "死亡"),
    ("签发", "到期"),
)


CYCLE_DAYS: Mapping[UpdateCycle, int] = {
    UpdateCycle.REALTIME: 1,
    UpdateCycle.DAILY: 1,
    UpdateCycle.WEEKLY: 7,
    UpdateCycle.TEN_DAYS: 10,
    UpdateCycle.MONTHLY: 31,
    UpdateCycle.QUARTERLY: 92,
    UpdateCycle.SEMIANNUAL: 184,
    UpdateCycle.ANNUAL: 366,
}
"""The longest that each cycle can last (1272号 §更新周期); the others promise no day."""


def propose(items: Sequence[ItemData], cycle: UpdateCycle) -> CheckSet:
    """Required, keys, national numbers, telephones, order of dates, and freshness by the update cycle.

    It depends on the catalog entry alone, so that the same entry is always proposed the same checks.
    """
    checks: list[Check] = []

    def add(kind: str, *columns: str, severity: Severity = Severity.ERROR, **options: object) -> None:
        ident = "-".join([kind, *columns])[:60]
        plain = ident if ident.isascii() and all(s.isalnum() or s in "-_." for s in ident) else f"{kind}-{len(checks)}"
        checks.append(Check(plain, kind, columns, options, severity, SHAPES[kind].dimension))

    for item in items:
        if item.required or item.is_key:
            add("required", item.name)
        if item.check:
            add(str(item.check), item.name)
        elif item.data_type in "CM" and any(word in item.title for word in _PHONES):
            add("phone", item.name, severity=Severity.WARNING)
    keys = [item.name for item in items if item.is_key]
    if keys:
        add("unique", *keys)
    days = {item.title: item.name for item in items if item.data_type in "DT"}
    for first, second in _DAY_PAIRS:
        starts, ends = ([name for title, name in days.items() if word in title] for word in (first, second))
        if len(starts) == len(ends) == 1 and starts != ends:
            add("date_order", starts[0], ends[0])
    if cycle in CYCLE_DAYS:
        add("freshness", days=CYCLE_DAYS[cycle])
    add("accessible")
    return CheckSet(tuple(checks))


def dimensions(checks: CheckSet) -> tuple[Dimension, ...]:
    """The dimensions that the checks measure, in the standard's order."""
    measured = {check.dimension for check in checks.checks}
    return tuple(one for one in Dimension if one in measured)
