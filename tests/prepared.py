"""Installations that tests take copies of: each is made once per test run, by whichever worker asks for it first.

A copy, its keys and secrets included, is the test's own, and nothing runs on the original: what one test does, no other
sees.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ports import free_ports

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 300  # seconds that the making of one may take


def environment(**extra: str) -> dict[str, str]:
    """The environment of a real process: ours without the tests' own settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GONGSHU_", "DJANGO_", "PYTEST_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # or each process compiles our modules again
    for name in ("GONGSHU_DATABASE_URL",):
        if os.environ.get(name):
            kept[name] = os.environ[name]
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "GONGSHU_LANG": "zh", "COLUMNS": "160", **extra}


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """The folder ``name`` of this test run after ``make`` filled it; one that was left half made is made again."""
    own = factory.getbasetemp()
    run = own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own
    folder, finished = run / name, run / f"{name}.finished"
    with (run / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            finished.touch()
    return folder


def _run(*arguments: str, home: Path, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "gongshu.cli.main", *arguments],
        env=environment(GONGSHU_HOME=str(home), **{"GONGSHU_DATABASE_URL": "", **env}),
        cwd=home.parent,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def install(factory: pytest.TempPathFactory, home: Path, *, city: str) -> Path:
    """Make ``home`` what ``gongshu init --city …`` leaves behind, on SQLite."""
    made = once(factory, f"installed-{city}", lambda folder: _run("init", "--city", city, home=folder / "home"))
    shutil.copytree(made / "home", home, symlinks=True)
    return home


@dataclass(frozen=True)
class Story:
    """A small demo that was played to its end and stopped. ``said`` is what it printed; ``folder`` is to be left alone."""

    city: str
    folder: Path

    @property
    def said(self) -> str:
        return (self.folder / "said.txt").read_text(encoding="utf-8")

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))

    def copy(self, folder: Path, *, web: int, gateway: int) -> None:
        """Its installation and summary in ``folder``, to be run on these ports."""
        shutil.copytree(self.folder, folder, symlinks=True, dirs_exist_ok=True)
        settings = folder / self.city / "gongshu.toml"
        text = settings.read_text(encoding="utf-8")
        for name, port in (("web_port", web), ("gateway_port", gateway)):
            text, found = re.subn(rf"(?m)^{name} = \d+$", f"{name} = {port}", text)
            assert found == 1, f"{settings} does not name its {name}"
        settings.write_text(text, encoding="utf-8")
        summary = self.summary | {"home": str(folder / self.city)}
        (folder / "summary.json").write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def play(folder: Path, city: str, **env: str) -> Story:
    """Play it once in ``folder``."""
    web, gateway = free_ports(2)
    said = _run(
        *("demo", "--once", "--small", "--city", city, "--folder", str(folder)),
        *("--web-port", str(web), "--gateway-port", str(gateway)),
        home=folder / "nowhere",
        **env,
    )
    (folder / "said.txt").write_text(said, encoding="utf-8")
    return Story(city, folder)


def story(factory: pytest.TempPathFactory, city: str) -> Story:
    """The story as it is told under the rules of ``city``; played once per test run."""
    return Story(city, once(factory, f"story-{city}", lambda folder: play(folder, city)))
