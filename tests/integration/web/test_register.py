"""Organisations and people as the pages show and change them, and one's own account."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factories import PASSWORD, SEED
from gongshu import clock, rules
from gongshu.identity import actions, queries
from gongshu.identity.models import Membership, Organization, Person
from gongshu.identity.states import Role
from gongshu.ledger.models import Outbox

GOOD = "orchid river lantern"


def number_of(username):
    return Person.objects.get(username=username).pk


def enter(username, password):
    browser = Client()
    response = browser.post("/sign-in/", {"username": username, "password": password})
    return browser, response


def test_everybody_with_a_role_sees_the_tree_and_only_the_authority_changes_it(city, signed_in):
    actions.register_organization(by=SEED, code="street-1", name="城东街道", parent="housing")
    page = signed_in("zhou").get("/console/organizations/").content.decode()
    assert page.index("市住房和城乡建设局") < page.index("城东街道")
    assert "branch branch-1" in page
    assert str(rules.active().office_name("authority").zh) in page, "the office in the city's own words"
    assert "登记机构" not in page
    assert "登记机构" in signed_in("lin").get("/console/organizations/").content.decode()
    for path in ("new/", "market/edit/", "market/people/new/"):
        assert signed_in("zhou").get(f"/console/organizations/{path}").status_code == 403
    person = number_of("wang")
    for path in ("roles/", "sign-in/", "password/"):
        assert signed_in("shen").post(f"/console/people/{person}/{path}").status_code == 403


def test_search_finds_by_name_code_and_person_and_shows_those_above(city, signed_in):
    actions.register_organization(by=SEED, code="street-1", name="城东街道", parent="housing")
    zhou = signed_in("zhou")
    page = zhou.get("/console/organizations/?q=城东").content.decode()
    assert "城东街道" in page
    assert "市住房和城乡建设局" in page
    assert "市市场监督管理局" not in page
    assert "市市场监督管理局" in zhou.get("/console/organizations/?q=Wang").content.decode()
    assert "没有找到" in zhou.get("/console/organizations/?q=无此机构").content.decode()


def test_an_organisation_is_added_and_changed_through_the_form(city, signed_in):
    lin = signed_in("lin")
    typed = {
        "code": "tax",
        "name": "市税务局",
        "name_en": "Tax Bureau",
        "office": "department",
        "body_kind": "government_department",
        "uscc": "11330300002500001x",
        "parent": "government",
    }
    wrong = lin.post("/console/organizations/new/", typed)
    assert wrong.status_code == 400
    assert "统一社会信用代码不正确" in wrong.content.decode()
    assert 'value="市税务局"' in wrong.content.decode(), "what was typed is kept"
    made = lin.post("/console/organizations/new/", typed | {"uscc": "91350100m000100y43"})
    assert made.headers["Location"] == "/console/organizations/tax/"
    stored = Organization.objects.get(code="tax")
    assert (stored.uscc, stored.parent.code) == ("91350100M000100Y43", "government")
    again = lin.post("/console/organizations/new/", typed | {"name": "冒名", "uscc": ""})
    assert again.status_code == 409
    assert "该机构代码已被使用" in again.content.decode()
    assert lin.post("/console/organizations/tax/edit/", typed | {"name": "江临市税务局", "uscc": ""}).status_code == 302
    stored.refresh_from_db()
    assert (stored.code, stored.name) == ("tax", "江临市税务局")
    assert "tax" in lin.get("/console/organizations/new/?under=tax").content.decode().split("selected>")[0]


@pytest.mark.article("xian-35", "yongjia-43", "luzhou-6")
def test_who_answers_for_an_organisations_data_is_on_record_with_every_change(city, signed_in):
    lin = signed_in("lin")
    assert "未登记" in lin.get("/console/organizations/market/").content.decode()
    made = lin.post(
        "/console/organizations/market/people/new/",
        {"display_name": "高明", "username": "gao", "password": GOOD, "roles": ["principal", "steward"]},
    )
    address = made.headers["Location"]
    page = signed_in("zhou").get("/console/organizations/market/").content.decode()
    assert "高明" in page
    assert "未登记" not in page
    assert clock.today().isoformat() in page
    assert "gao" not in page, "user names are for those who manage accounts"
    steward = Membership.objects.get(person__username="gao", role=Role.STEWARD)
    ended = lin.post(f"{address}roles/{steward.pk}/end/", follow=True)
    assert "角色已终止" in ended.content.decode()
    page = signed_in("zhou").get("/console/organizations/market/").content.decode()
    assert "历任" in page
    assert page.count("未登记") == 1
    leaves = b"".join(bytes(row.leaf) for row in Outbox.objects.all())
    for act in (b"identity.person_registered", b"identity.role_granted", b"identity.role_ended"):
        assert act in leaves
    assert "高明".encode() not in leaves


def test_a_person_is_added_signs_in_and_works(city, signed_in):
    lin = signed_in("lin")
    typed = {"display_name": "高明", "username": "gao", "password": "short", "roles": ["provider"]}
    weak = lin.post("/console/organizations/market/people/new/", typed)
    assert weak.status_code == 400
    assert "至少 10 个字符" in weak.content.decode()
    assert not Person.objects.filter(username="gao").exists()
    assert lin.post("/console/organizations/market/people/new/", typed | {"password": GOOD}).status_code == 302
    taken = lin.post("/console/organizations/market/people/new/", typed | {"password": GOOD})
    assert taken.status_code == 409
    assert "该用户名已被使用" in taken.content.decode()
    browser, response = enter("gao", GOOD)
    assert response.headers["Location"] == "/console/"
    assert "数据提供" in browser.get("/console/").content.decode()


def test_roles_are_given_and_ended_and_count_from_that_moment(city, signed_in):
    lin, zhou = signed_in("lin"), signed_in("zhou")
    person = number_of("zhou")
    assert zhou.get("/console/catalog/new/").status_code == 403
    given = lin.post(f"/console/people/{person}/roles/", {"role": "provider", "organization": "housing"}, follow=True)
    assert "角色已授予" in given.content.decode()
    assert zhou.get("/console/catalog/new/").status_code == 200
    membership = Membership.objects.get(person_id=person, role=Role.PROVIDER)
    address = f"/console/people/{person}/roles/{membership.pk}/end/"
    assert lin.post(address).status_code == 302
    assert zhou.get("/console/catalog/new/").status_code == 403
    again = lin.post(address)
    assert again.status_code == 409
    assert "该角色已经终止" in again.content.decode()
    assert lin.post(f"/console/people/{number_of('wang')}/roles/{membership.pk}/end/").status_code == 404
    assert lin.post(f"/console/people/{person}/roles/", {"role": "king", "organization": "housing"}).status_code == 400


def test_stopping_a_persons_sign_in_ends_their_sessions_for_good(city, signed_in):
    lin = signed_in("lin")
    browser, _ = enter("zhou", PASSWORD)
    assert browser.get("/console/").status_code == 200
    address = f"/console/people/{number_of('zhou')}/sign-in/"
    assert lin.post(address, {"do": "greet"}).status_code == 400, "an unknown step stops nobody"
    assert lin.post(address, {"do": "stop"}).status_code == 302
    assert browser.get("/console/").status_code == 302
    assert enter("zhou", PASSWORD)[1].status_code == 401
    assert lin.post(address, {"do": "restore"}).status_code == 302
    assert browser.get("/console/").status_code == 302, "the old session does not come back to life"
    assert enter("zhou", PASSWORD)[1].status_code == 302
    assert lin.get("/console/").status_code == 200


def test_the_last_data_authority_stays(city, signed_in):
    lin = signed_in("lin")
    own = number_of("lin")
    stop = lin.post(f"/console/people/{own}/sign-in/", {"do": "stop"})
    assert stop.status_code == 403
    assert "不能停用自己的账号" in stop.content.decode()
    for other in ("chen", "qian"):
        assert lin.post(f"/console/people/{number_of(other)}/sign-in/", {"do": "stop"}).status_code == 302
    last = Membership.objects.get(person_id=own, role=Role.DATA_AUTHORITY)
    kept = lin.post(f"/console/people/{own}/roles/{last.pk}/end/")
    assert kept.status_code == 409
    assert "最后一个可登录的" in kept.content.decode()
    lin.post(f"/console/people/{number_of('chen')}/sign-in/", {"do": "restore"})
    assert lin.post(f"/console/people/{own}/roles/{last.pk}/end/").status_code == 302
    assert lin.get("/console/organizations/new/").status_code == 403


def test_one_changes_ones_own_password_and_other_sessions_end(city):
    here, _ = enter("wang", PASSWORD)
    elsewhere, _ = enter("wang", PASSWORD)
    assert "至少 10 个字符" in here.get("/account/").content.decode(), "the requirement is shown before"
    form = {"old": PASSWORD, "password": GOOD, "again": GOOD}
    for change, status, sentence in (
        ({"old": "wrong"}, 403, "原密码不正确"),
        ({"password": "password12", "again": "password12"}, 400, "密码不符合要求"),
        ({"again": "orchid river lanterm"}, 400, "两次输入的新密码不一致"),
    ):
        refused = here.post("/account/password/", form | change)
        assert refused.status_code == status, sentence
        assert sentence in refused.content.decode()
        assert GOOD not in refused.content.decode(), "a password is never sent back"
    done = here.post("/account/password/", form, follow=True)
    assert "密码已修改" in done.content.decode()
    assert here.get("/console/").status_code == 200
    assert elsewhere.get("/console/").status_code == 302
    assert enter("wang", PASSWORD)[1].status_code == 401
    assert enter("wang", GOOD)[1].status_code == 302


def test_a_forgotten_password_is_reset_and_the_lock_opened(city, signed_in):
    for _ in range(5):
        enter("wang", "wrong")
    assert enter("wang", PASSWORD)[1].status_code == 429
    address = f"/console/people/{number_of('wang')}/password/"
    assert signed_in("lin").post(address, {"password": "short"}).status_code == 400
    assert signed_in("lin").post(address, {"password": GOOD}).status_code == 302
    assert enter("wang", GOOD)[1].status_code == 302


def test_ones_language_follows_to_the_next_browser(city):
    browser, _ = enter("wang", PASSWORD)
    assert browser.post("/account/language/", {"language": "en"}).status_code == 302
    assert "My account" in browser.get("/account/").content.decode()
    browser.post("/account/language/", {"language": "xx"})
    assert Person.objects.get(username="wang").language == "en"
    fresh, _ = enter("wang", PASSWORD)
    assert "Workbench" in fresh.get("/console/").content.decode()


def test_an_account_without_roles_has_its_own_page_only(city, signed_in):
    city.person("nobody", "housing")
    assert "您还没有角色" in signed_in("nobody").get("/account/").content.decode()
    assert Client().get("/account/").status_code == 302


PINNED = {"/console/organizations/": 8, "/console/organizations/?q=机构": 10, "/console/organizations/market/": 10}


@pytest.mark.parametrize("path", sorted(PINNED))
def test_the_register_asks_the_database_a_fixed_number_of_times(city, signed_in, path):
    lin = signed_in("lin")

    def grow(n):
        actions.register_organization(by=SEED, code=f"body-{n}", name=f"机构{n}", parent="market")
        city.person(f"person{n}", "market", Role.PROVIDER, Role.STEWARD)
        past = city.person(f"past{n}", "market", Role.CONSUMER)
        actions.end_role(by=city.authority, membership_id=Membership.objects.get(person_id=past.person_id).pk)
        actions.create_client(by=city.authority, organization="market", name=f"系统{n}")

    def asked():
        lin.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert lin.get(path).status_code == 200
        return len(seen)

    for n in range(2):
        grow(n)
    few = asked()
    for n in range(2, 6):
        grow(n)
    assert asked() == few == PINNED[path]


def test_the_parent_of_an_organisation_is_never_below_it(city, signed_in):
    actions.register_organization(by=SEED, code="street-1", name="城东街道", parent="housing")
    typed = {"name": "市住房和城乡建设局", "office": "department", "body_kind": "government_department"}
    refused = signed_in("lin").post("/console/organizations/housing/edit/", typed | {"parent": "street-1"})
    assert refused.status_code == 409
    assert "上级机构不能是" in refused.content.decode()
    assert queries.organization("housing").parent is None
