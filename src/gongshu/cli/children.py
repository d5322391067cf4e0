"""Child processes that are kept alive: started, watched, started again with growing pauses, stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gongshu import clock
from gongshu.cli import process

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_HEALTHY_AFTER = 30.0  # seconds of life after which a crash counts as the first again
_LOG_LIMIT = 20_000_000


@dataclass
class Child:
    """One of our processes, run as ``gongshu <arguments>`` with its output kept in ``log``."""

    name: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    crashes: int = 0
    restarts: int = 0
    started_at: float = 0.0
    not_before: float = 0.0
    running: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def pid(self) -> int:
        return self.running.pid if self.running else 0

    def start(self) -> None:
        """Start it now. It ends when we end, however we end."""
        _roll(self.log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **self.environment, process.SUPERVISOR: str(os.getpid())}
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "gongshu.cli.main", *self.arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
            )
        self.started_at = clock.monotonic()

    def watch(self) -> bool:
        """Look after it once; ``True`` when it was found dead just now."""
        if self.running is None:
            if clock.monotonic() >= self.not_before:
                self.restarts += 1
                self.start()
            return False
        if self.running.poll() is None:
            return False
        lived = clock.monotonic() - self.started_at
        self.crashes = 1 if lived > _HEALTHY_AFTER else self.crashes + 1
        self.not_before = clock.monotonic() + min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (self.crashes - 1))
        self.running = None
        return True

    def ask_to_stop(self) -> None:
        if self.running is not None and self.running.poll() is None:
            self.running.terminate()

    def make_sure_stopped(self, patience: float) -> None:
        """Wait for its end up to ``patience`` seconds, then end it."""
        if self.running is None:
            return
        try:
            self.running.wait(timeout=max(0.1, patience))
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()


def _roll(log: Path) -> None:
    if log.is_file() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
