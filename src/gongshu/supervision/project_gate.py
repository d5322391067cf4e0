"""What the project gate looks at, as plain values in and reasons out. Pure: the same facts give the same reasons.

Requirements are the ids of the pack's ``supervision.project_gate``; a reason blocks where the city's rules hold its
requirement and is a remark elsewhere. Each carries the articles of its requirement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from gongshu.errors import Text

ALIKE = Fraction(4, 5)
"""Share of a planned entry's items that another source already has from which it counts as the same; ours, not the law's."""
FEWEST = 2  # items in common below which likeness says nothing
STRICT = ("UNCONDITIONAL", "CONDITIONAL", "PROHIBITED")


@dataclass(frozen=True)
class Requirement:
    """One gate of the pack with its articles, as ``Citation.as_json`` writes them."""

    id: str
    label: Text
    citations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Line:
    """A planned entry. ``uses``: code of the source that is used instead of collecting; ``difference``: why no duplicate."""

    position: int
    title: str
    key: str  # the title as titles are compared
    items: tuple[str, ...]  # titles of the items
    share_type: str
    open_type: str
    uses: str = ""
    difference: str = ""

    @property
    def collects(self) -> bool:
        return not self.uses


@dataclass(frozen=True)
class Source:
    """An entry that the catalog has already."""

    code: str
    title: str
    key: str
    holder: str
    items: frozenset[str]


@dataclass(frozen=True)
class Real:
    """The entry that was named for a planned one, as it is now."""

    code: str
    published: bool
    items: frozenset[str]
    share_type: str
    collected: bool  # a run of it was committed after the plan had passed
    stale: bool = False


@dataclass(frozen=True)
class Reason:
    """One point of a verdict; ``blocks`` means that the gate cannot be passed with it."""

    code: str
    requirement: str
    text: Text
    blocks: bool
    citations: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "requirement": self.requirement,
            "zh": self.text.zh,
            "en": self.text.en,
            "blocks": self.blocks,
            "citations": [dict(c) for c in self.citations],
        }


@dataclass(frozen=True)
class Standing:
    """What is known of the organisation and the project's system."""

    uncorrected: int = 0  # violations ordered to be corrected and not corrected in time
    system: bool = False  # the information system is in the register


@dataclass
class _Report:
    rule: Mapping[str, Requirement]
    reasons: list[Reason] = field(default_factory=list)

    def add(self, code: str, requirement: str, zh: str, en: str) -> None:
        held = self.rule.get(requirement)
        cites = held.citations if held else ()
        self.reasons.append(Reason(code, requirement, Text(zh, en), held is not None, cites))

    def remark(self, code: str, requirement: str, zh: str, en: str) -> None:
        held = self.rule.get(requirement)
        self.reasons.append(Reason(code, requirement, Text(zh, en), False, held.citations if held else ()))


def same_source(line: Line, source: Source) -> bool:
    """The same name, or at least ``ALIKE`` of the planned items (two or more) under the same titles."""
    if line.key and line.key == source.key:
        return True
    wanted = frozenset(line.items)
    common = len(wanted & source.items)
    return common >= FEWEST and Fraction(common, len(wanted)) >= ALIKE


def at_approval(
    plan: Sequence[Line], sources: Sequence[Source], rule: Mapping[str, Requirement], standing: Standing
) -> list[Reason]:
    """Before approval: a planned catalog, none of it collected twice, with sharing and opening thought of."""
    report = _Report(rule)
    if not plan:
        report.add(
            "plan_missing",
            "precompiled_catalog",
            "没有预编项目数据资源目录，不得通过立项审查。",
            "The project has no planned catalog; it cannot be approved.",
        )
    for line in plan:
        _duplicates(report, line, sources)
    kept = [line for line in plan if line.collects]
    if kept and all(line.share_type == line.open_type == "PROHIBITED" for line in kept):
        report.add(
            "nothing_shared",
            "sharing_planned",
            "预编目录中没有一项数据计划共享或开放。",
            "None of the planned data is to be shared or opened.",
        )
    _standing(report, standing)
    return report.reasons


