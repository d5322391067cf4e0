"""A department's table becomes versions of its entry by itself: whole, merged by key, reconciled, retried, paused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from factories import City, companies
from gongshu import clock
from gongshu.catalog.draft import ItemData
from gongshu.catalog.models import Entry
from gongshu.catalog.states import DataType
from gongshu.collection import actions, source_actions, source_queries
from gongshu.collection.models import Run, Source
from gongshu.collection.states import RunStatus, SourceStatus
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.home import Home
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.lake import upkeep
from gongshu.lake.serving import Snapshot
from gongshu.lake.tables import Table
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db

WORKER = Actor.process("worker")
CODES = ("91330324MA2TE5T016", "11510500MB0TE5T1XJ", "N2330324MF0TE5T22Q")
TABLE = (
    "CREATE TABLE company (uscc VARCHAR(18), name VARCHAR(100), legal_rep VARCHAR(50), phone VARCHAR(20), "
    "changed TIMESTAMP NULL)"
)


def row(code, name, changed="2026-11-01 08:00:00", person="张三"):
    return f"INSERT INTO company VALUES ('{code}', '{name}', '{person}', '13800000000', '{changed}')"


def fill(remote):
    remote.run(
        TABLE,
        row(CODES[0], "甲公司"),
        row(CODES[1], '乙, "公司"\n分行', "2026-11-02 08:00:00"),
        row(CODES[2], "丙合作社", "2026-11-03 08:00:00"),
        row("91330324MA2TE5T017", "假公司", "2026-11-03 08:00:00"),
    )


def declare(city: City, entry: Entry, remote, **options) -> Source:
    settings = remote.settings | {"table": "company"} | options.pop("settings", {})
    return source_actions.add(
        by=city.compiler,
        resource=entry.code,
        kind=remote.kind,
        name="企业库",
        settings=settings,
        secrets=remote.secrets,
        **options,
    )


def turn(city: City, source: Source) -> Run:
    run = source_actions.start(by=city.compiler, source=source.pk)
    done = actions.work_one(run=run.pk)
    assert done is not None
    return done


def held(home: Home, entry: Entry, version=None) -> dict[str, str]:
    frame = Table(home, entry.code).read(version).collect()
    return dict(zip(frame["uscc"].to_list(), frame["name"].to_list(), strict=True))


def acts() -> list[str]:
    found = [ledger_entry.body(bytes(one.leaf)) for one in Outbox.objects.order_by("pk")]
    return [str(leaf["action"]).removeprefix("collection.") for leaf in found if "collection." in str(leaf["action"])]


@pytest.fixture
def entry(town: City) -> Entry:
    return town.published()


@pytest.mark.article("xian-16")
def test_a_table_becomes_a_version_and_its_rows_add_up(town, entry, remote, place):
    """1 declared, 2 tried out, 3 collected, 4 reconciled, 5 served, 6 in the ledger without a secret or a value."""
    fill(remote)
    source = declare(town, entry, remote)
    tried = source_actions.test(by=town.compiler, source=source.pk)
    assert tried["ok"], tried
    assert tried["rows"] == 4
    assert tried["found"] == {"uscc": "uscc", "name": "name", "legal_rep": "legal_rep"}
    assert tried["unlisted"] == ["phone", "changed"], "what the catalog does not list is said, and never read"

    done = turn(town, source)
    assert (done.status, done.version) == (RunStatus.COMMITTED, 1), done.error
    assert (done.read, done.accepted, done.rejected, done.blank) == (4, 3, 1, 0)
    sides = done.reconciliation
    assert (sides["source_rows"], sides["version_rows"], sides["matched"]) == (4, 3, True)
    assert sides["digest_received"] == sides["digest_held"] and sides["digest_held"].startswith("mix-sum:")
    assert held(place, entry) == {CODES[0]: "甲公司", CODES[1]: '乙, "公司"\n分行', CODES[2]: "丙合作社"}
    with Snapshot.open(place, entry.code) as snapshot:
        found = snapshot.get({"uscc": CODES[2]})
        assert found is not None and found["name"] == "丙合作社"
    entry.refresh_from_db()
    assert (entry.data_version, entry.data_rows) == (1, 3)
    assert acts() == ["source_added", "source_tested", "source_started", "committed"]
    leaves = b"".join(bytes(one.leaf) for one in Outbox.objects.all()).decode()
    assert "reader-secret" not in leaves and "张三" not in leaves
    source.refresh_from_db()
    assert source.next_due is not None and source.next_due > clock.now() + timedelta(hours=20), "daily"


def test_increments_are_merged_by_key_and_rows_gone_are_deleted(town, entry, remote, place):
    fill(remote)
    source = declare(town, entry, remote, mode="incremental", deletes=True, settings={"watermark": "changed"})
    first = turn(town, source)
    assert (first.status, first.version, first.accepted) == (RunStatus.COMMITTED, 1, 3), first.error
    source.refresh_from_db()
    assert source.watermark.startswith("2026-11-03 08:00:00")

    again = turn(town, source)
    assert (again.status, again.version) == (RunStatus.UNCHANGED, None), again.error
    assert again.read == 2, "the rows at the watermark are read again, for what was written in the same second"
    assert Table(place, entry.code).latest().number == 1

    remote.run(
        f"UPDATE company SET name = '甲集团', changed = '2026-11-05 09:30:00' WHERE uscc = '{CODES[0]}'",
        f"DELETE FROM company WHERE uscc = '{CODES[1]}'",
        row("91510105MA61TEXX0K", "不合格", "2026-11-05 09:30:01"),
        row("91330324MA2TE5T029", "丁公司", "2026-11-05 09:30:01"),
        "DELETE FROM company WHERE uscc = '91330324MA2TE5T017'",
    )
    merged = turn(town, source)
    assert merged.status == RunStatus.COMMITTED, merged.error
    assert merged.failures == [{"column": "uscc", "rule": "uscc_checksum", "rows": 1}]
    expected = {CODES[0]: "甲集团", CODES[2]: "丙合作社", "91330324MA2TE5T029": "丁公司"}
    assert held(place, entry) == expected
    changes = merged.reconciliation["changes"]
    assert changes == {"inserted": 1, "updated": 1, "same": 1, "deleted": 1}
    assert merged.reconciliation["matched"]
    assert (
        merged.reconciliation["version_rows"]
        == len(expected)
        == merged.reconciliation["source_total"] - merged.rejected
    )
    assert held(place, entry, 1)[CODES[0]] == "甲公司", "the version before stays as it was"
    assert Table(place, entry.code).check_digest(), "parts that were kept count in the digest"


def test_going_back_to_an_older_version_goes_back_to_its_watermark(town, entry, remote, place):
    fill(remote)
    source = declare(town, entry, remote, mode="incremental", settings={"watermark": "changed"})
    turn(town, source)
    remote.run(f"UPDATE company SET name = '甲集团', changed = '2026-11-05 09:30:00' WHERE uscc = '{CODES[0]}'")
    assert turn(town, source).version == 2
    upkeep.restore(Table(place, entry.code), 1, run="run_back")
    done = turn(town, source)
    assert (done.status, done.version) == (RunStatus.COMMITTED, 4), done.error
    assert held(place, entry)[CODES[0]] == "甲集团"


def test_too_many_rows_gone_are_not_deleted(town, entry, remote, place):
    fill(remote)
    source = declare(town, entry, remote, mode="incremental", deletes=True, settings={"watermark": "changed"})
    turn(town, source)
    remote.run(f"DELETE FROM company WHERE uscc <> '{CODES[2]}'")
    done = turn(town, source)
    assert (done.status, done.error_code) == (RunStatus.REFUSED, "lake.merge_deletes")
    assert len(held(place, entry)) == 3
    assert notices.of(town.compiler).filter(kind="collection.ended").exists()


def test_upserts_keep_what_the_source_no_longer_holds(town, entry, remote, place):
    fill(remote)
    source = declare(town, entry, remote, mode="upsert")
    turn(town, source)
    remote.run(
        f"DELETE FROM company WHERE uscc = '{CODES[1]}'", f"UPDATE company SET name = '新' WHERE uscc = '{CODES[2]}'"
    )
    done = turn(town, source)
    assert done.status == RunStatus.COMMITTED, done.error
    assert held(place, entry) == {CODES[0]: "甲公司", CODES[1]: '乙, "公司"\n分行', CODES[2]: "新"}


def test_conditions_and_other_names_of_columns(town, entry, remote, place):
    remote.run(
        'CREATE TABLE other (code VARCHAR(18), "Full Name" VARCHAR(50), boss VARCHAR(50), state INTEGER)'.replace(
            '"', "`" if remote.kind == "mysql" else '"'
        ),
        *(f"INSERT INTO other VALUES ('{code}', '第{n}家', '李四', {n})" for n, code in enumerate(CODES)),
    )
    columns = "uscc=code\nname=Full Name\nlegal_rep=boss"
    source = declare(
        town, entry, remote, settings={"table": "other", "columns": columns, "where": "state >= 1\nboss not_null"}
    )
    done = turn(town, source)
    assert done.status == RunStatus.COMMITTED, done.error
    assert held(place, entry) == {CODES[1]: "第1家", CODES[2]: "第2家"}
    for wrong in ("state ; 1", "nowhere = 1", "state = '1'; DROP TABLE other"):
        with pytest.raises(GongshuError):
            made = declare(town, entry, remote, settings={"table": "other", "columns": columns, "where": wrong})
            outcome = turn(town, made)
            assert outcome.status == RunStatus.REFUSED, outcome.error
            raise GongshuError(outcome.error_code, "", "")
    remote.run("UPDATE other SET state = 5 WHERE state = 2")


def test_values_of_every_type_arrive_as_they_are(town, remote, place):
    kinds = [("key", "I"), ("money", "Y"), ("number", "N"), ("day", "D"), ("moment", "T"), ("yes", "L"), ("ratio", "F")]
    items = tuple(
        ItemData(name, f"项{name}", DataType(kind), required=name == "key", is_key=name == "key")
        for name, kind in kinds
    )
    entry = town.published(companies(title="各种类型", items=items))
    moment = {"postgresql": "TIMESTAMPTZ", "mysql": "DATETIME(6)", "sql": "TEXT"}[remote.kind]
    said = "2026-11-05 09:30:01.25" + ("+08" if remote.kind == "postgresql" else "")
    flag = {"postgresql": "BOOLEAN", "mysql": "BIT(1)", "sql": "BOOLEAN"}[remote.kind]
    yes = {"postgresql": "TRUE", "mysql": "b'1'", "sql": "1"}[remote.kind]
    quoted = "`key`" if remote.kind == "mysql" else '"key"'
    remote.run(
        f"CREATE TABLE company ({quoted} BIGINT, money NUMERIC(18,2), number NUMERIC(30,10), day DATE, moment {moment}, "
        f"yes {flag}, ratio DOUBLE PRECISION)",
        f"INSERT INTO company VALUES (-7, 1234567.50, 0.0000000001, '2024-02-29', '{said}', {yes}, 0.1)",
        "INSERT INTO company VALUES (8, NULL, NULL, NULL, NULL, NULL, NULL)",
    )
    done = turn(town, declare(town, entry, remote))
    assert (done.status, done.accepted, done.rejected) == (RunStatus.COMMITTED, 2, 0), (done.error, done.failures)
    first, second = Table(place, entry.code).read().sort("key").collect().drop("_row", "_raw").to_dicts()
    assert first["key"] == -7 and str(first["money"]) == "1234567.50"
    assert first["number"] * 10**10 == 1
    assert first["day"].isoformat() == "2024-02-29"
    assert first["moment"].isoformat() == "2026-11-05T01:30:01.250000+00:00"
    assert first["yes"] is True and first["ratio"] == 0.1
    assert [value for name, value in second.items() if name != "key"] == [None] * 6


@pytest.fixture
def local(town, place, tmp_path):
    """One kind is enough for what does not depend on it."""
    import sqlite3

    from integration.collection.conftest import Remote

    path = tmp_path / "reach" / "local.sqlite"
    connection = sqlite3.connect(path)
    yield Remote("sql", {"driver": "sqlite", "database": str(path)}, connection=connection)
    connection.close()


def test_the_worker_starts_what_is_due_waits_after_failures_and_pauses(town, entry, local, monkeypatch):
    source = declare(town, entry, local)  # its table is not there yet
    for failures in range(1, 6):
        assert source_actions.start_due(by=WORKER) == 1
        assert source_actions.start_due(by=WORKER) == 0, "one turn at a time"
        done = actions.work_one()
        assert done is not None and done.status == RunStatus.REFUSED
        source.refresh_from_db()
        assert source.failures == failures
        if failures < 5:
            assert source.status == SourceStatus.ACTIVE and source.next_due is not None
            assert source_actions.start_due(by=WORKER) == 0, "it waits"
            Source.objects.update(next_due=clock.now())
    assert source.status == SourceStatus.PAUSED
    assert notices.of(town.compiler).filter(kind="collection.source_paused").count() == 1
    Source.objects.update(next_due=clock.now())
    assert source_actions.start_due(by=WORKER) == 0
    fill(local)
    source_actions.pause(by=town.compiler, source=source.pk, paused=False)
    assert source_actions.start_due(by=WORKER) == 1
    done = actions.work_one()
    assert done is not None and done.status == RunStatus.COMMITTED
    source.refresh_from_db()
    assert source.failures == 0 and source.last_ok_at is not None


def test_only_the_providing_unit_and_only_declared_places(town, entry, local, monkeypatch, tmp_path):
    fill(local)
    stranger = town.person("xu", "housing", Role.PROVIDER)
    for actor in (stranger, town.authority, town.consumer):
        with pytest.raises(NotAllowed):
            source_actions.add(
                by=actor, resource=entry.code, kind="sql", name="x", settings=local.settings | {"table": "company"}
            )
    source = declare(town, entry, local)
    assert source_queries.sources(town.authority).get() == source
    assert not source_queries.sources(stranger).exists()
    with pytest.raises(NotFound):
        source_queries.source(stranger, source.pk)
    with pytest.raises(NotFound):
        source_actions.start(by=stranger, source=source.pk)
    outside = {"driver": "sqlite", "database": str(tmp_path / "home" / "control.sqlite3"), "table": "x"}
    with pytest.raises(GongshuError) as refusal:
        declare(town, entry, local, settings=outside)
    assert refusal.value.code == "source.folder_undeclared"
    for host, port in (("169.254.169.254", 80), ("localhost", 5432), ("db.example.cn", 5432)):
        with pytest.raises(GongshuError) as refusal:
            source_actions.add(
                by=town.compiler,
                resource=entry.code,
                kind="postgresql",
                name="x",
                settings={"host": host, "port": port, "database": "d", "table": "t", "user": "u"},
            )
        assert refusal.value.code == "source.host_undeclared"
    monkeypatch.setenv("GONGSHU_SOURCE_FOLDERS", str(tmp_path / "nowhere"))
    done = turn(town, source)
    assert (done.status, done.error_code) == (RunStatus.REFUSED, "source.folder_undeclared"), "taken back later counts"


def test_secrets_are_sealed_kept_when_not_given_again_and_gone_when_removed(town, entry, local):
    fill(local)
    settings = local.settings | {"table": "company"}
    source = source_actions.add(
        by=town.compiler,
        resource=entry.code,
        kind="sql",
        name="库",
        settings=settings,
        secrets={"password": "p@ss-word"},
    )
    assert "p@ss-word" not in str(source.__dict__)
    changed = source_actions.change(
        by=town.compiler,
        source=source.pk,
        name="新名",
        settings=settings,
        mode="upsert",
        deletes=False,
        schedule="manual",
    )
    assert changed.secrets_wrapped == source.secrets_wrapped != ""
    assert (changed.name, changed.mode, changed.next_due) == ("新名", "upsert", None)
    gone = source_actions.remove(by=town.compiler, source=source.pk)
    assert gone.secrets_wrapped == ""
    with pytest.raises(Conflict):
        source_actions.start(by=town.compiler, source=source.pk)
    assert not source_queries.sources(town.compiler).exists()
    assert source_queries.sources(town.compiler, status="removed").get() == gone


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"mode": "incremental"}, "source.watermark_missing"),
        ({"mode": "sometimes"}, "source.mode"),
        ({"kind": "carrier pigeon"}, "source.kind"),
        ({"name": " "}, "source.name"),
        ({"settings": {"table": ""}}, "source.setting_wrong"),
        ({"settings": {"port": "²"}}, "source.setting_wrong"),
        ({"settings": {"query": "SELECT 1"}}, "source.setting_unknown"),
        ({"schedule": "hourly"}, "source.schedule"),
        ({"most_deleted": 0}, "source.most_deleted"),
        ({"secrets": {"pin": "1"}}, "source.secret"),
    ],
)
def test_what_a_source_must_say(town, entry, local, options, code):
    given = {"kind": "sql", "name": "库", "settings": {}} | options
    given["settings"] = local.settings | {"table": "company"} | given["settings"]
    with pytest.raises(GongshuError) as refusal:
        source_actions.add(by=town.compiler, resource=entry.code, **given)
    assert refusal.value.code == code


def test_merging_needs_a_key(town, local):
    entry = town.published(companies(title="无主键", items=(ItemData("name", "名称"),)))
    with pytest.raises(GongshuError) as refusal:
        declare(town, entry, local, mode="upsert")
    assert refusal.value.code == "source.key_missing"
