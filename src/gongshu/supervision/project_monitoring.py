"""An accepted project is watched on: do its data still come, in time, and in order? (永嘉12: 上线后接受实时在线监管)

What is asked anew each time the page is opened: the entry is in the catalog and has data, they are no older than their
cycle, the last file or turn was taken in, no source of it stands still, and the last check of quality is above its limit.
The daily job makes a finding of each trouble once; where the pack's gate does not ask for ``monitoring`` it makes none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.collection import queries as collection
from gongshu.collection import source_queries
from gongshu.collection.states import RunStatus, SourceStatus
from gongshu.errors import Text
from gongshu.quality import check_queries
from gongshu.supervision.project_models import PlannedEntry, Project
from gongshu.supervision.project_rules import gate
from gongshu.supervision.project_states import ProjectStatus

REQUIREMENT = "monitoring"
FAILING = 3  # turns that failed in a row, after which a source counts as standing still; ours


@dataclass(frozen=True)
class Trouble:
    """``key`` names this very occurrence, so that it is found once; ``kinds`` are the violations that it may be."""

    code: str
    key: str
    text: Text
    kinds: tuple[str, ...]


@dataclass(frozen=True)
class Watched:
    """One entry of a project as it stands now."""

    position: int
    title: str
    code: str
    version: int | None
    data_at: datetime | None
    score: float | None
    troubles: list[Trouble] = field(default_factory=list)


def asked() -> bool:
    """Whether the city's rules ask for it."""
    return REQUIREMENT in gate().requirements


def watched(found: Project) -> list[Watched]:
    """Every entry that the project named, with what is wrong now; as many questions to the database for one as for all."""
    lines = PlannedEntry.objects.filter(project=found, uses="").exclude(code="").order_by("position")
    return _look(list(lines)) if found.status == ProjectStatus.ACCEPTED else []


def troubled() -> Iterator[tuple[Project, Watched, Trouble]]:
    """The troubles of all accepted projects, where the city's rules ask for monitoring."""
    if not asked():
        return
    projects = Project.objects.select_related("organization").filter(status=ProjectStatus.ACCEPTED)
    by_id = {one.pk: one for one in projects}
    lines = list(
        PlannedEntry.objects.filter(project__in=by_id, uses="").exclude(code="").order_by("project_id", "position")
    )
    for line, one in zip(lines, _look(lines), strict=True):
        for trouble in one.troubles:
            yield by_id[line.project_id], one, trouble


def _look(lines: Sequence[PlannedEntry]) -> list[Watched]:
    codes = sorted({line.code for line in lines})
    entries = {one.code: one for one in catalog.published().filter(code__in=codes)}
    runs = collection.latest_of(codes)
    sources: dict[str, list[source_queries.Source]] = {}
    for source in source_queries.of_resources(codes):
        sources.setdefault(source.resource, []).append(source)
    checks = {run.entry.code: run for run in check_queries.newest(codes)}
    result = []
    for line in lines:
        entry, check = entries.get(line.code), checks.get(line.code)
        one = Watched(
            position=line.position,
            title=line.title,
            code=line.code,
            version=entry.data_version if entry else None,
            data_at=entry.data_at if entry else None,
            score=float(check.score) if check is not None and check.score is not None else None,
        )
        result.append(one)
        add, name = one.troubles.append, f"“{line.title}”（{line.code}）"
        name_en = f"“{line.title}” ({line.code})"
        if entry is None:
            add(
                Trouble(
                    "gone",
                    f"{line.code}:gone",
                    Text(f"{name}的目录已不在发布状态。", f"{name_en}: its entry is published no more."),
                    ("catalog_not_kept",),
                )
            )
            continue
        if entry.data_version is None:
            said = Text(f"{name}没有归集数据。", f"{name_en}: no data are collected.")
            add(Trouble("no_data", f"{line.code}:no_data", said, ("not_collected_in_time",)))
        if entry.stale_since is not None:
            said = Text(
                f"{name}超过更新周期，应于{entry.stale_since}前更新。",
                f"{name_en} was due for an update on {entry.stale_since}.",
            )
            add(Trouble("stale", f"{line.code}:stale:{entry.stale_since}", said, ("not_collected_in_time",)))
        run = runs.get(line.code)
        if run is not None and run.status in (RunStatus.REFUSED, RunStatus.FAILED):
            said = Text(
                f"{name}最近一次归集未入库（{clock.local(run.submitted_at):%Y-%m-%d}）：{run.error_zh}",
                f"{name_en}: the last collection of {clock.local(run.submitted_at):%Y-%m-%d} failed: {run.error_en}",
            )
            add(Trouble("refused", f"{line.code}:run:{run.pk}", said, ("not_collected_in_time",)))
        for source in sources.get(line.code, []):
            if source.status == SourceStatus.PAUSED or source.failures >= FAILING:
                since = source.last_ok_at or source.created_at
                said = Text(
                    f"{name}的接入来源“{source.name}”已停止或连续失败，{clock.local(since):%Y-%m-%d}后没有成功。",
                    f"{name_en}: the source “{source.name}” stands still or fails; nothing came since "
                    f"{clock.local(since):%Y-%m-%d}.",
                )
                add(Trouble("source", f"{source.pk}:{since:%Y%m%d%H%M%S}", said, ("not_collected_in_time",)))
        if check is not None and check.below:
            said = Text(
                f"{name}第{check.version}版质量得分{check.score}，低于{check.alert_below}。",
                f"{name_en}: version {check.version} scores {check.score}, under {check.alert_below}.",
            )
            add(Trouble("quality", f"{line.code}:quality:{check.version}", said, ("inconsistent_or_unusable",)))
    return result
