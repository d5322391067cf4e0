"""A private PostgreSQL server for the tests: made in a temporary folder, on a free loopback port, gone afterwards.

As a command it runs another one with ``GONGSHU_DATABASE_URL`` set::

    python tests/postgres.py pytest tests/integration
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ports import free_port

_SERVER_USER = "postgres"  # PostgreSQL refuses to run as root


def binaries() -> Path:
    """The folder of Debian's server programs, newest version first, or wherever ``initdb`` is."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    if found is None:
        raise SystemExit("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    return Path(found).resolve().parent


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGINT, 0, 0, 0)  # PR_SET_PDEATHSIG


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[str]:
    """Run a server; the URL of its empty database. ``durable``: it syncs what it commits, as in earnest."""
    programs = binaries()
    user = _SERVER_USER if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="gongshu-pg-"))
    data = folder / "data"
    port = free_port()
    if user:
        shutil.chown(folder, user)
    try:
        subprocess.run(
            [
                programs / "initdb",
                "-D",
                data,
                "-U",
                "gongshu",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )
        hasty = [] if durable else ["-F"]
        with (folder / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, *hasty],
                user=user,
                cwd=folder,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
            )
        try:
            _wait(programs, port, server, folder / "server.log")
            subprocess.run(
                [programs / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "gongshu", "gongshu"], check=True
            )
            yield f"postgresql://gongshu@127.0.0.1:{port}/gongshu"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=120)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(programs: Path, port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        ready = subprocess.run([programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)], check=False)
        if ready.returncode == 0:
            return
        if server.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit("PostgreSQL did not start:\n" + log.read_text(errors="replace"))


def main() -> int:
    with cluster() as url:
        environment = {**os.environ, "GONGSHU_DATABASE_URL": url}
        return subprocess.run(sys.argv[1:], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
