"""Days that one place has off, or works, besides the State Council's arrangement.

The peoples' own festivals (全国年节及纪念日放假办法, article 4) and days off that a local government decrees stand in files
of their own: ``<name>.yaml`` in the folder ``calendars/`` of a rule pack or of an installation. Each names its document:

    region: {zh: 某自治州, en: Some Prefecture}
    documents:
      - {number: 某政办发〔2026〕1号, title: 关于…放假的通知, date: 2026-03-01, verified: true}
    days_off:
      - {from: 2026-06-24, to: 2026-06-26, zh: 火把节, en: Torch Festival, by: 某政办发〔2026〕1号}
    days_worked:
      - {day: 2026-06-27, zh: 火把节, en: Torch Festival, by: 某政办发〔2026〕1号}

A file named ``<year>.yaml`` there is the State Council's arrangement of a year that the package does not have yet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from gongshu.errors import EnvironmentFault, Text

_DAY = timedelta(days=1)
_KEYS = {"region", "documents", "days_off", "days_worked"}


@dataclass(frozen=True, slots=True)
class Document:
    """A notice that fixes days off. ``number`` is None where we do not have it; ``verified`` if it was read in a copy."""

    number: str | None
    title: str
    date: date
    verified: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """The days of one file; ``name`` is the file's, ``digest`` is SHA-256 over its text."""

    name: str
    region: Text
    documents: tuple[Document, ...]
    off: frozenset[date]
    work: frozenset[date]
    digest: str

    @property
    def years(self) -> frozenset[int]:
        return frozenset(day.year for day in self.off | self.work)


def broken(name: str, why_zh: str, why_en: str) -> EnvironmentFault:
    """What is said of a calendar file that cannot be used."""
    return EnvironmentFault(
        "deadlines.calendar_broken",
        f"工作日历文件 {name} 不可用：{why_zh}。请恢复原文件或重新安装。",
        f"The calendar file {name} cannot be used: {why_en}. Restore the file or install again.",
        file=name,
    )


def span(first: date, last: date) -> Iterable[date]:
    """The days from ``first`` to ``last``, both included."""
    while first <= last:
        yield first
        first += _DAY


def read_documents(entries: Iterable[dict[str, Any]]) -> tuple[Document, ...]:
    return tuple(Document(one["number"], str(one["title"]), one["date"], bool(one["verified"])) for one in entries)


def read_overlay(file: Traversable) -> Overlay:
    """The overlay in ``file``.

    Raises:
        EnvironmentFault: ``deadlines.calendar_broken``: it is unreadable, a day names no document of the file, or a day is
            both off and worked.
    """
    try:
        text = file.read_text(encoding="utf-8")
        data: dict[str, Any] = yaml.safe_load(text)
        if unknown := sorted(set(data) - _KEYS):
            raise broken(file.name, f"不认识的键“{unknown[0]}”", f"it has an unknown key “{unknown[0]}”")
        region = Text(str(data["region"]["zh"]), str(data["region"]["en"]))
        documents = read_documents(data["documents"])
        spans = [(one["from"], one["to"], one["by"]) for one in data.get("days_off") or ()]
        spans_worked = [(one["day"], one["day"], one["by"]) for one in data.get("days_worked") or ()]
        known = {document.number or document.title for document in documents}
        nameless = next((by for *_, by in spans + spans_worked if by not in known), None)
        off = frozenset(day for first, last, _ in spans for day in span(first, last))
        work = frozenset(day for first, last, _ in spans_worked for day in span(first, last))
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise broken(file.name, f"格式不对（{error}）", f"its form is wrong ({error})") from error
    if nameless is not None:
        raise broken(file.name, f"依据“{nameless}”没有列入 documents", f"“{nameless}” is not among its documents")
    if any(last < first for first, last, _ in spans):
        raise broken(file.name, "放假时段的结束早于开始", "a time off ends before it begins")
    if both := sorted(off & work):
        raise broken(file.name, f"{both[0]}既放假又上班", f"{both[0]} is both off and worked")
    return Overlay(file.name, region, documents, off, work, hashlib.sha256(text.encode()).hexdigest())
