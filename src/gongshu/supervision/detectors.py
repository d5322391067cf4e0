"""What the platform finds by itself. Each detector is a line in :data:`DETECTORS`; the daily job runs them all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from gongshu import clock
from gongshu.duties import queries as duties
from gongshu.errors import Text
from gongshu.ledger import queries as ledger
from gongshu.supervision import project_monitoring

PACKAGE = "supervision."


@dataclass(frozen=True)
class Sighting:
    """One thing seen. ``kinds`` are the pack's kinds that it may be, the first one known counts; ``key`` is seen once."""

    key: str
    organization: str
    kinds: tuple[str, ...]
    facts: Text


@dataclass(frozen=True)
class Detector:
    """``look`` yields what is to be seen now; what was proposed before is not proposed again."""

    name: str
    label: Text
    look: Callable[[], Iterator[Sighting]]


_OF_DUTIES = {
    "catalog": ("catalog_not_kept", "cataloging"),
    "collection": ("not_shared_in_time", "not_collected_in_time", "gathering"),
    "sharing": ("not_shared_in_time", "not_collected_in_time", "sharing"),
    "quality": ("inconsistent_or_unusable", "gathering"),
    "opening": ("opening",),
    "operation.governance": ("inconsistent_or_unusable", "gathering"),
}


def overdue_duties() -> Iterator[Sighting]:
    """Statutory time that ran out without an answer (xian-43: 未及时提供)."""
    for duty in duties.fallen_overdue().exclude(kind__startswith=PACKAGE):
        kinds = _OF_DUTIES.get(duty.kind) or _OF_DUTIES.get(duty.kind.partition(".")[0], ())
        cites = "；".join(str(c["label"]) for c in duty.citations)
        cites_en = "; ".join(str(c["label_en"]) for c in duty.citations)
        yield Sighting(
            key=f"duty:{duty.pk}",
            organization=duty.organization.code,
            kinds=(*kinds, "other"),
            facts=Text(
                f"法定事项超期未办：{duty.title_zh}。期限{duty.due_on}（{cites}）。",
                f"Statutory time ran out: {duty.title_en}; it was due {duty.due_on} ({cites_en}).",
            ),
        )


_PATTERNS = {
    "guessing": Text("大量查询并不存在的记录", "look-ups that mostly found nothing"),
    "counting": Text("按主键逐个查询", "keys asked for one after the other"),
    "probing": Text("反复超出授权调用", "calls outside the grant, again and again"),
}


def probing_systems() -> Iterator[Sighting]:
    """Systems that tried out the gateway; it slowed them down or locked them by itself (xian-43: 超范围使用)."""
    since = clock.now() - timedelta(days=30)
    for record in ledger.records(action="gateway.suspected", since=since, limit=1000):
        pattern = _PATTERNS.get(str(record.details.get("pattern")), Text("异常调用", "unusual calls"))
        if record.organization:
            yield Sighting(
                key=f"gateway:{record.entry_id}",
                organization=record.organization,
                kinds=("misuse", "other"),
                facts=Text(
                    f"应用系统{record.actor}在{record.resource or '多项资源'}上：{pattern.zh}。账本条目{record.entry_id}。",
                    f"The system {record.actor} on {record.resource or 'several resources'}: {pattern.en}; "
                    f"ledger entry {record.entry_id}.",
                ),
            )


def projects_in_trouble() -> Iterator[Sighting]:
    """Accepted projects whose data no longer come, come late or are not in order (yongjia-12: 实时在线监管)."""
    for project, _, trouble in project_monitoring.troubled():
        yield Sighting(
            key=f"project:{project.number}:{trouble.key}",
            organization=project.organization.code,
            kinds=(*trouble.kinds, "other"),
            facts=Text(
                f"项目“{project.name}”（{project.number}）上线后监管发现：{trouble.text.zh}",
                f"The project “{project.name}” ({project.number}), watched after acceptance: {trouble.text.en}",
            ),
        )


DETECTORS: tuple[Detector, ...] = (
    Detector("overdue_duties", Text("超期未办的法定事项", "statutory duties overdue"), overdue_duties),
    Detector("projects", Text("验收后项目的数据", "data of accepted projects"), projects_in_trouble),
    Detector("probing_systems", Text("试探网关的应用系统", "systems that try out the gateway"), probing_systems),
)
