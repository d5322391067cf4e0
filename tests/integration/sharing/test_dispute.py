"""Needed but refused, or not shared at all: negotiation, coordination, decision, as each city's pack orders them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from factories import SEED, City, companies, request
from gongshu import rules
from gongshu.catalog.draft import ItemData
from gongshu.catalog.models import Entry
from gongshu.catalog.states import ShareType
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.grants import queries as grants
from gongshu.identity import actions as identity
from gongshu.identity.states import Office, Role
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices
from gongshu.sharing import actions, dispute_actions, queries
from gongshu.sharing.models import Application, Dispute
from gongshu.sharing.policy import Decision
from gongshu.sharing.states import ApplicationStatus, DisputeStatus, Outcome, Settlement

pytestmark = pytest.mark.django_db
NEED = "商品房预售许可核查确需使用"
AGREED, FAILED, ADVISED, KEPT = Settlement.AGREED, Settlement.FAILED, Settlement.ADVISED, Settlement.KEPT


@pytest.fixture
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


def refused(city: City) -> Application:
    """An application refused in due form, by the provider where it is asked at all."""
    application = actions.apply(by=city.consumer, code=city.collected().code, request=request())
    no = Decision(Outcome.REFUSE, reason="涉及商业秘密", basis="《反不正当竞争法》第十条", basis_kind="law")
    asked = [step.organization.code for step in queries.steps(application)]
    for _ in asked:
        current = queries.application(city.authority, application.number)
        decider = next(a for a in city.deciders() if queries.step_for(a, current))
        if decider.organization == "market" or "market" not in asked:
            return actions.decide(by=decider, number=application.number, decision=no)
        actions.decide(by=decider, number=application.number, decision=Decision(Outcome.AGREE))
    raise AssertionError("nobody could refuse")


def withheld(city: City, **changes: object) -> Entry:
    return city.collected(companies(share_type=ShareType.PROHIBITED, share_basis="《某法》第一条", **changes))


def raised(city: City) -> Dispute:
    return dispute_actions.dispute_refusal(by=city.consumer, number=refused(city).number, need=NEED)


def acts(dispute: Dispute) -> list[tuple[str, str]]:
    return [(step.office, step.status) for step in queries.dispute_steps(dispute)]


def settle(by: object, dispute: Dispute, outcome: Settlement, remark: str = "说明") -> Dispute:
    return dispute_actions.settle(by=by, number=dispute.number, outcome=outcome, remark=remark)


@pytest.mark.article("xian-20")
def test_in_xian_a_refusal_is_negotiated_then_coordinated_and_agreement_makes_the_grant(pack: None) -> None:
    rules.configure("xian")
    city = City()
    dispute = raised(city)
    assert dispute.status == DisputeStatus.NEGOTIATION
    assert acts(dispute) == [("provider", "open"), ("authority", "waiting")]
    assert duties.todo(city.reviewer).get().subject == dispute.number
    assert any("第二十条" in c["label"] for c in duties.todo(city.reviewer).get().citations)
    assert queries.can_settle(city.reviewer, dispute)
    assert not queries.can_settle(city.authority, dispute)
    with pytest.raises(NotAllowed):
        settle(city.authority, dispute, AGREED)

    assert settle(city.consumer, dispute, FAILED).status == DisputeStatus.MEDIATION  # either side may say so
    settled = settle(city.authority, dispute, AGREED)
    assert settled.status == DisputeStatus.AGREED
    grant = grants.in_force(resource=dispute.entry.code).get()
    assert (grant.grant_id, grant.organization, grant.source) == (settled.grant_id, "housing", dispute.number)
    assert settled.application.status == ApplicationStatus.APPROVED
    assert not duties.todo(city.authority).exists()
    assert notices.of(city.consumer).filter(kind="sharing.dispute").count() == 1
    assert sum(b"sharing.dispute_agreed" in bytes(row.leaf) for row in Outbox.objects.all()) == 1


@pytest.mark.article("xian-20")
def test_in_xian_nobody_stands_above_the_authority_so_its_failure_keeps_the_refusal(pack: None) -> None:
    rules.configure("xian")
    city = City()
    dispute = raised(city)
    settle(city.reviewer, dispute, FAILED)
    assert settle(city.authority, dispute, FAILED).status == DisputeStatus.KEPT
    assert not grants.in_force(resource=dispute.entry.code).exists()
    with pytest.raises(Conflict):
        dispute_actions.dispute_refusal(by=city.consumer, number=dispute.application.number, need=NEED)


@pytest.mark.article("yongjia-20")
@pytest.mark.parametrize(("word", "status"), [(AGREED, DisputeStatus.AGREED), (KEPT, DisputeStatus.KEPT)])
def test_in_yongjia_the_centre_coordinates_and_the_government_decides(
    word: Settlement, status: DisputeStatus, pack: None
) -> None:
    rules.configure("yongjia")
    city = City()
    dispute = raised(city)
    assert dispute.status == DisputeStatus.MEDIATION
    assert acts(dispute) == [("center", "open"), ("government", "waiting")]
    assert settle(city.center, dispute, FAILED).status == DisputeStatus.DECISION
    with pytest.raises(Conflict):
        settle(city.government, dispute, FAILED)  # it decides, one way or the other
    assert settle(city.government, dispute, word).status == status
    assert grants.in_force(resource=dispute.entry.code).exists() == (word is AGREED)


@pytest.mark.article("dazhou-27")
def test_in_dazhou_the_experts_are_heard_and_the_authority_speaks_last(pack: None) -> None:
    rules.configure("dazhou")
    city = City()
    identity.register_organization(
        by=SEED, code="experts", name="专家委员会", name_en="Experts", office=Office.EXPERT_COMMITTEE
    )
    expert = city.person("kong", "experts", Role.DATA_AUTHORITY)
    dispute = raised(city)
    settle(city.authority, dispute, FAILED)
    assert settle(expert, dispute, ADVISED, "可脱敏后提供").status == DisputeStatus.MEDIATION
    assert acts(dispute) == [("authority", "failed"), ("expert_committee", "advised"), ("authority", "open")]
    assert settle(city.authority, dispute, FAILED).status == DisputeStatus.KEPT


@pytest.mark.article("xian-20")
def test_what_xian_does_not_share_is_negotiated(pack: None) -> None:
    rules.configure("xian")
    city = City()
    entry = withheld(city)
    dispute = dispute_actions.ask_for_negotiation(by=city.consumer, code=entry.code, request=request(), need=NEED)
    assert acts(dispute) == [("provider", "open"), ("authority", "waiting")]
    with pytest.raises(Conflict):
        dispute_actions.ask_for_negotiation(by=city.consumer, code=entry.code, request=request(), need=NEED)
    assert settle(city.reviewer, dispute, AGREED).status == DisputeStatus.AGREED
    assert grants.in_force(resource=entry.code).get().items == ["name", "legal_rep"]


@pytest.mark.article("yongjia-17")
def test_what_yongjia_does_not_share_leaves_masked_with_both_consents_or_not_at_all(pack: None) -> None:
    rules.configure("yongjia")
    city = City()
    bare = withheld(
        city,
        title="未脱敏信息",
        items=(
            ItemData("uscc", "统一社会信用代码", required=True, is_key=True),
            ItemData("legal_rep", "法定代表人", sensitive=True),
        ),
    )
    ask = {"by": city.consumer, "need": NEED}
    dispute = dispute_actions.ask_for_negotiation(code=bare.code, request=request(items=("legal_rep",)), **ask)
    assert dispute.masked_only
    assert acts(dispute)[:2] == [("center", "open"), ("provider", "open")]
    assert settle(city.center, dispute, AGREED).status == DisputeStatus.NEGOTIATION  # the provider must agree too
    with pytest.raises(Conflict) as unmasked:
        settle(city.reviewer, dispute, AGREED)
    assert unmasked.value.code == "sharing.must_be_masked"

    masked = withheld(city)
    second = dispute_actions.ask_for_negotiation(code=masked.code, request=request(items=("legal_rep",)), **ask)
    settle(city.center, second, AGREED)
    assert settle(city.reviewer, second, AGREED).status == DisputeStatus.AGREED
    assert grants.in_force(resource=masked.code).get().masks == {"legal_rep": "name"}


@pytest.mark.article("luzhou-16")
def test_luzhou_closes_what_it_does_not_share(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    with pytest.raises(Conflict) as closed:
        dispute_actions.ask_for_negotiation(by=city.consumer, code=withheld(city).code, request=request(), need=NEED)
    assert closed.value.code == "sharing.not_negotiable"


def test_a_luzhou_refusal_follows_the_national_order_and_says_that_it_is_not_verified(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    dispute = raised(city)
    assert acts(dispute) == [("provider", "open"), ("authority", "waiting")]
    assert not any(c["verified"] for c in dispute.citations)


def test_only_the_refused_body_disputes_and_says_why(pack: None) -> None:
    rules.configure("xian")
    city = City()
    application = refused(city)
    for by, need, error in (
        (city.reviewer, NEED, NotAllowed),
        (city.authority, NEED, NotAllowed),
        (city.consumer, " ", GongshuError),
    ):
        with pytest.raises(error):
            dispute_actions.dispute_refusal(by=by, number=application.number, need=need)
    assert not Dispute.objects.exists()


def test_a_withdrawn_dispute_leaves_the_refusal_and_may_be_raised_again(pack: None) -> None:
    rules.configure("xian")
    city = City()
    dispute = raised(city)
    withdrawn = dispute_actions.withdraw_dispute(by=city.consumer, number=dispute.number)
    assert withdrawn.status == DisputeStatus.WITHDRAWN
    assert not duties.todo(city.reviewer).exists()
    again = dispute_actions.dispute_refusal(by=city.consumer, number=dispute.application.number, need=NEED)
    assert again.status == DisputeStatus.NEGOTIATION


def test_failure_needs_its_reasons_and_an_outsider_sees_nothing(pack: None) -> None:
    rules.configure("xian")
    city = City()
    dispute = raised(city)
    with pytest.raises(GongshuError) as silent:
        settle(city.reviewer, dispute, FAILED, " ")
    assert silent.value.code == "sharing.remark_missing"
    outsider = city.person("sun", "center", Role.PROVIDER)
    assert not queries.visible_disputes(outsider).exists()
    assert queries.visible_disputes(city.auditor).count() == 1
