"""The pages of access tokens: made once, shown once, revoked by their holder or by who manages people."""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from gongshu import clock
from gongshu.identity.models import AccessToken

from .conftest import text_of

PAGE = "/account/tokens/"


def make(browser, **changes):
    until = (clock.today() + timedelta(days=30)).isoformat()
    return browser.post(f"{PAGE}new/", {"name": "目录同步", "valid_until": until, "scopes": ["catalog"], **changes})


def test_a_token_is_made_shown_once_and_works(signed_in):
    browser = signed_in("wang")
    first = text_of(browser.get(PAGE))
    assert "还没有令牌" in first
    offered = (clock.today() + timedelta(days=90)).isoformat()
    assert f'value="{offered}"' in first, "in the one form that a browser's date field takes"
    shown = make(browser)
    assert shown.status_code == 200
    assert "no-store" in shown.headers["Cache-Control"]
    token = re.search(r'id="token"[^>]*>([^<]+)<', text_of(shown)).group(1)
    listed = text_of(browser.get(PAGE))
    assert "目录同步" in listed
    assert "编制和审核目录" in listed
    assert token not in listed
    answer = Client().get("/api/v1/token", headers={"Authorization": f"Bearer {token}"}).json()
    assert (answer["person"], answer["scopes"]) == ("wang", ["catalog", "read"])
    made = AccessToken.objects.get()
    browser.post(f"{PAGE}{made.token_id}/revoke/")
    assert "已撤销" in text_of(browser.get(PAGE))
    assert Client().get("/api/v1/token", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_a_wrong_form_keeps_what_was_typed(signed_in):
    browser = signed_in("wang")
    long = (clock.today() + timedelta(days=400)).isoformat()
    for changes, said in (
        ({"name": ""}, "必填"),
        ({"name": "x\x00"}, ""),
        ({"valid_until": long}, "不超过 365 天"),
        ({"valid_until": "soon"}, ""),
        ({"scopes": ["catalog", "everything"]}, ""),
    ):
        response = make(browser, **changes)
        assert response.status_code == 400, changes
        assert said in text_of(response)
        assert 'value="catalog" checked' in text_of(response)
    assert not AccessToken.objects.exists()
    assert browser.get(f"{PAGE}new/").status_code == 405


def test_anothers_token_is_unknown_and_the_authority_revokes_it(signed_in):
    make(signed_in("wang"))
    token = AccessToken.objects.get()
    assert signed_in("li").post(f"{PAGE}{token.token_id}/revoke/").status_code == 404
    assert signed_in("li").get("/console/tokens/").status_code == 403
    lin = signed_in("lin")
    assert "目录同步" in text_of(lin.get("/console/tokens/?q=wang"))
    assert "没有这样的令牌" in text_of(lin.get("/console/tokens/?q=nobody"))
    with CaptureQueriesContext(connection) as for_one:
        lin.get("/console/tokens/")
    for n in range(5):
        make(signed_in("li"), name=f"第{n}个")
    with CaptureQueriesContext(connection) as for_many:
        lin.get("/console/tokens/")
    assert len(for_one) == len(for_many) <= 10
    lin.post(f"/console/tokens/{token.token_id}/revoke/")
    assert "目录同步" not in text_of(lin.get("/console/tokens/"))
    assert "目录同步" in text_of(lin.get("/console/tokens/?all=1"))
