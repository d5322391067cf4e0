"""From the text of one cell to a value, and the sentence when there is none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from gongshu.catalog.excel.choices import Choices, fold
from gongshu.catalog.excel.columns import Column, Part
from gongshu.catalog.terms import FormatCategory, category_of
from gongshu.errors import Text

_DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?$|^(\d{4})(\d{2})(\d{2})$", re.ASCII)
_LISTS = {"related", "contains", "rights"}
_DEFAULTS: Mapping[str, Any] = {
    "flag": False, "classified": False, "level": 0, "grade": "GENERAL", "basis_kind": "", "check": "",
}  # fmt: skip
KEPT = object()
"""The cell is empty and the field has no empty value: what is there stays."""


@dataclass(frozen=True)
class Directory:
    """The units that a workbook may name: ``codes`` from folded name, code or credit code to the platform's code."""

    own: str
    codes: Mapping[str, str] = field(default_factory=dict)

    def find(self, text: str) -> str:
        return self.codes.get(fold(text), "")


@dataclass(frozen=True)
class Unreadable(Exception):
    """Why a cell has no value, how to mend it, and the nearest word where there is one."""

    code: str
    why: Text
    mend: Text
    proposal: str = ""


def read(column: Column, text: str, choices: Choices) -> Any:
    """The value of a cell as JSON knows it, or :data:`KEPT`. Raises Unreadable."""
    text = text.strip()
    if column.field in _LISTS:
        return _list(column, text, choices)
    if column.words:
        return _word(column, text, choices)
    if column.field == "length":
        return _length(text)
    if column.field == "mask":
        return text or "none"
    return text


def write(column: Column, value: Any, choices: Choices) -> str | int:
    """A value as the form writes it; :func:`read` gives the value back."""
    if column.field == "rights":
        return "\n".join(f"{_right_word(one.right, choices)}：{one.holder}" for one in value)
    if column.field == "contains":
        return "\n".join(choices.say("contains", one) for one in value)
    if column.field == "related":
        return "\n".join(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return choices.say(column.words, str(value).lower())
    if column.words:
        return choices.say(column.words, str(int(value)) if column.words == "level" else str(value))
    return int(value) if column.field == "length" else str(value)


def _right_word(right: str, choices: Choices) -> str:
    return choices.rights[right].zh if right in choices.rights else right


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar in one of the usual spellings."""
    found = _DATE.match(unicodedata.normalize("NFKC", text).strip())
    if not found:
        return False
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _word(column: Column, text: str, choices: Choices) -> Any:
    if not text:
        if column.words in _DEFAULTS:
            return _DEFAULTS[column.words]
        return None if column.part is Part.ITEM and column.words != "data_type" else KEPT
    value = choices.value(column.words, text)
    if value is None:
        words = [label.zh for label in choices.labels[column.words].values()]
        near = choices.nearest(column.words, text)
        raise Unreadable(
            "choice",
            Text(
                f"“{column.label.zh}”不能识别“{text[:40]}”。",
                f"“{text[:40]}” is none of the choices of “{column.label.en}”.",
            ),
            Text(
                (f"是否应为“{near}”？" if near else "") + f"请从下列选项中选择：{'、'.join(words)}。",
                (f"Is it “{near}”? " if near else "") + f"Choose one of: {', '.join(words)}.",
            ),
            near,
        )
    if column.words in {"flag", "classified"}:
        return value == "true"
    return int(value) if column.words == "level" else value


def _length(text: str) -> int | None:
    if not text:
        return None
    plain = unicodedata.normalize("NFKC", text).removesuffix(".0").replace(",", "")
    if not (plain.isascii() and plain.isdecimal() and 0 < int(plain[:12]) < 2**31):
        raise Unreadable(
            "length",
            Text(f"数据长度“{text[:20]}”不是正整数。", f"The length “{text[:20]}” is not a positive whole number."),
            Text("请只填字节数，如 32，不带单位和小数位。", "Give the number of bytes only, like 32, without a unit."),
        )
    return int(plain)


def _list(column: Column, text: str, choices: Choices) -> Any:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if column.field == "related":
        return lines
    if column.field == "contains":
        return [choices.value("contains", line) or line for line in lines]
    named = {fold(label.zh): right for right, label in choices.rights.items()}
    rights = []
    for line in lines:
        right, colon, holder = line.replace(":", "：", 1 if "：" not in line else 0).partition("：")
        if not colon:
            raise Unreadable(
                "rights",
                Text(f"权属“{line[:30]}”没有写明权利人。", f"“{line[:30]}” names no holder of the right."),
                Text("请每行写一项，如“所有权：市财政局”。", "Write one a line: the right, a colon, who holds it."),
            )
        rights.append({"right": named.get(fold(right), right.strip()), "holder": holder.strip()})
    return rights


def several_formats(text: str) -> tuple[str, str]:
    """Of a listing like ``png,csv,rdf`` the first table format, or else one that is known, and the whole.

    A single format comes back alone.
    """
    parts = [part.strip() for part in re.split(r"[,，、;；/|]", text) if part.strip()]
    if len(parts) < 2:
        return text.strip(), ""
    tabular = [part for part in parts if category_of(part) is FormatCategory.SPREADSHEET]
    known = tabular or [part for part in parts if category_of(part)]
    return (known or parts)[0][:20], "、".join(parts)
