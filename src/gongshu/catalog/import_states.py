"""The life of an import: previewed, confirmed, worked off entry by entry."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class ImportStatus(StrEnum):
    PREVIEW = "preview"  # read and checked; nothing is written yet
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"  # the machine was in the way; it may be tried again and goes on where it stopped
    CANCELLED = "cancelled"


IMPORT_LABELS: dict[ImportStatus, Text] = {
    ImportStatus.PREVIEW: Text("待确认", "To be confirmed"),
    ImportStatus.QUEUED: Text("排队中", "Queued"),
    ImportStatus.RUNNING: Text("导入中", "Running"),
    ImportStatus.DONE: Text("已完成", "Done"),
    ImportStatus.FAILED: Text("失败", "Failed"),
    ImportStatus.CANCELLED: Text("已取消", "Cancelled"),
}
UNDER_WAY = frozenset({ImportStatus.QUEUED, ImportStatus.RUNNING})


class Outcome(StrEnum):
    """What is to become of an entry, and what became of it. ``WAITING`` outcomes are not worked off yet."""

    WAITING = ""
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    HELD = "held"  # a finding holds it back
    REFUSED = "refused"  # the catalog refused it when it was written


OUTCOME_LABELS: dict[Outcome, Text] = {
    Outcome.WAITING: Text("待处理", "Waiting"),
    Outcome.CREATED: Text("新建草稿", "New draft"),
    Outcome.CHANGED: Text("更新", "Changed"),
    Outcome.UNCHANGED: Text("无变化", "Unchanged"),
    Outcome.HELD: Text("有错误，不导入", "Held back"),
    Outcome.REFUSED: Text("未写入", "Refused"),
}


def _step(name: str, source: ImportStatus, target: ImportStatus, by: str, label: Text) -> Transition:
    return Transition(name, source, target, by=(by,), label=label)


IMPORT = Table(
    name="catalog_import",
    title=Text("目录导入", "import"),
    states=IMPORT_LABELS,
    initial=ImportStatus.PREVIEW,
    transitions=(
        _step("confirm", ImportStatus.PREVIEW, ImportStatus.QUEUED, "provider", Text("确认导入", "Confirm")),
        _step("discard", ImportStatus.PREVIEW, ImportStatus.CANCELLED, "provider", Text("放弃", "Give up")),
        _step("start", ImportStatus.QUEUED, ImportStatus.RUNNING, "worker", Text("开始", "Start")),
        _step("cancel", ImportStatus.QUEUED, ImportStatus.CANCELLED, "provider", Text("取消", "Cancel")),
        _step("stop", ImportStatus.RUNNING, ImportStatus.CANCELLED, "provider", Text("取消", "Cancel")),
        _step("finish", ImportStatus.RUNNING, ImportStatus.DONE, "worker", Text("完成", "Finish")),
        _step("fail", ImportStatus.RUNNING, ImportStatus.FAILED, "worker", Text("失败", "Fail")),
        _step("retry", ImportStatus.FAILED, ImportStatus.QUEUED, "provider", Text("继续", "Go on")),
        _step("resume", ImportStatus.CANCELLED, ImportStatus.QUEUED, "provider", Text("继续", "Go on")),
    ),
)
