"""Real servers for the tests of sources: PostgreSQL (``postgres.py``) and MariaDB, each private and gone afterwards."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ports import free_port


def needs(program: str, package: str) -> str:
    """The path of a Debian package's program, or the test is skipped saying what is missing."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip(f"{program} is not installed; on Debian: apt-get install {package}")
    return found


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


@contextmanager
def mariadb() -> Iterator[int]:
    """Run a server; its loopback port. Account ``reader`` with the password ``reader-secret`` may do all in ``city``."""
    import pymysql

    server = needs("mariadbd", "mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="gongshu-my-"))
    port = free_port()
    user = "mysql" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    own_place = os.environ | {"TMPDIR": str(folder)}  # the server's account may not write in ours
    try:
        subprocess.run(
            [
                needs("mariadb-install-db", "mariadb-server"),
                "--no-defaults",
                f"--datadir={folder}/data",
                "--auth-root-authentication-method=socket",
                "--skip-test-db",
                "--skip-name-resolve",
                *([f"--user={user}"] if user else []),
            ],
            check=True,
            env=own_place,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        start = folder / "start.sql"
        start.write_text(
            "CREATE DATABASE city CHARACTER SET utf8mb4;\n"
            "CREATE USER 'reader'@'%' IDENTIFIED BY 'reader-secret';\n"
            "GRANT ALL ON city.* TO 'reader'@'%';\n"
        )
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    server,
                    "--no-defaults",
                    f"--datadir={folder}/data",
                    f"--socket={folder}/s",
                    f"--pid-file={folder}/pid",
                    "--bind-address=127.0.0.1",
                    f"--port={port}",
                    "--skip-name-resolve",
                    "--innodb-flush-log-at-trx-commit=0",
                    f"--init-file={start}",
                    *([f"--user={user}"] if user else []),
                ],
                env=own_place,
                stdout=log,
                stderr=log,
                preexec_fn=die_with_parent,
            )
        try:
            until = time.monotonic() + 120
            while True:
                try:
                    pymysql.connect(
                        host="127.0.0.1", port=port, user="reader", password="reader-secret", database="city"
                    ).close()
                    break
                except pymysql.err.MySQLError:
                    text = (folder / "server.log").read_text(errors="replace")
                    assert process.poll() is None and time.monotonic() < until, f"MariaDB did not start:\n{text}"
                    time.sleep(0.1)
            yield port
        finally:
            process.kill()
            process.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
