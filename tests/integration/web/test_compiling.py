"""Compiling and reviewing through the pages: a form that saves itself, remarks beside fields, upkeep, bulk operations."""

from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import SEED, companies, stops
from gongshu import rules
from gongshu.catalog import actions, queries, upkeep_actions
from gongshu.catalog.states import EntryStatus, ShareType
from gongshu.identity.states import Role


@pytest.fixture(autouse=True)
def xian():
    before = rules.active().id
    yield rules.configure("xian")
    rules.configure(before)


def rows(*items, **entry):
    data = {"items-TOTAL_FORMS": str(len(items)), "items-INITIAL_FORMS": "0"}
    for n, item in enumerate(items):
        data |= {f"items-{n}-{name}": value for name, value in {"data_type": "C", "mask": "none", **item}.items()}
    return {"title": "公交线路", "share_type": "UNCONDITIONAL", "open_type": "PROHIBITED"} | data | entry


def text(response):
    return response.content.decode()


def test_the_form_saves_itself_and_says_when_or_why_not(city, signed_in):
    wang = signed_in("wang")
    nameless = wang.post("/console/catalog/autosave/", rows(title=""))
    assert "未保存" in text(nameless)
    assert not queries.visible(city.compiler).exists()
    first = wang.post("/console/catalog/autosave/", rows({"title": "线路编码", "name": "code"}))
    assert "已保存于" in text(first)
    entry = queries.visible(city.compiler).get()
    assert first.headers["HX-Replace-Url"] == f"/console/catalog/{entry.code}/edit/"
    assert f'value="{entry.code}"' in text(first)
    assert "请填写信息资源摘要" in text(first), "what the rules find comes with it"
    again = rows({"title": "线路编码", "name": "code", "length": "10"}, code=entry.code, abstract="全市公交线路。")
    assert "已保存于" in text(wang.post("/console/catalog/autosave/", again))
    entry.refresh_from_db()
    assert (entry.abstract, queries.items(entry.code)[0].length) == ("全市公交线路。", 10)
    assert queries.history(entry).count() == 1, "saving by itself fills no history"
    actions.submit_entry(by=city.compiler, code=entry.code)
    assert "未保存" in text(wang.post("/console/catalog/autosave/", again)), "what is under review stays"


def test_of_two_who_edit_one_draft_the_second_is_told_and_keeps_what_was_typed(city, signed_in):
    entry = city.draft(stops())
    where = f"/console/catalog/{entry.code}/edit/"
    wang, li = signed_in("wang"), signed_in("li")
    item = {"title": "站点编码", "name": "code"}

    def edition(page):
        return re.search(r'name="edition" id="entry-edition" value="([0-9a-f]{32})"', page).group(1)

    first, second = edition(text(wang.get(where))), edition(text(li.get(where)))
    assert first == second
    mine = rows(item, code=entry.code, title="公交站点", abstract="王的摘要", edition=first)
    assert wang.post(where, mine).status_code == 302
    theirs = rows(item, code=entry.code, title="公交站点", abstract="李的摘要", edition=second)
    itself = wang.post("/console/catalog/autosave/", {**theirs, "edition": second})
    assert "未保存" in text(itself)
    told = li.post(where, theirs)
    assert told.status_code == 412
    page = text(told)
    assert "他人已保存了这项目录" in page
    assert "Wang" in page
    assert "<del>王的摘要</del>" in page
    assert "李的摘要</textarea>" in page, "what was typed stays in the form"
    assert "hx-post" not in page.split('id="entry-form"')[1].split(">")[0], "it saves itself no more"
    entry.refresh_from_db()
    assert entry.abstract == "王的摘要"
    assert li.post(where, {**theirs, "edition": edition(page)}).status_code == 302
    entry.refresh_from_db()
    assert entry.abstract == "李的摘要"
    saved = text(
        li.post("/console/catalog/autosave/", {**theirs, "abstract": "再改", "edition": edition(text(li.get(where)))})
    )
    assert "已保存于" in saved
    third = li.post("/console/catalog/autosave/", {**theirs, "abstract": "又改", "edition": edition(saved)})
    assert "已保存于" in text(third), "one's own savings follow each other"


def test_whoever_opens_the_address_of_bulk_operations_is_led_to_the_list(city, signed_in):
    answer = signed_in("wang").get("/console/catalog/bulk/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/console/catalog/")


