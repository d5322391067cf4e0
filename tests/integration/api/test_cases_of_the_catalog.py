"""Objections, demands, imports, projects and assets for programs: the same acts as on the pages, with the same refusals."""

from __future__ import annotations

from datetime import timedelta

import pytest

from factories import City, companies
from gongshu import clock, rules, wiring
from gongshu.catalog import import_work
from gongshu.catalog.models import Entry
from gongshu.quality.models import Objection
from integration.catalog.test_imports import workbook

KEY = {"Idempotency_Key": "once-only"}


@pytest.fixture(autouse=True)
def xian():
    before = rules.active().id
    wiring.connect()
    yield rules.configure("xian")
    rules.configure(before)


def need(**changes):
    found = rules.active().find("sharing.purposes", on=clock.today())
    return {
        "title": "不动产登记信息", "items": "权利人、坐落、面积", "purpose": found.value[0].id if found else "审批",
        "basis": "《城市房地产管理法》第四十五条", "scenario": "预售许可核查", "business_process": "受理—核查—发证",
        "scope": "市场处", "mode": "query", **changes,
    }  # fmt: skip


def test_a_demand_is_filed_once_however_often_it_is_sent_then_assigned_and_answered(city: City, program) -> None:
    zhou, lin, wang = program("zhou"), program("lin"), program("wang")
    code, filed = zhou.post("/demands", need(), **KEY)
    assert code == 201, filed
    assert zhou.post("/demands", need(), **KEY)[1]["number"] == filed["number"]
    assert zhou.get("/demands")[1]["total"] == 1
    where = f"/demands/{filed['number']}"
    assert wang.get(where)[0] == 404, "nothing to do with it yet"
    code, wrong = lin.post(f"{where}/decide", {"outcome": "assign", "provider": "market"})
    assert (code, wrong["error"]["code"]) == (400, "demand.day")
    due = (clock.today() + timedelta(days=30)).isoformat()
    code, assigned = lin.post(f"{where}/decide", {"outcome": "assign", "provider": "market", "due_on": due})
    assert (code, assigned["provider"]) == (200, "market")
    assert zhou.post(f"{where}/answer", {"act": "accept"})[0] == 403
    assert wang.post(f"{where}/answer", {"act": "accept"})[1]["status"] == "accepted"
    entry = city.published(companies(title="不动产登记信息"))
    answered = wang.post(f"{where}/answer", {"act": "name_entry", "code": entry.code})
    assert answered[0] == 200
    assert (answered[1]["code"], answered[1]["status"]) == (entry.code, "fulfilled")
    assert zhou.post("/demands", {**need(), "slip": 1})[0] == 422, "a slip of the pen is told"


def test_an_import_is_previewed_confirmed_once_and_followed_by_entry_and_cell(city: City, program) -> None:
    wang = program("wang")
    rows = [
        ["市场主体名录", "", "全市市场主体的名录。", "编号", "字符串型C", 20, "无条件", "每月"],
        ["", "", "", "名称", "C", 100],
        ["抽检结果", "", "", "批次", "C", 20, "无条件", "每月"],
    ]
    heads = [
        "信息资源名称",
        "信息资源提供方",
        "信息资源摘要",
        "信息项名称",
        "数据类型",
        "数据长度",
        "共享类型",
        "更新周期",
    ]
    code, run = wang.call("POST", "/imports?filename=catalog.xlsx", workbook(rows, heads=heads), **KEY)
    assert code == 201, run
    assert (run["status"], run["counts"]) == ("preview", {"created": 2})
    assert run["sheets"], "the mapping comes with it"
    assert not Entry.objects.exists(), "nothing is written before it is confirmed"
    where = f"/imports/{run['id']}"
    found = wang.get(f"{where}/findings")[1]
    assert any(one["code"] == "abstract_missing" for one in found["results"])
    assert wang.get(f"{where}/lines")[1]["total"] == 2
    assert wang.post(f"{where}/act", {"act": "confirm"})[1]["status"] == "queued"
    assert wang.post(f"{where}/act", {"act": "confirm"})[0] == 409
    import_work.work_one(run=run["id"])
    code, done = wang.get(where)
    assert (done["status"], done["done"], done["percent"]) == ("done", 2, 100)
    assert done["counts"] == {"created": 2}
    assert Entry.objects.count() == 2
    assert program("zhou").get(where)[0] == 403
    assert wang.call("POST", "/imports", b"no workbook")[0] in {400, 422}


