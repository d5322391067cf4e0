"""How a typed value of the lake looks outside it: in SQLite, in JSON, in a CSV; and how a question binds one.

Codes are those of the catalog's items: C text, N number, Y money, D date, T date and time, L yes or no, M
long text, G general, B double, I integer, F float. Moments are stored in UTC and written at +08:00.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

import polars as pl
import pyarrow as pa

BEIJING = timezone(timedelta(hours=8))

ARROW_TYPES: Mapping[str, pa.DataType] = {
    "C": pa.string(),
    "M": pa.string(),
    "G": pa.string(),
    "N": pa.decimal128(38, 18),
    "Y": pa.decimal128(18, 2),
    "D": pa.date32(),
    "T": pa.timestamp("us", tz="UTC"),
    "L": pa.bool_(),
    "B": pa.float64(),
    "F": pa.float64(),
    "I": pa.int64(),
}

SQL_TYPES: Mapping[str, str] = {
    **dict.fromkeys("CMGDT", "TEXT"),
    **dict.fromkeys("NY", ""),
    **dict.fromkeys("BF", "REAL"),
    **dict.fromkeys("LI", "INTEGER"),
}

_TRUE = frozenset({"1", "true", "t", "yes", "y", "是", "真"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "否", "假"})


def plain(name: str, kind: str) -> pl.Expr:
    """The column as text, int, float or bool: no dates and decimals, so that SQLite, JSON and CSV agree."""
    column = pl.col(name)
    if kind in "NY":  # decimals print with all their places: 12.500000 becomes 12.5
        text = column.cast(pl.String)
        short = text.str.strip_chars_end("0").str.strip_chars_end(".")
        return pl.when(text.str.contains(".", literal=True)).then(short).otherwise(text).alias(name)
    if kind == "D":
        return column.dt.strftime("%Y-%m-%d").alias(name)
    if kind == "T":
        moment = column.dt.replace_time_zone(None).dt.offset_by("8h")
        whole = moment.dt.strftime("%Y-%m-%dT%H:%M:%S+08:00")
        exact = moment.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+08:00")
        return pl.when(column.dt.microsecond() == 0).then(whole).otherwise(exact).alias(name)
    return column


def bind(kind: str, value: Any) -> str | int | float | None:
    """``value`` from a question as SQLite stores that type; None when it cannot be a value of it."""
    if value is None:
        return None
    text = str(value).strip()
    try:
        if kind == "I":
            whole = int(text)
            return whole if -(2**63) <= whole < 2**63 else None
        if kind in "BF":
            return float(text)
        if kind in "NY":
            decimal = Decimal(text)
            if not decimal.is_finite():
                return None
            return number(format(decimal.normalize() + 0, "f"))
        if kind == "L":
            lowered = text.lower()
            return 1 if lowered in _TRUE else 0 if lowered in _FALSE else None
        if kind == "D":
            return date.fromisoformat(text).isoformat()
        if kind == "T":
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=BEIJING) if moment.tzinfo is None else moment.astimezone(BEIJING)
            return moment.isoformat()
    except (ValueError, InvalidOperation):
        return None
    return text


def number(text: str | None) -> int | float | str | None:
    """A decimal's text as the JSON number that says exactly the same, or the text where no double does."""
    if text is None:
        return None
    decimal = Decimal(text)
    if decimal == decimal.to_integral_value():
        return int(decimal) if abs(decimal) < 2**53 else text
    return float(text) if len(decimal.as_tuple().digits) <= 15 else text
