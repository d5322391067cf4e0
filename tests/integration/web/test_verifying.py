"""Verifying on a page: log in, ask, see yes or no, print the signed answer; with a real gateway behind it where asked."""

from __future__ import annotations

import dataclasses
import json
import re
from datetime import date
from html import unescape

import pytest

from factories import SEED, purpose
from gongshu import clock
from gongshu.client import Refused, Verified
from gongshu.crypto import keys
from gongshu.grants import actions, queries, signed
from gongshu.home import Home
from gongshu.identity.models import APIClient
from gongshu.ledger.models import Outbox
from gongshu.web.console import verifying


@pytest.fixture
def home(tmp_path, settings):
    settings.HOME = Home(tmp_path)
    keys.ensure(settings.HOME)
    return settings.HOME


@pytest.fixture
def grant(city):
    entry = city.collected()
    return actions.create(
        by=SEED, organization="housing", provider="market", resource=entry.code, title=entry.title, items=["name"],
        purpose=purpose(), modes=["query", "verify"], valid_from=clock.now(), valid_until=date(2031, 3, 31),
    )  # fmt: skip


class Gateway:
    """Stands in for the SDK: says yes to what ``true`` holds, signed with the installation's keys."""

    def __init__(self, home, true, refusals=()):
        self.home, self.true, self.refusals, self.asked = home, true, list(refusals), []

    def __call__(self, url, client_id, secret, **_):
        self.client = (client_id, secret)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def interface(self, resource, **named):
        self.named = {"resource": resource, **named}
        return self

    def verify(self, key, claims, *, proof):
        self.asked.append((key, claims))
        if self.refusals:
            raise self.refusals.pop(0)
        answers = {item: "yes" if self.true.get(item) == value else "no" for item, value in claims.items()}
        facts = {
            "answers": answers, "at": "2026-11-22T00:00:00+00:00", "grant": self.named["grant"], "organization": "housing",
            "purpose": self.named["purpose"], "request_id": "call_1", "resource": self.named["resource"], "title": "",
            "version": 1,
        }  # fmt: skip
        made = signed.make(signed.signer(self.home), key=key, claims=claims, **facts)
        return Verified(answers, "call_1", 1, signed.SignedAnswer(made["note"], made["shown"]))


def page_of(grant):
    return f"/console/grants/{grant.grant_id}/verify/"


def fields(page):
    return re.findall(r'name="((?:key|claim)\.[^"]+)"', page)


@pytest.mark.article("yongjia-16")
def test_a_clerk_of_the_holder_asks_and_prints(home, grant, city, signed_in, monkeypatch):
    gateway = Gateway(home, {"name": "江临公交"})
    monkeypatch.setattr(verifying, "Client", gateway)
    zhou = signed_in("zhou")
    assert page_of(grant) in zhou.get(f"/console/grants/{grant.grant_id}/").content.decode()
    page = zhou.get(page_of(grant)).content.decode()
    names = fields(page)
    key = [name for name in names if name.startswith("key.")]
    assert key and "claim.name" in names
    asked = {**dict.fromkeys(key, "1"), "claim.name": "江临公交"}
    page = zhou.post(page_of(grant), asked).content.decode()
    assert "tag-good" in page and "call_1" in page
    assert gateway.named["grant"] == grant.grant_id and gateway.client[0] == "pages_housing"
    told = [json.loads(bytes(row.leaf).split(b"\n")[0]) for row in Outbox.objects.order_by("pk")]
    (entry,) = [entry for entry in told if entry["action"] == "grant.verified"]
    assert entry["actor"].startswith("person:") and entry["organization"] == "housing"
    assert entry["details"] == {"call": "call_1"}, "neither key nor claim"

    proof = unescape(re.search(r'name="proof" value="([^"]*)"', page)[1])
    printed = zhou.post(f"/console/grants/{grant.grant_id}/proof/", {"proof": proof})
    assert printed.status_code == 200 and "attachment" in printed["Content-Disposition"]
    assert "<svg" in printed.content.decode() and "江临公交" in printed.content.decode()
    forged = proof.replace('\\"name\\":\\"yes\\"', '\\"name\\":\\"no\\"')
    assert forged != proof
    assert zhou.post(f"/console/grants/{grant.grant_id}/proof/", {"proof": forged}).status_code == 400

    page = zhou.post(page_of(grant), {**asked, "claim.name": "另一家"}).content.decode()
    assert "tag-danger" in page and "tag-good" not in page.split("<form")[1]
    assert APIClient.objects.filter(client_id="pages_housing").count() == 1


def test_what_is_not_filled_in_is_asked_for_and_refusals_are_said(home, grant, city, signed_in, monkeypatch):
    gateway = Gateway(home, {})
    monkeypatch.setattr(verifying, "Client", gateway)
    zhou = signed_in("zhou")
    key = [name for name in fields(zhou.get(page_of(grant)).content.decode()) if name.startswith("key.")]
    for asked in (
        {},
        {"claim.name": "x"},
        dict.fromkeys(key, "1"),
        {**dict.fromkeys(key, "1"), "claim.name": "x" * 513},
    ):
        answer = zhou.post(page_of(grant), asked)
        assert answer.status_code == 400 and "请填写" in answer.content.decode()
    assert gateway.asked == []
    gateway.refusals = [Refused("quota_exceeded", "今日已满。", "Used up.", status=429, request_id="r")]
    answer = zhou.post(page_of(grant), {**dict.fromkeys(key, "1"), "claim.name": "x"})
    assert answer.status_code == 429 and "今日已满。" in answer.content.decode()


def test_a_gateway_that_has_not_heard_of_the_new_client_is_asked_again(home, grant, city, signed_in, monkeypatch):
    unheard = Refused("client_unknown", "没有登记。", "Unknown.", status=401, request_id="r")
    gateway = Gateway(home, {"name": "x"}, [unheard, unheard])
    monkeypatch.setattr(verifying, "Client", gateway)
    monkeypatch.setattr(verifying, "NEWS_SECONDS", 0)
    zhou = signed_in("zhou")
    key = [name for name in fields(zhou.get(page_of(grant)).content.decode()) if name.startswith("key.")]
    assert zhou.post(page_of(grant), {**dict.fromkeys(key, "1"), "claim.name": "x"}).status_code == 200
    assert len(gateway.asked) == 3


def test_only_the_holders_people_and_only_grants_that_allow_it(home, grant, city, signed_in):
    assert signed_in("wang").get(page_of(grant)).status_code in (403, 409)
    assert "verify/" not in signed_in("wang").get(f"/console/grants/{grant.grant_id}/").content.decode()
    assert signed_in("lin").get(page_of(grant)).status_code == 403
    zhou = signed_in("zhou")
    actions.revoke(by=city.authority, grant_id=grant.grant_id, reason="测试")
    assert zhou.get(page_of(grant)).status_code == 409
    by = dataclasses.replace(city.authority)
    assert not queries.can_verify(by, grant)
