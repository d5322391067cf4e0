"""What the public asks for: who may ask, who decides, who looks again at a refusal, as each city's pack has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

import pytest

from factories import PASSWORD, SEED, City, companies, stops
from gongshu import clock, rules
from gongshu.catalog.draft import ItemData
from gongshu.catalog.models import Entry
from gongshu.catalog.states import OpenType
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.grants import queries as grants
from gongshu.identity import actions as identity
from gongshu.identity import queries as people
from gongshu.identity.actor import Actor
from gongshu.identity.states import BodyKind, Office, Role
from gongshu.notifications import queries as notices
from gongshu.opening import actions, queries, request_actions
from gongshu.opening.request import AccessAsk
from gongshu.opening.states import RequestKind, RequestStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack() -> Iterator[None]:
    usual = rules.active().id
    yield
    rules.configure(usual)


def at(day: str) -> object:
    return clock.frozen(datetime.combine(date.fromisoformat(day), time(10), tzinfo=clock.SHANGHAI))


def citizen() -> Actor:
    """Somebody with an account and no organisation."""
    identity.register_person(
        by=SEED, username="sun", display_name="孙", password=PASSWORD, organization="platform", roles=[]
    )
    return people.actor_by_username("sun")


def enterprise(city: City) -> Actor:
    identity.register_organization(
        by=SEED,
        code="tech",
        name="江临科技有限公司",
        name_en="Jianglin Tech",
        office=Office.PUBLIC,
        body_kind=BodyKind.ENTERPRISE,
    )
    return city.person("gao", "tech", Role.PUBLIC)


def asked(kind: str = "legal_person", **changes: object) -> AccessAsk:
    base: dict[str, object] = {
        "applicant_kind": kind,
        "applicant_name": "江临科技有限公司",
        "purpose": "公交到站预测",
        "scope": "本公司导航产品",
        "confidentiality": "不向第三方提供",
        "security_capability": "等保三级",
        "registration": {"certificate": "四川CA 51010020260001"},
    }
    return AccessAsk(**(base | changes))  # type: ignore[arg-type]


def conditional(city: City, **changes: object) -> Entry:
    return city.collected(stops(open_type=OpenType.CONDITIONAL, open_condition="签订协议", **changes))


def ask(by: Actor, entry: Entry, asked_for: AccessAsk | None = None):
    return request_actions.ask(by=by, code=entry.code, asked=asked_for or asked())


@pytest.mark.article("luzhou-25", "luzhou-26")
def test_in_luzhou_the_opening_body_decides_and_an_agreement_comes_before_the_data(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    entry, firm = conditional(city), enterprise(city)
    found = ask(firm, entry)
    assert (found.kind, found.needs_agreement) == (RequestKind.ACCESS, True)
    assert [s.office for s in queries.request_steps(found)] == ["provider"]
    assert duties.todo(city.reviewer).get().subject == found.number
    assert request_actions.answer(by=city.reviewer, number=found.number, passed=True).status == RequestStatus.APPROVED
    assert not grants.in_force(resource=entry.code).exists()
    with pytest.raises(GongshuError) as unsigned:
        request_actions.provide(by=city.reviewer, number=found.number)
    assert unsigned.value.code == "opening.agreement_missing"
    provided = request_actions.provide(by=city.reviewer, number=found.number, agreement="XY-2026-7")
    grant = grants.in_force(resource=entry.code).get()
    assert (grant.grant_id, grant.organization, grant.source) == (provided.grant_id, "tech", found.number)
    assert notices.of(firm).filter(kind="opening.request").count() == 2


@pytest.mark.article("xian-26", "xian-28")
def test_xian_admits_domestic_enterprises_universities_and_institutes_and_the_authority_authorises(pack: None) -> None:
    rules.configure("xian")
    city = City()
    entry, firm = conditional(city), enterprise(city)
    with pytest.raises(NotAllowed) as private:
        ask(firm, entry, asked("natural_person"))
    assert private.value.code == "opening.applicant_kind"
    assert "第二十六条" in private.value.text.zh
    for kind in ("university", "research_institute", "domestic_enterprise"):
        found = ask(firm, entry, asked(kind))
        assert [s.office for s in queries.request_steps(found)] == ["authority"]
    assert request_actions.answer(by=city.authority, number=found.number, passed=True).status == RequestStatus.APPROVED


@pytest.mark.article("yongjia-28")
def test_in_yongjia_the_centre_forwards_and_the_city_bureau_approves(pack: None) -> None:
    rules.configure("yongjia")
    city = City()
    identity.register_organization(
        by=SEED, code="bureau", name="市大数据发展管理局", name_en="Bureau", office=Office.CITY_AUTHORITY
    )
    bureau = city.person("he", "bureau", Role.DATA_AUTHORITY)
    sun = citizen()
    found = ask(sun, conditional(city), asked("natural_person"))
    assert [s.office for s in queries.request_steps(found)] == ["center", "city_authority"]
    with pytest.raises(NotAllowed):
        request_actions.answer(by=bureau, number=found.number, passed=True)
    request_actions.answer(by=city.center, number=found.number, passed=True)
    assert request_actions.answer(by=bureau, number=found.number, passed=True).status == RequestStatus.APPROVED
    provided = request_actions.provide(by=city.center, number=found.number)
    assert (provided.status, provided.grant_id) == (RequestStatus.PROVIDED, "")  # by authorisation or in a sandbox


@pytest.mark.article("yongjia-32")
@pytest.mark.parametrize(("passed", "status"), [(True, RequestStatus.APPROVED), (False, RequestStatus.UPHELD)])
def test_in_yongjia_a_refusal_is_reviewed_by_the_centre_within_three_working_days(
    passed: bool, status: RequestStatus, pack: None
) -> None:
    rules.configure("yongjia")
    with at("2026-09-29"):
        city, sun = City(), citizen()
        found = ask(sun, city.collected(), asked("natural_person"))
        assert found.kind == RequestKind.OPEN
        with pytest.raises(GongshuError) as silent:
            request_actions.answer(by=city.reviewer, number=found.number, passed=False)
        assert silent.value.code == "opening.reason_missing"
        request_actions.answer(by=city.reviewer, number=found.number, passed=False, remark="涉及商业秘密")
    with at("2026-09-30"):
        with pytest.raises(NotAllowed):
            request_actions.object_to_refusal(by=city.consumer, number=found.number, reason="x")
        found = request_actions.object_to_refusal(by=sun, number=found.number, reason="不含商业秘密")
        step = queries.request_steps(found).get(reviews=True)
        assert (step.office, step.days, step.due_on) == ("center", 3, date(2026, 10, 10))  # a Saturday that is worked
        assert any("第三十二条" in c["label"] for c in duties.todo(city.center).get().citations)
        reviewed = request_actions.answer(by=city.center, number=found.number, passed=passed, remark="复核意见")
    assert reviewed.status == status
    assert notices.of(sun).count() == 2
    with pytest.raises(Conflict):
        request_actions.object_to_refusal(by=sun, number=found.number, reason="再次异议")


@pytest.mark.article("luzhou-23", "luzhou-26")
def test_in_luzhou_anyone_asks_beyond_the_catalog_and_a_refusal_is_negotiated_then_coordinated(pack: None) -> None:
    rules.configure("luzhou")
    city, sun = City(), citizen()
    entry = city.collected()
    with pytest.raises(GongshuError) as unstated:
        ask(sun, entry, asked("natural_person", confidentiality=" "))
    assert unstated.value.code == "opening.field_missing"
    found = ask(sun, entry, asked("natural_person"))
    request_actions.answer(by=city.reviewer, number=found.number, passed=False, remark="涉及商业秘密")
    request_actions.object_to_refusal(by=sun, number=found.number, reason="可以脱敏")
    reviewing = [s.office for s in queries.request_steps(found).filter(reviews=True)]
    assert reviewing == ["provider", "authority"]
    request_actions.answer(by=city.reviewer, number=found.number, passed=False, remark="未达成一致")
    assert request_actions.answer(by=city.authority, number=found.number, passed=True).status == RequestStatus.APPROVED


def test_where_the_rules_know_no_review_the_applicant_is_told_what_remains(pack: None) -> None:
    rules.configure("xian")
    city = City()
    found = ask(enterprise(city), conditional(city), asked("university"))
    request_actions.answer(by=city.authority, number=found.number, passed=False, remark="不符合条件")
    with pytest.raises(Conflict) as none:
        request_actions.object_to_refusal(by=people.actor_by_username("gao"), number=found.number, reason="符合条件")
    assert none.value.code == "opening.no_review"
    with pytest.raises(Conflict) as closed:
        ask(people.actor_by_username("gao"), city.collected(companies(title="另一目录")), asked("university"))
    assert closed.value.code == "opening.not_requestable"


def test_visitors_sign_in_first_and_see_only_their_own_requests(pack: None) -> None:
    rules.configure("luzhou")
    city, sun = City(), citizen()
    entry = conditional(city)
    with pytest.raises(NotAllowed) as anonymous:
        ask(Actor.anonymous(), entry)
    assert anonymous.value.code == "opening.sign_in"
    found = ask(sun, entry, asked("natural_person"))
    assert queries.visible_requests(sun).get() == found
    assert not queries.visible_requests(enterprise(city)).exists()
    assert request_actions.withdraw_request(by=sun, number=found.number).status == RequestStatus.WITHDRAWN
    assert not duties.todo(city.reviewer).exists()


def test_what_is_open_already_is_taken_directly_and_personal_items_need_a_mask(pack: None) -> None:
    rules.configure("luzhou")
    city = City()
    firm, entry = enterprise(city), city.collected(stops())
    release = actions.propose(by=city.compiler, code=entry.code)
    for _ in range(10):
        current = queries.release(city.authority, release.number)
        decider = next((a for a in city.deciders() if queries.can_decide(a, current)), None)
        if decider is None:
            break
        actions.decide(by=decider, number=release.number, passed=True)
    with pytest.raises(Conflict) as direct:
        ask(firm, entry)
    assert direct.value.code == "opening.direct"

    bare = conditional(city, title="站长名册", items=(ItemData("phone", "联系电话", is_key=True, sensitive=True),))
    found = ask(firm, bare)
    request_actions.answer(by=city.reviewer, number=found.number, passed=True)
    with pytest.raises(Conflict) as unmasked:
        request_actions.provide(by=city.reviewer, number=found.number, agreement="XY-1")
    assert unmasked.value.code == "opening.item_sensitive"
