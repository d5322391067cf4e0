"""Cleaning an entry's data: looked at, written as the next version, undone; on the page and by command alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from factories import SEED, City
from gongshu import crypto
from gongshu.catalog.models import Entry
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.home import Home, open_home
from gongshu.lake import serving
from gongshu.lake.tables import Table
from gongshu.quality import check_actions, cleaning_actions, version_actions, version_queries
from gongshu.quality.cleaning import from_text

pytestmark = pytest.mark.django_db
A, B = "91330324MA2TE5T016", "11510500MB0TE5T1XJ"
STEPS = "steps:\n- {step: width, columns: [name, legal_rep]}\n- {step: empty, columns: [legal_rep], values: [无]}\n"
RECIPE = from_text(STEPS)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    place = open_home()
    for folder in place.folders:
        folder.mkdir()
    keys.ensure(place)
    yield place
    crypto.forget()


@pytest.fixture
def city(home: Home) -> City:
    return City()


@pytest.fixture
def register(city: City) -> Entry:
    entry = city.published()
    text = f"统一社会信用代码,企业名称,法定代表人\n{A},ＡＢ公司,张三\n{B},乙公司,无\n"
    collection.submit_file(by=city.compiler, resource=entry.code, content=text.encode())
    done = collection.work_one()
    assert done is not None
    assert done.version == 1, done.error
    entry.refresh_from_db()
    return entry


@pytest.mark.article("luzhou-33")
def test_it_is_looked_at_written_and_undone(register: Entry, city: City, home: Home) -> None:
    seen = cleaning_actions.preview(by=city.compiler, code=register.code, recipe=RECIPE)
    assert (seen.rows, seen.changed_rows, dict(seen.by_column)) == (2, 2, {"name": 1, "legal_rep": 1})
    assert [(one.before, one.after) for one in seen.examples] == [("ＡＢ公司", "AB公司"), ("无", None)]
    masked = cleaning_actions.preview(by=city.authority, code=register.code, recipe=RECIPE)
    assert [one.before for one in masked.examples] == ["ＡＢ公司", "*"], (
        "personal values are not shown to the authority"
    )
    done = cleaning_actions.apply(by=city.compiler, code=register.code, recipe=RECIPE)
    assert (done.number, done.info["cleaned"], done.info["rejected"]) == (2, "1", "0")
    rows = Table(home, register.code).read(2).collect().sort("_row").to_dicts()
    assert [(row["name"], row["legal_rep"]) for row in rows] == [("AB公司", "张三"), ("乙公司", None)]
    assert dict(rows[0]["_raw"]) == {"name": "ＡＢ公司"}
    with serving.Snapshot.open(home, register.code) as snapshot:
        assert snapshot.version == 2
    assert version_queries.origin(done).zh == "清洗自 v1"
    run = check_actions.work_one(by=SEED)
    assert run is not None
    assert run.version == 2
    with pytest.raises(Conflict) as nothing:
        cleaning_actions.apply(by=city.compiler, code=register.code, recipe=RECIPE)
    assert nothing.value.code == "quality.clean_nothing"
    version_actions.restore(by=city.compiler, code=register.code, version=1, reason="撤销清洗")
    again = cleaning_actions.last_recipe(city.compiler, register.code)
    assert again == RECIPE, "the steps are kept with the version that they made"
    assert cleaning_actions.apply(by=city.compiler, code=register.code, recipe=RECIPE).number == 4


def test_who_may_not_and_what_does_not_fit(register: Entry, city: City) -> None:
    for actor in (city.consumer, city.auditor):
        with pytest.raises(NotAllowed):
            cleaning_actions.apply(by=actor, code=register.code, recipe=RECIPE)
    lost = from_text("steps: [{step: empty, columns: [name], values: [乙公司]}]")
    with pytest.raises(Conflict):
        cleaning_actions.apply(by=city.compiler, code=register.code, recipe=lost)
    listed = from_text("steps: [{step: division, columns: [name], list: 333004-999999, into: legal_rep}]")
    with pytest.raises(GongshuError) as refused:
        cleaning_actions.preview(by=city.compiler, code=register.code, recipe=listed)
    assert refused.value.code == "quality.resource_unreadable"
    register.refresh_from_db()
    assert register.data_version == 1


def test_the_page_previews_before_it_writes(register: Entry, city: City) -> None:
    from gongshu.identity.models import Person

    def browser(name: str) -> Client:
        client = Client()
        person = Person.objects.get(username=name)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    wang, address = browser("wang"), f"/console/quality/{register.code}/clean/"
    assert "写入新版本" not in wang.get(address).content.decode()
    wrong = wang.post(address, {"steps": "steps: [{step: magic, columns: [x]}]", "do": "preview"})
    assert wrong.status_code == 400
    page = wang.post(address, {"steps": STEPS, "do": "preview"}).content.decode()
    assert "写入新版本" in page
    assert "ＡＢ公司" in page
    assert wang.post(address, {"steps": STEPS, "do": "apply"}).status_code == 302
    register.refresh_from_db()
    assert register.data_version == 2
    assert "step: width" in wang.get(address).content.decode(), "the last steps are offered again"
    assert browser("zhou").get(address).status_code == 403
