"""Disputes in the console, under the packs of several cities: raised from a refusal, settled by whose turn it is."""

from __future__ import annotations

import pytest

from factories import companies, request
from gongshu import rules
from gongshu.catalog.states import ShareType
from gongshu.sharing import actions, queries
from gongshu.sharing.models import Dispute
from gongshu.sharing.request import Decision
from gongshu.sharing.states import ApplicationStatus, DisputeStatus, Outcome

NEED = "商品房预售许可核查确需使用"


@pytest.fixture
def pack():
    usual = rules.active().id
    yield rules.configure
    rules.configure(usual)


def refused(city):
    application = actions.apply(by=city.consumer, code=city.collected().code, request=request())
    no = Decision(Outcome.REFUSE, reason="涉及商业秘密", basis="《反不正当竞争法》第十条", basis_kind="law")
    while application.status == ApplicationStatus.PENDING:
        decider = next(a for a in city.deciders() if queries.step_for(a, application))
        answer = no if decider is city.reviewer or application.share_type != "CONDITIONAL" else None
        offices = {step.office for step in queries.steps(application)}
        if answer is None and "provider" not in offices:
            answer = no
        application = actions.decide(by=decider, number=application.number, decision=answer or Decision(Outcome.AGREE))
    assert application.status == ApplicationStatus.REFUSED
    return application


def text(response):
    return response.content.decode()


@pytest.mark.parametrize(
    ("name", "settlers", "article"),
    [
        ("xian", ["li", "lin"], "第二十条"),
        ("yongjia", ["chen", "qian"], "第二十条"),
        ("dazhou", ["lin"], "第二十七条"),
    ],
)
def test_a_refusal_is_disputed_and_settled_on_the_pages_in_the_order_of_the_pack(
    city, signed_in, pack, name, settlers, article
):
    pack(name)
    application = refused(city)
    zhou = signed_in("zhou")
    assert "提出争议" in text(zhou.get(f"/console/applications/{application.number}/"))
    form = zhou.get(f"/console/applications/{application.number}/dispute/")
    assert article in text(form)
    assert zhou.post(f"/console/applications/{application.number}/dispute/", {"need": " "}).status_code == 400
    assert not Dispute.objects.exists()
    filed = zhou.post(f"/console/applications/{application.number}/dispute/", {"need": NEED})
    found = Dispute.objects.get()
    assert filed.headers["Location"] == f"/console/disputes/{found.number}/"
    assert "提出争议" not in text(zhou.get(f"/console/applications/{application.number}/"))

    for who in settlers[:-1]:
        browser = signed_in(who)
        assert article in text(browser.get(f"/console/disputes/{found.number}/"))
        silent = browser.post(f"/console/disputes/{found.number}/settle/", {"outcome": "failed", "remark": ""})
        assert silent.status_code == 400
        browser.post(f"/console/disputes/{found.number}/settle/", {"outcome": "failed", "remark": "未达成一致"})
    browser = signed_in(settlers[-1])
    assert 'value="agreed"' in text(browser.get(f"/console/disputes/{found.number}/"))
    browser.post(f"/console/disputes/{found.number}/settle/", {"outcome": "agreed"})
    found.refresh_from_db()
    assert found.status == DisputeStatus.AGREED
    assert found.grant_id
    ended = text(browser.get(f"/console/disputes/{found.number}/"))
    assert "查看授权" in ended
    assert 'id="decide"' not in ended
    assert browser.get(f"/console/grants/{found.grant_id}/").status_code == 200


def test_only_whose_turn_it_is_gets_the_form_and_outsiders_get_nothing(city, signed_in, pack):
    pack("xian")
    application = refused(city)
    zhou = signed_in("zhou")
    zhou.post(f"/console/applications/{application.number}/dispute/", {"need": NEED})
    found = Dispute.objects.get()
    page = f"/console/disputes/{found.number}/"
    claimant = text(zhou.get(page))
    assert 'value="failed"' in claimant  # talking failed, the claimant may say
    assert 'value="agreed"' not in claimant
    assert 'id="decide"' not in text(signed_in("lin").get(page))
    wrong = signed_in("lin").post(page + "settle/", {"outcome": "agreed"})
    assert wrong.status_code == 403
    assert "另一单位办理" in text(wrong)
    assert signed_in("li").post(page + "withdraw/").status_code == 403
    assert signed_in("li").post(page + "settle/", {"outcome": "nonsense"}).status_code == 302
    from gongshu.identity.states import Role

    city.person("du", "center", Role.PROVIDER)
    assert signed_in("du").get(page).status_code == 404
    assert zhou.post(page + "withdraw/").status_code == 302
    found.refresh_from_db()
    assert found.status == DisputeStatus.WITHDRAWN
    assert "提出争议" in text(zhou.get(f"/console/applications/{application.number}/"))


def test_what_is_not_shared_is_negotiated_from_its_catalog_page_where_the_pack_knows_that(city, signed_in, pack):
    pack("xian")
    entry = city.collected(companies(share_type=ShareType.PROHIBITED, share_basis="《某法》第一条"))
    zhou = signed_in("zhou")
    assert "提出协商" in text(zhou.get(f"/console/catalog/{entry.code}/"))
    form = text(zhou.get(f"/console/catalog/{entry.code}/negotiate/"))
    assert "第二十条" in form
    asked = request()
    typed = {
        "items": list(asked.items),
        "purpose": asked.purpose,
        "mode": "query",
        "valid_until": asked.valid_until.isoformat(),
        "basis": asked.basis,
        "scenario": asked.scenario,
        "business_process": asked.business_process,
        "scope": asked.scope,
    }
    without = zhou.post(f"/console/catalog/{entry.code}/negotiate/", typed)
    assert without.status_code == 400
    assert "确需使用" in text(without)
    zhou.post(f"/console/catalog/{entry.code}/negotiate/", typed | {"need": NEED})
    found = Dispute.objects.get()
    assert found.status == DisputeStatus.NEGOTIATION
    assert found.statement["scope"] == asked.scope

    pack("luzhou")
    assert "提出协商" not in text(zhou.get(f"/console/catalog/{entry.code}/"))


def test_the_list_is_searched_filtered_and_asks_the_database_a_fixed_number_of_times(
    city, signed_in, pack, django_assert_max_num_queries
):
    pack("xian")
    application = refused(city)
    zhou = signed_in("zhou")
    assert "没有符合条件的争议" in text(zhou.get("/console/disputes/"))
    zhou.post(f"/console/applications/{application.number}/dispute/", {"need": NEED})
    found = Dispute.objects.get()
    for page, there in (
        ("/console/disputes/", True),
        ("/console/disputes/?q=企业&status=live", True),
        ("/console/disputes/?status=agreed", False),
        ("/console/disputes/?q=没有这个", False),
        ("/console/disputes/?status=nonsense&page=99", True),
    ):
        assert (found.number in text(zhou.get(page))) is there, page
    with django_assert_max_num_queries(10):
        zhou.get("/console/disputes/")
    assert zhou.get("/console/disputes/ZY-20200101-0001/").status_code == 404


def test_a_need_with_a_nul_or_without_end_is_refused(city, signed_in, pack):
    pack("xian")
    application = refused(city)
    zhou = signed_in("zhou")
    for need in ("a\0b", "长" * 4001):
        answer = zhou.post(f"/console/applications/{application.number}/dispute/", {"need": need})
        assert answer.status_code == 400
    assert not Dispute.objects.exists()
