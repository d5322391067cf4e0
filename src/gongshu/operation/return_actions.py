"""All writes of returns: an operator reports what a product earned (dazhou-9: 合理收益), or strikes a report out.

That returns may be earned is the pack's ``operation.reasonable_return``, the kinds of products its ``operation.products``.
The report goes to the authority, which supervises operation (dazhou-10). A record is never changed.
"""

from __future__ import annotations

from django.db import transaction

from gongshu import clock, rules
from gongshu.duties import actions as duties
from gongshu.errors import Conflict, NotFound, Text
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.ledger import actions as ledger
from gongshu.notifications import actions as notifications
from gongshu.operation import casework, governance_policy, governance_queries, policy
from gongshu.operation.governance_models import Return
from gongshu.operation.governance_policy import Earned
from gongshu.operation.governance_states import RETURN, ReturnStatus

_WHAT = Text("运营单位的收益", "returns of operators")


@transaction.atomic
def record(*, by: Actor, earned: Earned) -> Return:
    """Report what a product made of supplied data earned in a period, and on what basis."""
    policy.check_apply(by)
    rule, pack = governance_queries.returns_rule(), rules.active()
    policy.check_procedure(rule is not None, pack.region, _WHAT)
    kinds = governance_queries.product_kinds()
    supplied = set(governance_queries.ever_supplied(by).values_list("number", flat=True))
    governance_policy.check_earned(earned, kinds=kinds, supplied=supplied, today=clock.today())
    agreement = governance_queries.agreement_in(by.organization, earned.period_from, earned.period_to)
    if agreement is None:
        raise Conflict(
            "operation.return_no_agreement",
            "收益期间不在贵单位任何一份授权运营协议的期限之内，请按协议分段填报。",
            "No agreement of your organisation covers the whole period; report it agreement by agreement.",
            field="period_from",
        )
    agreement = casework.locked(agreement.number)  # two reports at once are looked at one after the other
    same = Return.objects.filter(
        designation__organization__code=by.organization,
        product=earned.product.strip(),
        user=earned.user.strip(),
        period_from__lte=earned.period_to,
        period_to__gte=earned.period_from,
        status=ReturnStatus.RECORDED,
    ).first()
    if same is not None:
        raise Conflict(
            "operation.return_twice",
            f"该产品、该应用单位在这一期间的收益已报告（{same.number}）；填错的请先作废。",
            f"The return of that product from that unit is on record for days of this period ({same.number}); "
            "strike a wrong one out first.",
            field="period_from",
        )
    label = kinds.get(earned.product_kind, Text("", ""))
    found = Return.objects.create(
        number=duties.next_number(by=by, prefix="SR"),
        designation=agreement,
        recorded_by_id=by.person_id,
        product_kind=earned.product_kind if kinds else "",
        product_zh=label.zh,
        product_en=label.en,
        product=earned.product.strip(),
        scenario=earned.scenario.strip(),
        user=earned.user.strip(),
        demands=sorted(set(earned.demands)),
        period_from=earned.period_from,
        period_to=earned.period_to,
        amount_fen=earned.amount_fen,
        basis=earned.basis.strip(),
        reported_to=identity.holder_of(Office.AUTHORITY),
        pack=pack.id,
        pack_version=pack.version,
        citations=[c.as_json() for c in rule.citations] if rule else [],
        recorded_at=clock.now(),
    )
    _leaf(by, found, "return_recorded")
    _tell(by, found, Text("已报告", "reported"))
    return found


@transaction.atomic
def strike(*, by: Actor, number: str, reason: str) -> Return:
    """It was reported wrongly: struck out with the reasons; the record stays."""
    found = (
        Return.objects.select_for_update(of=("self",))
        .select_related("designation__organization", "reported_to")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise NotFound(
            "operation.return_unknown", "没有这个编号的收益记录。", "There is no record of a return with that number."
        )
    policy.check_operator(by, found.designation.organization.code)
    policy.check_text(reason, "reason", "理由", "the reasons")
    found.status = RETURN.check(found.status, "strike")
    found.reason, found.struck_at = reason.strip(), clock.now()
    found.save(update_fields=["status", "reason", "struck_at"])
    _leaf(by, found, "return_struck")
    _tell(by, found, Text(f"已作废：{found.reason}", f"struck out: {found.reason}"))
    return found


def _tell(by: Actor, found: Return, words: Text) -> None:
    operator = found.designation.organization
    notifications.notify(
        by=by,
        organization=found.reported_to.code,
        roles=(Role.DATA_AUTHORITY,),
        kind="operation.return",
        text=Text(
            f"收益记录 {found.number}（{operator.name}，{found.product}）：{words.zh}",
            f"Return {found.number} ({operator.say('en')}, {found.product}): {words.en}",
        ),
        link=f"/console/operation/returns/{found.number}/",
    )


def _leaf(by: Actor, found: Return, what: str) -> None:
    ledger.record(
        action=f"operation.{what}",
        actor=by.ref,
        organization=by.organization,
        subject=found.number,
        cites=[str(c["label"]) for c in found.citations],
        details={
            "operator": found.designation.organization.code,
            "agreement": found.designation.agreement,
            "product_kind": found.product_kind,
            "demands": found.demands,
            "period_from": found.period_from.isoformat(),
            "period_to": found.period_to.isoformat(),
            "amount_fen": found.amount_fen,
            "reported_to": found.reported_to.code,
            "status": str(found.status),
            "pack": found.pack,
            "pack_version": found.pack_version,
        },
    )
