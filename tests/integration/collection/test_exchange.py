"""The exchange node: a file with its manifest is taken once, when it is whole, and its sender gets a receipt."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

import sshd
from gongshu import clock
from gongshu.collection import actions, exchanging, source_actions
from gongshu.collection.models import Run, Source
from gongshu.collection.states import RunStatus
from gongshu.errors import Conflict, EnvironmentFault, GongshuError
from gongshu.identity.actor import Actor
from gongshu.lake.tables import Table

pytestmark = pytest.mark.django_db

WORKER = Actor.process("worker")
GOOD = """统一社会信用代码,企业名称,法定代表人
91330324MA2TE5T016,甲公司,张三
11510500MB0TE5T1XJ,乙公司,李四
91330324MA2TE5T017,假公司,赵六
""".encode()


@pytest.fixture(scope="session")
def ssh_server():
    with sshd.sshd() as server:
        yield server


@pytest.fixture(params=["folder", pytest.param("sftp", marks=pytest.mark.heavy)])
def node(request, town, tmp_path):
    """The place where senders put files, and the source that reads it."""
    entry = town.published()
    if request.param == "folder":
        folder = tmp_path / "reach" / "drop"
        folder.mkdir()
        settings, secrets = {"folder": str(folder)}, {}
    else:
        server = request.getfixturevalue("ssh_server")
        folder = server.folder / tmp_path.name
        folder.mkdir()
        settings = {
            "host": "127.0.0.1",
            "port": server.port,
            "user": server.user,
            "host_key": server.host_key,
            "folder": str(folder),
        }
        secrets = {"private_key": server.private_key}
    source = source_actions.add(
        by=town.compiler, resource=entry.code, kind=request.param, name="前置机", settings=settings, secrets=secrets
    )
    return Node(folder, source, entry, town)


class Node:
    def __init__(self, folder: Path, source: Source, entry, town):
        self.folder, self.source, self.entry, self.town = folder, source, entry, town

    def put(self, name: str, content: bytes = GOOD, /, *, manifest: bool = True, **changes):
        (self.folder / name).write_bytes(content)
        said = {
            "entry": self.entry.code,
            "name": name,
            "size": len(content),
            "rows": 3,
            "sha256": hashlib.sha256(content).hexdigest(),
        } | changes
        if manifest:
            (self.folder / f"{name}.manifest.json").write_text(json.dumps(said))

    def look(self):
        return source_actions.look(by=self.town.compiler, source=self.source.pk)

    def receipt(self, name: str):
        return json.loads((self.folder / f"{name}.receipt.json").read_text())

    def old(self, name: str):
        long_ago = clock.now().timestamp() - 3600
        os.utime(self.folder / name, (long_ago, long_ago))


def test_a_file_with_its_manifest_is_taken_once_and_receipted(node, place):
    node.put("企业.csv")
    tried = source_actions.test(by=node.town.compiler, source=node.source.pk)
    assert tried == {"ok": True, "files": 2, "waiting": 1}
    (run,) = node.look()
    assert (run.status, run.filename) == (RunStatus.QUEUED, "企业.csv")
    assert node.look() == [], "not twice, also before its receipt is there"
    done = actions.work_one()
    assert done is not None and done.status == RunStatus.COMMITTED, done.error
    assert done.receipt_due
    assert exchanging.write_receipts(by=WORKER) == 1
    said = node.receipt("企业.csv")
    assert (said["status"], said["read"], said["accepted"], said["rejected"], said["rows"]) == ("committed", 3, 2, 1, 3)
    assert said["failures"] == [{"column": "uscc", "rule": "uscc_checksum", "rows": 1}]
    version = Table(place, node.entry.code).latest()
    assert version is not None and (said["version"], said["digest"]) == (version.number, version.digest)
    assert node.look() == [] and exchanging.write_receipts(by=WORKER) == 0
    (node.folder / "企业.csv.receipt.json").unlink()
    assert node.look() == [], "the same file with the same manifest stays the same, even without its receipt"
    assert Run.objects.count() == 1
    assert not list(node.folder.glob("*.part"))


def test_what_is_not_whole_is_never_read(node):
    node.put("no-manifest.csv", manifest=False)
    node.put("half.csv", GOOD[:40], size=len(GOOD), sha256=hashlib.sha256(GOOD).hexdigest())
    node.put("torn.csv")
    torn = node.folder / "torn.csv.manifest.json"
    torn.write_text(torn.read_text()[:30])
    (node.folder / "absent.csv.manifest.json").write_text(
        (node.folder / "half.csv.manifest.json").read_text().replace("half", "absent")
    )
    (node.folder / "elsewhere.csv").symlink_to("/etc/hostname")
    assert node.look() == [] and not list(node.folder.glob("*.receipt.json")), "it waits"

    node.put("half.csv")  # the rest has come
    node.put("torn.csv")
    assert {run.filename for run in node.look()} == {"half.csv", "torn.csv"}
    node.old("absent.csv.manifest.json")
    assert node.look() == []
    assert node.receipt("absent.csv")["refusal"]["code"] == "exchange.digest", "nobody waits for ever"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sha256": "0" * 64}, "exchange.digest"),
        ({"size": 10}, "exchange.digest"),
        ({"name": "other.csv"}, "exchange.manifest_name"),
        ({"entry": "333004-999999"}, "exchange.manifest_entry"),
    ],
)
def test_what_differs_from_its_manifest_is_refused_with_a_receipt(node, place, changes, code):
    node.put("a.csv", **changes)
    assert node.look() == []
    said = node.receipt("a.csv")
    assert (said["status"], said["refusal"]["code"]) == ("refused", code)
    assert not Run.objects.exists() and not list(place.inbox.iterdir())


def test_another_number_of_rows_than_the_manifest_says(node):
    node.put("a.csv", rows=4)
    node.look()
    done = actions.work_one()
    assert done is not None and (done.status, done.error_code) == (RunStatus.REFUSED, "collection.row_count")
    exchanging.write_receipts(by=WORKER)
    assert node.receipt("a.csv")["refusal"]["code"] == "collection.row_count"
    node.source.refresh_from_db()
    assert (node.source.failures, node.source.status) == (0, "active"), "a wrong file does not pause the node"


def test_a_worker_killed_between_inbox_and_run_takes_the_file_again(node, place, monkeypatch):
    node.put("a.csv")

    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(exchanging, "_queue", killed)
        patched.setattr(exchanging.inbox, "discard", lambda *_: None)  # SIGKILL clears nothing up
        with pytest.raises(KeyboardInterrupt):
            node.look()
    assert list(place.inbox.iterdir())
    (run,) = node.look()
    done = actions.work_one()
    assert done is not None and (done.pk, done.status) == (run.pk, RunStatus.COMMITTED)


def test_the_worker_looks_by_itself_and_waits_when_the_node_is_away(node):
    node.put("a.csv")
    assert source_actions.start_due(by=WORKER) == 1
    assert Run.objects.count() == 1
    node.source.refresh_from_db()
    assert node.source.next_due is not None and node.source.next_due <= clock.now() + timedelta(seconds=60)
    assert source_actions.start_due(by=WORKER) == 0
    with pytest.raises(Conflict):
        source_actions.start(by=node.town.compiler, source=node.source.pk)
    node.folder.rename(node.folder.with_name("away"))
    Source.objects.update(next_due=clock.now())
    assert source_actions.start_due(by=WORKER) == 1
    node.source.refresh_from_db()
    assert node.source.failures == 1 and node.source.next_due > clock.now()
    node.folder.with_name("away").rename(node.folder)


@pytest.mark.heavy
def test_a_server_with_another_key_is_not_spoken_to(ssh_server, town):
    entry = town.published()
    settings = {
        "host": "127.0.0.1",
        "port": ssh_server.port,
        "user": ssh_server.user,
        "host_key": "SHA256:" + "A" * 43,
        "folder": "/",
    }
    secrets = {"private_key": ssh_server.private_key}
    source = source_actions.add(
        by=town.compiler, resource=entry.code, kind="sftp", name="x", settings=settings, secrets=secrets
    )
    with pytest.raises(GongshuError) as refusal:
        source_actions.look(by=town.compiler, source=source.pk)
    assert refusal.value.code == "exchange.host_key"
    source_actions.change(
        by=town.compiler,
        source=source.pk,
        name="x",
        settings=settings | {"host_key": ssh_server.host_key},
        secrets={"password": "wrong", "private_key": "nonsense"},
        mode="full",
        deletes=False,
        schedule="cycle",
    )
    with pytest.raises(GongshuError) as refusal:
        source_actions.look(by=town.compiler, source=source.pk)
    assert refusal.value.code == "exchange.private_key"
    Source.objects.update(secrets_wrapped="")
    with pytest.raises(EnvironmentFault):
        source_actions.look(by=town.compiler, source=source.pk)
