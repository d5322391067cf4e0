"""Records of JSON as rows of texts: which member of a record is which item."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from gongshu.collection.contract import Contract


def parse(text: str | bytes) -> Any:
    """JSON with its numbers as they were written: no digit is lost on the way. Raises ValueError."""
    return json.loads(text, parse_float=str, parse_int=str, parse_constant=str)


def member(record: Any, path: str) -> Any:
    """What stands at ``a.b.c``; None where there is nothing. An empty path is the record itself."""
    for name in path.split(".") if path else ():
        if isinstance(record, Mapping):
            record = record.get(name)
        elif isinstance(record, list) and name.isascii() and name.isdecimal() and int(name) < len(record):
            record = record[int(name)]
        else:
            return None
    return record


def text(value: Any) -> str | None:
    """A value as the pipeline reads it; a list or an object as its JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return json.dumps(value, ensure_ascii=False)


def paths(contract: Contract, columns: Mapping[str, str]) -> list[tuple[str, ...]]:
    """For each item the members to look at, in this order: the one declared, or those of its name and title."""
    return [
        (columns[column.name],)
        if column.name in columns
        else tuple(name for name in (column.name, column.title) if name)
        for column in contract.columns
    ]


def row(record: Any, wanted: Sequence[tuple[str, ...]]) -> list[str | None]:
    """The record's texts in the order of the contract."""
    found = []
    for names in wanted:
        value = next((one for name in names if (one := member(record, name)) is not None), None)
        found.append(text(value))
    return found
