"""Data stores: opened by whom the rules say, filled up to the quota and not beyond it, for whom they are meant."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from factories import SEED, City, companies
from gongshu import clock, rules, wiring
from gongshu.catalog.models import Entry
from gongshu.collection import actions as collection
from gongshu.collection import queries as runs
from gongshu.collection.states import RunStatus
from gongshu.crypto import keys
from gongshu.errors import GongshuError, NotAllowed, NotFound
from gongshu.home import Home, open_home
from gongshu.identity import actions as identity
from gongshu.identity.models import Organization
from gongshu.identity.states import Role
from gongshu.lake.tables import Table
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices
from gongshu.quality import version_actions, version_queries
from gongshu.spaces import actions, policy, queries
from gongshu.spaces.models import Reservation, Space, TableUse
from gongshu.spaces.states import Right, SpaceKind

pytestmark = pytest.mark.django_db

FIRST = """统一社会信用代码,企业名称,法定代表人
91330324MA2TE5T016,甲公司,张三
11510500MB0TE5T1XJ,乙公司,李四
"""
SECOND = FIRST + "N2330324MF0TE5T22Q,丙合作社,王五\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    home = open_home()
    for folder in home.folders:
        folder.mkdir()
    keys.ensure(home)
    return home


@pytest.fixture
def pack() -> Iterator[Callable[[str], None]]:
    usual = rules.active().id
    yield rules.configure
    rules.configure(usual)


@pytest.fixture
def city(home: Home) -> City:
    return City()


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(GongshuError) as found:
        yield
    assert found.value.code == code


def opened(city: City, **changes: Any) -> Space:
    asked: dict[str, Any] = {
        "organization": "market",
        "name": "市监局数据仓",
        "kind": SpaceKind.DEPARTMENT,
        "quota_rows": 1000,
    }
    return actions.open_space(by=changes.pop("by", city.authority), **(asked | changes))


def collected(city: City, entry: Entry, text: str = FIRST) -> Any:
    run = collection.submit_file(by=city.compiler, resource=entry.code, content=text.encode())
    done = collection.work_one(run=run.pk)
    entry.refresh_from_db()
    return done


def leaves(prefix: str = "spaces.") -> list[dict[str, Any]]:
    found = [ledger_entry.body(bytes(outbox.leaf)) for outbox in Outbox.objects.order_by("pk")]
    return [leaf for leaf in found if str(leaf["action"]).startswith(prefix)]


@pytest.mark.article("yongjia-7")
def test_the_center_opens_stores_where_the_rules_say_so(city: City, pack: Callable[[str], None]) -> None:
    pack("yongjia")
    with refused("spaces.not_opener"):
        opened(city)
    made = opened(city, by=city.center)
    assert (made.opener.code, made.organization.code) == ("center", "market")
    (leaf,) = leaves()
    assert leaf["action"] == "spaces.store_opened"
    assert leaf["actor"] == city.center.ref
    assert leaf["subject"] == made.number
    assert any("第七条" in cite for cite in leaf["cites"])
    assert notices.of(city.compiler).filter(kind="spaces.changed").count() == 1
    with refused("spaces.exists"):
        opened(city, by=city.center)
    pack("xian")  # these rules name nobody: the authority
    assert opened(city, organization="housing", name="住建局数据仓").opener.code == "authority"


def test_what_is_asked_for_must_make_sense(city: City) -> None:
    for wrong, code in (
        ({"name": " "}, "spaces.name_malformed"),
        ({"quota_rows": None}, "spaces.quota_missing"),
        ({"quota_rows": 0}, "spaces.quota_bounds"),
        ({"quota_bytes": 2**63}, "spaces.quota_bounds"),
        ({"organization": "nobody"}, "identity.organization_unknown"),
    ):
        with refused(code):
            opened(city, **wrong)
    assert not Space.objects.exists()


@pytest.mark.article("yongjia-7")
def test_the_quota_is_counted_from_what_lies_on_disk(city: City, home: Home) -> None:
    entry = city.published()
    collected(city, entry)
    made = opened(city, quota_bytes=10_000_000)  # what was collected before counts from the beginning
    used = queries.usage(made)
    lies = sum(file.stat().st_size for file in Table(home, entry.code).root.rglob("*") if file.is_file())
    assert (used.bytes, used.rows, used.tables) == (lies, 2, 1)
    collected(city, entry, SECOND)
    grown = queries.usage(made)
    assert (grown.rows, grown.tables) == (3, 1)
    assert grown.bytes == Table(home, entry.code).weight() > used.bytes, "old versions take room too"
    assert not Reservation.objects.exists()
    version_actions.clear(by=city.compiler, code=entry.code, keep_latest=1, days=0, dry=False)
    assert queries.usage(made).bytes < grown.bytes


@pytest.mark.article("yongjia-7")
@pytest.mark.parametrize("quota", [{"quota_rows": 2}, {"quota_rows": None, "quota_bytes": 1}])
def test_a_run_over_the_quota_is_refused_before_anything_is_committed(
    city: City, home: Home, quota: dict[str, int | None]
) -> None:
    entry = city.published()
    made = opened(city, **quota)
    done = collected(city, entry, SECOND)
    assert (done.status, done.error_code, done.version) == (RunStatus.REFUSED, "spaces.full", None)
    assert "市监局数据仓" in done.error_zh
    assert "未作任何更改" in done.error_zh
    table = Table(home, entry.code)
    assert table.latest() is None
    assert not list(table.data_folder.glob("*.parquet")), "its files are gone"
    assert table.quarantine(done.pk).collect().is_empty()
    assert entry.data_version is None
    assert not Reservation.objects.exists()
    assert queries.usage(made).rows == 0
    assert notices.of(city.compiler).filter(kind="collection.ended", zh__contains="超过额度").count() == 1
    actions.set_quota(by=city.authority, number=made.number, quota_rows=3, quota_bytes=None, reason="业务增长")
    assert collected(city, entry, SECOND).status == RunStatus.COMMITTED


def test_the_version_before_stays_when_the_next_does_not_fit(city: City, home: Home) -> None:
    entry = city.published()
    opened(city, quota_rows=2)
    assert collected(city, entry).version == 1
    with refused("spaces.full_at_door"):
        collection.submit_file(by=city.compiler, resource=entry.code, content=SECOND.encode())
    Space.objects.update(quota_rows=200)
    run = collection.submit_file(by=city.compiler, resource=entry.code, content=SECOND.encode())
    Space.objects.update(quota_rows=2)  # measured out anew while it waited
    done = collection.work_one(run=run.pk)
    assert done is not None
    assert done.error_code == "spaces.full"
    latest = Table(home, entry.code).latest()
    assert latest is not None
    assert (latest.number, latest.rows) == (1, 2)
    assert Table(home, entry.code).check_digest()


def test_the_unit_and_the_opener_are_warned_once_for_each_mark(city: City) -> None:
    entry = city.published()
    made = opened(city, quota_rows=3)
    told = notices.of(city.compiler).filter(kind="spaces.changed", zh__contains="已用")
    collected(city, entry)  # 2 of 3: 66 %
    assert not told.exists()
    actions.set_quota(by=city.authority, number=made.number, quota_rows=2, quota_bytes=None, reason="收紧")
    assert told.count() == 1
    assert "100%" in told[0].zh
    actions.settle(by=SEED, code=entry.code)
    assert told.count() == 1
    assert leaves()[-1]["action"] == "spaces.filling"
    made.refresh_from_db()
    assert made.warned == 95
    actions.set_quota(by=city.authority, number=made.number, quota_rows=100, quota_bytes=None, reason="扩容")
    made.refresh_from_db()
    assert made.warned == 0


def test_tables_lie_in_the_nearest_store_or_where_they_are_placed(city: City) -> None:
    identity.register_organization(by=SEED, code="town", name="城北街道", name_en="Town", parent="market")
    clerk = city.person("zhu", "town", Role.PROVIDER)
    entry = city.published()
    Entry.objects.filter(pk=entry.pk).update(provider=Organization.objects.get(code="town"))
    entry.refresh_from_db()
    assert queries.space_of(entry) is None
    bureau = opened(city)
    assert queries.space_of(entry) == bureau, "from the unit above"
    town = opened(city, organization="town", name="城北街道数据仓", kind=SpaceKind.TOWNSHIP, quota_rows=1)
    assert queries.space_of(entry) == town
    run = collection.submit_file(by=clerk, resource=entry.code, content=FIRST.encode())
    done = collection.work_one(run=run.pk)
    assert done is not None
    assert done.error_code == "spaces.full"
    actions.place(by=city.authority, number=bureau.number, code=entry.code)
    assert queries.space_of(entry) == bureau
    run = collection.submit_file(by=clerk, resource=entry.code, content=FIRST.encode())
    assert collection.work_one(run=run.pk).status == RunStatus.COMMITTED  # type: ignore[union-attr]
    assert {one.pk: queries.usage(one).rows for one in (bureau, town)} == {bureau.pk: 2, town.pk: 0}
    assert [one.code for one in queries.tables(bureau)] == [entry.code]
    with refused("spaces.full"):
        actions.place(by=city.authority, number=town.number, code=entry.code)
    actions.unplace(by=city.authority, code=entry.code)
    assert queries.space_of(entry) == town
    actions.change_status(by=city.authority, number=town.number, step="close", reason="并入局数据仓")
    assert queries.space_of(entry) == bureau
    actions.place(by=city.authority, number=bureau.number, code=entry.code)
    opened(city, organization="authority", name="数据局数据仓")
    actions.change_status(by=city.authority, number=town.number, step="reopen", reason="恢复")
    actions.change_status(by=city.authority, number=bureau.number, step="close", reason="机构改革")
    assert queries.space_of(entry) == town, "placed in a store that is closed, it is its provider's again"
    assert (queries.usage(town).rows, queries.usage(bureau).rows) == (2, 0)
    assert [one.code for one in queries.tables(town)] == [entry.code]
    assert notices.of(clerk).filter(kind="spaces.changed", zh__contains="已用 200%").count() == 1
    with pytest.raises(NotAllowed):
        actions.place(by=clerk, number=bureau.number, code=entry.code)


def test_a_store_for_named_members_narrows_what_the_roles_give(city: City, tmp_path: Path) -> None:
    entry = city.published()
    made = opened(city)
    done = collected(city, entry)
    with refused("spaces.no_manager"):
        actions.set_members_only(by=city.authority, number=made.number, members_only=True)
    with refused("spaces.not_manager"):
        actions.add_member(by=city.compiler, number=made.number, username="li", right=Right.READ)
    with refused("spaces.member_outside"):
        actions.add_member(by=city.authority, number=made.number, username="zhou", right=Right.READ)
    with pytest.raises(NotFound):
        actions.add_member(by=city.authority, number=made.number, username="nobody", right=Right.READ)
    named = actions.add_member(by=city.authority, number=made.number, username="wang", right=Right.MANAGE)
    actions.set_members_only(by=city.compiler, number=made.number, members_only=True)
    assert collected(city, entry, SECOND).status == RunStatus.COMMITTED
    with refused("spaces.not_member"):
        collection.submit_file(by=city.reviewer, resource=entry.code, content=FIRST.encode())
    with refused("spaces.not_member"):
        runs.rejected(city.reviewer, done.pk)
    with refused("spaces.not_member"):
        version_queries.export(city.reviewer, entry.code, tmp_path / "out.csv")
    reader = actions.add_member(
        by=city.compiler, number=made.number, username="li", right=Right.READ, until=clock.today() + timedelta(days=5)
    )
    assert runs.rejected(city.reviewer, done.pk) == []
    with refused("spaces.not_member"):
        version_actions.restore(by=city.reviewer, code=entry.code, version=1, reason="试")
    with refused("spaces.member_exists"):
        actions.add_member(by=city.compiler, number=made.number, username="li", right=Right.MANAGE)
    actions.end_member(by=city.compiler, number=made.number, member=reader.pk)
    with pytest.raises(NotAllowed):
        runs.rejected(city.reviewer, done.pk)
    version_queries.export(city.auditor, entry.code, tmp_path / "audit.csv")  # supervision goes on
    actions.end_member(by=city.authority, number=made.number, member=named.pk)
    with pytest.raises(NotAllowed):
        collection.submit_file(by=city.compiler, resource=entry.code, content=FIRST.encode())
    words = [leaf["action"] for leaf in leaves()]
    assert words == [
        "spaces.store_opened", "spaces.member_named", "spaces.members_only_set", "spaces.member_named",
        "spaces.member_revoked", "spaces.member_revoked",
    ]  # fmt: skip


def test_a_right_holds_on_its_days_only(city: City) -> None:
    made = opened(city)
    day = clock.today()
    with refused("spaces.term_malformed"):
        actions.add_member(by=city.authority, number=made.number, username="li", right=Right.READ, until=day)
    actions.add_member(
        by=city.authority, number=made.number, username="li", right=Right.READ, since=day + timedelta(days=1)
    )
    assert queries.right_of(city.reviewer, made) is None
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert queries.right_of(city.reviewer, made) is Right.READ


def test_who_sees_which_store(city: City) -> None:
    made = opened(city)
    other = opened(city, organization="housing", name="住建局数据仓")
    assert {one.pk for one in queries.search(city.auditor)} == {made.pk, other.pk}
    assert [one.pk for one in queries.search(city.compiler)] == [made.pk]
    assert [one.pk for one in queries.search(city.authority, text="住建")] == [other.pk]
    with pytest.raises(NotFound):
        queries.space(city.consumer, made.number)


def test_cleaning_and_restoring_ask_for_room_too(city: City, home: Home) -> None:
    entry = city.published()
    made = opened(city)
    collected(city, entry, SECOND)
    collected(city, entry)
    Space.objects.update(quota_rows=2)
    with refused("spaces.full"):
        version_actions.restore(by=city.compiler, code=entry.code, version=1, reason="误传")
    assert len(Table(home, entry.code).versions()) == 2
    Space.objects.update(quota_rows=3)
    version_actions.restore(by=city.compiler, code=entry.code, version=1, reason="误传")
    assert queries.usage(made).rows == 3
    assert not Reservation.objects.exists()


def test_the_daily_round_measures_again(city: City, home: Home) -> None:
    entry = city.published()
    made = opened(city)
    collected(city, entry)
    TableUse.objects.update(bytes=0)
    assert actions.measure_all(by=SEED) == 1
    assert queries.usage(made).bytes == Table(home, entry.code).weight()


def test_the_figures_of_many_stores_take_as_many_queries_as_those_of_one(city: City) -> None:
    opened(city)
    with CaptureQueriesContext(
        connection,
    ) as one:
        queries.usages(Space.objects.all())
    for number in range(12):
        identity.register_organization(by=SEED, code=f"unit{number}", name=f"单位{number}", name_en="U")
        opened(city, organization=f"unit{number}", name=f"数据仓{number}")
    with CaptureQueriesContext(connection) as many:
        assert len(queries.usages(Space.objects.all())) == 13
    assert len(many) == len(one) == 4


def test_sizes_are_read_and_written_as_people_do() -> None:
    assert policy.read_size("1.5 GB") == 1_500_000_000
    assert policy.read_size("500kb") == 500_000
    assert policy.read_size(" ") is None
    assert policy.size_text(1_500_000_000) == "1.5 GB"
    assert policy.size_text(999) == "999 B"
    for wrong in ("much", "-1", "1e9", "١"):
        with pytest.raises(GongshuError):
            policy.read_size(wrong)


def test_what_one_run_was_given_the_next_is_not(city: City, home: Home) -> None:
    """Between the question and the commit lies a moment: another run that asks in it sees what was given."""
    first, second = (city.published(companies(title=f"企业登记信息{number}")) for number in (1, 2))
    made = opened(city, quota_rows=5)
    assert actions.reserve(by=SEED, code=first.code, run="run_1", rows=3)
    assert queries.usage(made).rows == 0, "nothing was committed"
    assert collected(city, second, SECOND).error_code == "spaces.full"
    assert collected(city, second, FIRST).status == RunStatus.COMMITTED
    with clock.frozen(clock.now() + actions.HELD):  # its process was killed and nobody took the run up
        assert collected(city, second, SECOND).status == RunStatus.COMMITTED
    with refused("spaces.full"):
        actions.reserve(by=SEED, code=first.code, run="run_1", rows=3)
    assert actions.reserve(by=SEED, code=first.code, run="run_1", rows=2)
    actions.settle(by=SEED, code=first.code, run="run_1")
    assert not Reservation.objects.filter(run="run_1").exists()


class TestTogether:
    """Two runs of one store at once, each of which would fit alone."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def test_only_what_fits_is_committed(self, home: Home) -> None:
        if connection.vendor == "sqlite":
            pytest.skip("threads share SQLite's memory here; test_space_commands runs real processes on a file")
        wiring.connect()
        city = City()
        entries = [city.published(companies(title=f"企业登记信息{number}")) for number in range(4)]
        made = opened(city, quota_rows=7)  # two of four runs with three rows
        waiting = [
            collection.submit_file(by=city.compiler, resource=one.code, content=SECOND.encode()).pk for one in entries
        ]
        start = threading.Barrier(len(waiting))
        wrong: list[BaseException] = []

        def work(run: str) -> None:
            try:
                start.wait(timeout=30)
                collection.work_one(run=run)
            except BaseException as error:
                wrong.append(error)
            finally:
                close_old_connections()
                connection.close()

        threads = [threading.Thread(target=work, args=(run,)) for run in waiting]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=120)
        assert not wrong
        ended = [runs.current(run) for run in waiting]
        while any(one.status == RunStatus.QUEUED for one in ended):  # the database was busy: put back, not lost
            with clock.frozen(clock.now() + timedelta(minutes=5)):
                collection.work_one()
            ended = [runs.current(run) for run in waiting]
        assert sorted(one.status for one in ended) == ["committed", "committed", "refused", "refused"]
        assert {one.error_code for one in ended if one.status == "refused"} == {"spaces.full"}
        assert queries.usage(made).rows == 6
        assert not Reservation.objects.exists()
