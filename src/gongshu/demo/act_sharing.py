"""The acts of sharing: who must decide by when under this city's rules, a refusal without grounds, the decision."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from gongshu.demo import city
from gongshu.demo.needs import Need, needs
from gongshu.demo.stage import Act, Facts, Stage
from gongshu.errors import GongshuError, Text
from gongshu.identity import queries as identity
from gongshu.sharing import actions as sharing
from gongshu.sharing import queries as applications
from gongshu.sharing.request import Decision, Request
from gongshu.sharing.states import ApplicationStatus, Outcome


def apply(stage: Stage) -> Facts:
    """File the applications that are not filed yet; who decides each, by when, under which article."""
    return {"applications": {name: _filed(stage, need) for name, need in needs(stage).items()}}


def _filed(stage: Stage, need: Need) -> Facts:
    by = stage.actor(need.applicant)
    code = stage.fact("catalog", "codes")[need.register]
    mine = applications.search(by, filters={"entry__code": code}).filter(organization__code=by.organization)
    application = mine.filter(scenario=need.scenario).first()
    if application is None:
        application = sharing.apply(by=by, code=code, request=_request(stage, need))
    return _facts(by, application)


def _request(stage: Stage, need: Need) -> Request:
    purposes = stage.pack.find("sharing.purposes", on=stage.day)
    chosen = [choice.id for choice in purposes.value] if purposes else []
    return Request(
        items=need.items,
        purpose=chosen[0] if chosen else need.scenario,
        mode="query",
        valid_until=stage.day + timedelta(days=365),
        basis=need.basis,
        scenario=need.scenario,
        business_process=need.process,
        scope=f"仅限{stage.actor(need.applicant).organization_name}在本场景内使用",
    )


def _facts(by: Any, application: Any) -> Facts:
    steps = [
        {
            "stage": step.stage,
            "office": step.office,
            "organization": step.organization.code,
            "organization_name": step.organization.name,
            "act": step.act_zh,
            "act_en": step.act_en,
            "days": step.days,
            "due_on": _iso(step.due_on),
            "provisional": step.provisional,
            "words": step.words.zh,
            "words_en": step.words.en,
            "citations": [citation["label"] for citation in step.citations],
            "status": step.status,
            "decided_by": step.decided_by.username if step.decided_by else None,
        }
        for step in applications.steps(application)
    ]
    return {
        "number": application.number,
        "applicant": by.username,
        "applicant_name": by.organization_name,
        "organization": by.organization,
        "resource": application.entry.code,
        "title": application.entry.title,
        "items": application.items,
        "purpose": application.purpose,
        "status": application.status,
        "grant": application.grant_id,
        "citations": [citation["label"] for citation in application.citations],
        "chain": steps,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def tell_apply(stage: Stage, facts: Facts) -> None:
    for found in facts["applications"].values():
        _tell_application(stage, found)
    stage.tell.articles(
        label
        for found in facts["applications"].values()
        for label in (*found["citations"], *(label for step in found["chain"] for label in step["citations"]))
    )


def _tell_application(stage: Stage, found: Facts) -> None:
    stage.tell.line(
        f"{found['number']}  {found['applicant_name']} 申请《{found['title']}》的 {len(found['items'])} 项",
        f"application for {len(found['items'])} items",
    )
    if not found["chain"]:
        stage.tell.line("  无须审批，授权即时生效", "nobody needs to decide; the grant is in force at once")
    for step in found["chain"]:
        due = step["due_on"] or step["words"] or "规定未写明期限"
        due_en = step["due_on"] or step["words_en"] or "the rules name no time limit"
        mark = "（暂定）" if step["provisional"] else ""
        stage.tell.line(
            f"  第 {step['stage']} 步  {step['organization_name']}:{step['act']}，期限 {due}{mark}",
            f"{step['act_en']}, {due_en}",
        )


def refuse_without_grounds(stage: Stage) -> Facts:
    """A decider tries to refuse with nothing to show for it; the platform must not let them."""
    demand = stage.pack.refusal(stage.day)
    found = stage.fact("apply", "applications")["main"]
    facts: Facts = {
        "reason": demand.reason,
        "legal_basis": demand.legal_basis,
        "accepted": [str(kind) for kind in demand.accepted],
        "citations": [citation.label("zh") for citation in demand.citations],
        "attempts": [],
    }
    by = _decider(found["number"])
    if by is None or not demand.reason:
        return facts
    tries = [Decision(outcome=Outcome.REFUSE)]
    if demand.legal_basis:
        tries.append(Decision(outcome=Outcome.REFUSE, reason="数据较敏感，暂不提供。"))
    for decision in tries:
        try:
            sharing.decide(by=by, number=found["number"], decision=decision)
        except GongshuError as error:
            facts["attempts"].append({"code": error.code, "zh": error.text.zh, "en": error.text.en})
        else:
            raise AssertionError("an application was refused without the grounds that the rules demand")
    return facts


def _decider(number: str) -> Any:
    """Somebody who may decide the step whose turn it is; ``None`` when no step waits."""
    for account in city.ACCOUNTS:
        by = identity.actor_by_username(account.username)
        try:
            application = applications.application(by, number)
        except GongshuError:
            continue
        if applications.step_for(by, application) is not None:
            return by
    return None


def tell_refusal(stage: Stage, facts: Facts) -> None:
    for attempt in facts["attempts"]:
        stage.tell.refusal(Text(attempt["zh"], attempt["en"]), attempt["code"])
    if not facts["attempts"]:
        stage.tell.line("本地规定对拒绝没有要求，或无须审批", "these rules demand nothing here, or nobody decides")
    stage.tell.articles(facts["citations"])


def decide(stage: Stage) -> Facts:
    """Everybody whose turn it is agrees, on all applications but the one left waiting."""
    decided: Facts = {}
    for name, found in stage.fact("apply", "applications").items():
        viewer = stage.actor(found["applicant"])
        application = applications.application(viewer, found["number"])
        while name != "waiting" and application.status == ApplicationStatus.PENDING:
            by = _decider(found["number"])
            if by is None:
                raise AssertionError(f"nobody may decide {found['number']}")
            application = sharing.decide(
                by=by, number=found["number"], decision=Decision(outcome=Outcome.AGREE, reason="符合履职需要。")
            )
        decided[name] = _facts(viewer, applications.application(viewer, found["number"]))
    return {"applications": decided}


def tell_decide(stage: Stage, facts: Facts) -> None:
    for found in facts["applications"].values():
        who = "、".join(
            f"{step['organization_name']}({step['decided_by']})" for step in found["chain"] if step["decided_by"]
        )
        if found["grant"]:
            stage.tell.line(
                f"{found['number']} 已同意{f':{who}' if who else ''}，授权 {found['grant']}",
                "agreed; the grant is in force",
            )
        else:
            stage.tell.line(f"{found['number']} 留在待办中", "left on the deciders' desks, with its deadline")
    stage.tell.articles(
        label for found in facts["applications"].values() for step in found["chain"] for label in step["citations"]
    )


ACTS = (
    Act("apply", "申请共享：谁决定、何时答复", "Apply: who decides, by when", apply, tell_apply),
    Act(
        "refuse",
        "没有依据的拒绝不被接受",
        "A refusal without grounds is not accepted",
        refuse_without_grounds,
        tell_refusal,
    ),
    Act("decide", "决定与授权", "Decision and grant", decide, tell_decide),
)
