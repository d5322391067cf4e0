"""The life of a run: what is handed over becomes a version, or a refusal with reasons, and nothing in between.

And of a source: the place from which an entry's data come by themselves, in its turns.
"""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SHOWN = "shown"  # what was found in the file waits for a person's word; nothing is committed yet
    COMMITTED = "committed"
    UNCHANGED = "unchanged"  # the source holds what the present version holds: there is no new one
    REFUSED = "refused"  # the file is at fault; the sentence says how to mend it
    FAILED = "failed"  # the machine or the platform is at fault; the file is kept and may be tried again
    CANCELLED = "cancelled"


RUN_LABELS: dict[RunStatus, Text] = {
    RunStatus.QUEUED: Text("排队中", "Queued"),
    RunStatus.RUNNING: Text("归集中", "Running"),
    RunStatus.SHOWN: Text("待确认", "To be confirmed"),
    RunStatus.COMMITTED: Text("已入库", "Committed"),
    RunStatus.UNCHANGED: Text("无变化", "Unchanged"),
    RunStatus.REFUSED: Text("已退回", "Refused"),
    RunStatus.FAILED: Text("失败", "Failed"),
    RunStatus.CANCELLED: Text("已取消", "Cancelled"),
}

UNFINISHED = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})


def _step(name: str, source: RunStatus, target: RunStatus, by: str, label: Text) -> Transition:
    return Transition(name, source, target, by=(by,), label=label)


RUN = Table(
    name="collection_run",
    title=Text("归集", "run"),
    states=RUN_LABELS,
    initial=RunStatus.QUEUED,
    transitions=(
        _step("start", RunStatus.QUEUED, RunStatus.RUNNING, "worker", Text("开始", "Start")),
        _step("put_back", RunStatus.RUNNING, RunStatus.QUEUED, "worker", Text("重新排队", "Put back")),
        _step("show", RunStatus.RUNNING, RunStatus.SHOWN, "worker", Text("显示识别结果", "Show what was found")),
        _step("confirm", RunStatus.SHOWN, RunStatus.QUEUED, "provider", Text("确认", "Confirm")),
        _step("give_up", RunStatus.SHOWN, RunStatus.CANCELLED, "provider", Text("放弃", "Give up")),
        _step("commit", RunStatus.RUNNING, RunStatus.COMMITTED, "worker", Text("入库", "Commit")),
        _step("find_unchanged", RunStatus.RUNNING, RunStatus.UNCHANGED, "worker", Text("核对无变化", "Find unchanged")),
        _step("refuse", RunStatus.RUNNING, RunStatus.REFUSED, "worker", Text("退回", "Refuse")),
        _step("fail", RunStatus.RUNNING, RunStatus.FAILED, "worker", Text("失败", "Fail")),
        _step("stop", RunStatus.RUNNING, RunStatus.CANCELLED, "provider", Text("取消", "Cancel")),
        _step("cancel", RunStatus.QUEUED, RunStatus.CANCELLED, "provider", Text("取消", "Cancel")),
        _step("retry", RunStatus.FAILED, RunStatus.QUEUED, "provider", Text("重试", "Try again")),
    ),
)


class SourceKind(StrEnum):
    """How the platform reaches a source."""

    POSTGRESQL = "postgresql"
    MYSQL = "mysql"
    SQL = "sql"  # any other database with a SQLAlchemy dialect
    FOLDER = "folder"  # an exchange node on this machine or a mounted disk
    SFTP = "sftp"
    MQTT = "mqtt"
    HTTP = "http"


KIND_LABELS: dict[SourceKind, Text] = {
    SourceKind.POSTGRESQL: Text("PostgreSQL 数据库", "PostgreSQL"),
    SourceKind.MYSQL: Text("MySQL、MariaDB 数据库", "MySQL, MariaDB"),
    SourceKind.SQL: Text("其他数据库（SQLAlchemy）", "Other database (SQLAlchemy)"),
    SourceKind.FOLDER: Text("前置机：本机目录", "Exchange node: a folder here"),
    SourceKind.SFTP: Text("前置机：SFTP", "Exchange node: SFTP"),
    SourceKind.MQTT: Text("感知数据流（MQTT）", "Sensor stream (MQTT)"),
    SourceKind.HTTP: Text("HTTP 接口", "HTTP interface"),
}
DATABASES = frozenset({SourceKind.POSTGRESQL, SourceKind.MYSQL, SourceKind.SQL})
PULLED = DATABASES | {SourceKind.HTTP}  # read in turns; to the others things arrive
EXCHANGES = frozenset({SourceKind.FOLDER, SourceKind.SFTP})


class Direction(StrEnum):
    IN = "in"
    OUT = "out"  # the way back: the platform writes the version into a table of the providing unit


class Mode(StrEnum):
    """What a run takes, and what it is to the version before."""

    FULL = "full"
    INCREMENTAL = "incremental"
    UPSERT = "upsert"


MODE_LABELS: dict[Mode, Text] = {
    Mode.FULL: Text("全量替换", "All of it, in the place of what was"),
    Mode.INCREMENTAL: Text("按水位增量", "What changed since the last run, by a watermark"),
    Mode.UPSERT: Text("按主键合并", "All of it, merged by key"),
}


class Schedule(StrEnum):
    """When runs start."""

    CYCLE = "cycle"  # once in every update cycle of the entry
    MANUAL = "manual"


SCHEDULE_LABELS: dict[Schedule, Text] = {
    Schedule.CYCLE: Text("按目录更新周期", "By the entry's update cycle"),
    Schedule.MANUAL: Text("仅手动", "By hand only"),
}


class SourceStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


SOURCE_LABELS: dict[SourceStatus, Text] = {
    SourceStatus.ACTIVE: Text("运行中", "Active"),
    SourceStatus.PAUSED: Text("已暂停", "Paused"),
    SourceStatus.REMOVED: Text("已移除", "Removed"),
}


def _turn(name: str, source: SourceStatus, target: SourceStatus, by: tuple[str, ...], label: Text) -> Transition:
    return Transition(name, source, target, by=by, label=label)


SOURCE = Table(
    name="collection_source",
    title=Text("接入来源", "source"),
    states=SOURCE_LABELS,
    initial=SourceStatus.ACTIVE,
    transitions=(
        _turn("pause", SourceStatus.ACTIVE, SourceStatus.PAUSED, ("provider", "worker"), Text("暂停", "Pause")),
        _turn("resume", SourceStatus.PAUSED, SourceStatus.ACTIVE, ("provider",), Text("恢复", "Resume")),
        _turn("remove", SourceStatus.ACTIVE, SourceStatus.REMOVED, ("provider",), Text("移除", "Remove")),
        _turn("discard", SourceStatus.PAUSED, SourceStatus.REMOVED, ("provider",), Text("移除", "Remove")),
    ),
)
