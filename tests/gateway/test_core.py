"""The gate gives what was granted, masked, and answers claims; descriptions and deliveries hold exactly the grant."""

import hashlib
import json

import openpyxl
import pytest

from gateway import world as worlds
from gateway.world import RESOURCE, code_of, content, person, query, secret_values
from gongshu.gateway import comparison
from gongshu.lake import spreadsheet

pytestmark = pytest.mark.article("luzhou-24", "xian-20")


@pytest.mark.article("yongjia-16")
def test_a_query_gives_the_granted_items_masked(run, world):
    grant = world.grant()
    answer = run.ask(world.call("query", query(grant)))
    assert answer.status == 200
    body = content(answer)
    assert body["record"] == {
        "name": "张*",
        "phone": "138****0003",
        "district": "330301",
        "birth": "1963-01-01",
        "income": 1003.5,
        "remark": "备注3",
    }
    assert body["version"] == 1


def test_the_grants_mask_goes_before_the_catalogs_and_fields_narrow_it(run, world):
    grant = world.grant(masks={"name": "none", "remark": "hidden"})
    answer = run.ask(world.call("query", query(grant, fields=["remark", "name"])))
    assert content(answer)["record"] == {"remark": "***", "name": person(3)["name"]}


def test_tokens_differ_by_recipient_and_purpose_and_stay_the_same_for_one(run, world):
    world.client("app_tax", "tax")
    ours = world.grant(masks={"phone": "token"})
    theirs = world.grant(masks={"phone": "token"}, organization="tax")
    first, again = (
        content(run.ask(world.call("query", query(ours, fields=["phone"]))))["record"]["phone"] for _ in range(2)
    )
    other = content(run.ask(world.call("query", query(theirs, fields=["phone"]), client="app_tax")))
    assert first == again != other["record"]["phone"]
    assert first.startswith("tok_") and person(3)["phone"] not in first


def test_a_row_outside_the_grant_looks_like_none(run, world):
    grant = world.grant(rows=({"field": "district", "op": "eq", "value": "330324"},))
    assert run.ask(world.call("query", query(grant, 2))).status == 200
    outside = run.ask(world.call("query", query(grant, 3)))
    missing = run.ask(world.call("query", query(grant, key={"citizen_id": "990000190001010001"})))
    assert (code_of(outside), code_of(missing)) == ("record_not_found", "record_not_found")
    assert len(outside.body) == len(missing.body)


@pytest.mark.article("yongjia-16")
def test_verify_says_yes_no_or_unknown_and_no_value(run, world):
    grant = world.grant()
    me = person(10)
    claims = {"name": f" {me['name']} ", "birth": "1970年1月1日", "income": "1010.50", "phone": "1", "remark": "x"}
    answer = run.ask(world.call("verify", {**query(grant, 10), "claims": claims}))
    assert content(answer)["answers"] == {
        "name": "yes",
        "birth": "yes",
        "income": "yes",
        "phone": "no",
        "remark": "unknown",
    }
    assert not any(value in answer.body.decode() for value in secret_values(10))


def test_verify_tells_somebody_unknown_from_a_wrong_claim_by_nothing(run, world):
    """Nobody, somebody outside the granted rows, a wrong claim and an empty cell: the same answer, to the byte."""
    grant = world.grant(rows=({"field": "district", "op": "eq", "value": "330324"},))
    claims = {"name": "李四", "remark": "x"}
    about = {
        "nobody": {"citizen_id": "990000190001010001"},
        "outside": {"citizen_id": person(3)["citizen_id"]},
        "wrong": {"citizen_id": person(2)["citizen_id"]},
        "empty": {"citizen_id": person(10)["citizen_id"]},
    }
    bodies = {}
    for case, key in about.items():
        answer = run.ask(world.call("verify", {**query(grant, key=key), "claims": claims}))
        assert answer.status == 200
        body = content(answer)
        assert body.pop("request_id")
        bodies[case] = (json.dumps(body), len(answer.body), tuple(sorted(answer.headers)))
        assert body["answers"] == {"name": "no", "remark": "no"}
    assert len(set(bodies.values())) == 1
    known = run.ask(world.call("verify", {**query(grant, 10), "claims": {"name": person(10)["name"], "remark": "x"}}))
    assert content(known)["answers"] == {"name": "yes", "remark": "unknown"}, "who knows the record is told more"


