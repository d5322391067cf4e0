"""Searching the ledger's index among many records, on SQLite as it is installed by default.

``search_p95_ms``: 2,000 questions drawn from a fixed seed - by resource, organisation, act, person, period and every pair
and triple of them, frequent, rare and absent values, first pages and later ones - against one look-up by primary key in the
same file. The records are generated: 120 organisations, 3,000 resources and 60 acts with the long tails that registers have,
400,000 people, three years. ``GONGSHU_BENCH_RECORDS`` says how many, about: as many more as leave the open chunk as full as
it gets, since its rows are looked at one by one. They are inserted as the worker inserts them and packed by its code; the
file is kept in the temporary folder.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks import _kept

ROOT = Path(__file__).resolve().parents[1]
CODE = ROOT / "src" / "gongshu" / "ledger"
CHUNK = 16_384
RECORDS = int(os.environ.get("GONGSHU_BENCH_RECORDS", "10000000")) // CHUNK * CHUNK + CHUNK - 1
QUESTIONS = 2_000
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=3 * 365)
ORGANIZATIONS = [f"office-{n:03d}" for n in range(120)]
RESOURCES = [f"{310000 + n % 120}-{n:06d}" for n in range(3_000)]
ACTS = ["gateway.query", "gateway.verify", "gateway.list", "gateway.delivery", "gateway.refused"]
ACTS += [f"package{n % 9}.act_{n}" for n in range(55)]
PEOPLE = 400_000
DRAWN = 65_536


def run() -> list[dict[str, Any]]:
    """Generate, ask, measure; the result in the design's form."""
    decisive = [__file__, *(str(CODE / f"{name}.py") for name in ("packing", "groups", "postings", "models"))]
    folder = _kept.folder(f"search-{RECORDS}", decisive, lambda place: _apart("build", place))
    result: dict[str, Any] = json.loads(_apart("measure", folder).splitlines()[-1])
    return [result]


