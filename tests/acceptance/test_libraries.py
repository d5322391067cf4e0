"""A library from its setting up to a query, over HTTP and on the real processes: management interface, worker, gateway.

Civil affairs lead it, the market bureau agrees that its register is used; a housing system reads it under a grant, and
under no other terms.
"""

from __future__ import annotations

import json
import time
from datetime import date, timedelta

import httpx
import pytest

from gongshu.demo.client import System

PATIENCE = 60
COMMON = {
    "share_type": "CONDITIONAL", "share_condition": "按履职需要提供", "share_basis_kind": "law",
    "share_basis": "《中华人民共和国个人信息保护法》第三十四条", "open_type": "PROHIBITED", "update_cycle": "DAILY",
    "theme": "市场监管", "abstract": "虚构数据。", "share_period": "长期",
}  # fmt: skip
KEY = {"name": "uscc", "title": "统一社会信用代码", "required": True, "is_key": True, "check": "uscc"}
PHONE = {"name": "phone", "title": "联系电话", "mask": "phone", "sensitive": True}
LEVEL = {"name": "level", "title": "资质等级"}
ASKED = ("uscc", "phone", "level")


class People:
    """Programs of the city's people on the running platform: ``people("wang").post("/libraries", {…})``."""

    def __init__(self, live):
        self.live, self.known = live, {}

    def __call__(self, name):
        if name not in self.known:
            scopes = [word for one in ("catalog", "collection", "sharing") for word in ("--scope", one)]
            made = self.live.gongshu("tokens", "new", "库", *scopes, "--as", name, "--json")
            assert made.returncode == 0, made.stderr
            token = json.loads(made.stdout)["token"]
            self.known[name] = httpx.Client(
                base_url=f"{self.live.web}/api/v1",
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
                timeout=30,
            )
        return self.known[name]

    def told(self, name, method, path, body=None, **options):
        """What was answered; a refusal fails the test."""
        answer = self(name).request(method, path, json=body, **options)
        assert answer.is_success, f"{name} {method} {path}: {answer.text}"
        return answer.json()


def until(look, what):
    """Wait for what the worker or the gateway does by itself; what ``look`` found."""
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < end, what
        time.sleep(0.1)
    return found


def published(people, title, items, **more):
    """Compiled by Pan of civil affairs, reviewed and published by Meng, as Xi'an's rules want it."""
    made = people.told("pan", "PUT", "/catalog/entries", {**COMMON, "title": title, "items": items, **more})
    address = f"/catalog/entries/{made['code']}"
    people.told("pan", "POST", f"{address}/submit")
    people.told("meng", "POST", f"{address}/secrecy", {})
    assert people.told("meng", "POST", f"{address}/review", {"outcome": "publish"})["status"] == "published"
    return made["code"]


def collected(people, code, text):
    people.told("pan", "POST", f"/collection/entries/{code}/files?filename=a.csv", content=text.encode())
    runs = f"/collection/runs?code={code}&status=committed"
    until(lambda: people.told("pan", "GET", runs)["total"], "the collection")


def granted(people, code, purpose):
    """Zhou applies for three items; whoever must decide agrees. The grant's id."""
    filed = people.told(
        "zhou", "POST", f"/sharing/entries/{code}/applications",
        {
            "items": list(ASKED), "purpose": purpose, "mode": "query", "basis": "《建筑业企业资质管理规定》第十六条",
            "scenario": "资质审查核对", "business_process": "受理—核对—决定", "scope": "仅限资质审查",
            "valid_until": (date.today() + timedelta(days=90)).isoformat(),
        },
    )  # fmt: skip
    address = f"/sharing/applications/{filed['number']}"
    for _ in range(6):
        if filed["status"] != "pending":
            break
        for who in ("meng", "lin", "zhao", "gu"):
            people(who).post(f"{address}/decide", json={"outcome": "agree", "reason": "履职需要"})
        filed = people.told("zhou", "GET", address)
    assert filed["status"] == "approved"
    return filed["grant"]


