"""Sources on the pages: declared, tried out, collected, paused, removed; nothing secret comes back."""

from __future__ import annotations

import sqlite3

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongshu.collection import actions, source_actions
from gongshu.collection.models import Source
from gongshu.identity.states import Role

NEW = "/console/intake/new/"


@pytest.fixture
def bureau(tmp_path, monkeypatch):
    """A department's database, and an installation that may reach it."""
    from gongshu.crypto import keys
    from gongshu.home import open_home

    (tmp_path / "reach").mkdir()
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GONGSHU_SOURCE_FOLDERS", str(tmp_path / "reach"))
    home = open_home()
    for folder in home.folders:
        folder.mkdir(parents=True)
    keys.ensure(home)
    path = tmp_path / "reach" / "bureau.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE company (uscc TEXT, name TEXT, legal_rep TEXT, phone TEXT)")
        database.execute("INSERT INTO company VALUES ('91330324MA2TE5T016', '甲公司', '张三', '1')")
        database.execute("INSERT INTO company VALUES ('91330324MA2TE5T017', '假公司', '李四', '2')")
    database.close()
    return str(path)


def typed(entry, path, **more):
    return {
        "kind": "sql", "resource": entry.code, "name": "企业库", "driver": "sqlite", "database": path, "table": "company",
        "password": "s3cret-word", "mode": "full", "schedule": "cycle", "most_deleted": "50",
    } | more  # fmt: skip


def test_from_the_form_to_the_reconciled_run(city, signed_in, bureau):
    entry = city.published()
    wang = signed_in("wang")
    assert entry.title in wang.get(NEW).content.decode()
    form = wang.get(f"{NEW}?kind=sql&resource={entry.code}").content.decode()
    assert 'type="password"' in form and "统一社会信用代码" in form
    wrong = wang.post(NEW, typed(entry, "/etc/passwd"))
    assert wrong.status_code == 400
    said = wrong.content.decode()
    assert "未经平台运维声明" in said and "s3cret-word" not in said
    for odd in ({"most_deleted": "²"}, {"table": "a\0b"}, {"mode": "upsertt"}, {"name": "长" * 101}, {"port": "-1"}):
        assert wang.post(NEW, typed(entry, bureau, **odd)).status_code == 400, odd
    made = wang.post(NEW, typed(entry, bureau))
    source = Source.objects.get()
    page = f"/console/intake/{source.pk}/"
    assert made["Location"] == page
    shown = wang.get(page).content.decode()
    assert "还没有试连" in shown and "s3cret-word" not in shown

    assert wang.post(f"{page}act/", {"do": "test"}).status_code == 302
    shown = wang.get(page).content.decode()
    assert "可以读取" in shown and "phone" in shown and "需要时请先编入目录" in shown
    started = wang.post(f"{page}act/", {"do": "run"})
    assert actions.work_one() is not None
    run = wang.get(started["Location"]).content.decode()
    assert "对账" in run and "一致" in run and "mix-sum:" in run
    assert "企业库" in wang.get("/console/intake/?q=企业").content.decode()
    assert "企业库" not in wang.get("/console/intake/?kind=mysql").content.decode()

    edit = wang.get(f"{page}edit/").content.decode()
    assert "s3cret-word" not in edit and "留空则不变" in edit
    before = source.secrets_wrapped
    assert wang.post(f"{page}edit/", typed(entry, bureau, password="", name="新名")).status_code == 302
    source.refresh_from_db()
    assert (source.name, source.secrets_wrapped) == ("新名", before)
    assert wang.post(f"{page}act/", {"do": "greet"}).status_code == 400
    for do, status in (("pause", "paused"), ("resume", "active"), ("remove", "removed")):
        wang.post(f"{page}act/", {"do": do})
        source.refresh_from_db()
        assert source.status == status
    assert "新名" in wang.get("/console/intake/?status=removed").content.decode()


def test_others_see_what_is_theirs_to_see(city, signed_in, bureau):
    entry = city.published()
    signed_in("wang").post(NEW, typed(entry, bureau))
    source = Source.objects.get()
    page = f"/console/intake/{source.pk}/"
    lin = signed_in("lin").get(page)
    assert lin.status_code == 200 and 'value="run"' not in lin.content.decode()
    assert signed_in("zhou").get(page).status_code == 404
    city.person("xu", "housing", Role.PROVIDER)
    xu = signed_in("xu")
    assert xu.get(page).status_code == xu.get(f"{page}edit/").status_code == 404
    xu.post(f"{page}act/", {"do": "remove"})
    source.refresh_from_db()
    assert source.status == "active"
    assert signed_in("zhou").get(NEW).status_code == 403


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(city, signed_in, bureau):
    entry = city.published()
    wang = signed_in("wang")
    counts = []
    for more in (1, 8):
        for number in range(more):
            given = typed(entry, bureau)
            settings = {key: given[key] for key in ("driver", "database", "table")}
            source_actions.add(by=city.compiler, resource=entry.code, kind="sql", name=f"库{number}", settings=settings)
        wang.get("/console/intake/")
        with CaptureQueriesContext(connection) as asked:
            wang.get("/console/intake/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