def test_rows_are_ordered_pasted_and_set_together_without_javascript(city, signed_in):
    wang = signed_in("wang")
    two = rows(
        {"title": "名称", "name": "name", "ORDER": "2"}, {"title": "编码", "name": "code", "ORDER": "1"},
        then="paste", pasted="站点\tstop\t字符型C\t20\n坐标,,双精度型B",
    )  # fmt: skip
    saved = wang.post("/console/catalog/new/", two)
    code = saved.headers["Location"].split("/")[3]
    found = queries.items(code)
    assert [(i.name, i.title, str(i.data_type), i.length) for i in found[:3]] == [
        ("code", "编码", "C", None), ("name", "名称", "C", None), ("stop", "站点", "C", 20),
    ]  # fmt: skip
    assert (found[3].title, str(found[3].data_type)) == ("坐标", "B")
    bulk = rows(
        {"title": "编码", "name": "code"}, {"title": "名称", "name": "name", "chosen": "on"},
        then="bulk", bulk_share_type="CONDITIONAL", bulk_level="3",
    )  # fmt: skip
    assert wang.post(f"/console/catalog/{code}/edit/", bulk).status_code == 302
    first, second = queries.items(code)
    assert (first.share_type, second.share_type, int(second.level)) == (None, ShareType.CONDITIONAL, 3)
    nobody = wang.post(f"/console/catalog/{code}/edit/", bulk | {"items-1-chosen": ""})
    assert "请先勾选" in text(nobody)


def test_a_file_proposes_and_decides_nothing(city, signed_in):
    wang = signed_in("wang")
    page = wang.get("/console/catalog/from-file/")
    assert page.status_code == 200
    sample = SimpleUploadedFile("people.csv", "姓名,身份证号,数量\n张三,110101199001010018,5\n".encode())
    proposed = text(wang.post("/console/catalog/from-file/", {"file": sample}))
    assert "尚未保存" in proposed
    assert 'value="身份证号"' in proposed
    assert "像是个人信息" in proposed
    assert 'name="items-0-sensitive" class' not in proposed
    assert "checked" not in proposed.split('id="item-rows"')[1].split("<template")[0]
    assert not queries.visible(city.compiler).exists()
    assert wang.post("/console/catalog/from-file/", {}).status_code == 400


def test_remarks_stand_beside_the_fields_that_they_are_about(city, signed_in):
    entry = city.draft()
    actions.submit_entry(by=city.compiler, code=entry.code)
    li, wang = signed_in("li"), signed_in("wang")
    desk = text(li.get(f"/console/catalog/{entry.code}/review/"))
    assert "remark:abstract" in desk
    assert "remark:items.name" in desk
    assert "通过并发布" not in text(wang.get(f"/console/catalog/{entry.code}/review/"))
    sent = {"step": "return", "from": "review", "remark:abstract": "请说明范围", "remark:items.name": "缺少长度"}
    assert li.post(f"/console/catalog/{entry.code}/step/", sent).status_code == 302
    assert "2 处写了批注" in text(wang.get(f"/console/catalog/{entry.code}/"))
    form = text(wang.get(f"/console/catalog/{entry.code}/edit/"))
    assert form.count("审核批注：") == 2
    assert "请说明范围" in form.split('name="theme"')[0], "beside its field"
    assert signed_in("zhou").get(f"/console/catalog/{entry.code}/review/").status_code == 404


def test_a_revision_is_begun_compared_and_published(city, signed_in):
    entry = city.published()
    wang, li = signed_in("wang"), signed_in("li")
    step = f"/console/catalog/{entry.code}/step/"
    begun = wang.post(step, {"step": "revise", "remark": "职能调整"})
    assert begun.headers["Location"].endswith("/edit/")
    data = companies(abstract="新摘要。")
    actions.change_entry(by=city.compiler, code=entry.code, data=data)
    assert "新摘要" in text(wang.get(f"/console/catalog/{entry.code}/?tab=compare"))
    assert "新摘要" not in text(signed_in("zhou").get(f"/console/catalog/{entry.code}/?tab=compare"))
    assert signed_in("zhou").get(f"/console/catalog/{entry.code}/review/").status_code == 403
    actions.submit_entry(by=city.compiler, code=entry.code)
    assert "<del>全市企业登记的基本信息。</del>" in text(li.get(f"/console/catalog/{entry.code}/review/"))
    li.post(step, {"step": "secrecy_passed", "from": "review"})
    all_three = ["accuracy", "completeness", "compliance"]
    assert li.post(step, {"step": "publish", "from": "review", "criteria": all_three}).status_code == 302
    versions = text(wang.get(f"/console/catalog/{entry.code}/?tab=versions"))
    assert "v2" in versions
    kept = wang.get(f"/console/catalog/{entry.code}/versions/1.json")
    assert json.loads(kept.content)["abstract"] == "全市企业登记的基本信息。"
    assert wang.get(f"/console/catalog/{entry.code}/versions/9.json").status_code == 404
    for tab in ("items", "depends", "nonsense"):
        assert wang.get(f"/console/catalog/{entry.code}/?tab={tab}").status_code == 200


