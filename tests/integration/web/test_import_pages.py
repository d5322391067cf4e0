"""The wizard of imports: upload, mapping, findings, confirmation, progress, result; the form and the export as files."""

from __future__ import annotations

import io
from collections.abc import Callable

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from factories import City
from gongshu.catalog import import_work
from gongshu.catalog.import_models import ImportRun
from gongshu.catalog.models import Entry

pytestmark = pytest.mark.django_db


def listing(heads: list[str], *rows: list[str]) -> SimpleUploadedFile:
    book = openpyxl.Workbook()
    for row in (heads, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return SimpleUploadedFile("清单.xlsx", out.getvalue())


@pytest.mark.article("xian-11")
def test_a_list_goes_through_the_wizard(city: City, signed_in: Callable[[str], Client]) -> None:
    client = signed_in("wang")
    file = listing(["名称", "主要说明", "更新周期"], ["甲", "甲的说明", "每月"], ["乙", "乙的说明", "偶尔吧"])
    answer = client.post("/console/catalog/imports/upload/", {"file": file})
    run = ImportRun.objects.get()
    address = f"/console/catalog/imports/{run.pk}/"
    assert answer.url == address
    sent = {"file": listing(["名称"], ["丙"])}
    scripted = client.post("/console/catalog/imports/upload/", sent, headers={"HX-Request": "true"})
    other = ImportRun.objects.exclude(pk=run.pk).get()
    assert (scripted.status_code, scripted.headers["HX-Redirect"]) == (204, f"/console/catalog/imports/{other.pk}/")
    unknown = client.post(f"/console/catalog/imports/{other.pk}/act/", {"do": "greet"})
    assert unknown.status_code == 400, "an unknown step does not cancel the import"
    client.post(f"/console/catalog/imports/{other.pk}/act/", {"do": "cancel"})
    shown = client.get(address).content.decode()
    assert "未识别" in shown
    assert "偶尔吧" in shown
    assert not Entry.objects.exists()
    client.post(f"{address}choose/", {"column-0-0": "title", "column-0-1": "abstract", "column-0-2": "update_cycle"})
    assert "您指定" in client.get(address).content.decode()
    client.post(f"{address}act/", {"do": "confirm"})
    run.refresh_from_db()
    assert run.status == "queued"
    assert "0 / 1" in client.get(f"{address}progress/").content.decode()
    import_work.work_one()
    assert client.get(f"{address}progress/").headers["HX-Refresh"] == "true"
    entry = Entry.objects.get()
    assert (entry.title, entry.abstract, entry.update_cycle) == ("甲", "甲的说明", "MONTHLY")
    done = client.get(address).content.decode()
    assert f'href="/console/catalog/{entry.code}/"' in done
    assert "清单.xlsx" in client.get("/console/catalog/imports/").content.decode()
    marked = client.get(f"{address}marked.xlsx")
    assert openpyxl.load_workbook(io.BytesIO(marked.content)).sheetnames[0] == "导入问题"


def test_the_form_and_the_export_are_files_that_open(city: City, signed_in: Callable[[str], Client]) -> None:
    city.draft()
    client = signed_in("wang")
    form = openpyxl.load_workbook(io.BytesIO(client.get("/console/catalog/template.xlsx").content))
    assert form.sheetnames[0] == "信息资源目录"
    listed = openpyxl.load_workbook(io.BytesIO(client.get("/console/catalog/export.xlsx").content))
    assert listed["信息资源目录"]["E2"].value == "企业登记信息"


def test_other_organisations_and_other_roles_see_nothing_of_it(city: City, signed_in: Callable[[str], Client]) -> None:
    wang = signed_in("wang")
    wang.post("/console/catalog/imports/upload/", {"file": listing(["名称", "摘要"], ["甲", "说明"])})
    run = ImportRun.objects.get()
    city.person("sun", "housing", *city.compiler.roles)
    for name, status in (("sun", 404), ("zhou", 403)):
        client = signed_in(name)
        assert client.get(f"/console/catalog/imports/{run.pk}/").status_code == status
        assert client.get(f"/console/catalog/imports/{run.pk}/marked.xlsx").status_code == status
    assert "清单.xlsx" not in signed_in("sun").get("/console/catalog/imports/").content.decode()


def test_what_is_no_workbook_is_refused_with_a_sentence(city: City, signed_in: Callable[[str], Client]) -> None:
    answer = signed_in("wang").post(
        "/console/catalog/imports/upload/", {"file": SimpleUploadedFile("a.xls", b"\xd0\xcf\x11\xe0 old")}
    )
    assert answer.status_code >= 400
    assert "另存为" in answer.content.decode()
    assert not ImportRun.objects.exists()
