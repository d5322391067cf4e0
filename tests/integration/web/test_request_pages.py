"""Requests of the public on portal and console: an account, the pack's own fields, the answer, the review of a refusal."""

from __future__ import annotations

import pytest

from factories import PASSWORD, SEED, City, companies, stops
from gongshu import rules
from gongshu.catalog.states import OpenType
from gongshu.identity import actions as identity
from gongshu.identity.models import Person
from gongshu.identity.states import BodyKind, Office, Role
from gongshu.opening import queries
from gongshu.opening.models import AccessRequest
from gongshu.opening.states import RequestKind, RequestStatus

FULL = {
    "applicant_name": "孙女士",
    "purpose": "研究公交覆盖",
    "scope": "个人论文",
    "confidentiality": "不向他人提供",
    "registration-certificate": "四川CA 51010020260001",
}


@pytest.fixture
def pack():
    usual = rules.active().id
    yield rules.configure
    rules.configure(usual)


@pytest.fixture
def sun(anybody):
    """A visitor who has just registered."""
    answer = anybody.post(
        "/register/",
        {"display_name": "孙女士", "username": "sunny", "password": PASSWORD, "again": PASSWORD, "email": ""},
    )
    assert answer.status_code == 302, answer.content.decode()
    return anybody


def text(response):
    return response.content.decode()


def conditional(city: City):
    return city.collected(stops(open_type=OpenType.CONDITIONAL, open_condition="签订协议"))


def ask(browser, entry, kind="natural_person", **changes):
    return browser.post(f"/datasets/{entry.code}/request/", FULL | {"applicant_kind": kind} | changes)


@pytest.mark.article("luzhou-26")
def test_a_visitor_registers_holds_no_role_and_goes_on_where_they_were(city, anybody):
    page = text(anybody.get("/register/?next=/requests/"))
    assert "无需注册" in page
    typed = {"display_name": "孙女士", "username": "sunny", "password": PASSWORD, "again": PASSWORD}
    for wrong, status in (
        ({"again": "another thing"}, 400),
        ({"password": "short", "again": "short"}, 400),
        ({"username": "wang"}, 409),
        ({"username": "s\0n"}, 400),
        ({"email": "nonsense"}, 400),
    ):
        assert anybody.post("/register/", typed | wrong).status_code == status, wrong
    done = anybody.post("/register/", typed | {"email": "sun@example.org", "next": "/datasets/x/request/"})
    assert done.headers["Location"] == "/datasets/x/request/"
    person = Person.objects.get(username="sunny")
    assert (person.email, person.memberships.count()) == ("sun@example.org", 0)
    assert anybody.get("/console/").status_code == 403
    assert "您还没有提出申请" in text(anybody.get("/requests/"))
    assert anybody.get("/register/").status_code == 302


def test_one_address_makes_a_bounded_number_of_accounts_an_hour(city, anybody, monkeypatch):
    from gongshu.web.portal import registration

    monkeypatch.setattr(registration, "MOST", 1)
    for name, status in (("one", 302), ("two", 429)):
        answer = anybody.post(
            "/register/", {"display_name": name, "username": name, "password": PASSWORD, "again": PASSWORD}
        )
        assert answer.status_code == status
        anybody.logout()
    assert not Person.objects.filter(username="two").exists()


@pytest.mark.article("luzhou-25", "luzhou-26")
def test_luzhou_asks_for_purpose_confidentiality_and_certificate_and_an_agreement_before_the_data(
    city, sun, signed_in, pack
):
    pack("luzhou")
    entry = conditional(city)
    assert f"/datasets/{entry.code}/request/" in text(sun.get(f"/datasets/{entry.code}/"))
    form = text(sun.get(f"/datasets/{entry.code}/request/"))
    assert all(f'name="{name}"' in form for name in ("purpose", "confidentiality", "registration-certificate"))
    assert 'name="scope"' not in form
    assert "第二十六条" in form
    for lacking in ("purpose", "confidentiality", "registration-certificate", "applicant_name", "applicant_kind"):
        refused = ask(sun, entry, **{lacking: ""})
        assert refused.status_code in {400, 403}, lacking
    assert not AccessRequest.objects.exists()
    assert ask(sun, entry).status_code == 302
    found = AccessRequest.objects.get()
    assert (found.kind, found.registration) == (RequestKind.ACCESS, {"certificate": "四川CA 51010020260001"})

    li = signed_in("li")
    page = text(li.get(f"/console/requests/{found.number}/"))
    assert "请核验" in page
    li.post(f"/console/requests/{found.number}/decide/", {"outcome": "agree"})
    unsigned = li.post(f"/console/requests/{found.number}/provide/", {"agreement": ""})
    assert unsigned.status_code == 400
    assert "协议" in text(unsigned)
    li.post(f"/console/requests/{found.number}/provide/", {"agreement": "XY-2026-7"})
    found.refresh_from_db()
    assert found.status == RequestStatus.PROVIDED
    assert "XY-2026-7" in text(sun.get(f"/requests/{found.number}/"))


