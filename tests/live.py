"""The running platform for tests that need real processes: web, gateway and worker on free ports, on a small city.

``live`` is started once per test session by ``gongshu demo``: the story has been played, its data are there, and the
platform goes on serving. Tests may add to it but must not take away what others read.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ports import free_ports

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 300


@dataclass
class Live:
    """A platform that runs. ``summary`` is what the demo found; ``home`` its installation."""

    city: str
    folder: Path
    web: str
    gateway: str
    process: subprocess.Popen[bytes]

    @property
    def home(self) -> Path:
        return self.folder / self.city

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))

    @property
    def codes(self) -> dict[str, str]:
        """Resource codes by register: population, companies, permits, stops."""
        return self.summary["codes"]

    @property
    def password(self) -> str:
        from gongshu.demo.city import PASSWORD

        return PASSWORD

    @property
    def state(self) -> dict[str, Any]:
        """What the supervisor says of itself: process ids, restarts."""
        return json.loads((self.home / "serve.json").read_text(encoding="utf-8"))

    def gongshu(self, *arguments: str, timeout: int = 120) -> subprocess.CompletedProcess[str]:
        """Run a command on this installation."""
        return subprocess.run(
            [sys.executable, "-m", "gongshu.cli.main", *arguments],
            env=environment(GONGSHU_HOME=str(self.home)),
            capture_output=True,
            text=True,
            timeout=timeout,
        )


def environment(**extra: str) -> dict[str, str]:
    """The environment of a real process: ours without the tests' own settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("GONGSHU_", "DJANGO_", "PYTEST_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)  # or each process compiles our modules again
    for name in ("GONGSHU_DATABASE_URL",):
        if os.environ.get(name):
            kept[name] = os.environ[name]
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "GONGSHU_LANG": "zh", "COLUMNS": "160", **extra}


def start_demo(folder: Path, city: str, *options: str, log: Path | None = None, **env: str) -> Live:
    """Start ``gongshu demo`` in the background; its output goes to ``log``."""
    web, gateway = free_ports(2)
    folder.mkdir(parents=True, exist_ok=True)
    with (log or folder / "demo.log").open("ab") as stream:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gongshu.cli.main", "demo", "--small", "--city", city),
                *("--folder", str(folder), "--web-port", str(web), "--gateway-port", str(gateway)),
                *options,
            ],
            env=environment(**env),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    return Live(city, folder, f"http://127.0.0.1:{web}", f"http://127.0.0.1:{gateway}", process)


def wait_for_story(live: Live) -> None:
    """Until the story is told; the demo's output when it ends before."""
    until = time.monotonic() + PATIENCE
    while not (live.folder / "summary.json").is_file():
        said = (live.folder / "demo.log").read_text(encoding="utf-8", errors="replace")
        assert live.process.poll() is None, f"gongshu demo ended with {live.process.returncode}:\n{said}"
        assert time.monotonic() < until, f"gongshu demo was not done in {PATIENCE} s:\n{said}"
        time.sleep(0.1)


def stop(live: Live) -> int:
    """End it politely; its exit code."""
    if live.process.poll() is None:
        live.process.send_signal(signal.SIGTERM)
    try:
        return live.process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        live.process.kill()
        return live.process.wait()


@contextmanager
def running(folder: Path, city: str, **env: str):
    """A platform on which the story was played, for as long as the block lasts."""
    live = start_demo(folder, city, **env)
    try:
        wait_for_story(live)
        yield live
    finally:
        stop(live)


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    """The shared running platform, under Xi'an's rules."""
    with running(tmp_path_factory.mktemp("live"), "xian") as platform:
        yield platform
