"""All writes of the project gate: registered, planned, submitted, passed or not, built, accepted or not, funded or not.

The gates, whose verdict it is and every article are the pack's ``supervision.project_gate`` and
``supervision.project_reviewer`` (xian-40, luzhou-12, yongjia-12, yongjia-42). A city without them has no gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import draft
from gongshu.catalog.draft import EntryData
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, GongshuError, NotFound, Text
from gongshu.filings import queries as filings
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.supervision import project_policy as policy
from gongshu.supervision import project_queries as queries
from gongshu.supervision.project_models import PlannedEntry, Project, Verdict
from gongshu.supervision.project_rules import Gate, gate
from gongshu.supervision.project_states import (
    BUILDING,
    PLANNABLE,
    PROJECT,
    PROJECT_LABELS,
    STAGE_LABELS,
    ProjectStatus,
    Stage,
)


@transaction.atomic
def register(*, by: Actor, name: str, summary: str = "") -> Project:
    """Put an IT project of one's organisation into the register; its planned catalog comes next."""
    policy.check_register(by)
    rule = gate()
    policy.check_gate(rule.known, rules.active().region.zh)
    found = Project.objects.create(
        number=duties.next_number(by=by, prefix="XM"),
        organization=identity.organization(by.organization),
        name=policy.check_text(name, "项目名称", "name of the project", field="name", most=100),
        summary=policy.check_text(summary, "建设内容", "what is built", field="summary", most=2000, needed=False),
        registered_by_id=by.person_id,
        registered_at=clock.now(),
    )
    _record(by, found, "registered", rule)
    return found


@transaction.atomic
def plan_entry(*, by: Actor, number: str, data: EntryData, uses: str = "", difference: str = "") -> PlannedEntry:
    """Add a line to the planned catalog: data to be collected, or with ``uses`` a source that is used instead."""
    found = _own(by, number, PLANNABLE)
    lines = queries.plan(found)
    policy.check_room(len(lines))
    title = policy.check_text(data.title, "数据名称", "name of the data", field="title", most=100)
    policy.check_items([item.title for item in data.items])
    if uses:
        source = queries.known_source(uses)
        if source is None or not source.published:
            raise NotFound(
                "project.source_unknown",
                "没有这个代码的已发布目录，请核对要共享使用的资源代码。",
                "No published entry has that code; check the source that is to be used.",
                field="uses",
            )
        uses = source.code
    line = PlannedEntry.objects.create(
        project=found,
        position=max((one.position for one in lines), default=0) + 1,
        title=title,
        body=draft.as_plain(data),
        uses=uses,
        difference=policy.check_text(
            difference, "不重复的说明", "difference", field="difference", most=500, needed=False
        ),
    )
    _record(by, found, "entry_planned", gate(), title=title)
    return line


@transaction.atomic
def drop_entry(*, by: Actor, number: str, position: int) -> Project:
    """Take a line out of the plan before it is submitted again."""
    found = _own(by, number, PLANNABLE)
    line = _line(found, position)
    _record(by, found, "entry_dropped", gate(), title=line.title)
    line.delete()
    return found


@transaction.atomic
def explain(*, by: Actor, number: str, position: int, difference: str) -> PlannedEntry:
    """Say why a line is not the data that the gate names as its duplicate."""
    line = _line(_own(by, number, PLANNABLE), position)
    line.difference = policy.check_text(difference, "不重复的说明", "difference", field="difference", most=500)
    line.save(update_fields=["difference"])
    return line


@transaction.atomic
def name_entry(*, by: Actor, number: str, position: int, code: str) -> PlannedEntry:
    """Name the entry that a planned one became; it must be the organisation's own."""
    found = _own(by, number, BUILDING)
    line = _line(found, position)
    entry = queries.known_source(code)
    if entry is None or entry.provider != found.organization.code:
        raise NotFound(
            "project.entry_unknown",
            "本单位没有这个资源代码的目录。",
            "The organisation has no entry with that resource code.",
            field="code",
        )
    line.code = entry.code
    line.save(update_fields=["code"])
    return line


@transaction.atomic
def name_system(*, by: Actor, number: str, system_id: int) -> Project:
    """Name the registered information system that the project builds (yongjia-12: 信息系统填报)."""
    found = _own(by, number, (*PLANNABLE, *BUILDING))
    system = filings.system(by, system_id)
    if system.organization_id != found.organization_id or system.until is not None:
        raise Conflict(
            "project.system_other",
            "请选择本单位在用的信息系统。",
            "Choose an information system in use of your own organisation.",
            field="system",
        )
    found.system = system
    found.save(update_fields=["system"])
    return found


@transaction.atomic
def submit(*, by: Actor, number: str) -> Project:
    """Hand the plan to the gate; also an empty one, of which the verdict will say so."""
    return _hand_in(by, number, "submit", Stage.APPROVAL)


@transaction.atomic
def hand_over(*, by: Actor, number: str) -> Project:
    """Hand the built project to the gate at acceptance."""
    return _hand_in(by, number, "hand_over", Stage.ACCEPTANCE)


@transaction.atomic
def withdraw(*, by: Actor, number: str) -> Project:
    """The project is not built."""
    found = _locked(number)
    policy.check_own(by, found.organization.code)
    _move(by, found, "withdraw")
    _record(by, found, "project_withdrawn", gate())
    return found


