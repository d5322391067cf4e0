"""The life of a proposal that two items are one datum, and of an item whose datum has its source elsewhere."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class ProposalStatus(StrEnum):
    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"
    LAPSED = "lapsed"


PROPOSAL_LABELS: dict[ProposalStatus, Text] = {
    ProposalStatus.OPEN: Text("待认定", "To be decided"),
    ProposalStatus.SAME: Text("同一数据", "The same datum"),
    ProposalStatus.DIFFERENT: Text("不是同一数据", "Not the same"),
    ProposalStatus.LAPSED: Text("已失效", "Lapsed"),
}

PROPOSAL = Table(
    name="catalog_source_proposal",
    title=Text("疑似同一数据", "proposal of one datum"),
    states=PROPOSAL_LABELS,
    initial=ProposalStatus.OPEN,
    transitions=(
        Transition(
            "name",
            ProposalStatus.OPEN,
            ProposalStatus.SAME,
            by=("data_authority",),
            label=Text("认定数据源", "Name the source"),
        ),
        Transition(
            "differ",
            ProposalStatus.OPEN,
            ProposalStatus.DIFFERENT,
            by=("data_authority",),
            label=Text("不是同一数据", "Not the same"),
        ),
        Transition(
            "reopen",
            (ProposalStatus.SAME, ProposalStatus.DIFFERENT),
            ProposalStatus.OPEN,
            by=("data_authority",),
            label=Text("重新认定", "Decide again"),
        ),
        Transition(
            "lapse",
            ProposalStatus.OPEN,
            ProposalStatus.LAPSED,
            by=("platform",),
            label=Text("信息项已不在目录中，或不再相近", "An item left the catalog, or is alike no more"),
        ),
        Transition(
            "find",
            ProposalStatus.LAPSED,
            ProposalStatus.OPEN,
            by=("platform",),
            label=Text("再次发现", "Found again"),
        ),
    ),
)


class UseStatus(StrEnum):
    DUE = "due"
    KEPT = "kept"
    EXEMPT = "exempt"
    ENDED = "ended"


USE_LABELS: dict[UseStatus, Text] = {
    UseStatus.DUE: Text("应改为共享获取", "To be had by sharing"),
    UseStatus.KEPT: Text("作为标识保留", "Kept as identifier"),
    UseStatus.EXEMPT: Text("已豁免", "Exempted"),
    UseStatus.ENDED: Text("已停止采集", "No longer collected"),
}

USE = Table(
    name="catalog_source_use",
    title=Text("非数据源的信息项", "item that is not the source"),
    states=USE_LABELS,
    initial=UseStatus.DUE,
    transitions=(
        Transition(
            "keep",
            UseStatus.DUE,
            UseStatus.KEPT,
            by=("platform",),
            label=Text("主键或本单位的信息项", "A key, or the source's own unit"),
        ),
        Transition("exempt", UseStatus.DUE, UseStatus.EXEMPT, by=("data_authority",), label=Text("豁免", "Exempt")),
        Transition(
            "unexempt",
            UseStatus.EXEMPT,
            UseStatus.DUE,
            by=("data_authority",),
            label=Text("撤销豁免", "End the exemption"),
        ),
        Transition(
            "end",
            (UseStatus.DUE, UseStatus.KEPT, UseStatus.EXEMPT),
            UseStatus.ENDED,
            by=("platform",),
            label=Text("信息项已去掉，或认定已撤销", "The item is gone, or the naming was undone"),
        ),
    ),
)
