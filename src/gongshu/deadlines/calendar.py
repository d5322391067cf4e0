"""Which days are working days, and how sure that is.

Working day = Monday to Friday, minus the State Council's days off, plus its make-up days (国务院关于职工工作时间的规定;
全国年节及纪念日放假办法, articles 2, 6, 7). One YAML file per year carries the days, the notice they come from and a digest
of the days. What a place has besides is laid over it (:mod:`gongshu.deadlines.overlays`). A year without a file is not
known: its weekdays count as working days except the holidays that the law ties to a date, and whatever is computed from
it is provisional.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache, lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from gongshu.deadlines.overlays import Document, Overlay, broken, read_documents, read_overlay, span

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class Calendar:
    """Days off and make-up days of the years in ``years``; pure data, safe to share between threads."""

    years: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]
    documents: dict[int, tuple[Document, ...]] = field(default_factory=dict)
    statutory: frozenset[tuple[int, int]] = frozenset()
    version: str = ""
    overlays: tuple[Overlay, ...] = ()

    def known(self, year: int) -> bool:
        """Whether the State Council's arrangement for ``year`` is at hand."""
        return year in self.years

    def is_working_day(self, day: date) -> bool:
        """Whether public bodies work on ``day``. In an unknown year this is an estimate; ask :meth:`known` too."""
        if day in self.work:
            return True
        if day in self.off or day.weekday() >= _SATURDAY:
            return False
        return day.year in self.years or (day.month, day.day) not in self.statutory

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``."""
        day += _DAY
        while not self.is_working_day(day):
            day += _DAY
        return day

    def on_or_after(self, day: date) -> date:
        """``day``, or the first working day after it: 民法典 article 203."""
        return day if self.is_working_day(day) else self.next_working_day(day)

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after ``start`` up to and including ``end``; negative when ``end`` has passed.

        With ``start`` today and ``end`` a due date this is the number of working days left.
        """
        if end < start:
            return -self.working_days_between(end, start)
        count = 0
        while start < end:
            start += _DAY
            count += self.is_working_day(start)
        return count

    def with_local_days(self, *, off: Iterable[date] = (), work: Iterable[date] = ()) -> Calendar:
        """A calendar with local holidays added (全国年节及纪念日放假办法, article 4: holidays of the minorities)."""
        off, work = frozenset(off), frozenset(work)
        return replace(self, off=(self.off | off) - work, work=(self.work | work) - off)

    def with_overlay(self, overlay: Overlay) -> Calendar:
        """This calendar with a place's own days over it; they count before what is below, and their notices are kept."""
        documents = dict(self.documents)
        for year in overlay.years:
            documents[year] = (*documents.get(year, ()), *overlay.documents)
        version = hashlib.sha256(f"{self.version}\n{overlay.digest}".encode()).hexdigest()[:16]
        laid = self.with_local_days(off=overlay.off, work=overlay.work)
        return replace(laid, documents=documents, version=version, overlays=(*self.overlays, overlay))


def digest(off: list[list[str]], work: list[str]) -> str:
    """SHA-256 over the days of one year: spans ``[first, last]`` off and single days worked, ISO dates, canonical JSON."""
    text = json.dumps({"off": off, "work": work}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _read_year(file: Traversable) -> tuple[int, set[date], set[date], tuple[Document, ...], str]:
    try:
        data: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
        year = int(data["year"])
        spans = [(span["from"], span["to"]) for span in data["days_off"]]
        work = [entry["day"] for entry in data["days_worked"] or ()]
        documents = read_documents(data["documents"])
        stated = str(data["sha256"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise broken(file.name, f"格式不对（{error}）", f"its form is wrong ({error})") from error
    found = digest([[a.isoformat(), b.isoformat()] for a, b in spans], [day.isoformat() for day in work])
    if found != stated:
        raise broken(file.name, "日期与摘要不符", "its days do not match its digest")
    off = {day for first, last in spans for day in span(first, last)}
    if any(day.year != year for day in off | set(work)):
        raise broken(file.name, f"含有{year}年以外的日期", f"it holds days outside {year}")
    return year, off, set(work), documents, stated


def read(folder: Traversable) -> Calendar:
    """The calendar made of every ``<year>.yaml`` in ``folder``.

    Raises:
        EnvironmentFault: a file is unreadable, or its days do not match its digest.
    """
    statutory: set[tuple[int, int]] = set()
    law = folder / "statutory.yaml"
    if law.is_file():
        for text in yaml.safe_load(law.read_text(encoding="utf-8"))["days"]:
            month, day = text.split("-")
            statutory.add((int(month), int(day)))
    return _with_years(Calendar(frozenset(), frozenset(), frozenset(), statutory=frozenset(statutory)), _files(folder))


def _files(folder: Traversable) -> list[Traversable]:
    return sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)


def _is_year(file: Traversable) -> bool:
    name = file.name.removesuffix(".yaml")
    return name.isascii() and name.isdecimal()


def _with_years(calendar: Calendar, files: Iterable[Traversable]) -> Calendar:
    """``calendar`` with the years of ``files`` that it does not have; one that it has is never changed by a file."""
    off, work, documents = set(calendar.off), set(calendar.work), dict(calendar.documents)
    digests = [calendar.version] if calendar.version else []
    for file in files:
        if not _is_year(file):
            continue
        year, days_off, days_worked, notices, sha = _read_year(file)
        if year in calendar.years:
            continue
        off |= days_off
        work |= days_worked
        documents[year] = notices
        digests.append(f"{year}:{sha}")
    years = calendar.years | documents.keys()
    version = hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]
    return replace(
        calendar, years=years, off=frozenset(off), work=frozenset(work), documents=documents, version=version
    )


@cache
def shipped() -> Calendar:
    """The calendar that ships with the package, 2018 to 2026; read once per process."""
    return read(resources.files("gongshu.deadlines") / "calendars")


def over(folders: Iterable[Path]) -> Calendar:
    """The shipped calendar with the years and the overlays of ``folders`` over it, in their order; folders may be absent.

    Read again whenever a file came, went or changed.

    Raises:
        EnvironmentFault: ``deadlines.calendar_broken``.
    """
    seen = tuple(state for folder in folders for state in _state(folder))
    return _laid(seen) if seen else shipped()


def _state(folder: Path) -> list[tuple[str, int, int]]:
    try:
        with os.scandir(folder) as entries:
            found = [(entry.path, entry.stat()) for entry in entries if entry.name.endswith(".yaml")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted((path, stat.st_mtime_ns, stat.st_size) for path, stat in found)


@lru_cache(maxsize=16)
def _laid(state: tuple[tuple[str, int, int], ...]) -> Calendar:
    files = [Path(path) for path, _, _ in state]
    calendar = _with_years(shipped(), files)
    for file in files:
        if not _is_year(file):
            calendar = calendar.with_overlay(read_overlay(file))
    return calendar


_folders: tuple[Path, ...] = ()


def configure(folders: Iterable[Path]) -> None:
    """Say where this installation's own calendar files are; ``gongshu.rules.configure`` does, for the city it chooses."""
    global _folders
    _folders = tuple(folders)


def load() -> Calendar:
    """The calendar by which this installation counts: the shipped one, and its city's and its own files over it."""
    return over(_folders) if _folders else shipped()
