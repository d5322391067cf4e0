"""OpenSSH's own sftp-server for the tests: a private sshd on a free loopback port, gone afterwards."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from databases import die_with_parent, needs
from ports import free_port


@dataclass(frozen=True)
class Server:
    port: int
    user: str
    private_key: str
    host_key: str  # fingerprint
    folder: Path


@contextmanager
def sshd() -> Iterator[Server]:
    program = needs("sshd", "openssh-server")
    subsystem = Path("/usr/lib/openssh/sftp-server")
    folder = Path(tempfile.mkdtemp(prefix="gongshu-ssh-"))
    port = free_port()
    try:
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
        (folder / "exchange").mkdir()
        (folder / "config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\nStrictModes no\nUsePAM no\n"
            f"AuthorizedKeysFile {folder}/user.pub\nPasswordAuthentication no\nPermitRootLogin prohibit-password\n"
            f"Subsystem sftp {subsystem}\n"
        )
        printed = subprocess.run(["ssh-keygen", "-lf", folder / "host.pub"], check=True, capture_output=True, text=True)
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, "-D", "-e", "-f", folder / "config"], stdout=log, stderr=log, preexec_fn=die_with_parent
            )
        try:
            until = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    said = (folder / "log").read_text(errors="replace")
                    assert process.poll() is None and time.monotonic() < until, f"sshd did not start:\n{said}"
                    time.sleep(0.05)
            key = (folder / "user").read_text()
            yield Server(port, getpass.getuser(), key, printed.stdout.split()[1], folder / "exchange")
        finally:
            process.kill()
            process.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
