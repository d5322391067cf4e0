"""The digest of a set of rows: as its definition says it, whatever the order and the batches, and no change unnoticed."""

from __future__ import annotations

import datetime as dt
import struct
from decimal import Context, Decimal
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.collection.tally import LONGEST, Tally, of_files
from gongshu.lake.values import ARROW_TYPES

KINDS = {"c": "C", "n": "N", "y": "Y", "d": "D", "t": "T", "l": "L", "b": "B", "i": "I"}
ALL = (1 << 64) - 1
_TEXTS = st.text(max_size=12) | st.text(alphabet="公数ab", max_size=LONGEST + 20)
_MOMENTS = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC))
ROW = st.tuples(
    *(
        st.none() | values
        for values in (
            _TEXTS,
            st.decimals(-(10**20) + 1, 10**20 - 1, places=18),
            st.decimals(-(10**16) + 1, 10**16 - 1, places=2),
            st.dates(),
            _MOMENTS,
            st.booleans(),
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(2**63), 2**63 - 1),
        )
    )
)


def batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True)) or [[]] * len(KINDS)
    arrays = [pa.array(column, ARROW_TYPES[kind]) for column, kind in zip(columns, KINDS.values(), strict=True)]
    return pa.record_batch(arrays, names=list(KINDS))


def digest(*batches: pa.RecordBatch, seed: int = 7) -> str:
    tally = Tally(KINDS, seed)
    for one in batches:
        tally.add(one)
    assert tally.rows == sum(one.num_rows for one in batches)
    return tally.digest


def mix(state: int) -> int:
    state = (state + 0x9E3779B97F4A7C15) & ALL
    state = ((state ^ state >> 30) * 0xBF58476D1CE4E5B9) & ALL
    state = ((state ^ state >> 27) * 0x94D049BB133111EB) & ALL
    return state ^ state >> 31


def words(kind: str, value: Any) -> list[tuple[int, int]]:
    """(place, word) of a cell, as the module's docstring says it."""
    if value is None:
        return [(255, (1 << 63) + 1)]
    if kind == "C":
        raw = value.encode()
        body = blake2b(raw, digest_size=16).digest() if len(raw) > LONGEST else raw
        pieces = [int.from_bytes(body[at : at + 8], "little") for at in range(0, len(body), 8)]
        return list(enumerate([len(raw), *pieces]))
    if kind in "NY":
        units = int(value.scaleb(18 if kind == "N" else 2, Context(prec=60))) & (1 << 128) - 1
        return [(0, units & ALL), (1, units >> 64)] if kind == "N" else [(0, units & ALL)]
    if kind == "D":
        return [(0, (value - dt.date(1970, 1, 1)).days & ALL)]
    if kind == "T":
        since = value - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
        return [(0, (since // dt.timedelta(microseconds=1)) & ALL)]
    return [(0, int.from_bytes(struct.pack("<d", value), "little") if kind == "B" else int(value) & ALL)]


def by_definition(rows: list[tuple[Any, ...]], seed: int) -> str:
    total = [0, 0]
    for row in rows:
        pair = [0, 0]
        for item, (kind, value) in enumerate(zip(KINDS.values(), row, strict=True)):
            for place, word in words(kind, value):
                m = mix((word + mix((seed + (item << 16) + place + 1) & ALL)) & ALL)
                pair[0] += m
                pair[1] += (m ^ m >> 32) * 0xD6E8FEB86659FD93
        total = [(one + mix(half & ALL)) & ALL for one, half in zip(total, pair, strict=True)]
    return f"mix-sum:{seed:016x}:{total[0]:016x}{total[1]:016x}"


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, max_size=8), st.integers(0, ALL))
def test_it_is_what_its_definition_says(rows: list[tuple[Any, ...]], seed: int) -> None:
    assert digest(batch(rows), seed=seed) == by_definition(rows, seed)


@settings(max_examples=40, deadline=None)
@given(st.lists(ROW, min_size=2, max_size=8), st.data())
def test_order_and_batches_do_not_matter_and_changes_do(rows: list[tuple[Any, ...]], data: st.DataObject) -> None:
    whole = batch(rows)
    cut = data.draw(st.integers(0, len(rows)))
    assert digest(whole.slice(cut), whole.slice(0, cut)) == digest(batch(list(reversed(rows)))) == digest(whole)
    assert digest(whole.slice(1)) != digest(whole)
    assert digest(whole, whole) != digest(whole)
    place = data.draw(st.integers(0, len(KINDS) - 1))
    exchanged = [list(row) for row in rows]
    exchanged[0][place], exchanged[1][place] = exchanged[1][place], exchanged[0][place]
    same = rows[0][place] == rows[1][place] or all(
        a == b for n, (a, b) in enumerate(zip(rows[0], rows[1], strict=True)) if n != place
    )
    if not same:
        assert digest(batch([tuple(row) for row in exchanged])) != digest(whole), "a cell went to another row"


def test_neighbouring_texts_and_no_text_are_told_apart() -> None:
    def of(*texts: str | None) -> str:
        tally = Tally({"a": "C", "b": "C"}, 1)
        tally.add(pa.record_batch([pa.array([text], pa.string()) for text in texts], names=["a", "b"]))
        return tally.digest

    told = [
        of("ab", "c"),
        of("a", "bc"),
        of("abc", ""),
        of("", "abc"),
        of("abc", None),
        of("abc\0", ""),
        of(None, None),
    ]
    assert len(set(told)) == len(told)


def test_files_read_back_have_the_digest_of_what_was_written(tmp_path: Path) -> None:
    rows = [(f"第{n}行" * (n % 40), Decimal(n), None, None, None, n % 3 == 0, n / 7, n) for n in range(40_000)]
    whole = batch(rows)
    paths = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    pq.write_table(pa.Table.from_batches([whole.slice(0, 17_000)]), paths[0])
    pq.write_table(pa.Table.from_batches([whole.slice(17_000)]), paths[1])
    held = of_files(paths, KINDS, 7)
    assert (held.rows, held.digest) == (len(rows), digest(whole))


def test_each_run_draws_its_seed() -> None:
    assert Tally(KINDS).seed != Tally(KINDS).seed