def test_the_worklist_of_the_quarter_is_worked_off(city, signed_in):
    first, second = city.published(), city.published(stops())
    upkeep_actions.run_daily(by=SEED)
    wang = signed_in("wang")
    page = text(wang.get("/console/upkeep/"))
    assert "共 2 项：已确认 0，已修订 0，待办 2" in page
    assert "第十二条" in page
    assert "请先勾选" in text(wang.post("/console/upkeep/confirm/", {}))
    assert wang.post("/console/upkeep/confirm/", {"codes": [first.code]}).status_code == 302
    assert "待办 1" in text(wang.get("/console/upkeep/"))
    wang.post("/console/upkeep/confirm/", {"codes": [second.code], "note": "核对无误"})
    assert "已完成" in text(wang.get("/console/upkeep/"))
    assert "100" in text(signed_in("lin").get("/console/upkeep/?tab=rounds")) or "已完成" in text(
        signed_in("lin").get("/console/upkeep/?tab=rounds")
    )
    assert signed_in("lin").get("/console/upkeep/?tab=stale").status_code == 200
    assert signed_in("zhou").post("/console/upkeep/confirm/", {"codes": [first.code]}).status_code == 403


def test_the_worklist_costs_the_same_for_many_entries(city, signed_in):
    wang = signed_in("wang")
    counts = []
    for n in range(2):
        for m in range(2):
            city.published(stops(title=f"资源{n}甲{m}号"))
        upkeep_actions.run_daily(by=SEED)
        wang.get("/console/upkeep/")
        with CaptureQueriesContext(
            connection,
        ) as spent:
            assert wang.get("/console/upkeep/").status_code == 200
        counts.append(len(spent))
    assert counts[0] == counts[1]


def test_bulk_operations_say_first_what_they_would_do(city, signed_in):
    good, bad = city.draft(), city.draft(stops(abstract=""))
    wang = signed_in("wang")
    codes = [good.code, bad.code]
    dry = text(wang.post("/console/catalog/bulk/", {"do": "submit", "codes": codes}))
    assert "1 项可以办理，1 项不能" in dry
    assert "请填写信息资源摘要" in dry
    good.refresh_from_db()
    assert good.status == EntryStatus.DRAFT
    done = text(wang.post("/console/catalog/bulk/", {"do": "submit", "codes": [good.code], "confirmed": "1"}))
    assert "1 项成功" in done
    good.refresh_from_db()
    assert good.status == EntryStatus.SUBMITTED
    file = wang.post("/console/catalog/bulk/", {"do": "export", "codes": codes, "confirmed": "1"})
    assert [one["data"]["title"] for one in json.loads(file.content)["entries"]] == [good.title, bad.title]
    assert signed_in("zhou").post("/console/catalog/bulk/", {"do": "export", "codes": codes}).status_code == 200
    hidden = signed_in("zhou").post("/console/catalog/bulk/", {"do": "export", "codes": codes, "confirmed": "1"})
    assert hidden.status_code == 404, "a draft of others is not told"
    assert wang.post("/console/catalog/bulk/", {"do": "explode", "codes": codes}).status_code == 404


def test_two_compilers_and_a_third_who_reviews(city, signed_in):
    city.person("sun", "market", Role.PROVIDER)
    entry = city.draft()
    li = signed_in("li")
    li.post(f"/console/catalog/{entry.code}/edit/", rows({"title": "编码", "name": "code"}, share_type="CONDITIONAL"))
    actions.submit_entry(by=city.compiler, code=entry.code)
    assert "通过并发布" not in text(li.get(f"/console/catalog/{entry.code}/review/"))
    assert "通过并发布" in text(signed_in("sun").get(f"/console/catalog/{entry.code}/review/"))
