"""Real faults: processes killed with SIGKILL while they append and sequence, and disks that are really full."""

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from gongshu.errors import EnvironmentFault
from gongshu.ledger import durable, entry, installation, spool

pytestmark = pytest.mark.heavy

SOURCE = Path(entry.__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE)}
SEQUENCE_FOR_EVER = """
import sys
from pathlib import Path
from gongshu.home import Home
from gongshu.ledger import installation
sequencer = installation.sequencer_of(Home(Path(sys.argv[1])))
print("ready", flush=True)
while True:
    with sequencer.locked():
        sequencer.step(limit=97)
"""


def start(*arguments):
    return subprocess.Popen([sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, env=ENVIRONMENT)


def acknowledged(process):
    """The ids that the killed process had acknowledged."""
    return process.stdout.read().decode().split()


@pytest.mark.article("xian-36")
def test_what_was_acknowledged_before_sigkill_is_in_the_ledger_exactly_once(place):
    draw = random.Random(1)
    appender = Path(__file__).with_name("appender.py")
    place.sequence()
    promised = []
    kills = 0
    for turn in range(6):
        writers = [
            start(appender, *(["--asyncio"] if turn % 2 else []), place.home.spool / f"gateway-{number}", "client")
            for number in range(2)
        ]
        until = time.monotonic() + 1.2
        while time.monotonic() < until:
            sequencer = start("-c", SEQUENCE_FOR_EVER, place.home.root)
            assert sequencer.stdout.readline() == b"ready\n"
            time.sleep(draw.uniform(0.0, 0.15))
            sequencer.send_signal(signal.SIGKILL)
            sequencer.communicate()
            kills += 1
        for process in writers:
            process.send_signal(signal.SIGKILL)
        for process in writers:
            promised += acknowledged(process)
            process.wait()
            kills += 1
        report = place.audit()
        assert report.ok, (turn, report.findings)
    place.sequence()
    report = place.audit()
    assert report.ok, report.findings
    found = Counter(place.ids())
    assert len(promised) > 500, "the writers hardly wrote"
    assert kills >= 18
    assert not [each for each in promised if found[each] != 1], "acknowledged and not there exactly once"
    assert max(found.values()) == 1
    assert place.sequence() == 0


def limited(folder, size):
    """Run in a child with RLIMIT_FSIZE: append until it is refused, then once more."""
    code = """
import sys
from pathlib import Path
from gongshu.ledger import spool
writer = spool.Spool(Path(sys.argv[1]))
safe = 0
try:
    while True:
        writer.append(b"x" * 500).result(10)
        safe += 1
except spool.SpoolFault as error:
    print(safe, error.code)
writer.append(b"y").result(10)
writer.close()
"""
    return subprocess.run(
        [sys.executable, "-c", code, folder],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)),
    )  # fmt: skip


def test_a_file_that_may_not_grow_fails_closed(tmp_path):
    said = limited(tmp_path, 20_000)
    assert said.returncode == 0, said.stderr
    safe, code = said.stdout.split()
    assert code == "ledger.spool_unwritable"
    leaves = [leaf for path in sorted(tmp_path.glob("*.spool")) for batch in spool.read(path) for leaf in batch.leaves]
    assert leaves == [b"x" * 500] * int(safe) + [b"y"]
    assert int(safe) > 10


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of its own, 300 KB large; ``grow()`` makes it larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=300k", "tmpfs", folder]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")

    class Disk:
        path = folder

        @staticmethod
        def grow():
            subprocess.run([mount, "-o", "remount,size=64m", folder], check=True, capture_output=True)

    yield Disk
    subprocess.run(["umount", "-l", folder], check=True, capture_output=True)


def test_a_full_disk_refuses_and_recovers_when_there_is_room_again(tiny_disk):
    writer = spool.Spool(tiny_disk.path / "spool")
    safe = 0
    with pytest.raises(spool.SpoolFault) as caught:
        while True:
            writer.append(b"x" * 2000).result(10)
            safe += 1
    assert "No space left" in caught.value.text.en
    with pytest.raises(spool.SpoolFault):
        for _ in range(9):
            writer.append(b"z" * 60_000).result(10)
    tiny_disk.grow()
    writer.append(b"after").result(10)
    writer.close()
    leaves = [
        leaf
        for path in sorted((tiny_disk.path / "spool").glob("*.spool"))
        for batch in spool.read(path)
        for leaf in batch.leaves
    ]
    assert leaves.count(b"x" * 2000) == safe
    assert leaves[-1] == b"after"


def test_a_ledger_on_a_full_disk_stops_and_goes_on_later(place, tiny_disk):
    place.grow(10)
    shutil.copytree(place.folder, tiny_disk.path / "ledger")
    shutil.rmtree(place.folder)
    place.folder.symlink_to(tiny_disk.path / "ledger")
    place.spool([place.leaf(number, details={"pad": "x" * 900}) for number in range(600)])
    with pytest.raises(EnvironmentFault) as caught:
        place.sequence()
    assert caught.value.code == "ledger.unwritable"
    assert place.head.size == 10
    assert place.audit().ok
    tiny_disk.grow()
    assert place.sequence() == 600
    assert place.audit().ok


def test_a_read_only_ledger_is_a_sentence(place, monkeypatch):
    place.grow(1)

    def refuse(*arguments, **options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(durable, "exclusive", refuse)
    with pytest.raises(EnvironmentFault) as caught, installation.sequencer_of(place.home).locked():
        pass
    assert "Read-only" in caught.value.text.en
    assert str(place.folder) in caught.value.text.zh
