"""Pages of supervision: the list, recording, the file and what each viewer can do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongshu import clock, rules
from gongshu.supervision import actions, queries
from gongshu.supervision.states import FindingStatus


@pytest.fixture(autouse=True)
def pack():
    usual = rules.active().id
    rules.configure("xian")
    yield
    rules.configure(usual)


def found(city, facts="目录半年未更新"):
    return actions.find(by=city.auditor, organization="market", kind="catalog_not_kept", facts=facts)


def day(days):
    return (clock.today() + timedelta(days=days)).isoformat()


def test_the_whole_way_through_the_pages(city, signed_in):
    shen, lin, li = signed_in("shen"), signed_in("lin"), signed_in("li")
    assert "登记违规线索" in shen.get("/console/findings/").content.decode()
    assert "登记违规线索" not in li.get("/console/findings/").content.decode()
    form = shen.get("/console/findings/new/").content.decode()
    assert "第四十三条" in form
    assert "擅自更改或者删除数据" in form
    empty = shen.post("/console/findings/new/", {"organization": "market", "kind": "misuse", "facts": " "})
    assert empty.status_code == 400
    assert "请填写“违规事实”" in empty.content.decode()
    filed = shen.post("/console/findings/new/", {"organization": "market", "kind": "misuse", "facts": "超范围使用"})
    assert filed.status_code == 302
    number = queries.visible(city.auditor).get().number
    page = f"/console/findings/{number}/"
    assert li.get(page).status_code == 404
    assert "责令限期改正" not in shen.get(page).content.decode().split('id="decide"')[0].split("本市规则的步骤")[0]
    assert 'id="decide"' in lin.get(page).content.decode()
    unreadable = lin.post(f"{page}act/", {"act": "order", "words": "停止使用", "due_on": "tomorrow"})
    assert unreadable.status_code == 400
    assert "停止使用" in unreadable.content.decode()
    unknown = lin.post(f"{page}act/", {"act": "forgive", "words": "停止使用"})
    assert unknown.status_code == 400
    assert "没有这项办理" in unknown.content.decode()
    english = lin.post(f"{page}act/?lang=en", {"words": "停止使用"})
    assert english.status_code == 400
    assert "no such step" in english.content.decode()
    lin.post(f"{page}act/", {"act": "order", "words": "停止使用", "due_on": day(10)})
    shown = li.get(page).content.decode()
    assert "停止使用" in shown
    assert day(10) in shown
    assert "待办" in li.get("/console/").content.decode()
    li.post(f"{page}act/", {"act": "answer", "words": "已停止", "evidence": "日志"})
    lin.post(f"{page}act/", {"act": "extend", "words": "请补充", "due_on": day(20)})
    li.post(f"{page}act/", {"act": "answer", "words": "已补充", "evidence": "日志二"})
    lin.post(f"{page}act/", {"act": "accept"})
    assert queries.finding(city.authority, number).status == FindingStatus.CORRECTED
    assert "已改正" in li.get("/console/findings/?status=corrected").content.decode()


def test_a_circular_is_read_by_everybody_and_the_file_only_by_those_concerned(city, signed_in):
    number = found(city, facts="仅存档的事实").number
    lin, qian = signed_in("lin"), signed_in("qian")
    page = f"/console/findings/{number}/"
    lin.post(f"{page}act/", {"act": "order", "words": "更新", "due_on": day(5)})
    signed_in("li").post(f"{page}act/", {"act": "answer", "words": "未更新", "evidence": "说明"})
    lin.post(f"{page}act/", {"act": "fail", "words": "未更新"})
    refused = lin.post(f"{page}act/", {"act": "circulate", "words": "通报"})
    assert refused.status_code == 403
    assert "西安市人民政府" in refused.content.decode()
    qian.post(f"{page}act/", {"act": "circulate", "words": "对该单位通报批评"})
    stranger = signed_in("zhou").get(page).content.decode()
    assert "对该单位通报批评" in stranger
    assert "仅存档的事实" not in stranger
    assert "对该单位通报批评" in signed_in("zhou").get("/console/findings/").content.decode()
    lin.post(f"{page}act/", {"act": "hand_on", "way": "discipline", "to": "市监委", "words": "情节严重"})
    assert "依法给予处分" in lin.get(page).content.decode()


def test_where_the_rules_are_silent_the_page_says_so(city, signed_in):
    rules.configure("dazhou")
    listed = signed_in("lin").get("/console/findings/").content.decode()
    assert "本市规则未规定由谁责令改正" in listed
    assert "登记违规线索" not in listed
    assert "本市规则未列举违规情形" in signed_in("lin").get("/console/findings/new/").content.decode()


def test_the_list_costs_the_same_however_long_it_is(city, signed_in):
    lin, counts = signed_in("lin"), []
    for more in (1, 6):
        for _ in range(more):
            found(city)
        lin.get("/console/findings/")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert lin.get("/console/findings/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 20


def test_searching_by_words_and_status(city, signed_in):
    found(city)
    lin = signed_in("lin")
    for asked, hit in (
        ("q=市场", True),
        ("q=住房", False),
        ("status=ordered", False),
        ("status=x", True),
    ):
        assert ("JD-" in lin.get(f"/console/findings/?{asked}").content.decode()) is hit, asked
