"""The gateway's full path against hello-world on the same server and against what others would build, in one run.

Ours: HMAC-SM3 signature, nonce, grant, look-up by key among ``ROWS`` rows, masks, ledger entry synced to disk before the
reply. Hello: a function that answers 17 bytes, on the same server with the same settings.
FastAPI with asyncpg and Django with django-ninja do the same work with PostgreSQL, one INSERT a call; datasette looks the
row up and does nothing else. All serve from one process; the load is ``wrk`` with 128 keep-alive connections and
requests signed before the clock starts. They take turns, so that a busy neighbour disturbs all alike.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
ROWS = int(os.environ.get("GONGSHU_BENCH_ROWS", "10000000"))
CONNECTIONS = 128
SECONDS = 4
TURNS = 3
RESERVE = {"gateway": 100_000, "fastapi": 30_000, "ninja": 20_000}  # signed requests kept ready for each turn
PEERS = ROOT / ".venv-peers" / "bin"


def run() -> list[dict]:
    """Measure; results in the form of design.md."""
    from benchmarks import _gateway_data as data
    from benchmarks import _wrk

    names = ["hello", "gateway"] + (["fastapi", "ninja", "datasette"] if PEERS.is_dir() else [])
    if len(names) == 2:
        print("gateway: the peers are left out, `make bench` installs them into .venv-peers", file=sys.stderr)
    seen: dict[str, list[_wrk.Load]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory(prefix="gongshu-bench-") as folder, ExitStack() as stack:
        work = Path(folder)
        register = data.kept(ROWS)
        home = data.installation(register, ROWS)
        print(f"gateway: the register is kept for the next run in {register}", file=sys.stderr)
        ports = {
            "hello": stack.enter_context(_ours("hello", home)),
            "gateway": stack.enter_context(_ours("gateway", home)),
        }
        if len(names) > 2:
            ports |= stack.enter_context(_peers(register))
        # What filling left to be written must not be written while somebody waits for the disk, and nobody is to be the
        # first who reads his pages.
        os.sync()
        for file in register.rglob("*"):
            if file.is_file():
                subprocess.run(["cat", file], stdout=subprocess.DEVNULL, check=True)
        for turn in range(TURNS):
            for name in names:
                file = work / f"{name}-{turn}"
                _wrk.write(file, _requests(name))
                again = name in ("hello", "datasette")
                seen[name].append(_wrk.play(file, ports[name], connections=CONNECTIONS, seconds=SECONDS, again=again))
                file.unlink()
    rate = {name: statistics.median(load.per_second for load in loads) for name, loads in seen.items()}
    p50 = statistics.median(load.p50_ms for load in seen["gateway"])
    p99 = statistics.median(load.p99_ms for load in seen["gateway"])
    shared = {"unit": "requests/s", "n": ROWS, "versions": _versions()}
    results: list[dict[str, Any]] = [
        {"id": f"gateway.vs_{name}", "ratio": rate["gateway"] / rate[name], "better": "higher", "other": rate[name]}
        | shared
        | {"ours": rate["gateway"]}
        for name in names
        if name != "gateway"
    ]
    results.append(
        {
            "id": "gateway.p99_vs_p50",
            "ratio": p99 / p50,
            "better": "lower",
            "ours": p99,
            "other": p50,
            "n": ROWS,
            "unit": "ms",
        }
    )
    return [each | {key: round(each[key], 4) for key in ("ratio", "ours", "other")} for each in results]


def _requests(name: str) -> list[bytes]:
    from benchmarks import _gateway_data as data

    if name == "datasette":
        return data.looks(20_000, ROWS)
    if name in ("hello", "gateway"):
        return data.ours(RESERVE["gateway"] if name == "gateway" else 20_000, ROWS)
    return data.theirs(RESERVE[name], ROWS)


def _versions() -> dict[str, str]:
    found = {name: version(name) for name in ("msgspec", "cryptography")} | {"sqlite": sqlite3.sqlite_version}
    if PEERS.is_dir():
        listed = subprocess.run(
            [PEERS / "pip", "freeze"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        wanted = {"fastapi", "asyncpg", "uvicorn", "datasette", "django", "django-ninja"}
        found |= dict(line.lower().split("==") for line in listed if line.lower().split("==")[0] in wanted)
    return found


# --- the servers, each one process -----------------------------------------------------------------------------------


@contextmanager
def _ours(kind: str, home: Path) -> Iterator[int]:
    port = _free_port()
    with _process([sys.executable, __file__, kind, str(home), str(port)], _environment(), port, "/readyz"):
        yield port


@contextmanager
def _peers(register: Path) -> Iterator[dict[str, int]]:
    """FastAPI and Django on one PostgreSQL that syncs what it commits, datasette on a SQLite file."""
    from benchmarks import _gateway_data as data

    sys.path.insert(0, str(ROOT / "tests"))
    from postgres import cluster

    with cluster(durable=True) as url, ExitStack() as stack:
        data.fill_postgres(url, ROWS)
        place = urlsplit(url)
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "benchmarks" / "peers"),
            "PEER_SECRET": data.SECRET,
            "PEER_DATABASE": url,
            "PEER_NAME": place.path[1:],
            "PEER_HOST": place.hostname or "",
            "PEER_PORT": str(place.port),
            "PEER_USER": place.username or "",
        }
        ports = {name: _free_port() for name in ("fastapi", "ninja", "datasette")}
        commands = {
            "fastapi": ["uvicorn", "fastapi_app:app", "--port", str(ports["fastapi"]), "--log-level", "error"],
            "ninja": [
                *("granian", "--interface", "wsgi", "--port", str(ports["ninja"]), "--blocking-threads", "8"),
                *("--backpressure", "256", "--log-level", "error", "ninja_app:application"),
            ],
            "datasette": ["datasette", "serve", "-i", str(register / "register.db"), "-p", str(ports["datasette"])],
        }
        paths = {"fastapi": "/readyz", "ninja": "/readyz", "datasette": "/-/versions.json"}
        for name, (program, *rest) in commands.items():
            stack.enter_context(_process([str(PEERS / program), *rest], environment, ports[name], paths[name]))
        yield ports


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(command: list[str], environment: dict[str, str], port: int, path: str) -> Iterator[None]:
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=1) as reply:
                    if reply.status == 200:
                        break
            except OSError:
                pass
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} did not start")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}


def _run_gateway(home: str, port: int) -> None:
    from gongshu.gateway import service
    from gongshu.home import Home

    service.run(Home(Path(home)), host="127.0.0.1", port=port)


def _run_hello(_home: str, port: int) -> None:
    from gongshu.gateway.call import Answer
    from gongshu.gateway.http import Server

    async def hello(_request) -> Answer:
        return Answer(200, b'{"hello":"world"}')

    async def serve() -> None:
        await Server(hello).start("127.0.0.1", port)
        await asyncio.Event().wait()

    asyncio.run(serve())


def main() -> None:
    sys.path.insert(0, str(ROOT / "src"))
    kind, home, port = sys.argv[1:]
    {"gateway": _run_gateway, "hello": _run_hello}[kind](home, int(port))


if __name__ == "__main__":
    main()
