"""A file handed over becomes a version that is served, in the catalog and in the ledger; or a refusal that
says why.
"""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest

from factories import SEED, City, companies
from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.catalog.draft import ItemData
from gongshu.catalog.models import Entry
from gongshu.catalog.states import DataType
from gongshu.collection import actions, pipeline, queries
from gongshu.collection.models import Run
from gongshu.collection.states import RunStatus
from gongshu.crypto import keys
from gongshu.errors import Conflict, EnvironmentFault, GongshuError, NotAllowed, NotFound
from gongshu.home import Home, open_home
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.lake.serving import Snapshot
from gongshu.lake.tables import Table
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db

GOOD = """统一社会信用代码,企业名称,法定代表人
91330324MA2TE5T016,甲公司,张三
11510500MB0TE5T1XJ,乙公司,李四
N2330324MF0TE5T22Q,丙合作社,王五
91330324MA2TE5T017,假公司,赵六
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    home = open_home()
    for folder in home.folders:
        folder.mkdir()
    keys.ensure(home)
    return home


@pytest.fixture
def city(home: Home) -> City:
    return City()


@pytest.fixture
def entry(city: City) -> Entry:
    return city.published()


def leaves() -> list[dict[str, object]]:
    found = [ledger_entry.body(bytes(outbox.leaf)) for outbox in Outbox.objects.order_by("pk")]
    return [leaf for leaf in found if str(leaf["action"]).startswith("collection.")]


@pytest.mark.article("xian-16", "yongjia-12")
def test_a_file_becomes_a_version_that_can_be_looked_up(city: City, entry: Entry, home: Home) -> None:
    """1 handed over, 2 worked off, 3 served, 4 in the catalog, 5 in the ledger."""
    run = actions.submit_file(
        by=city.compiler, resource=entry.code, filename="企业.csv", content=GOOD.encode("gb18030")
    )
    assert run.status == RunStatus.QUEUED
    assert (home.inbox / run.pk / "content").is_file()

    done = actions.work_one()
    assert done is not None
    assert (done.pk, done.status, done.version) == (run.pk, RunStatus.COMMITTED, 1)
    assert (done.read, done.accepted, done.rejected, done.blank) == (4, 3, 1, 0)
    assert (done.encoding, done.percent) == ("gb18030", 100)
    assert not (home.inbox / run.pk).exists()

    with Snapshot.open(home, entry.code) as snapshot:
        found = snapshot.get({"uscc": "N2330324MF0TE5T22Q"})
        assert found == {"uscc": "N2330324MF0TE5T22Q", "name": "丙合作社", "legal_rep": "王五"}
        assert {item.name: item.mask for item in snapshot.manifest.items}["legal_rep"] == "name"

    entry.refresh_from_db()
    assert (entry.data_version, entry.data_rows) == (1, 3)
    submitted, committed = leaves()
    assert (submitted["action"], committed["action"]) == ("collection.submitted", "collection.committed")
    assert submitted["actor"] == city.compiler.ref
    details = committed["details"]
    assert isinstance(details, dict)
    assert (details["accepted"], details["rejected"], details["digest"]) == (3, 1, done.digest)
    assert "张三" not in json.dumps([submitted, committed], ensure_ascii=False)
    assert notices.of(city.compiler).filter(kind="collection.ended").count() == 1
    assert actions.work_one() is None


def test_rejected_rows_are_shown_to_the_provider_only(city: City, entry: Entry) -> None:
    run = actions.submit_file(by=city.compiler, resource=entry.code, content=GOOD.encode())
    actions.work_one()
    (row,) = queries.rejected(city.compiler, run.pk)
    assert (row.row, row.raw) == (5, "91330324MA2TE5T017,假公司,赵六")
    assert [(reason.column, reason.rule) for reason in row.reasons] == [("uscc", "uscc_checksum")]
    assert row.reasons[0].text.zh == "统一社会信用代码校验码不符"
    assert [row.row for row in queries.all_rejected(city.compiler, run.pk)] == [5]
    assert queries.rejected(city.compiler, run.pk, after=5) == []
    assert [(reason.rule, rows) for reason, rows in queries.reasons(queries.run(city.auditor, run.pk))] == [
        ("uscc_checksum", 1)
    ]
    for stranger in (city.authority, city.auditor):
        with pytest.raises(NotAllowed):
            queries.rejected(stranger, run.pk)
    for stranger in (city.consumer, Actor.anonymous()):
        with pytest.raises(NotFound):
            queries.rejected(stranger, run.pk)
        assert not queries.runs(stranger).exists()
    assert queries.runs(city.authority, resource=entry.code).get() == queries.latest(entry.code)


def test_only_the_provider_hands_over_and_only_what_is_published(city: City, entry: Entry, home: Home) -> None:
    other = city.person("xu", "housing", Role.PROVIDER)
    for actor in (city.authority, city.consumer, other):
        with pytest.raises(NotAllowed):
            actions.submit_file(by=actor, resource=entry.code, content=b"x")
    draft = city.draft(companies(title="未发布的登记"))
    with pytest.raises(Conflict) as refused:
        actions.submit_file(by=city.compiler, resource=draft.code, content=b"x")
    assert refused.value.code == "collection.not_published"
    with pytest.raises(NotFound):
        actions.submit_file(by=city.compiler, resource="000000-000000", content=b"x")
    with pytest.raises(GongshuError) as empty:
        actions.submit_file(by=city.compiler, resource=entry.code, content=io.BytesIO(b""))
    assert empty.value.code == "collection.empty"
    assert not Run.objects.exists()
    assert not list(home.inbox.glob("*"))


@pytest.mark.article("xian-16")
def test_a_column_that_the_catalog_does_not_list_stops_at_the_door(city: City, entry: Entry, home: Home) -> None:
    text = GOOD.replace("法定代表人", "法定代表人,备注").replace("张三", "张三,x")
    actions.submit_file(by=city.compiler, resource=entry.code, content=text.encode())
    done = actions.work_one()
    assert done is not None
    assert (done.status, done.error_code, done.version) == (RunStatus.REFUSED, "collection.column_unlisted", None)
    assert done.error is not None
    assert "备注" in done.error.zh
    assert [leaf["action"] for leaf in leaves()] == ["collection.submitted", "collection.refused"]
    assert not list(home.serving.glob("*"))
    assert Table(home, entry.code).versions() == []


def test_when_no_row_passes_the_run_says_why_and_keeps_the_rows(city: City, entry: Entry) -> None:
    text = "统一社会信用代码,企业名称,法定代表人\n123,甲公司,张三\n"
    run = actions.submit_file(by=city.compiler, resource=entry.code, content=text.encode())
    done = actions.work_one()
    assert done is not None
    assert (done.status, done.error_code) == (RunStatus.REFUSED, "collection.nothing_accepted")
    assert (done.read, done.accepted, done.rejected) == (1, 0, 1)
    assert done.failures == [{"column": "uscc", "rule": "uscc_form", "rows": 1}]
    assert len(queries.rejected(city.compiler, run.pk)) == 1


def test_a_worker_that_died_is_replaced_and_nothing_is_done_twice(
    city: City, entry: Entry, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """1 a worker dies in the middle; 2 its lease runs out; 3 the next one does it all; 4 one that died
    after its commit is only finished.
    """

    class Died(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Died

    run = actions.submit_file(by=city.compiler, resource=entry.code, content=GOOD.encode())
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(Table, "commit_parts", die)
        actions.work_one()
    assert Run.objects.get().status == RunStatus.RUNNING
    assert actions.work_one() is None, "the lease is still held"
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(actions.serving, "publish", die)
        actions.work_one(now=clock.now() + actions.LEASE + timedelta(seconds=1))
    assert Table(home, entry.code).committed(run.pk) is not None
    with monkeypatch.context() as patch:
        patch.setattr(actions, "collect", die)
        done = actions.work_one(now=clock.now() + 2 * actions.LEASE + timedelta(seconds=2))
    assert done is not None
    assert (done.status, done.version, done.attempts) == (RunStatus.COMMITTED, 1, 3)
    assert (done.read, done.accepted, done.rejected) == (4, 3, 1)
    assert done.detection["delimiter"] == ","
    assert len(Table(home, entry.code).versions()) == 1
    assert [leaf["action"] for leaf in leaves()] == ["collection.submitted", "collection.committed"]


def test_a_worker_that_lost_its_lease_touches_nothing(
    city: City, entry: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = actions.submit_file(by=city.compiler, resource=entry.code, content=GOOD.encode())
    monkeypatch.setattr(actions, "HEARTBEAT", 0.0)

    def steal(*_: object) -> None:
        Run.objects.filter(pk=run.pk).update(worker="w_other")

    done = actions.work_one(watch=steal)
    assert done is not None
    assert (done.status, done.worker) == (RunStatus.RUNNING, "w_other")
    assert [leaf["action"] for leaf in leaves()] == ["collection.submitted"]


def test_a_run_can_be_cancelled_before_and_while_it_runs(
    city: City, entry: Entry, home: Home, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: object
) -> None:
    first = actions.submit_file(by=city.compiler, resource=entry.code, content=GOOD.encode())
    with pytest.raises(NotAllowed):
        actions.cancel(by=city.authority, run=first.pk)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert actions.cancel(by=city.compiler, run=first.pk).status == RunStatus.CANCELLED
    assert not (home.inbox / first.pk).exists()
    with pytest.raises(Conflict):
        actions.cancel(by=city.compiler, run=first.pk)

    second = actions.submit_file(by=city.compiler, resource=entry.code, content=GOOD.encode())
    monkeypatch.setattr(actions, "HEARTBEAT", 0.0)
    done = actions.work_one(watch=lambda _: actions.cancel(by=city.compiler, run=second.pk) and None)
    assert done is not None
    assert (done.status, done.error_code) == (RunStatus.CANCELLED, "collection.cancelled")
    assert Table(home, entry.code).versions() == []
    assert actions.work_one() is None


def test_the_machine_in_the_way_is_waited_for_and_then_reported(
    city: City, entry: Entry, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = actions.submit_file(by=city.compiler, resource=entry.code, content=GOOD.encode())

    def full(*_: object, **__: object) -> None:
        raise EnvironmentFault("lake.disk", "磁盘已满。", "The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "open_source", full)
        first = actions.work_one()
        assert first is not None
        assert (first.status, first.error_code) == (RunStatus.QUEUED, "lake.disk")
        assert actions.work_one() is None, "not at once"
        for minutes in (1, 5):
            last = actions.work_one(now=clock.now() + timedelta(minutes=minutes))
    assert last is not None
    assert (last.status, last.attempts) == (RunStatus.FAILED, actions.MAX_ATTEMPTS)
    assert (home.inbox / run.pk / "content").is_file(), "the file is kept"
    actions.retry(by=city.compiler, run=run.pk)
    done = actions.work_one()
    assert done is not None
    assert (done.status, done.version) == (RunStatus.COMMITTED, 1)


def test_a_defect_of_ours_is_reported_as_such(city: City, entry: Entry, monkeypatch: pytest.MonkeyPatch) -> None:
    actions.submit_file(by=city.compiler, resource=entry.code, content=GOOD.encode())

    def broken(*_: object, **__: object) -> None:
        raise KeyError("张三")

    monkeypatch.setattr(pipeline, "open_source", broken)
    done = actions.work_one()
    assert done is not None
    assert done.error_code == "collection.fault"
    assert "张三" not in done.error_zh + done.error_en


def test_versions_of_one_resource_are_committed_in_the_order_of_submission(city: City, entry: Entry) -> None:
    first = actions.submit_file(by=city.compiler, resource=entry.code, content=GOOD.encode())
    second = actions.submit_file(by=city.compiler, resource=entry.code, content=GOOD.encode())
    nested: list[object] = []
    done = actions.work_one(watch=lambda _: nested.append(actions.work_one()))
    assert done is not None
    assert (done.pk, nested[0]) == (first.pk, None)
    other = actions.work_one()
    assert other is not None
    assert (other.pk, other.version) == (second.pk, 2)


def test_the_operator_at_the_machine_may_hand_over(city: City, entry: Entry, tmp_path: Path) -> None:
    path = tmp_path / "公司.csv"
    path.write_text(GOOD, encoding="utf-8")
    run = actions.submit_file(by=Actor.process("operator"), resource=entry.code.replace("-", "/"), path=path)
    assert (run.filename, run.submitted_by_id, run.resource) == ("公司.csv", None, entry.code)
    done = actions.work_one(run=run.pk)
    assert done is not None
    assert done.version == 1


def test_every_type_of_the_catalog_is_collected_and_served(city: City, home: Home) -> None:
    values = {
        "C": ("文", "文"),
        "N": ("1,234.50", 1234.5),
        "Y": ("￥8.8", 8.8),
        "D": ("2026年1月5日", "2026-01-05"),
        "T": ("2026/1/5 8:30", "2026-01-05T08:30:00+08:00"),
        "L": ("否", False),
        "M": ("长文", "长文"),
        "G": ("b64", "b64"),
        "B": ("1e-3", 0.001),
        "I": ("007", 7),
        "F": ("2.5", 2.5),
    }
    items = (
        ItemData("key", "键", required=True, is_key=True),
        *(ItemData(f"item_{code.lower()}", f"项{code}", DataType(code)) for code in values),
    )
    entry = city.published(companies(title="全类型", items=items))
    text = ",".join(["键", *(f"项{code}" for code in values)]) + "\n"
    text += ",".join(["k", *(f'"{source}"' for source, _ in values.values())]) + "\n"
    actions.submit_file(by=city.compiler, resource=entry.code, content=text.encode())
    done = actions.work_one()
    assert done is not None
    assert (done.status, done.failures) == (RunStatus.COMMITTED, [])
    with Snapshot.open(home, entry.code) as snapshot:
        row = snapshot.get({"key": "k"})
    assert row == {"key": "k", **{f"item_{code.lower()}": value for code, (_, value) in values.items()}}


def test_what_the_catalog_counts_is_the_latest_version(city: City, entry: Entry) -> None:
    for text in (GOOD, GOOD.replace("乙公司", "")):
        actions.submit_file(by=SEED, resource=entry.code, content=text.encode())
        actions.work_one()
    found = catalog.entry(city.compiler, entry.code)
    assert (found.data_version, found.data_rows) == (2, 2)
    assert [version.number for version in queries.versions(entry.code)] == [1, 2]
