"""Running the gateway: what it is made of, its state on disk, and the server process.

State of one gateway is in ``<home>/gateway/<name>``: quotas, finished deliveries; its ledger entries are in
``<home.spool>/<name>``. A lock on that folder keeps a second process with the same name out. The nonces of all gateways of
the node are in ``<home>/gateway/.nonces``.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import gc
import logging
import os
import signal
from dataclasses import dataclass
from typing import IO, Any

import msgspec

from gongshu import clock, crypto
from gongshu.errors import EnvironmentFault
from gongshu.gateway import metrics
from gongshu.gateway.app import IN_FLIGHT_LIMIT, Shell
from gongshu.gateway.changes import Comparisons
from gongshu.gateway.control import LEASE_SECONDS, Control
from gongshu.gateway.core import Gate
from gongshu.gateway.deliveries import Deliveries
from gongshu.gateway.evidence import Evidence
from gongshu.gateway.http import Server
from gongshu.gateway.interfaces import Interfaces
from gongshu.gateway.limits import DailyQuota
from gongshu.gateway.nonces import Nonces
from gongshu.grants import signed
from gongshu.home import Home
from gongshu.ledger.spool import Spool

log = logging.getLogger("gongshu.gateway")

DRAIN_SECONDS = 5.0
FLUSH_EVERY = 10.0
SHARED = ".nonces"


@dataclass
class Running:
    """A gate with the things that must be closed behind it."""

    gate: Gate
    spool: Spool
    lock: IO[str]

    def close(self) -> None:
        self.gate.control.stop()
        self.gate.interfaces.close()
        self.gate.nonces.close()
        self.gate.quotas.close()
        self.spool.close()
        self.lock.close()


def build(home: Home, name: str = "gateway", lease: float = LEASE_SECONDS) -> Running:
    """The gate of ``home``, following its control plane. Raises ``EnvironmentFault`` when the machine is in the way."""
    if not home.root.is_dir():
        raise EnvironmentFault(
            "gateway.home_missing",
            f"没有找到安装目录 {home.root}。请先运行 gongshu init，或用 --home 指定。",
            f"There is no installation at {home.root}. Run gongshu init first, or name another with --home.",
        )
    folder = home.root / "gateway" / name
    folder.mkdir(parents=True, exist_ok=True)
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise EnvironmentFault(
            "gateway.already_running",
            f"{home.root} 已有一个名为“{name}”的网关在运行。请先停止它，或用 --name 取别的名字。",
            f"A gateway called “{name}” is already running on {home.root}. Stop it, or choose another --name.",
        ) from error
    provider = crypto.provider(home)
    provider.commit("-")  # the keys must be there before the first call, not at it
    spool = Spool(home.spool / name)
    control = Control(home, lease)
    gate = Gate(
        control=control,
        interfaces=Interfaces(home, provider),
        deliveries=Deliveries(home, folder / "deliveries"),
        evidence=Evidence(spool, name),
        nonces=Nonces(home.root / "gateway" / SHARED, clock.now().timestamp()),
        quotas=DailyQuota(folder / "quotas"),
        provider=provider,
        signer=signed.signer(home),
        comparisons=Comparisons(folder / "changes"),
    )
    control.start()
    return Running(gate, spool, lock)


def run(
    home: Home,
    *,
    host: str,
    port: int,
    name: str = "gateway",
    lease: float = LEASE_SECONDS,
    metrics_port: int | None = None,
    in_flight: int = IN_FLIGHT_LIMIT,
) -> None:
    """Serve until SIGTERM or SIGINT; then finish the calls under way and leave. ``metrics_port``: where ``/metrics`` is, on
    the loopback address (none: nowhere)."""
    write_logs_as_json()
    running = build(home, name, lease)
    # What is loaded now stays: keep the collector from walking through it under load. Calls leave no cycles behind.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        asyncio.run(_serve(running, host, port, metrics_port, in_flight))
    finally:
        running.close()


async def _serve(running: Running, host: str, port: int, metrics_port: int | None, in_flight: int) -> None:
    gate = running.gate
    shell = Shell(gate, in_flight)
    figures = await metrics.serve(shell.exposition, metrics_port) if metrics_port is not None else None
    server = Server(shell.answer)
    await server.start(host, port)
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked.set)
    flushing = asyncio.create_task(_flush_for_ever(gate))
    log.info("gateway listens on %s:%d, revision %d", host, port, gate.control.known.revision)
    await asked.wait()
    shell.draining = gate.stopping = True
    log.info("gateway drains %d calls", shell.in_flight)
    await server.stop(DRAIN_SECONDS)
    flushing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await flushing
    await gate.evidence.flush()
    if figures is not None:
        figures.close()
    log.info("gateway has stopped")


async def _flush_for_ever(gate: Gate) -> None:
    while True:
        await asyncio.sleep(FLUSH_EVERY)
        await gate.evidence.flush()


class _JsonLines(logging.Formatter):
    """One JSON object a line: time, level, sentence. Arguments are never data (see ``core.handle``)."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": clock.now().isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": os.getpid(),
        }
        return msgspec.json.encode(line).decode()


def write_logs_as_json() -> None:
    """Logs of this process to stderr, one JSON object a line."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    for name in ("gongshu", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger("gongshu").setLevel(logging.INFO)
    logging.getLogger("asyncio").setLevel(logging.ERROR)
