"""Entries from a workbook: previewed, confirmed, worked off one by one; nothing swallowed, nothing twice."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import City, companies, stops
from gongshu import clock
from gongshu.catalog import import_actions, import_queries, import_work, queries
from gongshu.catalog.draft import EntryData
from gongshu.catalog.excel.columns import key
from gongshu.catalog.excel.parsing import Options
from gongshu.catalog.import_models import ImportRun
from gongshu.catalog.models import Entry, Item
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from shared_data import shared

pytestmark = pytest.mark.django_db

HEADS = [
    "信息资源名称",
    "信息资源提供方",
    "信息资源摘要",
    "信息项名称",
    "数据类型",
    "数据长度",
    "共享类型",
    "更新周期",
    "联系电话",
    "填表人",
]


def workbook(rows: list[list[Any]], *, heads: list[str] = HEADS, merges: tuple[str, ...] = (), above: int = 0) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for _ in range(above):
        sheet.append(["江临市政务信息资源目录填报表"])
    sheet.append(heads)
    for row in rows:
        sheet.append(row)
    for merge in merges:
        sheet.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def listing(count: int) -> bytes:
    """``count`` rows of the 1272 kind: two items for each entry, entry cells merged."""
    rows: list[list[Any]] = []
    for number in range(count // 2):
        rows.append(
            [f"第{number:05d}号资源", "", f"第{number}号资源的摘要。", "编号", "字符串型C", 20, "无条件", "每月"]
        )
        rows.append(["", "", "", "名称", "C", 100])
    return workbook(rows, heads=HEADS[:8])


def done(city: City, content: bytes, **options: bool) -> ImportRun:
    run = import_actions.submit_workbook(
        by=city.compiler, content=content, filename="目录.xlsx", options=Options(**options)
    )
    import_actions.confirm(by=city.compiler, run=run.pk)
    worked = import_work.work_one(run=run.pk)
    assert worked is not None
    assert (worked.status, worked.error) == ("done", None)
    return worked


def codes_of(run: ImportRun) -> set[str]:
    return {one.code for one in import_queries.findings(run)}


@pytest.mark.article("xian-11")
def test_a_filled_template_of_1272_becomes_drafts(city: City) -> None:
    content = workbook(
        [
            [
                "企业登记信息",
                "市市场监督管理局",
                "登记的基本信息。",
                "统一社会信用代码",
                "字符型C",
                18,
                "有条件共享",
                "每日",
                "65001234",
                "王",
            ],
            ["", "", "", "企业名称", "字符串型Ｃ", "200", "", "", "", ""],
            ["", "", "", "注册资本", "货币型Y", "", "", "", "", ""],
            ["食品许可", "", "食品经营许可。", "许可证号", "整形I", "", "无条件", "每季", "", ""],
        ],
        merges=("A4:A6", "B4:B6", "C4:C6", "G4:G6", "H4:H6"),
        above=2,
    )
    run = import_actions.submit_workbook(by=city.compiler, content=content, filename="目录.xlsx")
    assert not Entry.objects.exists()
    assert import_queries.counts(run) == {"created": 2}
    mapped = {one.header: (one.field, str(one.how)) for one in import_queries.mappings(run)[0].columns}
    assert mapped["数据类型"] == ("item.data_type", "found")
    assert mapped["填表人"] == ("", "unknown")
    unknown = [one for one in import_queries.findings(run) if one.code == "column_unknown"]
    assert [(one.place, "填表人" in one.why.zh) for one in unknown] == [("J3", True)]
    import_actions.confirm(by=city.compiler, run=run.pk)
    import_work.work_one()
    first, second = Entry.objects.order_by("title")
    assert [entry.status for entry in (first, second)] == ["draft", "draft"]
    assert (first.title, first.share_type, first.update_cycle, first.contact_phone) == (
        "企业登记信息",
        "CONDITIONAL",
        "DAILY",
        "65001234",
    )
    items = queries.items(first.code)
    assert [(i.name, i.title, str(i.data_type), i.length) for i in items] == [
        ("tong_yi_she_hui_xin_yong_dai_ma", "统一社会信用代码", "C", 18),
        ("qi_ye_ming_cheng", "企业名称", "C", 200),
        ("zhu_ce_zi_ben", "注册资本", "Y", None),
    ]
    assert (str(queries.items(second.code)[0].data_type), second.update_cycle) == ("I", "QUARTERLY")
    assert first.compiled_by.username == "wang"


def test_what_is_imported_again_is_unchanged_and_what_differs_is_a_revision(city: City) -> None:
    published = city.published()
    draft = city.draft(stops(title="公交站点"))
    out = io.BytesIO()
    assert import_queries.export(city.compiler, out) == 2
    again = done(city, out.getvalue())
    assert import_queries.counts(again) == {"unchanged": 2}
    book = openpyxl.load_workbook(io.BytesIO(out.getvalue()))
    sheet = book["信息资源目录"]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, places["信息资源名称"]).value:
            sheet.cell(row, places["信息资源摘要"]).value = "改过的摘要。"
    changed = io.BytesIO()
    book.save(changed)
    run = done(city, changed.getvalue())
    assert import_queries.counts(run) == {"changed": 2}
    published.refresh_from_db()
    assert (published.abstract, published.status) == ("全市企业登记的基本信息。", "published")
    assert queries.draft_of(published) == companies(abstract="改过的摘要。")
    assert queries.draft_of(Entry.objects.get(pk=draft.pk)) == stops(title="公交站点", abstract="改过的摘要。")


def test_columns_that_are_not_in_the_file_keep_what_the_catalog_says(city: City) -> None:
    entry = city.draft()
    done(city, workbook([["企业登记信息", "新的摘要。"]], heads=["名称", "摘要"]))
    assert queries.draft_of(Entry.objects.get(pk=entry.pk)) == companies(abstract="新的摘要。")


def test_every_doubt_is_listed_at_its_cell_and_errors_hold_the_entry_back(city: City) -> None:
    city.draft(companies(title="已有 目录"))
    content = workbook(
        [
            ["甲", "", "摘要", "编号", "字符", 10, "随便共享", "每天"],
            ["乙", "市没有局", "摘要", "编号", "文字类", "十", "无条件", ""],
            ["甲 ", "", "另一个", "编号", "C", 10, "无条件", "每日"],
            ["已有、目录", "", "摘要", "编号", "C", 10, "无条件", "每日"],
            ["丙", "市住房和城乡建设局", "摘要", "编号", "C", 10, "无条件", "每日"],
            ["丁", "", "摘要", "编号", "C", 10, "无条件", "每日"],
        ],
        heads=HEADS[:8],
    )
    run = import_actions.submit_workbook(by=city.compiler, content=content, filename="目录.xlsx")
    found = {(one.place, one.code, str(one.weight)) for one in import_queries.findings(run)}
    assert {
        ("G2", "choice", "error"), ("B3", "provider", "error"), ("E3", "choice", "error"), ("F3", "length", "error"),
        ("H3", "empty", "warning"), ("A5", "title_near", "warning"), ("B6", "provider", "error"),
        ("A4", "title_twice", "error"),
    } <= found  # fmt: skip
    assert import_queries.counts(run) == {"held": 4, "created": 2}
    out = io.BytesIO()
    import_queries.marked(run, out, language="zh")
    book = openpyxl.load_workbook(io.BytesIO(out.getvalue()))
    assert book.sheetnames == ["导入问题", "Sheet"]
    assert "请从下列选项中选择" in book["Sheet"]["G2"].comment.text
    assert book["Sheet"]["G2"].value == "随便共享"
    assert book["导入问题"].max_row == 1 + len(list(import_queries.findings(run)))
    english = io.BytesIO()
    import_queries.marked(run, english, language="en")
    assert "Choose one of" in openpyxl.load_workbook(io.BytesIO(english.getvalue()))["Sheet"]["G2"].comment.text


def test_a_mapping_is_chosen_by_a_person_and_remembered_for_the_source(city: City) -> None:
    content = workbook([["甲", "这是说明。"]], heads=["名称", "主要内容说明"])
    run = import_actions.submit_workbook(by=city.compiler, content=content)
    assert "column_unknown" in codes_of(run)
    run = import_actions.choose(by=city.compiler, run=run.pk, chosen={key("主要内容说明"): "abstract"})
    assert "column_unknown" not in codes_of(run)
    assert run.lines.get().data["abstract"] == "这是说明。"
    later = import_actions.submit_workbook(by=city.compiler, content=content)
    assert {str(one.how) for one in import_queries.mappings(later)[0].columns} == {"found", "remembered"}
    with pytest.raises(GongshuError) as unknown:
        import_actions.choose(by=city.compiler, run=run.pk, chosen={"x": "colour"})
    assert unknown.value.code == "catalog.import_field"


def test_rights_are_the_departments(city: City) -> None:
    content = workbook([["甲", "摘要"]], heads=["名称", "摘要"])
    with pytest.raises(NotAllowed):
        import_actions.submit_workbook(by=city.consumer, content=content)
    run = import_actions.submit_workbook(by=city.compiler, content=content)
    other = city.person("sun", "housing", *city.compiler.roles)
    for act in (import_actions.confirm, import_actions.cancel, import_actions.resume):
        with pytest.raises(NotFound):
            act(by=other, run=run.pk)
    with pytest.raises(NotFound):
        import_queries.run(other, run.pk)
    assert import_queries.export(other, io.BytesIO()) == 0
    import_actions.confirm(by=city.reviewer, run=run.pk)
    with pytest.raises(Conflict):
        import_actions.choose(by=city.compiler, run=run.pk, chosen={})


def test_an_entry_changed_after_the_preview_is_refused_and_told(city: City) -> None:
    entry = city.draft()
    run = import_actions.submit_workbook(
        by=city.compiler, content=workbook([["企业登记信息", "新的摘要。"]], heads=["名称", "摘要"])
    )
    from gongshu.catalog import actions

    actions.change_entry(by=city.reviewer, code=entry.code, data=companies(keywords="企业"))
    import_actions.confirm(by=city.compiler, run=run.pk)
    import_work.work_one()
    line = run.lines.get()
    assert (line.outcome, line.error_code) == ("refused", "catalog.revision_changed")


def test_a_run_goes_on_where_a_dead_worker_stopped(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    run = import_actions.submit_workbook(by=city.compiler, content=listing(20))
    import_actions.confirm(by=city.compiler, run=run.pk)

    class Killed(BaseException):
        pass

    def die(done: int, _total: int) -> None:
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        import_work.work_one(run=run.pk, watch=die)
    assert Entry.objects.count() == 4
    assert import_work.work_one(run=run.pk) is None  # the lease of the dead one holds
    ImportRun.objects.update(lease_until=clock.now() - import_work.LEASE)
    finished = import_work.work_one()
    assert finished is not None
    assert (finished.status, finished.done, finished.total) == ("done", 10, 10)
    assert (Entry.objects.count(), Item.objects.count()) == (10, 20)
    assert import_queries.counts(done(city, listing(20))) == {"unchanged": 10}


def test_cancelled_stays_stopped_until_somebody_goes_on(city: City) -> None:
    run = import_actions.submit_workbook(by=city.compiler, content=listing(8))
    import_actions.confirm(by=city.compiler, run=run.pk)

    def stop(done: int, _total: int) -> None:
        if done == 1:
            import_actions.cancel(by=city.compiler, run=run.pk)

    stopped = import_work.work_one(watch=stop)
    assert stopped is not None
    assert (stopped.status, stopped.done, Entry.objects.count()) == ("cancelled", 1, 1)
    assert import_work.work_one() is None
    import_actions.resume(by=city.compiler, run=run.pk)
    finished = import_work.work_one()
    assert finished is not None
    assert (finished.status, Entry.objects.count()) == ("done", 4)


def test_queries_do_not_grow_with_cells_or_with_the_size_of_the_file(city: City) -> None:
    def asked(rows: int) -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            import_actions.submit_workbook(by=city.compiler, content=listing(rows))
        return len(seen)

    assert asked(200) <= asked(20) + 4  # more batches of the same insert
    run = import_actions.submit_workbook(by=city.compiler, content=listing(20))
    import_actions.confirm(by=city.compiler, run=run.pk)
    with CaptureQueriesContext(connection) as seen:
        import_work.work_one()
    assert len(seen) / 10 <= 32, len(seen)


def test_the_listing_of_a_real_portal_is_imported_and_nothing_is_swallowed(city: City) -> None:
    path: Path = shared("catalog/beijing-first-300.xlsx")
    run = import_actions.submit_workbook(by=city.compiler, content=path, options=Options(own_provider=True))
    counted = import_queries.counts(run)
    assert sum(counted.values()) == 300
    codes = codes_of(run)
    assert {"theme_variant", "provider_taken", "formats", "items_proposed", "items_none", "column_known"} <= codes
    columns = import_queries.mappings(run)[0].columns
    assert len(columns) == 10
    assert [one.header for one in columns if str(one.how) == "note"] == [
        "序号",
        "下载次数",
        "调用次数",
        "更新日期",
        "文章访问路径",
    ]
    import_actions.confirm(by=city.compiler, run=run.pk)
    import_work.work_one()
    assert Entry.objects.count() == counted["created"]
    data: EntryData = queries.draft_of(Entry.objects.get(title="标签管理"))
    assert [item.title for item in data.items][:3] == ["id", "组织 id", "流程 id"]
