"""The digest by which what a source handed over is compared with what the lake holds: 对账.

Each row is written as one line: its items in the catalog's order as the lake shows them outside (``lake.values``),
a unit separator between them, NUL for no value. The digest of a set of rows is the sum, modulo 2^128, of the
BLAKE2b-128 digests (RFC 7693) of their lines: it does not depend on the order, and anybody can compute it again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from gongshu.lake.values import plain

SEPARATOR, NOTHING = "\x1f", "\x00"
_MODULUS = 1 << 128


class Tally:
    """Counts rows and sums their digests. ``kinds`` are the items' type codes by name, in the catalog's order."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._line = pl.concat_str(
            [plain(name, kind).cast(pl.String).fill_null(NOTHING) for name, kind in kinds.items()], separator=SEPARATOR
        )
        self._names = list(kinds)
        self.rows = 0
        self._sum = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Count the rows of a batch that has the items among its columns."""
        frame = pl.from_arrow(pa.Table.from_batches([batch.select(self._names)]))
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table gives a frame
        lines = frame.select(self._line.cast(pl.Binary)).to_series().to_list()
        digests = b"".join([blake2b(line, digest_size=16).digest() for line in lines])
        words = np.frombuffer(digests, ">u4").reshape(-1, 4).sum(axis=0, dtype=np.uint64).tolist()
        total = sum(word << 32 * (3 - place) for place, word in enumerate(words))
        self._sum = (self._sum + total) % _MODULUS
        self.rows += len(lines)

    @property
    def digest(self) -> str:
        return f"blake2b-sum:{self._sum:032x}"


def of_files(paths: Iterable[Path], kinds: Mapping[str, str]) -> Tally:
    """The tally of the rows in Parquet files, read back from the disk."""
    tally = Tally(kinds)
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=65_536, columns=list(kinds)):
                tally.add(batch)
    return tally
