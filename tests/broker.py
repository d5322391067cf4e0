"""A private Mosquitto for the tests: persistent, on a free loopback port, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from databases import die_with_parent, needs
from ports import free_port


@contextmanager
def mosquitto() -> Iterator[int]:
    """Run a broker with the account ``sensor`` / ``sensor-secret``; its port."""
    program = needs("mosquitto", "mosquitto")
    folder = Path(tempfile.mkdtemp(prefix="gongshu-mqtt-"))
    folder.chmod(0o755)
    port = free_port()
    try:
        (folder / "data").mkdir()
        passwords = folder / "passwords"
        subprocess.run(
            [needs("mosquitto_passwd", "mosquitto"), "-b", "-c", passwords, "sensor", "sensor-secret"],
            check=True,
            capture_output=True,
        )
        if os.geteuid() == 0:  # it gives up root for its own user
            for path in (folder, folder / "data", passwords):
                shutil.chown(path, "mosquitto", "mosquitto")
        (folder / "conf").write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\npersistence true\n"
            f"persistence_location {folder}/data/\nmax_queued_messages 0\nlog_dest stderr\n"
        )
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [program, "-c", folder / "conf"], stdout=log, stderr=log, preexec_fn=die_with_parent
            )
        try:
            until = time.monotonic() + 60
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    said = (folder / "log").read_text(errors="replace")
                    assert process.poll() is None and time.monotonic() < until, f"Mosquitto did not start:\n{said}"
                    time.sleep(0.05)
            yield port
        finally:
            process.kill()
            process.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
