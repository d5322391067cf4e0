"""Tests that share something dear run in one worker of pytest-xdist, so that it is made once: ``live``, a module's fixtures.

pytest-xdist 3.8 tells its controller a test's group by changing the test's id, which pytest no longer lets it since 9.2: all
tests are then handed out one by one, without a word (pytest-xdist #1386). Here the workers write the groups down instead,
and the controller reads them.
"""

from __future__ import annotations

import json
import tempfile
from functools import cached_property
from pathlib import Path

import pytest
from xdist.scheduler import LoadGroupScheduling

_FOLDER = "gongshu_groups"  # in what the controller tells each worker


def group_of(item: pytest.Item) -> str:
    """What ``item`` shares with others; "" for a test that stands alone."""
    if "live" in getattr(item, "fixturenames", ()):
        return "live"
    if named := item.get_closest_marker("xdist_group"):
        return str(named.args[0])
    return _of_module(item)


def _of_module(item: pytest.Item) -> str:
    """Its module with the module-wide fixtures and their parameters."""
    info = getattr(item, "_fixtureinfo", None)
    kinds = {} if info is None else info.name2fixturedefs
    names = sorted(
        name for name, made in kinds.items() if made[-1].scope == "module" and made[-1].baseid.startswith("tests")
    )
    if not names:
        return ""
    given = getattr(item, "callspec", None)
    chosen = [str(given.indices[name]) for name in names if given is not None and name in given.indices]
    return ":".join([item.nodeid.split("::")[0], *chosen])


class Scheduling(LoadGroupScheduling):
    """Hands out groups as a whole, the largest first, and then what stands alone."""

    def __init__(self, config: pytest.Config, log: object, folder: Path) -> None:
        super().__init__(config, log)
        self.folder = folder

    @cached_property
    def groups(self) -> dict[str, str]:
        """The group of each test that has one, as any of the workers wrote them down: all collected the same."""
        return json.loads(next(self.folder.glob("*.json")).read_text(encoding="utf-8"))

    def _split_scope(self, nodeid: str) -> str:
        return self.groups.get(nodeid, nodeid)


class Groups:
    """The plugin: in the controller, and in each worker."""

    @cached_property
    def folder(self):
        """The controller's; removed with it."""
        return tempfile.TemporaryDirectory(prefix="gongshu-groups-")

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        node.workerinput[_FOLDER] = self.folder.name

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config, log):
        return Scheduling(config, log, Path(self.folder.name)) if config.getvalue("dist") == "loadgroup" else None

    @pytest.hookimpl(tryfirst=True)  # before the worker tells the controller what it collected
    def pytest_collection_finish(self, session):
        told = getattr(session.config, "workerinput", None)
        if told is not None:
            groups = {item.nodeid: group for item in session.items if (group := group_of(item))}
            (Path(told[_FOLDER]) / f"{told['workerid']}.json").write_text(json.dumps(groups), encoding="utf-8")
