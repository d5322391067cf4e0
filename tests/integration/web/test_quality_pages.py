"""The pages of quality: the worst first, a report with its arithmetic, checks as YAML, versions, files to hand on."""

from __future__ import annotations

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import SEED, companies
from gongshu import crypto
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.home import open_home
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.quality import check_actions, report_files
from gongshu.quality.check_models import CheckSetVersion
from gongshu.quality.checkset import from_text

A, B = "91330324MA2TE5T016", "11510500MB0TE5T1XJ"
HEAD = "统一社会信用代码,企业名称,法定代表人\n"
CHECKS = "alert_below: 95\nchecks:\n- {id: rep, check: required, columns: [legal_rep]}\n"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    place = open_home()
    for folder in place.folders:
        folder.mkdir()
    keys.ensure(place)
    yield place
    crypto.forget()


def collected(city, entry, rows):
    collection.submit_file(by=city.compiler, resource=entry.code, content=(HEAD + rows).encode())
    done = collection.work_one()
    assert done.version is not None, done.error
    entry.refresh_from_db()
    return entry


@pytest.fixture
def register(city):
    """Two versions, checked: in the second a representative is missing."""
    entry = collected(city, city.published(), f"{A},甲公司,张三\n{B},乙公司,李四\n")
    check_actions.save(by=city.compiler, code=entry.code, checks=from_text(CHECKS))
    check_actions.work_one(by=SEED)
    collected(city, entry, f"{A},甲新公司,张三\n{B},乙公司,\n")
    check_actions.work_one(by=SEED)
    return entry


def test_the_list_is_searched_filtered_and_scoped(city, register, signed_in):
    page = signed_in("lin").get("/console/quality/").content.decode()
    assert "企业登记信息" in page
    assert "75.00" in page
    lin = signed_in("lin")
    assert "企业登记信息" in lin.get("/console/quality/?q=企业&only=below").content.decode()
    assert "没有检测结果" in lin.get("/console/quality/?q=公交").content.decode()
    assert "没有检测结果" in signed_in("zhou").get("/console/quality/").content.decode()
    assert lin.get("/console/quality/?only=odd&page=99&q=%25").status_code == 200


def test_the_list_asks_the_database_no_more_for_more_rows(city, register, signed_in):
    wang = signed_in("wang")
    wang.get("/console/quality/")

    def asked():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert wang.get("/console/quality/").status_code == 200
        return len(seen)

    few = asked()
    for number in range(3):
        collected(city, city.published(companies(title=f"名录{number}")), f"{A},甲,乙\n")
        check_actions.work_one(by=SEED)
    assert asked() == few


def test_the_report_shows_every_step(city, register, signed_in, django_assert_max_num_queries):
    wang = signed_in("wang")
    with django_assert_max_num_queries(30):
        page = wang.get(f"/console/quality/{register.code}/").content.decode()
    assert "75.00" in page
    assert "完整性 50.00 = 100×(2×1/2)/2" in page
    assert "必填：法定代表人" in page
    assert "得分低于提醒分数 95" in page
    assert 'class="trend-drawing"' in page
    older = wang.get(f"/console/quality/{register.code}/?version=1").content.decode()
    assert "100.00" in older
    assert wang.get(f"/console/quality/{register.code}/?version=x").status_code == 200
    assert signed_in("zhou").get(f"/console/quality/{register.code}/").status_code == 403


def test_files_are_handed_on_and_taking_rows_is_on_record(city, register, signed_in):
    for name, shown in (("wang", B), ("shen", "115105********T1XJ")):
        answer = signed_in(name).get(f"/console/quality/{register.code}/rows.xlsx")
        assert answer.status_code == 200
        book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        assert book.sheetnames == ["概要", "检查结果", "必填：法定代表人"]
        heads, row = book["必填：法定代表人"].iter_rows(values_only=True)
        assert heads == ("源文件行号", "统一社会信用代码", "企业名称", "法定代表人")
        assert row == (3, shown, "乙公司", None)
        facts = dict(book["概要"].iter_rows(values_only=True, max_col=2))
        assert (facts["得分"], facts["错误"]) == ("75.00", 1)
    assert signed_in("zhou").get(f"/console/quality/{register.code}/rows.xlsx").status_code == 403
    acts = [str(ledger_entry.body(bytes(row.leaf))["action"]) for row in Outbox.objects.all()]
    assert acts.count("quality.rows_taken") == 2


