"""The platform's real processes, as the demo runs them: ``gongshu init`` and ``gongshu serve``, nothing in between."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gongshu import clock
from gongshu.errors import EnvironmentFault, Exit, GongshuError
from gongshu.home import Home, open_home

_START_PATIENCE = 180.0
_STOP_PATIENCE = 60.0


class CommandFailed(GongshuError):
    """A command of ours ended badly; carries what it said and its exit code."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__("demo.command_failed", words, words)
        self.exit = Exit(code) if code in set(Exit) else Exit.FAULT


def command(*arguments: str, home: Path) -> str:
    """Run ``gongshu <arguments>`` on ``home`` to its end and return what it answered; CommandFailed if it did not."""
    done = subprocess.run(
        [sys.executable, "-m", "gongshu.cli.main", *arguments],
        env={**os.environ, "GONGSHU_HOME": str(home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != Exit.OK:
        raise CommandFailed(done.stderr.strip() or done.stdout.strip(), done.returncode)
    return done.stdout


def killed() -> EnvironmentFault:
    """The sentence for a platform that somebody killed while the story was being told."""
    return EnvironmentFault(
        "demo.platform_killed",
        "平台进程在演示中被终止，已完成的步骤都已保存。再次运行同一命令即可继续。",
        "The platform was killed during the demo; every finished step is kept. Run the same command again to go on.",
    )


class Platform:
    """One ``gongshu serve`` and the addresses where it answers."""

    def __init__(self, root: Path, *, web_port: int, gateway_port: int) -> None:
        self.root = root
        self.web = f"http://127.0.0.1:{web_port}"
        self.gateway = f"http://127.0.0.1:{gateway_port}"
        self._ports = ("--web-port", str(web_port), "--gateway-port", str(gateway_port))
        self._served: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Home:
        return open_home(self.root)

    @property
    def state(self) -> dict[str, Any]:
        """What the supervisor wrote down: addresses and process ids; empty while it is not ready."""
        try:
            found: dict[str, Any] = json.loads((self.root / "serve.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found

    @property
    def was_killed(self) -> bool:
        """Whether the supervisor ended by a signal instead of by our word."""
        return self._served is not None and (self._served.poll() or 0) < 0

    def start(self) -> None:
        """Start it and wait until web and gateway answer. It ends when this process ends."""
        self._wait_for_predecessor()
        (self.root / "serve.json").unlink(missing_ok=True)
        log = self.root / "logs" / "serve.log"
        with log.open("wb") as stream:
            self._served = subprocess.Popen(
                [sys.executable, "-m", "gongshu.cli.main", "serve", *self._ports],
                env={**os.environ, "GONGSHU_HOME": str(self.root), "GONGSHU_SUPERVISOR": str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
            )
        until = clock.monotonic() + _START_PATIENCE
        while self.state.get("pid") != self._served.pid:
            if self.was_killed:
                raise killed()
            if self._served.poll() is not None:
                raise CommandFailed(log.read_text(encoding="utf-8").strip(), self._served.returncode)
            if clock.monotonic() > until:
                self.stop()
                raise EnvironmentFault(
                    "demo.not_ready",
                    f"平台在 {_START_PATIENCE:.0f} 秒内没有就绪。日志见 {log}。",
                    f"The platform was not ready within {_START_PATIENCE:.0f} seconds. See {log}.",
                )
            time.sleep(0.05)

    def wait(self) -> int:
        """Until it ends; its exit code."""
        return self._served.wait() if self._served else Exit.OK

    def stop(self) -> None:
        """Ask it to stop, and make sure."""
        if self._served is None or self._served.poll() is not None:
            return
        self._served.terminate()
        try:
            self._served.wait(timeout=_STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._served.kill()
            self._served.wait()

    def _wait_for_predecessor(self) -> None:
        """A demo that was killed leaves a supervisor that is just stopping: give it the time."""
        until = clock.monotonic() + _STOP_PATIENCE
        with (self.root / "serve.lock").open("w") as lock:
            while clock.monotonic() < until:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    time.sleep(0.1)
                else:
                    return
