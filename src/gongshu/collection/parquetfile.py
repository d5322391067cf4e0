"""Values of Parquet columns as the texts that the pipeline judges, so that a Parquet file passes the same checks as any
other. Light: the process that reads the file imports it.

Structs become columns with dotted names; lists and maps JSON text; bytes base64; numbers, days and moments their plain
spelling. Nothing is rounded: a decimal and a float are printed with all their digits.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def names_of(schema: pa.Schema) -> list[str]:
    """The columns, structs taken apart."""
    return [name for field in schema for name in _names(field.name, field.type)]


def _names(name: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_struct(kind) and kind.num_fields:
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return [inner for field in fields for inner in _names(f"{name}.{field.name}", field.type)]
    return [name]


def texts_of(batch: pa.RecordBatch) -> list[pa.StringArray]:
    """The columns of ``names_of`` as texts; null is blank."""
    return [text for column in batch.columns for text in _texts(column)]


def _texts(column: pa.Array) -> list[pa.StringArray]:
    kind = column.type
    if pa.types.is_struct(kind) and kind.num_fields:
        return [text for inner in column.flatten() for text in _texts(inner)]
    return [pc.fill_null(_text(column), "")]


def _text(column: pa.Array) -> pa.StringArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _text(column.dictionary_decode())
    if pa.types.is_string(kind):
        return column
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return _each(column, lambda value: base64.b64encode(value).decode())
    if pa.types.is_nested(kind) or pa.types.is_duration(kind) or pa.types.is_time(kind):
        return _each(column, _spelled)
    return column.cast(pa.string())


def _each(column: pa.Array, spell: Any) -> pa.StringArray:
    return pa.array([None if value is None else spell(value) for value in column.to_pylist()], pa.string())


def _spelled(value: Any) -> str:
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return str(value)
