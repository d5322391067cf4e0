"""Signing in and out, the lock after wrong passwords, and the reader's preferences."""

from __future__ import annotations

import pytest
from django.test import Client

from factories import PASSWORD


def sign_in(browser, username="wang", password=PASSWORD, **more):
    return browser.post("/sign-in/", {"username": username, "password": password, **more})


def test_staff_are_led_to_the_workbench(city, anybody):
    response = sign_in(anybody)
    assert response.status_code == 302
    assert response.headers["Location"] == "/console/"
    assert anybody.get("/console/").status_code == 200


def test_one_is_led_back_to_where_one_wanted_to_go(city, anybody):
    assert sign_in(anybody, next="/console/ledger/").headers["Location"] == "/console/ledger/"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_nobody_is_led_to_another_site(city, anybody, elsewhere):
    assert sign_in(anybody, next=elsewhere).headers["Location"] == "/console/"


def test_a_wrong_password_says_so_and_keeps_the_name(city, anybody):
    response = sign_in(anybody, password="wrong")
    page = response.content.decode()
    assert response.status_code == 401
    assert "用户名或密码不正确" in page
    assert 'value="wang"' in page
    assert "wrong" not in page.split("<form", 2)[2].split("</form>")[0]


def test_a_wrong_name_sounds_the_same_as_a_wrong_password(city, anybody):
    one = sign_in(anybody, username="nobody-there").content.decode()
    assert "用户名或密码不正确" in one


def test_after_five_wrong_tries_even_the_right_password_waits(city, anybody):
    for _ in range(4):
        assert sign_in(anybody, password="wrong").status_code == 401
    locked = sign_in(anybody, password="wrong")
    assert locked.status_code == 429
    assert "锁定 15 分钟" in locked.content.decode()
    again = sign_in(anybody)
    assert again.status_code == 429
    assert anybody.get("/console/").status_code == 302


def test_the_lock_is_for_one_account_only(city, anybody):
    for _ in range(5):
        sign_in(anybody, password="wrong")
    assert sign_in(Client(), username="li").status_code == 302


def test_signing_out_needs_a_form_and_ends_the_session(city, signed_in):
    browser = signed_in("wang")
    assert browser.get("/sign-out/").status_code == 405
    assert browser.post("/sign-out/").headers["Location"] == "/"
    assert browser.get("/console/").status_code == 302


def test_forms_without_a_token_are_refused_with_a_sentence(city):
    strict = Client(enforce_csrf_checks=True)
    response = strict.post("/sign-in/", {"username": "wang", "password": PASSWORD})
    assert response.status_code == 403
    assert "web.csrf" in response.content.decode()


def test_the_menu_says_who_i_am_where_and_as_what(city, signed_in):
    page = signed_in("lin").get("/console/").content.decode()
    assert "江临市数据局" in page
    assert "数据主管" in page


@pytest.mark.parametrize(
    ("name", "value", "sign"),
    [("lang", "en", 'lang="en"'), ("type", "large", 'data-type="large"'), ("contrast", "high", 'data-contrast="high"')],
)
def test_preferences_are_kept_in_a_cookie(anybody, name, value, sign):
    response = anybody.post("/preferences/", {name: value, "next": "/rules/"})
    assert response.headers["Location"] == "/rules/"
    assert sign in anybody.get("/").content.decode()


def test_an_unknown_preference_changes_nothing(anybody):
    anybody.post("/preferences/", {"lang": "xx", "type": "huge"})
    page = anybody.get("/").content.decode()
    assert '<html lang="zh-CN" data-type="normal"' in page


def test_the_language_in_the_address_goes_first_and_is_kept(anybody):
    page = anybody.get("/?lang=en")
    assert '<html lang="en"' in page.content.decode()
    assert page.headers["Content-Language"] == "en"
    assert '<html lang="en"' in anybody.get("/catalog/").content.decode()


def test_one_person_may_act_for_two_organisations(city, signed_in):
    from factories import SEED
    from gongshu.identity import actions
    from gongshu.identity.models import Person
    from gongshu.identity.states import Role

    actions.grant_role(by=SEED, person=Person.objects.get(username="zhou"), organization="center", role=Role.AUDITOR)
    zhou = signed_in("zhou")
    assert "切换到 江临市大数据中心" in zhou.get("/console/").content.decode()
    zhou.post("/organization/", {"organization": "center"})
    assert "审计监督" in zhou.get("/console/").content.decode()
    zhou.post("/organization/", {"organization": "market"})
    assert "市市场监督管理局 ·" not in zhou.get("/console/").content.decode(), "no role there, no switch"
    assert zhou.get("/organization/").status_code == 405
