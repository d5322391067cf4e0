"""Sharing, opening, duties, grants and the ledger by programs: the same acts and sentences as on the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings

from factories import purpose, stops
from factories.programs import body
from gongshu import clock, rules
from gongshu.catalog.states import OpenType, ShareType
from gongshu.home import open_home
from gongshu.identity.tokens import Scope
from gongshu.ledger import bundle, installation, sequencing


@pytest.fixture(autouse=True)
def under_xian():
    usual = rules.active().id
    rules.configure("xian")
    yield
    rules.configure(usual)


@pytest.fixture
def filed(city, program):
    entry = city.collected()
    status, made = program("zhou").post(f"/sharing/entries/{entry.code}/applications", body())
    assert status == 201, made
    return made


def test_an_application_is_filed_followed_and_granted(program, filed):
    zhou, li = program("zhou"), program("li")
    assert (filed["status"], filed["may"]) == ("pending", ["withdraw"])
    (turn,) = filed["turns"]
    assert (turn["organization"], turn["days"], turn["status"]) == ("market", 10, "open")
    assert turn["citations"][0]["label"].endswith("第二十条")
    assert li.get("/sharing/applications?status=pending")[1]["total"] == 1
    assert li.get(f"/sharing/applications/{filed['number']}")[1]["may"] == ["decide"]
    status, refused = zhou.post(f"/sharing/applications/{filed['number']}/decide", {"outcome": "agree"})
    assert (status, refused["error"]["code"]) == (403, "sharing.not_decider")
    status, refused = li.post(f"/sharing/applications/{filed['number']}/decide", {"outcome": "refuse"})
    assert (status, refused["error"]["code"]) == (400, "sharing.refusal_reason_missing")
    assert "第二十条" in refused["error"]["zh"]
    assert refused["error"]["where"] == {"field": "reason"}
    status, agreed = li.post(f"/sharing/applications/{filed['number']}/decide", {"outcome": "agree"})
    assert (status, agreed["status"]) == (200, "approved")
    assert agreed["turns"][0]["decided_by"] == "Li"
    status, granted = zhou.get(f"/grants/{agreed['grant']}")
    assert (status, granted["status"], granted["source"], granted["may"]) == (
        200,
        "active",
        filed["number"],
        ["revoke"],
    )
    status, refused = zhou.post(f"/grants/{agreed['grant']}/revoke", {"reason": " "})
    assert (status, refused["error"]["code"]) == (400, "grants.reason_missing")
    status, revoked = zhou.post(f"/grants/{agreed['grant']}/revoke", {"reason": "项目结束"})
    assert (status, revoked["status"], revoked["end_reason"]) == (200, "revoked", "项目结束")


def test_sent_back_completed_and_taken_back(program, filed):
    zhou, li = program("zhou"), program("li")
    address = f"/sharing/applications/{filed['number']}"
    assert li.post(f"{address}/decide", {"outcome": "return"})[1]["error"]["code"] == "sharing.supplement_missing"
    assert li.post(f"{address}/decide", {"outcome": "return", "reason": "写明条款"})[1]["status"] == "returned"
    status, again = zhou.post(f"{address}/resubmit", body(basis="《城市房地产管理法》第四十五条第一款"))
    assert (status, again["status"], again["basis"][-3:]) == (200, "pending", "第一款")
    assert li.post(f"{address}/withdraw")[0] == 403
    assert zhou.post(f"{address}/withdraw")[1]["status"] == "withdrawn"
    assert zhou.post(f"{address}/withdraw")[0] == 409


def test_a_refusal_is_disputed_and_settled(program, filed):
    zhou, li = program("zhou"), program("li")
    address = f"/sharing/applications/{filed['number']}"
    status, refused = li.post(f"{address}/decide", {"outcome": "refuse", "reason": "与职责无关"})
    assert (status, refused["status"]) == (200, "refused")
    assert zhou.get(address)[1]["may"] == ["dispute"]
    assert zhou.post(f"{address}/dispute", {"need": ""})[1]["error"]["code"] == "sharing.need_missing"
    status, raised = zhou.post(f"{address}/dispute", {"need": "预售许可核查确需"})
    assert status == 201
    turn = raised["turns"][0]
    deciders = {"market": li, "authority": program("lin"), "center": program("chen"), "government": program("qian")}
    assert deciders[turn["organization"]].get(f"/sharing/disputes/{raised['number']}")[1]["may"] == ["settle"]
    status, settled = deciders[turn["organization"]].post(
        f"/sharing/disputes/{raised['number']}/settle", {"outcome": "agreed"}
    )
    assert (status, settled["status"]) == (200, "agreed")
    assert zhou.get(f"/grants/{settled['grant']}")[1]["status"] == "active"
    assert zhou.get("/sharing/disputes?status=agreed")[1]["total"] == 1


def test_the_form_says_what_the_city_wants(city, program):
    entry = city.collected()
    zhou = program("zhou", Scope.READ)
    status, form = zhou.get(f"/sharing/entries/{entry.code}/form")
    assert status == 200
    assert {one["name"] for one in form["fields"]} == {
        "valid_until" if name == "term" else str(name) for name in rules.active().application_fields(clock.today())
    }
    assert [turn["days"] for way in form["ways"] for turn in way["turns"]] == [10]
    assert form["refusal"]["reason"] is True
    for missing in form["fields"]:
        wrong = body() | {missing["name"]: ""} if missing["name"] not in {"items", "mode", "valid_until"} else None
        if wrong is not None:
            status, refused = program("zhou").post(f"/sharing/entries/{entry.code}/applications", wrong)
            assert (status, refused["error"]["where"]["field"]) == (400, missing["name"])


def test_the_time_of_a_duty_is_stopped_resumed_and_told(program, filed):
    li, zhou = program("li"), program("zhou")
    (owed,) = li.get("/duties")[1]["results"]
    assert (owed["subject"], owed["status"], owed["days"]) == (filed["number"], "open", 10)
    assert zhou.get("/duties")[1]["total"] == 0
    assert zhou.get("/duties?mine=false")[1]["total"] == 1, "it waits for the answer, so it sees the duty"
    address = f"/duties/{owed['id']}"
    assert zhou.post(f"{address}/stop", {"reason": "supplement", "note": "x"})[1]["error"]["code"] == "duties.not_yours"
    status, stopped = li.post(f"{address}/stop", {"reason": "third_party", "note": "征求第三方意见"})
    assert (status, stopped["status"], stopped["due_on"]) == (200, "stopped", None)
    assert li.post(f"{address}/resume")[1]["status"] == "open"
    status, refused = li.post(f"{address}/extend", {"days": 5, "reason": "复杂", "head": "局长"})
    assert (status, refused["error"]["code"]) == (409, "duties.no_extension")
    assert [event["what"]["en"] for event in li.get(address)[1]["history"]][-1] == "Clock runs again"
    assert li.get(f"/duties/{2**63 - 1}")[0] == 404
    assert li.get(f"/duties/{2**63}")[0] == 422


def test_notices_are_read_and_marked(program, filed):
    li = program("li")
    status, found = li.get("/notices?unread=true")
    assert (status, found["total"] > 0) == (200, True)
    first = found["results"][0]["id"]
    assert li.post(f"/notices/{first}/read")[1] == {"marked": 1}
    assert li.post("/notices/read")[1] == {"marked": found["total"] - 1}
    assert li.get("/notices?unread=true")[1]["total"] == 0
    assert program("zhou").post(f"/notices/{first}/read")[1] == {"marked": 0}, "another's notice stays as it is"


def test_opening_is_proposed_reviewed_and_withdrawn(city, program):
    entry = city.collected(stops())
    wang, li = program("wang"), program("li")
    status, made = wang.post(f"/opening/entries/{entry.code}/releases", {"note": "便民"})
    assert (status, made["status"]) == (201, "in_review")
    callers = {"market": li, "authority": program("lin"), "center": program("chen"), "government": program("qian")}
    while made["status"] == "in_review":
        (now,) = [stage for stage in made["stages"] if stage["status"] == "open"]
        caller = callers[now["organization"]]
        status, refused = caller.post(f"/opening/releases/{made['number']}/decide", {"passed": False})
        assert (status, refused["error"]["code"]) == (400, "opening.reason_missing")
        status, made = caller.post(f"/opening/releases/{made['number']}/decide", {"passed": True})
        assert status == 200
    assert made["status"] == "public"
    assert wang.get("/opening/releases?status=public")[1]["total"] == 1
    assert wang.post(f"/opening/releases/{made['number']}/withdraw", {"reason": "核实"})[1]["status"] == "withdrawn"


def test_the_public_asks_and_is_answered(city, program):
    entry = city.published(stops(open_type=OpenType.CONDITIONAL, open_condition="研究使用"))
    city.person("citizen", "public")
    citizen, li = program("citizen"), program("li")
    kinds = rules.active().value("opening.applicants", on=clock.today()).value
    asked = {
        "applicant_kind": kinds[0].id, "applicant_name": "江临大学", "purpose": "研究", "scope": "校内",
        "confidentiality": "不外传", "security_capability": "等保二级",
    }  # fmt: skip
    status, made = citizen.post(f"/opening/entries/{entry.code}/requests", asked)
    assert (status, made["status"]) == (201, "pending"), made
    assert program("zhou").get(f"/opening/requests/{made['number']}")[0] == 404
    callers = {"market": li, "authority": program("lin"), "center": program("chen")}
    decider = callers[made["stages"][0]["organization"]]
    status, answered = decider.post(f"/opening/requests/{made['number']}/answer", {"passed": False})
    assert (status, answered["error"]["code"].startswith("opening.")) == (400, True)
    assert citizen.get("/opening/requests")[1]["total"] == 1
    assert citizen.post(f"/opening/requests/{made['number']}/withdraw")[1]["status"] == "withdrawn"


def test_the_ledger_answers_with_its_proof(city, program, filed):
    sequencing.run_once(open_home())
    zhou, shen = program("zhou"), program("shen")
    status, found = zhou.get(f"/ledger?subject={filed['number']}&action=sharing.applied")
    assert status == 200
    # The case numbers of other tests are the same, and so is their ledger: ours is the newest.
    record = max(found["results"], key=lambda each: each["at"])
    assert record["details"]["via"].startswith("token:token_")
    assert record["action_label"]["zh"] == "共享·提交申请"
    proof = zhou.raw("GET", f"/ledger/{record['id']}/proof")
    assert proof.status_code == 200
    keys = installation.trusted(settings.HOME)[0]
    assert bundle.check(proof.content.decode(), keys).entry.id == record["id"], "it holds for whoever checks it"
    assert program("li").get(f"/ledger/{record['id']}")[0] == 200, "the provider sees what is done with its data"
    seen, before = 0, ""
    while True:
        shown = shen.get(f"/ledger?limit=40{before}")[1]
        seen += len(shown["results"])
        if shown["next"] is None:
            break
        before = f"&before={shown['next']}"
    assert seen == shown["size"] > 0
    assert {one["organization"] for one in zhou.get("/ledger?organization=market")[1]["results"]} == {"housing"}


def test_the_law_is_answered_by_city_and_day(program):
    zhou = program("zhou", Scope.READ)
    assert [one["id"] for one in zhou.get("/rules")[1] if one["active"]] == ["xian"]
    status, found = zhou.get("/rules/parameters/sharing.reply_deadline?city=xian&on=2020-01-02")
    assert (status, found["value"]["days"]) == (200, 10)
    assert found["citations"][0]["label"] == "《西安市政务数据资源共享管理办法》第二十条"
    status, chain = zhou.get("/rules/chain?share_type=CONDITIONAL&city=yongjia&collected=false&on=2026-03-02")
    assert [(step["office"], step["days"]) for step in chain["steps"]] == [("provider", 7)]
    assert chain["share_type_label"]["zh"] == "受限共享类"
    assert zhou.get("/rules/parameters/no.such")[0] in {400, 404}
    assert zhou.get("/rules/parameters?city=atlantis")[1]["error"]["code"] == "rules.unknown_pack"
    articles = zhou.get("/rules/articles?state=enforced&limit=2")[1]
    assert articles["total"] > 2 == len(articles["results"])
    differences = zhou.get("/rules/diff?left=xian&right=yongjia&limit=5")[1]
    assert differences["total"] > 5
    assert all(one["differs"] for one in differences["results"])
    assert zhou.get("/rules/parameters/sharing.reply_deadline?on=0001-01-01")[0] == 422


def test_a_file_is_handed_over_and_its_run_is_followed(city, program):
    entry = city.published(stops())
    wang, zhou = program("wang"), program("zhou")
    address = f"/collection/entries/{entry.code}/files?filename=stops.csv"
    file = "code,name\n1,东站\n1,西站\n".encode()
    assert zhou.raw("POST", address, file).json()["error"]["code"] == "collection.not_provider"
    response = wang.raw("POST", address, file, Idempotency_Key="f-1")
    assert response.status_code == 202, response.content
    run = response.json()
    assert (run["status"], run["size"], run["filename"]) == ("queued", len(file), "stops.csv")
    assert wang.raw("POST", address, file, Idempotency_Key="f-1").json()["id"] == run["id"]
    from gongshu.collection import actions

    actions.work_one()
    status, done = wang.get(f"/collection/runs/{run['id']}")
    assert (status, done["read"], done["accepted"] + done["rejected"]) == (200, 2, 2), done
    assert done["reasons"][0]["rows"] == done["rejected"]
    rejected = wang.get(f"/collection/runs/{run['id']}/rejected?limit=1")[1]
    assert (rejected["total"], len(rejected["results"])) == (done["rejected"], 1)
    assert zhou.get(f"/collection/runs/{run['id']}")[0] == 404
    assert wang.get("/collection/runs")[1]["total"] == 1
    assert wang.raw("POST", address, b"").json()["error"]["code"].startswith("collection.")


def test_a_term_beyond_every_calendar_is_refused_in_words(city, program):
    entry = city.collected(stops(share_type=ShareType.UNCONDITIONAL))
    for year in ("9999-12-31", "2200-01-01"):
        status, answer = program("zhou").post(
            f"/sharing/entries/{entry.code}/applications", body(items=("code",)) | {"valid_until": year}
        )
        assert (status, answer["error"]["code"]) == (400, "sharing.term_far")
    near = body(items=("code",), valid_until=clock.today() + timedelta(days=1), purpose=purpose())
    assert program("zhou").post(f"/sharing/entries/{entry.code}/applications", near)[0] == 201
