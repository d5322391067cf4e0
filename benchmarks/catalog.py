"""Search of a large catalog against SQLite FTS5 with the same tokens, and what a page deep in a list costs.

200,000 entries with 2,000,000 items (``GONGSHU_BENCH_ENTRIES`` for fewer), made of the words in ``_catalog_words`` with a
fixed seed.
Both engines get the very words of ``catalog.search``: FTS5 as one table with a column per field, its words separated by
spaces, and the same weights by ``bm25``. Each question wants the ten best and the number of all; ours, beside that, answers
pinyin, corrects spelling and looks for synonyms, which stay on.

``catalog.index_s``: CPU seconds of building ours over those of FTS5, each with cutting the words, on all threads. The wall
time stands beside it.
``catalog.search_vs_fts5``: p95 of FTS5 over p95 of ours, same questions, same order, same process, warm.
``catalog.page_4000``: the same list at page 4,000 over page 1 (``catalog.keyset`` on SQLite, filters on).

Everything is CPU time of the process, since both engines answer from memory and a busy machine changes only wall time.
"""

from __future__ import annotations

import gc
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from benchmarks._catalog_words import ITEM_TITLES, ITEMS, UNITS, questions, records

from gongshu.catalog.search.question import WEIGHTS, Question
from gongshu.catalog.search.reader import Reader
from gongshu.catalog.search.record import tokens
from gongshu.catalog.search.store import Store
from gongshu.catalog.search.synonyms import SEED, Synonyms
from gongshu.catalog.search.words import Dictionary

ENTRIES = int(os.environ.get("GONGSHU_BENCH_ENTRIES", "200000"))
QUESTIONS = int(os.environ.get("GONGSHU_BENCH_QUESTIONS", "200"))
TURNS = 3
COLUMNS = tuple(name for name, _ in WEIGHTS)


def run() -> list[dict]:
    """Build both, ask both, compare; then walk a list."""
    with tempfile.TemporaryDirectory(prefix="gongshu-bench-") as folder:
        return [*_search(Path(folder)), _lists(Path(folder))]


