"""Handing a file over in two steps: what was found is shown, the reading changed or confirmed; what the scan found."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from factories import companies, stops
from gongshu.collection import actions as collection
from gongshu.collection import queries

pytestmark = pytest.mark.django_db


def upload(text, name="站点.csv"):
    return SimpleUploadedFile(name, text.encode("gb18030"), content_type="text/csv")


def test_what_is_found_is_shown_changed_and_confirmed(city, signed_in):
    wang, entry = signed_in("wang"), city.published(stops())
    sent = wang.post(
        f"/console/catalog/{entry.code}/collect/",
        {"file": upload("题\n站点编码;站点名称;备注\nA1;东站;x\n合计;1;\n"), "look": "1"},
    )
    address = sent.headers["Location"]
    collection.work_one()
    page = wang.get(address).content.decode()
    for words in ("尚未入库", "会被退回", "目录未列的列", "备注", "gb18030", "确认归集"):
        assert words in page
    assert "东站" not in page, "no cell of the file is shown"
    confirm = f"{address}confirm/"
    assert signed_in("lin").post(confirm, {}).status_code == 403
    wrong = wang.post(confirm, {"encoding": "rot13"}, follow=True).content.decode()
    assert "encoding" in wrong
    for number in ("²", "-1", "99", "1e3", "x"):
        answer = wang.post(confirm, {"header_row": number}, follow=True).content.decode()
        assert "header_row" in answer, number
    wang.post(confirm, {"delimiter": ",", "look": "1"})
    collection.work_one()
    assert "collection.header_missing" in wang.get(address).content.decode()
    wang.post(confirm, {"delimiter": ";", "drop_unlisted": "1"})
    collection.work_one()
    done = wang.get(address).content.decode()
    assert "已入库" in done
    assert "表尾行" in done
    form = wang.get(f"/console/catalog/{entry.code}/collect/").content.decode()
    assert '<option value=";" selected>' in form, "the next file is read in the same way"
    assert 'name="drop_unlisted" value="1" checked' not in form


def test_a_file_that_was_shown_can_be_given_up(city, signed_in):
    wang, entry = signed_in("wang"), city.published(stops())
    sent = wang.post(
        f"/console/catalog/{entry.code}/collect/", {"file": upload("站点编码,站点名称\nA1,b\n"), "look": "1"}
    )
    collection.work_one()
    assert "放弃" in wang.get(sent.headers["Location"]).content.decode()
    unknown = wang.post(f"{sent.headers['Location']}cancel/", {"do": "greet"})
    assert unknown.status_code == 400, "an unknown step does not cancel the run"
    wang.post(f"{sent.headers['Location']}cancel/")
    assert queries.latest(entry.code).status == "cancelled"
    late = wang.post(f"{sent.headers['Location']}confirm/", {}, follow=True)
    assert late.status_code == 200
    assert queries.latest(entry.code).status == "cancelled"


def test_what_belies_the_catalog_stands_on_the_run_and_on_the_entry(city, signed_in):
    wang, entry = signed_in("wang"), city.published(companies())
    text = "统一社会信用代码,企业名称,法定代表人\n91330324MA2TE5T016,330324199001010011,张三\n"
    sent = wang.post(f"/console/catalog/{entry.code}/collect/", {"file": upload(text)})
    collection.work_one()
    for address in (sent.headers["Location"], f"/console/catalog/{entry.code}/"):
        page = wang.get(address).content.decode()
        assert "个人信息扫描" in page
        assert "目录未标明含个人信息" in page
        assert "公民身份号码" in page
    assert "330324199001010011" not in wang.get(f"/console/catalog/{entry.code}/").content.decode()
    assert "个人信息扫描" not in signed_in("zhou").get(f"/console/catalog/{entry.code}/").content.decode()


def test_an_unlisted_column_leads_to_the_entry(city, signed_in):
    wang, entry = signed_in("wang"), city.published(stops())
    sent = wang.post(f"/console/catalog/{entry.code}/collect/", {"file": upload("站点编码,站点名称,备注\nA1,b,c\n")})
    collection.work_one()
    page = wang.get(sent.headers["Location"]).content.decode()
    assert "到目录中修订，把这些列编目" in page