def _apart(what: str, folder: Path) -> bytes:
    """What a process of its own says: the settings are read once, and name one home."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.ledger_search", what, str(folder)],
        env={**os.environ, "GONGSHU_HOME": str(folder), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return done.stdout


def _build(folder: Path) -> None:
    from django.core.management import call_command
    from django.db import connection, transaction

    from gongshu.crypto import keys
    from gongshu.home import Home
    from gongshu.ledger import postings
    from gongshu.ledger.models import Record

    keys.ensure(Home(folder))
    call_command("migrate", verbosity=0)
    rows = _records()
    names = ", ".join(f'"{field.column}"' for field in Record._meta.fields)
    sql = f"INSERT INTO {Record._meta.db_table} ({names}) VALUES ({', '.join(['?'] * 10)})"
    connection.ensure_connection()
    connection.connection.execute("PRAGMA synchronous=OFF")  # that it is safe on the disk is not what is measured here
    done = 0
    while part := list(islice(rows, CHUNK)):
        done += len(part)
        with transaction.atomic():
            connection.connection.executemany(sql, part)
            postings.pack(done)


def _records() -> Iterator[tuple[Any, ...]]:
    """Rows in the order of the model's fields."""
    draw, chance = random.Random(36), np.random.default_rng(36)
    organizations = draw.choices(ORGANIZATIONS, [1 / (n + 1) for n in range(120)], k=DRAWN)
    offices = np.array([(f"client-{office}", office) for office in organizations], dtype=object)
    resources = np.array(draw.choices(RESOURCES, [1 / (n + 5) for n in range(3_000)], k=DRAWN), dtype=object)
    acts = np.array(
        draw.choices(ACTS, [600, 250, 60, 20, 40] + [30 / (n + 1) for n in range(55)], k=DRAWN), dtype=object
    )
    about = np.isin(acts, ("gateway.query", "gateway.verify"))
    people = np.array([f"hmac-sm3:{n:064x}" for n in range(PEOPLE)] + [""], dtype=object)
    begin, step = np.datetime64(BEGIN.replace(tzinfo=None), "us"), SPAN / timedelta(microseconds=1) / RECORDS
    details = '{"grant":"grant_01","items":["name","status"],"purpose":"p","result":"found","version":3}'
    for first in range(0, RECORDS, DRAWN):
        index = np.arange(first, min(first + DRAWN, RECORDS))
        act, office, resource, person = (chance.integers(0, n, len(index)) for n in (DRAWN, DRAWN, DRAWN, PEOPLE))
        late = chance.integers(0, 64_000, len(index)) * 1_000  # spools come in a little late
        at = np.datetime_as_string(begin + ((index * step).astype("i8") // 1_000 * 1_000 - late).astype("m8[us]"))
        for place, moment, doing, by, subject, of in zip(
            index.tolist(),
            at.tolist(),
            acts[act].tolist(),
            offices[office].tolist(),
            people[np.where(about[act], person, PEOPLE)].tolist(),
            resources[resource].tolist(),
            strict=True,
        ):
            yield place, f"call_{place:026d}", moment.replace("T", " "), doing, *by, subject, of, "[]", details


def _measure() -> dict[str, Any]:
    from gongshu.ledger import search_queries
    from gongshu.ledger.models import Record

    draw = random.Random(7)
    times, spent = [], []
    worst = (0.0, search_queries.Question())
    for _ in range(QUESTIONS):
        question = _question(draw)
        after = ""
        for _ in range(draw.choice((1, 1, 1, 3))):
            began, cpu = time.perf_counter(), time.process_time()
            page = search_queries.search(question, after=after)
            times.append(time.perf_counter() - began)
            spent.append(time.process_time() - cpu)
            worst = max(worst, (times[-1], question), key=lambda pair: pair[0])
            after = page.next
            if not after:
                break
    began = time.perf_counter()
    for _ in range(1_000):
        list(Record.objects.filter(pk=draw.randrange(RECORDS)))
    floor = (time.perf_counter() - began) / 1_000
    p95 = statistics.quantiles(times, n=20)[18]
    print(f"worst {worst[0] * 1000:.1f} ms: {worst[1]}", file=sys.stderr)
    return {
        "id": "ledger.search_p95_ms",
        "ratio": round(p95 / floor, 2),
        "better": "lower",
        "ours": round(p95 * 1000, 3),
        "other": round(floor * 1000, 3),
        "unit": "ms",
        "n": RECORDS,
        "p50": round(statistics.median(times) * 1000, 3),
        "p99": round(statistics.quantiles(times, n=100)[98] * 1000, 3),
        "worst": round(worst[0] * 1000, 3),
        "questions": len(times),
        "cpu_p95": round(statistics.quantiles(spent, n=20)[18] * 1000, 3),
        "cpu_worst": round(max(spent) * 1000, 3),
        "versions": {},
    }


def _question(draw: random.Random) -> Any:
    """Frequent and rare values alike, one to three of the columns, half of them with a period."""
    from gongshu.ledger.search_queries import Question

    fields: dict[str, Any] = {}
    for name in draw.sample(("resource", "organization", "action", "subject"), draw.choice((0, 1, 1, 2, 2, 3))):
        fields[name] = {
            "resource": lambda: RESOURCES[int(3_000 * draw.random() ** 3)],
            "organization": lambda: ORGANIZATIONS[int(120 * draw.random() ** 2)],
            "action": lambda: draw.choice([ACTS[int(60 * draw.random() ** 2)], "gateway."]),
            "subject": lambda: f"hmac-sm3:{draw.randrange(PEOPLE):064x}",
        }[name]()
    if draw.random() < 0.5:
        begin = BEGIN + SPAN * draw.random()
        fields |= {"since": begin, "until": begin + SPAN * draw.random() ** 4}
    return Question(**fields)


if __name__ == "__main__":
    os.environ.pop("GONGSHU_DATABASE_URL", None)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongshu.web.settings")
    import django

    django.setup()
    if sys.argv[1] == "build":
        _build(Path(sys.argv[2]))
    else:
        print(json.dumps(_measure()))
