"""The rules of sharing, as tables in and out."""

from __future__ import annotations

from itertools import product

import pytest

from gongshu.errors import GongshuError
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.rules import LawKind, RefusalDemand
from gongshu.sharing import policy
from gongshu.sharing.policy import Decision
from gongshu.sharing.states import APPLICATION, ApplicationStatus, Outcome


def actor(organization: str, *roles: Role, person_id: int = 7) -> Actor:
    return Actor(person_id, "u", "U", organization, organization, Office.DEPARTMENT, frozenset(roles))


@pytest.mark.parametrize("roles", [(r,) for r in Role] + [()])
@pytest.mark.parametrize("organization", ["housing", "market"])
def test_who_may_apply(roles: tuple[Role, ...], organization: str) -> None:
    allowed = organization != "market" and bool({Role.CONSUMER, Role.OPERATOR} & set(roles))
    assert policy.can_apply(actor(organization, *roles), provider="market") is allowed


@pytest.mark.parametrize(("office", "role"), list(product(["provider", "authority", "center", "government"], Role)))
def test_who_may_decide(office: str, role: Role) -> None:
    speaks = role is (Role.PROVIDER if office == "provider" else Role.DATA_AUTHORITY)
    assert policy.can_decide(actor("o", role), organization="o", office=office, applicant_id=1) is speaks
    assert not policy.can_decide(actor("other", role), organization="o", office=office, applicant_id=1)
    assert not policy.can_decide(actor("o", role, person_id=1), organization="o", office=office, applicant_id=1)


DEMANDS = [
    RefusalDemand(reason, basis, False, kinds, (), True)
    for reason, basis, kinds in product([True, False], [True, False], [(), (LawKind.LAW, LawKind.RULE)])
]


@pytest.mark.parametrize("demand", DEMANDS)
@pytest.mark.parametrize("reason", ["", "  ", "理由"])
@pytest.mark.parametrize("basis", ["", "《某法》第一条"])
@pytest.mark.parametrize("kind", ["", "law", "normative_document"])
def test_a_refusal_passes_exactly_when_it_has_what_is_demanded(
    demand: RefusalDemand, reason: str, basis: str, kind: str
) -> None:
    complete = (not demand.reason or bool(reason.strip())) and (
        not demand.legal_basis or (bool(basis.strip()) and (not demand.accepted or kind in demand.accepted))
    )
    try:
        policy.check_decision(Decision(Outcome.REFUSE, reason, kind, basis), demand)
        passed = True
    except GongshuError:
        passed = False
    assert passed is complete


def test_agreeing_needs_no_grounds_and_sending_back_says_what_lacks() -> None:
    strict = RefusalDemand(True, True, True, (LawKind.LAW,), (), True)
    policy.check_decision(Decision(Outcome.AGREE), strict)
    policy.check_decision(Decision(Outcome.RETURN, reason="补充依据"), strict)
    with pytest.raises(GongshuError):
        policy.check_decision(Decision(Outcome.RETURN), strict)


def test_what_is_decided_stays_decided() -> None:
    for state in (ApplicationStatus.APPROVED, ApplicationStatus.WITHDRAWN):
        assert APPLICATION.actions(state) == ()
    assert [step.roles for step in APPLICATION.actions(ApplicationStatus.REFUSED)] == [("mediator",)]  # xian-20