def test_the_comparison_does_its_work_for_nobody_too(run, world, monkeypatch):
    done = []
    real = comparison.answer
    monkeypatch.setattr(comparison, "answer", lambda *a: (done.append(a), real(*a))[1])
    claims = {"name": "李四", "birth": "1970-01-01", "income": 1}
    for key in ({"citizen_id": "990000190001010001"}, {"citizen_id": person(2)["citizen_id"]}):
        run.ask(world.call("verify", {**query(world.grant(), key=key), "claims": claims}))
    assert len(done) == 6


def test_the_description_tells_a_holder_what_it_holds(run, world):
    grant = world.grant(items=("name", "birth"))
    world.grant(organization="tax")
    body = content(run.ask(world.get("describe", {})))
    (described,) = body["grants"]
    assert described["grant"] == grant.grant_id
    assert described["key"] == [{"name": "citizen_id", "title": "公民身份号码", "type": "C"}]
    assert described["items"] == [
        {"name": "name", "title": "姓名", "type": "C", "mask": "name"},
        {"name": "birth", "title": "出生日期", "type": "D", "mask": "none"},
    ]


@pytest.mark.article("yongjia-16")
def test_a_delivery_holds_exactly_the_grant(run, world):
    grant = world.grant(items=("name", "district"), rows=({"field": "income", "op": "ge", "value": 1298},))
    answer = run.ask(world.get("deliver", {"grant": grant.grant_id, "format": "csv"}))
    assert answer.status == 200
    lines = answer.file.path.read_bytes().decode("utf-8-sig").split("\r\n")
    assert lines == ["姓名,区划代码", "张*,330324", "张*,330301", ""]
    assert answer.headers["X-Gongshu-Rows"] == "2"
    assert (
        "filename*=UTF-8''%E4%BA%BA%E5%8F%A3%E5%9F%BA%E6%9C%AC%E4%BF%A1%E6%81%AF_v1.csv"
        in (answer.headers["Content-Disposition"])
    )
    (entry,) = run.entries()
    assert entry.action == "gateway.delivery"
    assert (entry.details["count"], entry.details["file_sha256"]) == (2, answer.file.sha256)


def test_a_delivery_as_json_and_its_etag(run, world):
    grant = world.grant(items=("name", "income"))
    answer = run.ask(world.get("deliver", {"grant": grant.grant_id, "format": "json"}))
    rows = json.loads(answer.file.path.read_bytes())
    assert rows[4] == {"name": "张*", "income": 1004.5}
    tag = answer.headers["ETag"]
    again = run.ask(world.get("deliver", {"grant": grant.grant_id, "format": "json"}, headers={"if-none-match": tag}))
    assert (again.status, again.body, again.file) == (304, b"", None)
    other = world.grant(items=("name",))
    assert run.ask(world.get("deliver", {"grant": other.grant_id, "format": "json"})).headers["ETag"] != tag


@pytest.mark.article("yongjia-16")
def test_a_delivery_as_a_workbook_goes_through_the_same_gate(run, world, monkeypatch):
    grant = world.grant(items=("name", "district"), rows=({"field": "income", "op": "ge", "value": 1298},))
    asked = {"grant": grant.grant_id, "format": "xlsx"}
    answer = run.ask(world.get("deliver", asked))
    sheet = openpyxl.load_workbook(answer.file.path).active
    assert list(sheet.iter_rows(values_only=True)) == [("姓名", "区划代码"), ("张*", "330324"), ("张*", "330301")]
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert "_v1.xlsx" in answer.headers["Content-Disposition"]
    (entry,) = run.entries()
    assert entry.action == "gateway.delivery"
    assert (entry.details["format"], entry.details["count"]) == ("xlsx", 2)
    assert entry.details["file_sha256"] == hashlib.sha256(answer.file.path.read_bytes()).hexdigest()
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 1)
    other = world.grant(items=("name",))
    refused = run.ask(world.get("deliver", {"grant": other.grant_id, "format": "xlsx"}))
    assert (refused.status, content(refused)["error"]["code"]) == (409, "sheet_full")
    assert run.ask(world.get("deliver", {"grant": other.grant_id, "format": "csv"})).status == 200


def test_a_new_version_is_served_without_a_failed_call(run, world):
    grant = world.grant(rate_per_minute=None)
    assert content(run.ask(world.call("query", query(grant))))["version"] == 1
    worlds.publish(world.home, worlds.PEOPLE[:50])
    run.gate.interfaces._slots[RESOURCE].look_at = 0.0
    assert content(run.ask(world.call("query", query(grant))))["version"] == 2
    assert code_of(run.ask(world.call("query", query(grant, 60)))) == "record_not_found"
