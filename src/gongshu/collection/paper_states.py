"""The life of a paper holding on its way into the catalog (泸州14: 纸质数据逐步电子化)."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class PaperStatus(StrEnum):
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DIGITISED = "digitised"
    DROPPED = "dropped"


PAPER_LABELS: dict[PaperStatus, Text] = {
    PaperStatus.PLANNED: Text("已列入计划", "Planned"),
    PaperStatus.UNDER_WAY: Text("电子化中", "Being digitised"),
    PaperStatus.DIGITISED: Text("已电子化并归集", "Digitised and collected"),
    PaperStatus.DROPPED: Text("不再办理", "Given up"),
}
LIVE = (PaperStatus.PLANNED, PaperStatus.UNDER_WAY)

PAPER = Table(
    name="collection_paper",
    title=Text("纸质资料", "paper holding"),
    states=PAPER_LABELS,
    initial=PaperStatus.PLANNED,
    transitions=(
        Transition("report", LIVE, PaperStatus.UNDER_WAY, by=("provider",), label=Text("报告进度", "Report progress")),
        Transition(
            "finish", LIVE, PaperStatus.DIGITISED, by=("platform",), label=Text("数据已归集", "Its data are collected")
        ),
        Transition("drop", LIVE, PaperStatus.DROPPED, by=("provider",), label=Text("不再办理", "Give it up")),
    ),
)