@pytest.fixture(scope="module")
def made(live):
    """The library in use: its own entry's code, a company that is in both sources, the people, the second source."""
    people = People(live)
    story = json.loads((live.home / "demo.json").read_text(encoding="utf-8"))["steps"]
    company = next(one for one in story["collect"]["samples"]["companies"] if one["phone"])
    ranks = published(people, "建设资质名录", [KEY, LEVEL])
    own = published(
        people, "建设单位清册", [KEY, {"name": "name", "title": "企业名称", "required": True}, PHONE, LEVEL]
    )
    library = people.told(
        "lin", "POST", "/libraries",
        {"code": own, "name": "建设单位专用库", "kind": "theme", "combine": "join"},
    )["number"]  # fmt: skip
    parts = {"sources": [{"code": live.codes["companies"]}, {"code": ranks}]}
    sources = people.told("pan", "PUT", f"/libraries/{library}/sources", parts)["sources"]
    assert [one["items"] for one in sources] == [
        {"uscc": "uscc", "name": "name", "phone": "phone"},
        {"uscc": "uscc", "level": "level"},
    ]
    asked = people.told("wang", "GET", "/libraries/asked")["results"]
    assert [(one["number"], one["code"]) for one in asked] == [(library, live.codes["companies"])]
    waiting = until(lambda: people.told("zhou", "GET", f"/libraries/{library}")["troubles"], "the worker's look at it")
    assert "尚未取得提供单位同意" in waiting[0]["zh"]
    people.told("wang", "POST", f"/libraries/{library}/consent", {"code": live.codes["companies"], "agree": True})
    until(
        lambda: "尚未归集" in str(people.told("zhou", "GET", f"/libraries/{library}")["troubles"]),
        "the worker to say that the second source has no data yet",
    )
    collected(people, ranks, f"统一社会信用代码,资质等级\n{company['uscc']},特级\n")
    found = until(
        lambda: (shown := people.told("zhou", "GET", f"/libraries/{library}"))["status"] == "in_use" and shown,
        "the library to be computed",
    )
    assert found["rows"] == live.summary["rows"]["by_register"]["companies"]["accepted"]
    return people, library, own, ranks, company


@pytest.mark.article("yongjia-7", "yongjia-18")
def test_a_library_is_read_at_the_gateway_under_its_grant_masked_and_recorded_and_no_longer_when_a_source_is_gone(
    live, made, tmp_path
):
    """1. A grant for three items of the library, as for any entry."""
    people, library, own, ranks, company = made
    purposes = people.told("zhou", "GET", f"/sharing/entries/{own}/form")["purposes"]
    grant = granted(people, own, purposes[0]["id"] if purposes else "资质审查")

    """2. The housing system asks by the key: both sources answer in one record, the personal item masked."""
    client = json.loads(live.gongshu("clients", "add", "资质审查库查询", "--as", "zhou", "--json").stdout)
    system = System(live.gateway, client["client_id"], client["secret"], tmp_path / "acknowledged")
    held = people.told("zhou", "GET", f"/grants/{grant}")
    ask = {"grant": grant, "purpose": held["purpose"], "key": {"uscc": company["uscc"]}}
    reply = until(lambda: (got := system.call(own, "query", ask)).status == 200 and got, "the grant at the gateway")
    record = reply.body["record"]
    assert record["uscc"] == company["uscc"]
    assert record["level"] == "特级", "of the second source"
    plain = company["phone"]
    assert record["phone"] != plain
    assert record["phone"][:3] == plain[:3], "masked as at its source"
    assert set(record) == set(ASKED), "and nothing that was not granted"

    """3. Outside the grant nothing is had."""
    refused = {
        "items": system.call(own, "query", {**ask, "fields": ["name"]}),
        "purpose": system.call(own, "query", {**ask, "purpose": "另作他用"}),
        "resource": system.call(live.codes["companies"], "query", ask),
        "signature": system.call(own, "query", ask, secret="not-the-secret"),
    }
    for name, answer in refused.items():
        assert answer.status in {401, 403}, (name, answer.body)
        assert company["uscc"] not in json.dumps(answer.body), name
        assert plain not in json.dumps(answer.body, ensure_ascii=False), name
    assert refused["purpose"].code == "purpose_mismatch"

    """4. Each answer is in the ledger, which holds; and so is the version that was computed, with its sources."""
    entry = until(
        lambda: (got := people("zhou").get(f"/ledger/{reply.request_id}")).is_success and got.json(), "the leaf"
    )
    assert (entry["action"], entry["resource"], entry["organization"]) == ("gateway.query", own, "housing")
    assert entry["details"]["grant"] == grant
    assert company["uscc"] not in json.dumps(entry, ensure_ascii=False), "which record it was is a commitment only"
    for answer in (refused["items"], refused["purpose"]):
        until(lambda answer=answer: people("lin").get(f"/ledger/{answer.request_id}").is_success, "the refusal's leaf")
    built = people.told("lin", "GET", f"/ledger?subject={library}&action=libraries.library_built")["results"]
    assert [one["details"]["sources"] for one in built] == [f"{live.codes['companies']}@1,{ranks}@1"]
    verified = live.gongshu("ledger", "verify", "--json")
    assert verified.returncode == 0, verified.stdout
    assert json.loads(verified.stdout)["ok"]

    """5. A source is withdrawn: the library is served no longer, whoever holds a grant."""
    people.told("meng", "POST", f"/catalog/entries/{ranks}/review", {"outcome": "withdraw", "remark": "合并"})
    gone = until(lambda: (got := system.call(own, "query", ask)).status != 200 and got, "the library to be taken down")
    assert gone.code
    assert until(
        lambda: people.told("zhou", "GET", f"/libraries/{library}")["status"] == "broken", "the library to say so"
    )