@pytest.mark.article("xian-26")
def test_xian_admits_three_kinds_of_applicants_and_knows_no_request_beyond_the_catalog(city, sun, signed_in, pack):
    pack("xian")
    entry, closed = conditional(city), city.collected()
    form = text(sun.get(f"/datasets/{entry.code}/request/"))
    assert all(word in form for word in ("内资控股法人企业", "高校", "科研院所", "第二十六条"))
    assert "natural_person" not in form
    private = ask(sun, entry)
    assert private.status_code == 403
    assert "内资控股法人企业、高校、科研院所" in text(private)
    assert ask(sun, entry, "university").status_code == 302
    assert f"/datasets/{closed.code}/request/" not in text(sun.get(f"/datasets/{closed.code}/"))
    beyond = ask(sun, closed, "university")
    assert beyond.status_code == 409

    found = AccessRequest.objects.get()
    lin = signed_in("lin")
    assert found.number in text(lin.get("/console/"))
    assert lin.post(f"/console/requests/{found.number}/decide/", {"outcome": "refuse"}).status_code == 400
    lin.post(f"/console/requests/{found.number}/decide/", {"outcome": "refuse", "remark": "不符合条件"})
    told = text(sun.get(f"/requests/{found.number}/"))
    assert "不符合条件" in told
    assert "行政复议" in told
    assert sun.post(f"/requests/{found.number}/object/", {"reason": "符合条件"}).status_code == 409


@pytest.mark.article("xian-26")
def test_what_xian_opens_generally_anybody_takes_without_asking(city, anybody, pack):
    from gongshu.opening import actions

    pack("xian")
    entry = city.collected(stops())
    release = actions.propose(by=city.compiler, code=entry.code)
    while (current := queries.release(city.authority, release.number)).status == "in_review":
        decider = next(a for a in city.deciders() if queries.can_decide(a, current))
        actions.decide(by=decider, number=release.number, passed=True)
    page = text(anybody.get(f"/datasets/{entry.code}/"))
    assert f"/datasets/{entry.code}/download.csv" in page
    assert "申请数据" not in page


@pytest.mark.article("xian-26", "xian-28")
def test_an_authorised_company_in_xian_gets_its_grant(city, signed_in, pack):
    pack("xian")
    identity.register_organization(
        by=SEED, code="tech", name="江临科技", name_en="Tech", office=Office.PUBLIC, body_kind=BodyKind.ENTERPRISE
    )
    city.person("gao", "tech", Role.PUBLIC)
    gao, lin = signed_in("gao"), signed_in("lin")
    ask(gao, conditional(city), "domestic_enterprise", items=["name"])
    found = AccessRequest.objects.get()
    lin.post(f"/console/requests/{found.number}/decide/", {"outcome": "agree"})
    lin.post(f"/console/requests/{found.number}/provide/", {})
    found.refresh_from_db()
    assert (found.items, bool(found.grant_id)) == (["name"], True)
    assert found.grant_id in text(gao.get(f"/requests/{found.number}/"))
    assert found.number in text(lin.get(f"/console/grants/{found.grant_id}/"))


