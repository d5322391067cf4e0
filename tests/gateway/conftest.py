"""A world with a gate around it, in one process and without HTTP."""

from __future__ import annotations

import asyncio
import shutil
import time

import pytest

from gateway import world as worlds
from gongshu.gateway import service
from gongshu.home import Home


@pytest.fixture(autouse=True)
def own_keys(tmp_path, monkeypatch):
    """``crypto.provider()`` without arguments means this test's installation."""
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    return worlds.build_world(tmp_path_factory.mktemp("gateway") / "home")


@pytest.fixture
def world(tmp_path, template):
    """A world of this test's own: a copy, since making one takes half a second."""
    shutil.copytree(template.home.root, tmp_path / "home")
    return worlds.World(Home(tmp_path / "home"), template.revision, dict(template.clients))


class Run:
    """``ask`` answers calls one after the other; ``together`` at once."""

    def __init__(self, world):
        self.world = world
        self.running = service.build(world.home, "test")
        self.gate = self.running.gate
        self.settle()

    def settle(self):
        """Wait until the gate knows what the control plane said last."""
        until = time.monotonic() + 60
        while self.gate.control.known.revision < self.world.revision:
            assert time.monotonic() < until, "the feed was not read"
            time.sleep(0.005)

    def ask(self, call):
        self.settle()
        return asyncio.run(self.gate.handle(call))

    def together(self, calls):
        self.settle()

        async def all_of_them():
            return await asyncio.gather(*(self.gate.handle(call) for call in calls))

        return asyncio.run(all_of_them())

    def entries(self):
        """What is in the spool now, as bodies of entries."""
        from gongshu.ledger import entry, spool

        found = []
        for path in sorted((self.world.home.spool / "test").glob("*.spool")):
            for batch in spool.read(path):
                found += [entry.parse(leaf) for leaf in batch.leaves]
        return found


@pytest.fixture
def run(world):
    running = Run(world)
    yield running
    running.running.close()
