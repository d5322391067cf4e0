"""SQL expressions over columns of the lake, shared by checks, comparison and cleaning: texts, blanks, widths, codes."""

from __future__ import annotations

import pyarrow as pa

from gongshu.lake.engine import name, text

BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(12288)"
BLANK_SIGNS = " \t\n\r\xa0\u3000"  # the same as signs
WIDE = "".join(map(chr, range(0xFF01, 0xFF5F))) + "　"
NARROW = "".join(map(chr, range(0x21, 0x7F))) + " "
FILLED_UP = ("^([0-9]{9})000$", "^([0-9]{6})000$", "^([0-9]{4})00$", "^([0-9]{2})00$")  # division codes

NUMERIC = frozenset({"integer", "decimal", "float"})


def kind_of(field: pa.Field) -> str:
    """text, integer, decimal, float, date, moment or bool; other types are told as ``other``."""
    if pa.types.is_string(field.type) or pa.types.is_large_string(field.type) or pa.types.is_string_view(field.type):
        return "text"
    if pa.types.is_integer(field.type):
        return "integer"
    if pa.types.is_decimal(field.type):
        return "decimal"
    if pa.types.is_floating(field.type):
        return "float"
    if pa.types.is_date(field.type):
        return "date"
    if pa.types.is_timestamp(field.type):
        return "moment"
    return "bool" if pa.types.is_boolean(field.type) else "other"


def as_text(identifier: str, kind: str, alias: str = "t") -> str:
    """A column as the text that people write: no trailing places, ISO days."""
    value = f"{alias}.{name(identifier)}"
    if kind == "text":
        return value
    if kind == "decimal":
        plain = f"CAST({value} AS VARCHAR)"
        short = f"rtrim(rtrim({plain}, '0'), '.')"
        return f"CASE WHEN contains({plain}, '.') THEN {short} ELSE {plain} END"
    if kind == "moment":
        return f"strftime({value}, '%Y-%m-%dT%H:%M:%S')"
    return f"CAST({value} AS VARCHAR)"


def trimmed(value: str) -> str:
    """Without blanks at both ends, the ideographic one among them."""
    return f"trim({value}, {BLANKS})"


def narrow(value: str) -> str:
    """Full-width letters, digits and signs as their usual selves (the ASCII part of NFKC)."""
    return f"translate({value}, {text(WIDE)}, {text(NARROW)})"


def plain_number(value: str) -> str:
    """A text that is a number as that number is usually written: 01.50 and 1.5 are the same."""
    number = f"TRY_CAST({value} AS DECIMAL(38, 10))"
    return f"coalesce(rtrim(rtrim(CAST({number} AS VARCHAR), '0'), '.'), {value})"


def trimmed_code(value: str) -> str:
    """A division code without the zeros that fill it up: 110000 and 11 are the same place (GB/T 2260, GB/T 10114)."""
    for pattern in FILLED_UP:
        value = f"regexp_replace({value}, '{pattern}', '\\1')"
    return value
