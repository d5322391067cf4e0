"""Pages of authorised operation: one designation from the application to the agreement, a demand, an exit."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import City, stops
from gongshu import clock, rules
from gongshu.grants import queries as grants
from gongshu.operation import demand_actions, queries
from gongshu.operation.agreement import DemandData
from gongshu.operation.states import DemandStatus, DesignationStatus
from integration.operation.test_designation import Operated


@pytest.fixture(autouse=True)
def pack():
    usual = rules.active().id
    yield
    rules.configure(usual)


@pytest.fixture
def city(db):
    return Operated()


EVIDENCE = {f"evidence-{name}": f"证明{name}" for name in
            ("local_state_controlled", "no_major_violations", "not_dishonest", "capability")}  # fmt: skip
CONTENTS = {f"content-{name}": f"第{name}条" for name in
            ("scope", "term", "rights_and_duties", "security", "assets_at_expiry", "exit")}  # fmt: skip


def text(response):
    return response.content.decode()


def test_a_designation_its_demand_and_its_correction_through_the_pages(city, signed_in):
    ma, lin, yan, qian = signed_in("ma"), signed_in("lin"), signed_in("yan"), signed_in("qian")
    listed = text(ma.get("/console/operation/"))
    assert "申报运营单位" in listed
    assert "第十二条" in listed
    lacking = ma.post("/console/operation/new/", {"scope": "交通", **EVIDENCE, "evidence-capability": " "})
    assert lacking.status_code == 400
    assert "缺少“具备平台、人才、技术和安全能力”" in text(lacking)
    assert "证明not_dishonest" in text(lacking)
    assert ma.post("/console/operation/new/", {"scope": "交通", **EVIDENCE}).status_code == 302
    found = queries.held(city.operator)
    page, act = f"/console/operation/{found.number}/", f"/console/operation/{found.number}/act/"
    assert signed_in("zhou").get(page).status_code == 404
    unknown = lin.post(act, {"act": "passed"})
    assert unknown.status_code == 400
    assert "没有这项办理" in text(unknown)
    lin.post(act, {"act": "pass"})
    assert "参加论证的专家" in text(yan.get(page))
    yan.post(act, {"act": "pass", "words": "能力具备", "experts": "张教授"})
    assert "能力具备" in text(qian.get(page))
    qian.post(act, {"act": "pass"})
    bare = lin.post(
        act, {"act": "sign", "number": "XY-1", "valid_from": clock.today().isoformat(), "content-scope": "一"}
    )
    assert bare.status_code == 400
    assert "缺少“运营期限”" in text(bare)
    lin.post(act, {"act": "sign", "number": "XY-1", "valid_from": clock.today().isoformat(), **CONTENTS})
    found.refresh_from_db()
    assert found.status == DesignationStatus.ACTIVE
    assert "自" in text(ma.get(page))

    entry = city.collected(stops())
    form = text(ma.get(f"/console/operation/demands/new/?code={entry.code}"))
    assert "第十七条" in form
    words = {"word-content": "站点", "word-mode": "接口", "word-scenario": "到站预测", "first_review": "可行"}
    assert ma.post(
        f"/console/operation/demands/new/?code={entry.code}", {"items": ["name"], "use": "query", **words}
    ).status_code == 302  # fmt: skip
    demand = queries.visible_demands(city.operator).get()
    where = f"/console/operation/demands/{demand.number}/"
    review = {"review-demand": "确认", "review-scenario": "确认", "review-risk": "低"}
    unclear = lin.post(f"{where}act/", {"act": "pass", **review})
    assert unclear.status_code == 400
    assert "请确认该数据不属于" in text(unclear)
    assert lin.post(f"{where}act/", {"act": "passed", **review}).status_code == 400
    clear = ["security_or_public_interest", "privacy", "forbidden_by_law"]
    lin.post(f"{where}act/", {"act": "pass", **review, "clear": clear})
    demand.refresh_from_db()
    assert demand.status == DemandStatus.SUPPLIED
    assert "提出终止供给" in text(signed_in("li").get(where))

    day = (clock.today() + timedelta(days=9)).isoformat()
    lin.post(act, {"act": "correct", "ground": "misuse", "words": "转售", "due_on": day})
    assert not grants.in_force(organization="operator").exists()
    correction = queries.open_correction(found)
    assert "反馈改正情况" in text(ma.get(page))
    ma.post(act, {"act": "answer", "correction": correction.number, "words": "已停止", "evidence": "日志"})
    lin.post(act, {"act": "accept", "correction": correction.number})
    assert grants.in_force(organization="operator").exists()

    refused = lin.post(
        "/console/operation/demands/bar/", {"act": "bar", "code": entry.code, "ground": "", "reason": "x"}
    )
    assert refused.status_code == 400
    unknown = {"act": "lifted", "code": entry.code, "ground": "privacy", "reason": "可识别个人"}
    assert lin.post("/console/operation/demands/bar/", unknown).status_code == 400
    assert grants.in_force(organization="operator").exists()
    lin.post(
        "/console/operation/demands/bar/",
        {"act": "bar", "code": entry.code, "ground": "privacy", "reason": "可识别个人"},
    )
    assert "可识别个人" in text(lin.get("/console/operation/demands/"))
    assert "不得授权运营" in text(ma.get(f"/console/operation/demands/new/?code={entry.code}"))
    assert not grants.in_force(organization="operator").exists()
    stranger = text(signed_in("zhou").get(page))
    assert "证明not_dishonest" not in stranger
    assert "第scope条" not in stranger


@pytest.mark.parametrize("city_id", ["luzhou", "zaozhuang", "yongjia"])
def test_where_the_rules_are_silent_the_pages_say_so(city, signed_in, city_id):
    rules.configure(city_id)
    listed = text(signed_in("ma").get("/console/operation/"))
    assert "本市规则未规定运营单位的确定程序" in listed
    assert "申报运营单位" not in listed
    assert "平台不受理申报" in text(signed_in("ma").get("/console/operation/new/"))
    assert "本市规则未规定运营单位的需求清单" in text(signed_in("ma").get("/console/operation/demands/"))


def test_under_xian_s_rules_the_form_asks_how_the_operator_was_chosen(city: City, signed_in):
    rules.configure("xian")
    form = text(signed_in("ma").get("/console/operation/new/"))
    assert "公开招标" in form
    assert "第二十八条" in form
    assert "本市规则未规定运营单位的资质清单" in form


def test_only_those_concerned_come_to_the_demands(city, signed_in):
    assert signed_in("zhou").get("/console/operation/demands/").status_code == 403
    assert signed_in("zhou").get("/console/operation/new/").status_code == 403
    assert signed_in("li").get("/console/operation/demands/").status_code == 200
    assert "运营数据需求" not in text(signed_in("zhou").get("/console/operation/"))


def test_the_lists_cost_the_same_however_long_they_are(city, signed_in):
    designation, entries = city.designated(), [city.collected(stops(title=f"站点{n}")) for n in range(4)]
    lin, counts = signed_in("lin"), []
    words = {"content": "站点", "mode": "接口", "scenario": "预测"}
    for entry in entries:
        asked = DemandData(items=("name",), mode="query", words=words, first_review="可行")
        demand_actions.demand(by=city.operator, code=entry.code, asked=asked)
        lin.get("/console/operation/demands/")
        with CaptureQueriesContext(connection) as made:
            assert lin.get("/console/operation/demands/").status_code == 200
        counts.append(len(made))
    assert len(set(counts)) == 1
    assert counts[0] <= 20
    assert designation.number in text(lin.get("/console/operation/"))
