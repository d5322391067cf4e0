"""The disk of the spool is really full: 503, and no answer that is not on it; with room again it goes on by itself."""

import os
import shutil
import subprocess
import time

import pytest

from gateway.processes import PATIENCE, gateway
from gateway.world import PURPOSE, person
from gongshu.ledger import entry, spool

pytestmark = pytest.mark.heavy


@pytest.fixture
def tiny_spool(world):
    """A file system of its own under the spool folder, 200 KB large; calling it makes it larger."""
    folder = world.home.spool
    folder.mkdir(parents=True, exist_ok=True)
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder]
    if mount is None or os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    yield lambda: subprocess.run([mount, "-o", "remount,size=64m", folder], check=True, capture_output=True)
    subprocess.run(["umount", "-l", folder], check=True, capture_output=True)


def recorded(world):
    paths = sorted((world.home.spool / "test").glob("*.spool"))
    return [entry.parse(leaf) for path in paths for batch in spool.read(path) for leaf in batch.leaves]


@pytest.mark.article("xian-36")
def test_a_full_disk_means_503_and_no_unlogged_answer(world, tiny_spool):
    grant = world.grant(rate_per_minute=None, daily_quota=10**6)
    answered, refused = [], 0
    with gateway(world.home.root) as running:
        running.wait_for(world.revision)
        number = 0

        def ask():
            nonlocal number
            number += 1
            key = {"citizen_id": person(number % 300)["citizen_id"]}
            return running.ask(world, "query", {"grant": grant.grant_id, "purpose": PURPOSE, "key": key})

        until = time.monotonic() + PATIENCE
        while refused < 5:
            status, body = ask()
            assert status in (200, 503), body
            if status == 200:
                answered.append(body["request_id"])
                assert not refused or len(answered) < 5000
            else:
                refused += 1
                assert body["error"]["code"] == "ledger_unavailable"
                assert "record" not in body
            assert time.monotonic() < until, "the disk never became full"
        assert len(answered) > 50
        assert set(answered) <= {one.id for one in recorded(world)}
        tiny_spool()
        until = time.monotonic() + PATIENCE
        while ask()[0] != 200:
            assert time.monotonic() < until, "there is room again, and it does not go on"
            time.sleep(0.2)
        assert set(answered) <= {one.id for one in recorded(world)}