@transaction.atomic
def decide(*, by: Actor, number: str, stage: Stage, passed: bool, remark: str = "") -> Verdict:
    """Give the verdict: the reasons are found anew at this moment and kept with it; what blocks cannot be passed."""
    found, rule = _locked(number), gate()
    policy.check_gate(rule.known, rules.active().region.zh)
    policy.check_review(
        by,
        office=rule.office,
        name=rules.active().office_name(rule.office).zh,
        organization=found.organization.code,
        citations=rule.office_citations,
    )
    act = f"{'pass' if passed else 'refuse'}_{stage}"
    PROJECT.check(found.status, act)
    if stage is Stage.FUNDS and "funds" not in rule.requirements:
        raise Conflict(
            "project.no_funds_gate",
            "本市规则没有规定运维经费与数据管理挂钩，平台不设此步骤。",
            "The city's rules do not tie operating funds to data; there is no such step.",
        )
    remark = policy.check_text(remark, "意见", "remark", field="remark", most=2000, needed=False)
    lines = queries.plan(found)
    reasons = queries.reasons(found, lines, rule)
    if passed:
        policy.check_passes(reasons)
    else:
        policy.check_refusal(reasons, remark)
    pack = rules.active()
    verdict = Verdict.objects.create(
        project=found,
        stage=stage,
        passed=passed,
        reasons=[reason.as_json() for reason in reasons],
        remark=remark,
        plan_digest=queries.plan_digest(lines),
        person_id=by.person_id or None,
        organization=identity.organization(by.organization),
        at=clock.now(),
        pack=pack.id,
        pack_version=pack.version,
    )
    if stage is Stage.APPROVAL and passed:
        found.passed_at = clock.now()
    _move(by, found, act)
    blocking = [reason.code for reason in reasons if reason.blocks]
    _record(by, found, f"project_{'passed' if passed else 'refused'}", rule, stage=str(stage), reasons=blocking)
    _tell(by, found, stage, passed)
    return verdict


def _hand_in(by: Actor, number: str, act: str, stage: Stage) -> Project:
    found, rule = _locked(number), gate()
    policy.check_gate(rule.known, rules.active().region.zh)
    policy.check_own(by, found.organization.code)
    _move(by, found, act)
    holder = identity.holder_of(Office(rule.office))
    label = STAGE_LABELS[stage]
    duty = duties.open_duty(
        by=by,
        kind="supervision.project",
        subject=found.number,
        title=Text(f"{label.zh}：{found.name}", f"{label.en}: {found.name}"),
        link=_link(found),
        organization=holder.code,
        role=Role.DATA_AUTHORITY,
        pack=rules.active(),
        citations=[c.as_json() for c in rule.citations],
        days=None,
        words=Text("", ""),
        concerned=found.organization.code,
    )
    found.duty_id = duty.pk
    found.save(update_fields=["duty_id"])
    _record(by, found, f"project_{'submitted' if stage is Stage.APPROVAL else 'handed_over'}", rule)
    return found


def _move(by: Actor, found: Project, act: str) -> None:
    found.status = PROJECT.check(found.status, act)
    if found.duty_id:
        duties.close_duty(by=by, duty_id=found.duty_id, outcome=act)
        found.duty_id = None
    found.save()


def _locked(number: str) -> Project:
    found = (
        Project.objects.select_for_update(of=("self",))
        .select_related("organization", "system")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound("project.unknown", "没有这个编号的项目。", "There is no project with that number.")
    return found


def _own(by: Actor, number: str, states: Sequence[ProjectStatus]) -> Project:
    found = _locked(number)
    policy.check_own(by, found.organization.code)
    if found.status not in states:
        label = PROJECT_LABELS[ProjectStatus(found.status)]
        raise Conflict(
            "project.not_now",
            f"项目目前为“{label.zh}”，不能作此修改。",
            f"The project is “{label.en}” now; this cannot be changed.",
        )
    return found


def _line(found: Project, position: int) -> PlannedEntry:
    line = PlannedEntry.objects.filter(project=found, position=position).first()
    if line is None:
        raise GongshuError("project.line_unknown", "预编目录中没有这一条。", "The plan has no such line.")
    return line


def _link(found: Project) -> str:
    return f"/console/projects/{found.number}/"


def _tell(by: Actor, found: Project, stage: Stage, passed: bool) -> None:
    said, label = (("通过", "passed") if passed else ("不通过", "not passed")), STAGE_LABELS[stage]
    notifications.notify(
        by=by,
        organization=found.organization.code,
        roles=(Role.PROVIDER, Role.PRINCIPAL, Role.STEWARD),
        kind="supervision.project",
        text=Text(f"项目“{found.name}”{label.zh}{said[0]}", f"Project “{found.name}”: {label.en} {said[1]}"),
        link=_link(found),
    )


def _record(by: Actor, found: Project, act: str, rule: Gate, **details: Any) -> None:
    pack = rules.active()
    ledger.record(
        action=f"supervision.{'project_' if act == 'registered' else ''}{act}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=[c.label("zh") for c in rule.citations],
        details={
            "project": found.number,
            "builder": found.organization.code,
            "status": str(found.status),
            "pack": pack.id,
            "pack_version": pack.version,
            **details,
        },
    )