def at_acceptance(
    plan: Sequence[Line], real: Mapping[int, Real], rule: Mapping[str, Requirement], standing: Standing
) -> list[Reason]:
    """At acceptance: what was planned is in the catalog and was collected. ``real`` by the position of the line."""
    report = _Report(rule)
    for line in plan:
        if line.collects:
            _against_plan(report, line, real.get(line.position))
    if not standing.system:
        report.add(
            "system_missing",
            "system_registered",
            "没有指明已登记的信息系统。",
            "The information system is not in the register, or not named.",
        )
    _standing(report, standing)
    if "monitoring" in rule:
        report.remark(
            "monitoring",
            "monitoring",
            "验收后，目录更新和数据时效由平台每日检查，超期的列为待更新。",
            "After acceptance the platform checks every day whether the data are kept up to date.",
        )
    return report.reasons


def before_funds(
    plan: Sequence[Line], real: Mapping[int, Real], rule: Mapping[str, Requirement], standing: Standing
) -> list[Reason]:
    """Before operating funds: the project's data are still there, collected and up to date, and no order is unmet."""
    report = _Report(rule)
    for line in plan:
        found = real.get(line.position)
        if not line.collects:
            continue
        name = f"“{line.title}”"
        if found is None or not found.published:
            report.add(
                "entry_gone", "funds", f"{name}的目录已不在发布状态。", f"{name}: its entry is not published now."
            )
        elif not found.collected:
            report.add("not_collected", "funds", f"{name}尚未归集数据。", f"{name}: no data were collected.")
        elif found.stale:
            report.add("stale", "funds", f"{name}超过更新周期未更新。", f"{name} is past its update cycle.")
    _standing(report, standing)
    return report.reasons


def passes(reasons: Sequence[Reason]) -> bool:
    """Nothing blocks."""
    return not any(reason.blocks for reason in reasons)


def _duplicates(report: _Report, line: Line, sources: Sequence[Source]) -> None:
    if not line.collects:
        return
    for source in sources:
        if not same_source(line, source):
            continue
        common = len(frozenset(line.items) & source.items)
        zh = f"“{line.title}”与{source.holder}的“{source.title}”（{source.code}）相同：{common} 个数据项同名"
        en = f"“{line.title}” is already provided by {source.holder} as “{source.title}” ({source.code}): "
        en += f"{common} of {len(line.items)} items have the same name"
        if line.difference:
            report.remark(
                "duplicate_explained",
                "no_repeat",
                f"{zh}。申报单位说明：{line.difference}",
                f"{en}. The organisation explains: {line.difference}",
            )
        else:
            report.add(
                "duplicate",
                "no_repeat",
                f"{zh}；请改为共享使用，或说明为何不是同一数据。",
                f"{en}; use that source, or say why these are other data.",
            )


def _against_plan(report: _Report, line: Line, found: Real | None) -> None:
    name = f"“{line.title}”"
    if found is None:
        report.add("entry_missing", "catalog_at_acceptance", f"{name}没有编入目录。", f"{name} is not in the catalog.")
        return
    if not found.published:
        report.add(
            "entry_unpublished",
            "catalog_at_acceptance",
            f"{name}的目录（{found.code}）尚未发布。",
            f"{name}: its entry {found.code} is not published.",
        )
    missing = [title for title in line.items if title not in found.items]
    if missing:
        report.add(
            "items_missing",
            "catalog_at_acceptance",
            f"{name}的目录（{found.code}）缺少预编的数据项：{'、'.join(missing)}。",
            f"{name}: the entry {found.code} lacks planned items: {', '.join(missing)}.",
        )
    if STRICT.index(found.share_type) > STRICT.index(line.share_type):
        report.add(
            "stricter",
            "sharing_planned",
            f"{name}的共享类型比预编目录更严。",
            f"{name} is shared on stricter terms than was planned.",
        )
    if not found.collected:
        report.add(
            "not_collected",
            "data_collected",
            f"{name}在立项审查通过后没有成功归集过数据。",
            f"{name}: no data were collected since the plan had passed.",
        )


def _standing(report: _Report, standing: Standing) -> None:
    if standing.uncorrected:
        report.add(
            "uncorrected",
            "funds",
            f"本单位有 {standing.uncorrected} 项责令改正的事项逾期未改正。",
            f"The organisation has {standing.uncorrected} orders to correct that it did not meet in time.",
        )
