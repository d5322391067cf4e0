"""The versions of an entry's data: gone back to by its provider, seen by whom it may, cleared but for what cases need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from factories import SEED, City
from gongshu import crypto
from gongshu.catalog.models import Entry
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.errors import GongshuError, NotAllowed
from gongshu.home import Home, open_home
from gongshu.lake import serving
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.quality import actions, check_actions, version_actions, version_queries
from gongshu.quality.report import Report

pytestmark = pytest.mark.django_db
A, B = "91330324MA2TE5T016", "11510500MB0TE5T1XJ"


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
    """Three versions: two rows, then one, then two with another name."""
    entry = city.published()
    head = "统一社会信用代码,企业名称,法定代表人\n"
    for rows in (f"{A},甲公司,张三\n{B},乙公司,李四\n", f"{A},甲公司,张三\n", f"{A},甲新公司,张三\n{B},乙公司,李四\n"):
        collection.submit_file(by=city.compiler, resource=entry.code, content=(head + rows).encode())
        done = collection.work_one()
        assert done is not None
        assert done.version is not None, done.error
    entry.refresh_from_db()
    return entry


def served(home: Home, entry: Entry) -> tuple[int, str]:
    with serving.Snapshot.open(home, entry.code) as snapshot:
        row = snapshot.get({"uscc": A})
        assert row is not None
        return snapshot.version, str(row["name"])


def test_going_back_serves_the_old_content_again(register: Entry, city: City, home: Home) -> None:
    assert served(home, register) == (3, "甲新公司")
    done = version_actions.restore(by=city.compiler, code=register.code, version=1, reason="误传文件")
    register.refresh_from_db()
    assert (done.number, register.data_version, register.data_rows) == (4, 4, 2)
    assert served(home, register) == (4, "甲公司")
    said = version_queries.origin(done)
    assert said.zh == "恢复自 v1"
    leaf = [ledger_entry.body(bytes(row.leaf)) for row in Outbox.objects.order_by("pk")][-1]
    assert (leaf["action"], leaf["details"]["restored"]) == ("quality.version_restored", 1)  # type: ignore[index]
    run = check_actions.work_one(by=SEED)
    assert run is not None
    assert run.version == 4, "what was restored is checked like any other version"
    for wrong in (city.consumer, city.auditor):
        with pytest.raises(NotAllowed):
            version_actions.restore(by=wrong, code=register.code, version=1, reason="x")
    with pytest.raises(GongshuError):
        version_actions.restore(by=city.compiler, code=register.code, version=2, reason=" ")


def test_versions_are_seen_and_taken_out_masked_for_others(register: Entry, city: City, tmp_path: Path) -> None:
    assert [one.version.rows for one in version_queries.versions(city.auditor, register.code)] == [2, 1, 2]
    with pytest.raises(NotAllowed):
        version_queries.versions(city.consumer, register.code)
    own = version_queries.export(city.compiler, register.code, tmp_path / "own.csv", 1)
    assert (own.rows, own.version) == (2, 1)
    assert "张三" in (tmp_path / "own.csv").read_text(encoding="utf-8-sig")
    version_queries.export(city.auditor, register.code, tmp_path / "masked.csv", 1)
    masked = (tmp_path / "masked.csv").read_text(encoding="utf-8-sig")
    assert "张三" not in masked
    assert "张*" in masked
    assert A not in masked


def test_clearing_spares_what_an_open_case_needs(register: Entry, city: City, home: Home) -> None:
    Entry.objects.filter(pk=register.pk).update(data_version=2)
    filed = Report({"uscc": A}, "name", seen="甲公司", right="甲", evidence="执照")
    actions.report(by=city.compiler, code=register.code, filed=filed)  # speaks of version 2
    Entry.objects.filter(pk=register.pk).update(data_version=3)
    plan = version_actions.clear(by=city.compiler, code=register.code, keep_latest=1, days=0)
    assert plan.versions == (1,)
    done = version_actions.clear(by=city.compiler, code=register.code, keep_latest=1, days=0, dry=False)
    assert done.files == 1
    assert [one.present for one in version_queries.versions(city.compiler, register.code)] == [False, True, True]
    assert served(home, register)[0] == 3
    with pytest.raises(GongshuError) as gone:
        version_actions.restore(by=city.compiler, code=register.code, version=1, reason="晚了")
    assert gone.value.code == "lake.version_cleared"
    assert version_actions.compact(by=city.compiler, code=register.code) is None
    with pytest.raises(GongshuError):
        version_actions.clear(by=city.compiler, code=register.code, keep_latest=0, days=0)
