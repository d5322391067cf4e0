"""What ``gongshu worker`` does with what gateways record: spool to tiles, checkpoint, and the search index beside them.

``worker_leaves_per_s``: leaves a second of CPU time, from the spool to the committed index, on SQLite as it is installed by
default; ``worker_pg_leaves_per_s`` on a private PostgreSQL that syncs what it commits, where the CPU time of the server's
process for this connection counts too. The other side is the least that any index must do: the same rows into one table
without an index, in one transaction, by one statement or one COPY. How many by the clock is beside it
(``wall_per_s``). ``GONGSHU_BENCH_SPOOLED`` says how many leaves.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.ledger_search import ACTS, ORGANIZATIONS, PEOPLE, RESOURCES

ROOT = Path(__file__).resolve().parents[1]
LEAVES = int(os.environ.get("GONGSHU_BENCH_SPOOLED", "262144"))


def run() -> list[dict[str, Any]]:
    """Spool, sequence, compare, on either database; the results in the design's form."""
    sys.path.insert(0, str(ROOT / "tests"))  # where a private PostgreSQL is made
    from postgres import cluster

    found = [_apart({})]
    with cluster(durable=True) as url:
        found.append(_apart({"GONGSHU_DATABASE_URL": url}))
    return found


def _apart(environment: dict[str, str]) -> dict[str, Any]:
    """The result of a process of its own: the settings are read once, and name one database."""
    kept = {name: value for name, value in os.environ.items() if name != "GONGSHU_DATABASE_URL"}
    folder = Path(tempfile.mkdtemp(prefix="gongshu-worker-"))
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.ledger_worker"],
            env={**kept, **environment, "GONGSHU_HOME": str(folder), "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            check=True,
        )
    finally:
        shutil.rmtree(folder)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _measure(folder: Path) -> dict[str, Any]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongshu.web.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from gongshu.crypto import keys
    from gongshu.home import Home
    from gongshu.ledger import queries, sequencing

    home = Home(folder)
    keys.ensure(home)
    call_command("migrate", verbosity=0)
    _spool(home)
    cpu, wall = _spent(), time.perf_counter()
    if sequencing.run_once(home) != LEAVES or queries.size() != LEAVES:
        raise SystemExit("not every leaf is in the log and in its index")
    cpu, wall = _spent() - cpu, time.perf_counter() - wall
    floor = _floor(folder)
    return {
        "id": "ledger.worker_leaves_per_s" if connection.vendor == "sqlite" else "ledger.worker_pg_leaves_per_s",
        "ratio": round(LEAVES / cpu / floor, 4),
        "better": "higher",
        "ours": round(LEAVES / cpu),
        "other": round(floor),
        "unit": "leaves per CPU s",
        "n": LEAVES,
        "wall_per_s": round(LEAVES / wall),
        "versions": {},
        "command": "make bench ONLY=ledger_worker",
    }


def _spent() -> float:
    """Seconds of CPU that this process used, and the server's process that works for it."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return time.process_time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return time.process_time() + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _spool(home: Any) -> None:
    """Entries as gateways make them, with the long tails of ``ledger_search``."""
    from gongshu import ids
    from gongshu.ledger import entry, spool

    draw = random.Random(36)
    number = 65_536
    organizations = draw.choices(ORGANIZATIONS, [1 / (n + 1) for n in range(120)], k=number)
    resources = draw.choices(RESOURCES, [1 / (n + 5) for n in range(3_000)], k=number)
    acts = draw.choices(ACTS[:3], [600, 250, 60], k=number)
    details = {"grant": "grant_01", "items": ["name", "status"], "purpose": "p", "result": "found", "version": 3}
    forms: dict[tuple[str, str, str], entry.Form] = {}
    writer = spool.Spool(home.spool / "gateway-1")
    for _ in range(LEAVES):
        word = draw.getrandbits(64)
        act, office, resource = (
            acts[word & 0xFFFF],
            organizations[(word >> 16) & 0xFFFF],
            resources[(word >> 32) & 0xFFFF],
        )
        form = forms.get((act, office, resource))
        if form is None:
            form = forms[act, office, resource] = entry.Form(
                action=act, actor=f"client-{office}", organization=office, resource=resource, details=details
            )
        person = "" if act == "gateway.list" else f"hmac-sm3:{(word >> 16) % PEOPLE:064x}"
        ticket = writer.append(form.fill(ids.new_id("call"), person))
    ticket.result()
    writer.close()


def _floor(folder: Path) -> float:
    """Rows a CPU second into a table without an index."""
    from django.db import connection, transaction

    from gongshu.ledger.models import Record

    names = [field.attname for field in Record._meta.fields]
    rows = [tuple(str(value) for value in row) for row in Record.objects.values_list(*names).iterator()]
    columns = [f"c{n}" for n in range(len(names))]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE bare ({', '.join(f'{one} text' for one in columns)})")
            began = _spent()
            with transaction.atomic(), cursor.copy("COPY bare FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        return len(rows) / (_spent() - began)
    with sqlite3.connect(folder / "floor.sqlite3") as bare:
        bare.execute(f"CREATE TABLE bare ({', '.join(columns)})")
        began = time.process_time()
        bare.executemany(f"INSERT INTO bare VALUES ({', '.join('?' * len(names))})", rows)
        bare.commit()
        return len(rows) / (time.process_time() - began)


if __name__ == "__main__":
    print(json.dumps(_measure(Path(os.environ["GONGSHU_HOME"]))))
