"""A version written back into a department's table: one transaction, on record, all or nothing."""

from __future__ import annotations

import pytest

from gongshu.collection import actions, back_actions, source_actions
from gongshu.collection.models import Source
from gongshu.errors import Conflict, EnvironmentFault, GongshuError, NotAllowed, NotFound
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox

pytestmark = pytest.mark.django_db

WORKER = Actor.process("worker")
CODES = ("91330324MA2TE5T016", "11510500MB0TE5T1XJ", "N2330324MF0TE5T22Q")
TABLE = "CREATE TABLE back (uscc VARCHAR(18) PRIMARY KEY, name VARCHAR(20), legal_rep VARCHAR(50), own VARCHAR(20))"


def hand_over(town, entry, *rows):
    text = "\n".join(["统一社会信用代码,企业名称,法定代表人", *rows]) + "\n"
    actions.submit_file(by=town.compiler, resource=entry.code, content=text.encode())
    done = actions.work_one()
    assert done is not None and done.version is not None
    return done.version


def contents(remote):
    cursor = remote.connection.cursor()
    cursor.execute("SELECT uscc, name, legal_rep, own FROM back ORDER BY uscc")
    found = [tuple(row) for row in cursor.fetchall()]
    remote.connection.commit()
    return found


def words():
    found = [ledger_entry.body(bytes(one.leaf)) for one in Outbox.objects.order_by("pk")]
    return [str(one["action"]).removeprefix("collection.") for one in found if "back" in str(one["action"])]


@pytest.fixture
def way(town, remote):
    entry = town.published()
    remote.run(
        TABLE, f"INSERT INTO back VALUES ('{CODES[0]}', '旧名', '旧人', '自有'), ('other', '其他', '无', '自有')"
    )
    source = source_actions.add(
        by=town.compiler,
        resource=entry.code,
        kind=remote.kind,
        name="写回",
        settings=remote.settings | {"table": "back"},
        secrets=remote.secrets,
        direction="out",
    )
    return source, entry


def test_rows_are_updated_and_inserted_and_others_stay(town, remote, way):
    source, entry = way
    hand_over(town, entry, f"{CODES[0]},甲公司,张三", f"{CODES[1]},乙公司,李四")
    done = back_actions.write_back(by=town.compiler, source=source.pk)
    assert (done.version, done.rows, done.inserted, done.updated) == (1, 2, 1, 1)
    assert contents(remote) == [
        (CODES[1], "乙公司", "李四", None),
        (CODES[0], "甲公司", "张三", "自有"),
        ("other", "其他", "无", "自有"),
    ]
    assert words() == ["write_back_begun", "written_back"]
    again = back_actions.write_back(by=town.compiler, source=source.pk)
    assert (again.inserted, again.updated) == (0, 2)


def test_all_or_nothing(town, remote, way):
    source, entry = way
    if remote.kind == "sql":
        remote.run(
            "CREATE TRIGGER short BEFORE INSERT ON back WHEN length(NEW.name) > 20 BEGIN SELECT RAISE(ABORT, 'long'); END"
        )
    hand_over(town, entry, f"{CODES[0]},甲公司,张三", f"{CODES[1]},乙公司,李四", f"{CODES[2]},{'长' * 30},王五")
    before = contents(remote)
    with pytest.raises(EnvironmentFault) as refusal:
        back_actions.write_back(by=town.compiler, source=source.pk)
    assert "长" not in str(refusal.value) + refusal.value.text.zh.replace("长度", "")
    assert contents(remote) == before
    assert words() == ["write_back_begun", "write_back_failed"]
    source.refresh_from_db()
    assert (source.failures, source.written) == (1, {})


def test_the_worker_writes_each_new_version_once(town, remote, way):
    source, entry = way
    assert back_actions.write_due(by=WORKER) == 0, "there is no version yet"
    hand_over(town, entry, f"{CODES[0]},甲公司,张三")
    assert back_actions.write_due(by=WORKER) == 1
    assert back_actions.write_due(by=WORKER) == 0
    hand_over(town, entry, f"{CODES[0]},甲集团,张三")
    assert back_actions.write_due(by=WORKER) == 1
    assert (CODES[0], "甲集团", "张三", "自有") in contents(remote)
    source.refresh_from_db()
    assert source.written["version"] == 2


def test_what_is_no_way_back(town, remote, way):
    source, entry = way
    with pytest.raises(Conflict):
        source_actions.start(by=town.compiler, source=source.pk)
    assert source_actions.start_due(by=WORKER) == 0
    with pytest.raises(NotAllowed):
        back_actions.write_back(by=town.authority, source=source.pk)
    with pytest.raises(NotFound):
        back_actions.write_back(by=town.person("xu", "housing", Role.PROVIDER), source=source.pk)
    with pytest.raises(NotFound):
        back_actions.write_back(by=town.compiler, source=source.pk)  # no version
    with pytest.raises(GongshuError) as refusal:
        source_actions.add(
            by=town.compiler,
            resource=entry.code,
            kind="http",
            name="x",
            settings={"url": "http://127.0.0.1/"},
            direction="out",
        )
    assert refusal.value.code == "source.direction"
    source_actions.remove(by=town.compiler, source=source.pk)
    with pytest.raises(Conflict):
        back_actions.write_back(by=town.compiler, source=source.pk)
    assert Source.objects.get().secrets_wrapped == ""