def _search(folder: Path) -> list[dict]:
    names = {f"江临市{unit}" for unit in UNITS} | set(ITEM_TITLES)
    dictionary = Dictionary(sorted(names))
    store = Store(folder / "search")
    database = sqlite3.connect(folder / "fts.sqlite3")
    database.execute("PRAGMA journal_mode=OFF")
    database.execute("PRAGMA cache_size=-262144")
    columns = ", ".join((*COLUMNS, "grams", "pinyin", "status UNINDEXED"))
    database.execute(
        f"CREATE VIRTUAL TABLE entry USING fts5({columns}, content='', tokenize='unicode61 remove_diacritics 0')"
    )
    fields = (*COLUMNS, "grams", "pinyin")

    def build_ours() -> None:
        with store.writing():
            store.rebuild(records(ENTRIES), dictionary=names, names="bench")

    def build_other() -> None:
        batch: list[tuple] = []
        for record in records(ENTRIES):
            found = tokens(record, dictionary).fields
            batch.append((record.pk, *(found[name] for name in fields), record.facets["status"]))
            if len(batch) == 5000:
                _insert(database, fields, batch)
        _insert(database, fields, batch)
        database.execute("INSERT INTO entry(entry) VALUES('optimize')")
        database.commit()

    making, _ = _cost(lambda: [None for _ in records(ENTRIES)])  # the entries themselves: no part of either
    indexing, indexing_wall = _cost(build_ours)
    inserting, inserting_wall = _cost(build_other)

    opened = store.open()
    assert opened is not None
    reader = Reader(opened, Synonyms.of(SEED))
    asked = questions(QUESTIONS)
    weights = ", ".join([*(str(weight) for _, weight in WEIGHTS), "0.1", "0.1", "0"])

    def ours(words: tuple[str, ...]) -> int:
        return reader.search(Question(" ".join(words), limit=10)).total

    def other(words: tuple[str, ...]) -> int:
        every = [f'"{word}"' for text in words for chunk in dictionary.question(text) for word in chunk.words]
        total = 0
        for joined in (" AND ".join(every), " OR ".join(every)):  # the same way back when no entry has all words
            total = database.execute("SELECT count(*) FROM entry WHERE entry MATCH ?", [joined]).fetchone()[0]
            if total:
                database.execute(
                    f"SELECT rowid FROM entry WHERE entry MATCH ? ORDER BY bm25(entry, {weights}) LIMIT 10", [joined]
                ).fetchall()
                break
        return total

    gc.disable()
    try:
        mine, my_totals = _ask(ours, asked)
        theirs, their_totals = _ask(other, asked)
        faceted, _ = _ask(
            lambda words: (
                reader.search(Question(" ".join(words), limit=10, facets=("theme", "provider", "share", "cycle"))).total
            ),
            asked,
        )
    finally:
        gc.enable()
    size = sum(path.stat().st_size for path in (folder / "search").rglob("*") if path.is_file())
    versions = {"tantivy": version("tantivy"), "rjieba": version("rjieba"), "sqlite": sqlite3.sqlite_version}
    searched = {
        "id": "catalog.search_vs_fts5",
        "ratio": round(_p95(theirs) / _p95(mine), 2),
        "better": "higher",
        "ours": round(_p95(mine), 3),
        "other": round(_p95(theirs), 3),
        "unit": "ms of CPU, p95",
        "n": ENTRIES,
        "command": f"{ENTRIES} entries, {ENTRIES * ITEMS} items, {QUESTIONS} questions of 1-4 words, {TURNS} turns each",
        "versions": versions,
        "p50_ms": round(statistics.median(mine), 3),
        "other_p50_ms": round(statistics.median(theirs), 3),
        "with_facets_p95_ms": round(_p95(faceted), 3),
        "found_something": sum(1 for total in my_totals if total),
        "other_found_something": sum(1 for total in their_totals if total),
    }
    indexed = {
        "id": "catalog.index_s",
        "ratio": round((indexing - making) / (inserting - making), 2),
        "better": "lower",
        "ours": round(indexing - making, 1),
        "other": round(inserting - making, 1),
        "unit": "s of CPU",
        "n": ENTRIES,
        "command": f"{ENTRIES} entries, {ENTRIES * ITEMS} items, cut into words and indexed",
        "versions": versions,
        "wall_s": round(indexing_wall, 1),
        "other_wall_s": round(inserting_wall, 1),
        "index_mb": round(size / 1e6, 1),
        "fts5_mb": round((folder / "fts.sqlite3").stat().st_size / 1e6, 1),
    }
    return [searched, indexed]


def _cost(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of CPU on all threads of this process, and of wall time."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def _insert(database: sqlite3.Connection, fields: tuple[str, ...], batch: list[tuple]) -> None:
    marks = ", ".join("?" * (len(fields) + 2))
    database.executemany(f"INSERT INTO entry(rowid, {', '.join(fields)}, status) VALUES ({marks})", batch)
    batch.clear()


def _ask(answer: Callable[[tuple[str, ...]], int], asked: list[tuple[str, ...]]) -> tuple[list[float], list[int]]:
    """Milliseconds of CPU by question (median of the turns), and how many each found."""
    totals = [answer(words) for words in asked[:50]]  # warm
    totals = []
    times = []
    for words in asked:
        turns = []
        for _ in range(TURNS):
            began = time.process_time()
            total = answer(words)
            turns.append((time.process_time() - began) * 1000)
        times.append(statistics.median(turns))
        totals.append(total)
    return times, totals


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def _lists(folder: Path) -> dict:
    """In a process of its own: Django keeps one database per process."""
    environment = {
        **os.environ,
        "GONGSHU_HOME": str(folder / "home"),
        "GONGSHU_DATABASE_URL": "",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._catalog_lists", str(ENTRIES)],
        env=environment,
        cwd=root,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = json.loads(done.stdout.splitlines()[-1])
    return {
        "id": "catalog.page_4000",
        "ratio": round(found["deep"] / found["first"], 3),
        "better": "lower",
        "ours": round(found["deep"], 3),
        "other": round(found["first"], 3),
        "unit": "ms of CPU",
        "n": ENTRIES,
        "command": f"pages of {found['size']}, median of 60; other is page 1",
        "offset_ms": round(found["offset"], 3),
    }


if __name__ == "__main__":
    print(json.dumps(run(), ensure_ascii=False, indent=2))
