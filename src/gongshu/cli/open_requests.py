"""``gongshu open request|answer|object|provide|requests``: what the public asks for, and what is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import output, session
from gongshu.cli.output import t
from gongshu.cli.session import As, Json

if TYPE_CHECKING:
    from gongshu.opening.models import AccessRequest

Number = Annotated[str, typer.Argument(help=t("开放申请编号", "Number of the request"))]


def request(
    code: Annotated[str, typer.Argument(help=t("信息资源代码", "Resource code"))],
    kind: Annotated[str, typer.Option(help=t("申请主体种类（见规则包）", "Kind of applicant (see the pack)"))],
    name: Annotated[str, typer.Option(help=t("申请人名称", "Who applies"))],
    by: As = "",
    purpose: Annotated[str, typer.Option(help=t("利用目的", "Purpose"))] = "",
    scope: Annotated[str, typer.Option(help=t("使用范围", "Scope of use"))] = "",
    confidentiality: Annotated[str, typer.Option(help=t("保密条件", "Confidentiality terms"))] = "",
    security: Annotated[str, typer.Option(help=t("安全保障能力", "Security capability"))] = "",
    items: Annotated[str, typer.Option(help=t("数据项，逗号分隔（默认全部）", "Items, by commas (default: all)"))] = "",
    certificate: Annotated[
        str, typer.Option(help=t("数字证书（规则要求时）", "Certificate, where the rules ask"))
    ] = "",
    as_json: Json = False,
) -> None:
    """申请有条件开放的数据，或申请开放目录以外的数据。 Ask for conditionally open data, or that more be opened.

    例 Example:  gongshu open request 333004-000002 --kind legal_person --name 江临科技 --purpose 导航 --as sun
    """
    actor = session.actor(by)
    from gongshu.opening import request_actions
    from gongshu.opening.request import AccessAsk

    chosen = tuple(part.strip() for part in items.split(",") if part.strip())
    asked = AccessAsk(kind, name, purpose, scope, confidentiality, security, chosen, {"certificate": certificate})
    _answer(request_actions.ask(by=actor, code=code, asked=asked), as_json)


def answer(
    number: Number,
    passed: Annotated[bool, typer.Option("--pass/--fail", help=t("同意或不同意", "Yes or no"))],
    by: As = "",
    remark: Annotated[str, typer.Option(help=t("意见或理由", "Remark or reasons"))] = "",
    as_json: Json = False,
) -> None:
    """答复开放申请，或答复对不予开放的复核。 Answer a request, or the review of its refusal.

    例 Example:  gongshu open answer KS-20261121-0001 --fail --remark 涉及个人隐私 --as li
    """
    actor = session.actor(by)
    from gongshu.opening import request_actions

    _answer(request_actions.answer(by=actor, number=number, passed=passed, remark=remark), as_json)


def object_to(
    number: Number,
    reason: Annotated[str, typer.Option(help=t("异议理由", "Why"))],
    by: As = "",
    as_json: Json = False,
) -> None:
    """对不予开放提出异议，请求复核。 Object to a refusal and ask for a review.

    例 Example:  gongshu open object KS-20261121-0001 --reason 数据不含个人信息 --as sun
    """
    actor = session.actor(by)
    from gongshu.opening import request_actions

    _answer(request_actions.object_to_refusal(by=actor, number=number, reason=reason), as_json)


def provide(
    number: Number,
    by: As = "",
    agreement: Annotated[str, typer.Option(help=t("数据利用协议编号", "Number of the data-use agreement"))] = "",
    as_json: Json = False,
) -> None:
    """提供已同意的数据。 Hand over what was approved.

    例 Example:  gongshu open provide KS-20261121-0001 --agreement XY-2026-7 --as li
    """
    actor = session.actor(by)
    from gongshu.opening import request_actions

    _answer(request_actions.provide(by=actor, number=number, agreement=agreement), as_json)


def requests(by: As = "", as_json: Json = False) -> None:
    """列出我可见的开放申请。 List the requests that I may see.

    例 Example:  gongshu open requests --as li --json
    """
    actor = session.actor(by)
    from gongshu.opening import queries

    found = list(queries.visible_requests(actor))
    if as_json:
        output.emit([_summary(one) for one in found])
        return
    for one in found:
        output.console().print(
            f"{one.number}  {one.entry.title}  {one.status_label.say(output.language())}", markup=False
        )


def _summary(found: AccessRequest) -> dict[str, Any]:
    return {
        "number": found.number,
        "kind": found.kind,
        "resource": found.entry.code,
        "title": found.entry.title,
        "applicant_kind": found.applicant_kind,
        "items": found.items,
        "status": found.status,
        "needs_agreement": found.needs_agreement,
        "agreement": found.agreement,
        "citations": [c["label"] for c in found.citations],
        "grant": found.grant_id,
    }


def _answer(found: AccessRequest, as_json: bool) -> None:
    from gongshu.opening import queries

    language, steps = output.language(), list(queries.request_steps(found))
    if as_json:
        output.emit(
            {
                **_summary(found),
                "steps": [
                    {
                        "office": step.office,
                        "organization": step.organization.code if step.organization else "",
                        "act": session.pair(step.act_label),
                        "reviews": step.reviews,
                        "days": step.days,
                        "due_on": step.due_on,
                        "status": step.status,
                        "remark": step.remark,
                        "citations": [c["label"] for c in step.citations],
                    }
                    for step in steps
                ],
            }
        )
        return
    console = output.console()
    console.print(f"{found.number}  {found.entry.title}  {found.status_label.say(language)}", markup=False)
    for step in steps:
        cites = "；".join(c["label" if language == "zh" else "label_en"] for c in step.citations)
        who = step.organization.say(language) if step.organization else step.office
        console.print(
            f"  {step.position}. {who} {step.act_label.say(language)} [{step.status_label.say(language)}] "
            f"{step.due_on or ''} {step.remark}  {cites}",
            markup=False,
        )
