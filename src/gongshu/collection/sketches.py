"""How far the values of two columns overlap, found without comparing the values themselves. Pure.

Values are compared through a sketch: of each column the ``SIZE`` smallest hashes of its distinct values (a coordinated
sample, bottom-k), with how many distinct values there are. Hashes live in memory for one look, are made with a fresh
secret, and are never stored or shown; what is kept is one per cent figure.

Bottom-k estimate of the Jaccard coefficient: Cohen & Kaplan, Summarizing data using bottom-k sketches, PODC 2007.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from gongshu.catalog.source_method import FEWEST_VALUES

SIZE = 1024


@dataclass(frozen=True)
class Sketch:
    """The smallest hashes of a column's distinct values, ascending, and how many distinct values there are."""

    hashes: tuple[int, ...]
    distinct: int


def sketch(values: pl.Series, *, seed: int) -> Sketch:
    """A sketch of a column: values as trimmed text, without nulls and empty ones."""
    text = values.cast(pl.String, strict=False).str.strip_chars()
    hashes = text.filter(text.is_not_null() & (text != "")).hash(seed).unique()
    return Sketch(tuple(hashes.bottom_k(min(SIZE, len(hashes))).sort().to_list()), len(hashes))


def overlap(left: Sketch, right: Sketch) -> float | None:
    """The share of the smaller side's distinct values that the other has too; exact up to ``SIZE`` values on each side.

    None when a side has fewer than ``FEWEST_VALUES``.
    """
    fewer = min(left.distinct, right.distinct)
    if fewer < FEWEST_VALUES:
        return None
    ours, theirs = set(left.hashes), set(right.hashes)
    if left.distinct <= SIZE and right.distinct <= SIZE:
        return len(ours & theirs) / fewer
    sample: Sequence[int] = sorted(ours | theirs)[:SIZE]
    jaccard = sum(1 for value in sample if value in ours and value in theirs) / len(sample)
    return min(1.0, jaccard * (left.distinct + right.distinct) / (1 + jaccard) / fewer)
