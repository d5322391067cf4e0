"""What ``gongshu worker`` does with what gateways record: spool to tiles, checkpoint, and the search index beside them.

``worker_leaves_per_s``: leaves a second of CPU time, from the spool to the committed index, on SQLite as it is installed by
default, or on PostgreSQL where ``GONGSHU_DATABASE_URL`` names an empty database (its server's own time is not in the CPU
time then; ``wall_per_s`` is). The other side is the least that any index must do: the same rows into one table
without an index, by one statement, in one transaction. ``GONGSHU_BENCH_SPOOLED`` says how many leaves.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.ledger_search import ACTS, ORGANIZATIONS, PEOPLE, RESOURCES

LEAVES = int(os.environ.get("GONGSHU_BENCH_SPOOLED", "262144"))


def run() -> list[dict[str, Any]]:
    """Spool, sequence, compare; the result in the design's form."""
    folder = Path(tempfile.mkdtemp(prefix="gongshu-worker-"))
    try:
        os.environ["GONGSHU_HOME"] = str(folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongshu.web.settings")
        import django

        django.setup()
        return [_measure(folder)]
    finally:
        shutil.rmtree(folder)


def _measure(folder: Path) -> dict[str, Any]:
    from django.core.management import call_command
    from django.db import connection

    from gongshu.crypto import keys
    from gongshu.home import Home
    from gongshu.ledger import queries, sequencing

    home = Home(folder)
    keys.ensure(home)
    call_command("migrate", verbosity=0)
    _spool(home)
    cpu, wall = time.process_time(), time.perf_counter()
    if sequencing.run_once(home) != LEAVES or queries.size() != LEAVES:
        raise SystemExit("not every leaf is in the log and in its index")
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    floor = _floor(folder)
    return {
        "id": "ledger.worker_leaves_per_s" + ("" if connection.vendor == "sqlite" else f"_{connection.vendor}"),
        "ratio": round(LEAVES / cpu / floor, 4),
        "better": "higher",
        "ours": round(LEAVES / cpu),
        "other": round(floor),
        "unit": "leaves per CPU s",
        "n": LEAVES,
        "wall_per_s": round(LEAVES / wall),
        "versions": {},
    }


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
    from gongshu.ledger.models import Record

    names = [field.attname for field in Record._meta.fields]
    rows = [tuple(str(value) for value in row) for row in Record.objects.values_list(*names).iterator()]
    with sqlite3.connect(folder / "floor.sqlite3") as bare:
        bare.execute(f"CREATE TABLE bare ({', '.join(f'c{n}' for n in range(len(names)))})")
        began = time.process_time()
        bare.executemany(f"INSERT INTO bare VALUES ({', '.join('?' * len(names))})", rows)
        bare.commit()
        return len(rows) / (time.process_time() - began)