@pytest.mark.article("yongjia-32")
def test_in_yongjia_a_refusal_is_reviewed_by_the_centre_on_the_pages(city, sun, signed_in, pack):
    pack("yongjia")
    entry = city.collected()
    assert ask(sun, entry).status_code == 302
    found = AccessRequest.objects.get()
    assert found.kind == RequestKind.OPEN
    li = signed_in("li")
    assert "涉及商业秘密、个人隐私的" in text(li.get(f"/console/requests/{found.number}/"))
    bad = li.post(
        f"/console/requests/{found.number}/decide/", {"outcome": "refuse", "remark": "不开放", "ground": "nonsense"}
    )
    assert bad.status_code == 400
    li.post(
        f"/console/requests/{found.number}/decide/",
        {"outcome": "refuse", "remark": "含商业秘密", "ground": "trade_secret_or_privacy"},
    )
    page = text(sun.get(f"/requests/{found.number}/"))
    assert "含商业秘密" in page
    assert "3 个工作日内" in page
    assert "第三十二条" in page
    assert sun.post(f"/requests/{found.number}/object/", {"reason": " "}).status_code == 400
    sun.post(f"/requests/{found.number}/object/", {"reason": "不含商业秘密"})
    assert signed_in("li").post(f"/console/requests/{found.number}/decide/", {"outcome": "agree"}).status_code == 403
    chen = signed_in("chen")
    assert "不含商业秘密" in text(chen.get(f"/console/requests/{found.number}/"))
    chen.post(f"/console/requests/{found.number}/decide/", {"outcome": "agree", "remark": "可以开放"})
    found.refresh_from_db()
    assert found.status == RequestStatus.APPROVED
    assert "可以开放" in text(sun.get(f"/requests/{found.number}/"))


def test_what_lacks_is_completed_by_the_applicant_and_decided_again(city, sun, signed_in, pack):
    pack("luzhou")
    ask(sun, conditional(city))
    found = AccessRequest.objects.get()
    li = signed_in("li")
    assert li.post(f"/console/requests/{found.number}/decide/", {"outcome": "return"}).status_code == 400
    li.post(f"/console/requests/{found.number}/decide/", {"outcome": "return", "remark": "请写明成果形式"})
    assert "请写明成果形式" in text(sun.get(f"/requests/{found.number}/complete/"))
    assert "请补正" in text(sun.get("/requests/"))
    assert li.post(f"/console/requests/{found.number}/decide/", {"outcome": "agree"}).status_code == 409
    typed = FULL | {"applicant_kind": "natural_person", "purpose": "论文，公开发表", "items": ["name"]}
    assert sun.post(f"/requests/{found.number}/complete/", typed | {"purpose": ""}).status_code == 400
    assert sun.post(f"/requests/{found.number}/complete/", typed).status_code == 302
    found.refresh_from_db()
    assert (found.status, found.purpose, found.items) == (RequestStatus.PENDING, "论文，公开发表", ["name"])
    assert [step.status for step in queries.request_steps(found)] == ["open"]
    li.post(f"/console/requests/{found.number}/decide/", {"outcome": "agree"})
    found.refresh_from_db()
    assert found.status == RequestStatus.APPROVED


def test_requests_are_their_applicants_own_and_visitors_sign_in_first(city, sun, signed_in, pack):
    from django.test import Client

    pack("luzhou")
    entry = conditional(city)
    ask(sun, entry)
    found = AccessRequest.objects.get()
    stranger = Client()
    for page in (f"/datasets/{entry.code}/request/", "/requests/", f"/requests/{found.number}/"):
        away = stranger.get(page)
        assert away.status_code == 302
        assert away.headers["Location"].startswith("/sign-in/?next=")
    zhou = signed_in("zhou")
    assert zhou.get(f"/requests/{found.number}/").status_code == 404
    assert zhou.get(f"/console/requests/{found.number}/").status_code == 404
    assert zhou.post(f"/requests/{found.number}/withdraw/").status_code in {403, 404}
    assert sun.post(f"/requests/{found.number}/withdraw/").status_code == 302
    found.refresh_from_db()
    assert found.status == RequestStatus.WITHDRAWN
    assert sun.get("/datasets/000000-000000/request/").status_code == 404


def test_the_lists_are_searched_and_ask_the_database_a_fixed_number_of_times(
    city, sun, signed_in, pack, django_assert_max_num_queries
):
    pack("luzhou")
    ask(sun, conditional(city))
    ask(sun, city.collected(companies(title="另一目录")))
    first, second = AccessRequest.objects.order_by("pk")
    li = signed_in("li")
    for page, there in (
        ("/console/requests/", True),
        ("/console/requests/?q=公交&status=pending", True),
        ("/console/requests/?q=公交&status=refused", False),
        ("/console/requests/?q=另一", False),
    ):
        assert (first.number in text(li.get(page))) is there, page
    with django_assert_max_num_queries(10):
        li.get("/console/requests/")
    with django_assert_max_num_queries(10):
        shown = text(sun.get("/requests/"))
    assert first.number in shown
    assert second.number in shown
