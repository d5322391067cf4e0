"""The running platform for tests that need real processes: web, gateway and worker on free ports, on a small city.

``live`` is started once per test session on a copy of the story as it was played: its data are there, and the platform
serves them. Tests may add to it but must not take away what others read.
"""

from __future__ import annotations

import json
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
from prepared import ROOT, Story, environment, story

__all__ = ["PATIENCE", "ROOT", "Live", "environment", "running", "start_demo", "stop", "wait_for_story"]
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
def running(folder: Path, told: Story):
    """A platform on a copy of ``told`` in ``folder``, for as long as the block lasts."""
    web, gateway = free_ports(2)
    told.copy(folder, web=web, gateway=gateway)
    home, log = folder / told.city, folder / "serve.log"
    with log.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "gongshu.cli.main", "serve", "--web-port", str(web), "--gateway-port", str(gateway)],
            env=environment(GONGSHU_HOME=str(home), GONGSHU_DATABASE_URL=""),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
        )
    live = Live(told.city, folder, f"http://127.0.0.1:{web}", f"http://127.0.0.1:{gateway}", process)
    try:
        until = time.monotonic() + PATIENCE
        while not (home / "serve.json").is_file():
            said = log.read_text(encoding="utf-8", errors="replace")
            assert process.poll() is None, f"gongshu serve ended with {process.returncode}:\n{said}"
            assert time.monotonic() < until, f"gongshu serve was not ready in {PATIENCE} s:\n{said}"
            time.sleep(0.05)
        yield live
    finally:
        stop(live)


@pytest.fixture(scope="session")
def live(tmp_path_factory):
    """The shared running platform, under Xi'an's rules."""
    with running(tmp_path_factory.mktemp("live"), story(tmp_path_factory, "xian")) as platform:
        yield platform