def test_an_objection_is_reported_and_answered_and_what_was_seen_is_not_handed_out(city: City, program) -> None:
    entry = city.collected()
    li, wang = program("li"), program("wang")
    doubt = {"key": {"uscc": "91610131MA6U000012"}, "item": "name", "seen": "甲公司", "right": "乙公司"}
    code, made = li.post(f"/objections/entries/{entry.code}", doubt, **KEY)
    assert code == 201, made
    assert li.post(f"/objections/entries/{entry.code}", doubt, **KEY)[1]["number"] == made["number"]
    assert Objection.objects.count() == 1
    where = f"/objections/{made['number']}"
    assert "甲公司" not in str(wang.get(where))
    code, bare = wang.post(f"{where}/act", {"act": "correct", "reason": "已改"})
    assert (code, bare["error"]["code"]) == (400, "quality.version_missing")
    while (found := wang.get(where)[1])["status"] == "reported":
        program("chen").post(f"{where}/act", {"act": "forward"})
    code, confirmed = wang.post(f"{where}/act", {"act": "confirm", "reason": "登记无误"})
    assert code == 200, (found, confirmed)
    assert (confirmed["status"], confirmed["reason"]) == ("confirmed", "登记无误")
    assert li.get("/objections?side=mine")[1]["total"] == 1


def test_a_project_is_registered_planned_and_gets_its_verdict_with_reasons(city: City, program) -> None:
    wang, lin = program("wang"), program("lin")
    code, made = wang.post("/projects", {"name": "智慧市场监管平台"}, **KEY)
    assert code == 201, made
    assert wang.post("/projects", {"name": "智慧市场监管平台"}, **KEY)[1]["number"] == made["number"]
    where = f"/projects/{made['number']}"
    planned = {
        "title": "广告监测信息", "abstract": "广告监测的结果。", "update_cycle": "DAILY", "theme": "市场监管",
        "items": [{"name": "id", "title": "监测编号", "length": 20, "required": True, "is_key": True}],
    }  # fmt: skip
    code, planned_answer = wang.post(f"{where}/plan", {"entry": planned})
    assert code == 200, planned_answer
    assert [line["title"] for line in planned_answer["plan"]] == ["广告监测信息"]
    code, submitted = wang.post(f"{where}/act", {"act": "submit"})
    assert code == 200, submitted
    assert wang.post(f"{where}/verdict", {"stage": "approval", "passed": True})[0] == 403
    code, ruled = lin.post(f"{where}/verdict", {"stage": "approval", "passed": False, "remark": "请补充"})
    assert code == 200, ruled
    assert [(one["stage"], one["passed"]) for one in ruled["verdicts"]] == [("approval", False)]
    assert len(ruled["verdicts"][0]["plan_digest"]) == 64


def test_assets_are_registered_assessed_and_filed_by_the_authority_alone(city: City, program) -> None:
    entry = city.collected()
    lin, wang = program("lin"), program("wang")
    assert wang.post("/assets", {})[0] == 403
    code, made = lin.post("/assets", {"code": entry.code}, **KEY)
    assert code == 201, made
    assert lin.post("/assets", {"code": entry.code}, **KEY)[1] == made
    (number,) = made["numbers"]
    code, assessed = lin.post(f"/assets/{number}/assess")
    assert code == 200, assessed
    (one,) = assessed["assessments"]
    assert {score["dimension"] for score in one["scores"]} >= {"metadata", "freshness"}
    code, filed = lin.post("/assets/filings", {"to": "省级政务数据管理机构"})
    assert (code, filed["assets"], len(filed["sm3"]), filed["status"]) == (201, 1, 64, "by_hand")
    assert wang.get("/assets/filings")[0] == 403
    assert lin.get("/assets/filings")[1]["results"][0]["number"] == filed["number"]
    assert lin.post(f"/assets/filings/{filed['number']}/send")[0] == 400  # nobody named a place
    assert wang.post(f"/assets/filings/{filed['number']}/receipt", {"receipt": "1"})[0] == 403
    code, noted = lin.post(f"/assets/filings/{filed['number']}/receipt", {"receipt": "陕备-1"})
    assert (code, noted["status"], noted["receipt"]) == (200, "receipted", "陕备-1")
    assert wang.get("/assets")[1]["results"][0]["number"] == number
    assert program("zhou").get("/assets")[1]["total"] == 0


def test_many_entries_at_once_a_dry_run_unless_asked_otherwise_and_two_versions_compared(city: City, program) -> None:
    good = city.draft()
    wang = program("wang")
    asked = {"operation": "submit", "codes": [good.code, "333999-000001"]}
    code, dry = wang.post("/catalog/bulk", asked)
    assert (code, dry["dry_run"], dry["able"], dry["unable"]) == (200, True, 1, 1)
    assert Entry.objects.get(pk=good.pk).status == "draft"
    assert wang.post("/catalog/bulk", asked | {"operation": "publish"})[0] == 422  # one by one (xian-12)
    code, done = wang.post("/catalog/bulk", asked | {"dry_run": False})
    assert [one["able"] for one in done["entries"]] == [True, False]
    assert Entry.objects.get(pk=good.pk).status == "submitted"
    entry = city.published(companies(title="企业年报"))
    same = wang.get(f"/catalog/entries/{entry.code}/compare?before=1&after=1")
    assert same == (200, {"fields": [], "added": [], "removed": [], "changed": []})
    assert wang.get(f"/catalog/entries/{entry.code}/compare?before=1&after=2")[0] == 404