def test_the_pdf_embeds_its_signs(city, register, signed_in):
    if not any(report_files.Path(path).is_file() for path, _ in report_files.FONTS):
        pytest.skip("there is no Chinese font on this machine: fonts-noto-cjk")
    for language in ("zh", "en"):
        answer = signed_in("wang").get(
            f"/console/quality/{register.code}/report.pdf", headers={"Accept-Language": language}
        )
        assert answer.status_code == 200
        assert answer.content.startswith(b"%PDF-")
        assert b"/FontFile" in answer.content, "the font's signs are inside"
        assert len(answer.content) < 500_000, "only those that are used"


def test_without_a_font_the_pdf_says_what_to_install(city, register, signed_in, monkeypatch):
    monkeypatch.setattr(report_files, "FONTS", (("/nowhere/font.ttc", 0),))
    answer = signed_in("wang").get(f"/console/quality/{register.code}/report.pdf")
    assert answer.status_code == 503
    assert "fonts-noto-cjk" in answer.content.decode()


def test_checks_are_changed_as_yaml(city, register, signed_in):
    wang, address = signed_in("wang"), f"/console/quality/{register.code}/checks/"
    assert "check: required" in wang.get(address).content.decode()
    assert "check: uscc" in wang.get(f"{address}?proposed=1").content.decode()
    wrong = wang.post(address, {"checks": "checks: [{check: magic}]", "note": "试"})
    assert wrong.status_code == 400
    assert "check 须为" in wrong.content.decode()
    assert "magic" in wrong.content.decode(), "what was typed is kept"
    made = wang.post(address, {"checks": "checks:\n- {check: unique, columns: [uscc]}\n", "note": "只查主键"})
    assert made.status_code == 302
    assert CheckSetVersion.objects.filter(entry=register).count() == 2
    assert "只查主键" in wang.get(address).content.decode()
    reader = signed_in("shen").get(address).content.decode()
    assert "readonly" in reader
    assert "修改说明" not in reader, "no form to save with"
    assert "修改说明" in wang.get(address).content.decode()
    assert signed_in("shen").post(address, {"checks": "checks: []"}).status_code == 403
    assert wang.post(address, {"checks": "x" * 300_000}).status_code == 400


def test_versions_are_compared_and_gone_back_to(city, register, signed_in):
    wang, address = signed_in("wang"), f"/console/quality/{register.code}/versions/"
    page = wang.get(f"{address}?a=1&b=2").content.decode()
    assert "甲新公司" in page
    assert "恢复" in page
    masked = signed_in("shen").get(f"{address}?a=1&b=2").content.decode()
    assert A not in masked
    assert "李四" not in masked
    assert wang.get(f"{address}?a=1&b=77").status_code == 404
    restore = f"/console/quality/{register.code}/restore/"
    assert wang.post(restore, {"version": "1", "reason": ""}, follow=True).status_code == 200
    register.refresh_from_db()
    assert register.data_version == 2
    done = wang.post(restore, {"version": "1", "reason": "误传"}, follow=True).content.decode()
    assert "已恢复为 v3" in done
    register.refresh_from_db()
    assert register.data_version == 3
    refused = signed_in("zhou").post(restore, {"version": "2", "reason": "x"})
    assert refused.status_code == 302
    register.refresh_from_db()
    assert register.data_version == 3, "another unit changes nothing"
    again = wang.post(f"/console/quality/{register.code}/run/", follow=True).content.decode()
    assert "检测完成" in again
