"""What one consistency check is: a case to look at, the spots it finds, and the row of the table that names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from gongshu.catalog.draft import EntryData, ItemData
from gongshu.errors import GongshuError, Text
from gongshu.rules import Citation, Pack


class Severity(StrEnum):
    """An error keeps an entry out of the catalog; a warning is shown to compiler and reviewer, who decide."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Case:
    """An entry to be checked under a city's rules on a day; ``previous`` is its published version, if there is one.

    ``provider`` is the name of the providing unit, empty where it is not known.
    """

    data: EntryData
    pack: Pack
    on: date
    previous: EntryData | None = None
    provider: str = ""

    def rule(self, name: str) -> Any:
        """The pack's value of a parameter, or None where the city's texts say nothing."""
        found = self.pack.find(name, on=self.on)
        return found.value if found else None

    def cites(self, name: str) -> tuple[Citation, ...]:
        found = self.pack.find(name, on=self.on)
        return found.citations if found else ()

    def items(self) -> Iterator[tuple[int, ItemData]]:
        """The items with their numbers, from 1."""
        return enumerate(self.data.items, start=1)


@dataclass(frozen=True)
class Spot:
    """Where a check strikes: ``row`` is the item's number (None: the entry); ``words`` fill the sentence."""

    row: int | None = None
    field: str = ""
    words: Mapping[str, Text] | None = None


@dataclass(frozen=True)
class ConsistencyCheck:
    """One row of the table. ``source`` is a parameter of the rule pack (dotted) or the name of the standard."""

    code: str
    severity: Severity
    field: str
    source: str
    text: Text
    test: Callable[[Case], Iterator[Spot]]

    def run(self, case: Case) -> Iterator[Finding]:
        for spot in self.test(case):
            said = self.text
            for key, word in (spot.words or {}).items():
                said = Text(said.zh.replace(f"{{{key}}}", word.zh), said.en.replace(f"{{{key}}}", word.en))
            if spot.row is not None:
                said = Text(f"第 {spot.row} 个信息项：{said.zh}", f"Item {spot.row}: {said.en}")
            cites = case.cites(self.source) if "." in self.source and self.source in case.pack.definitions else ()
            yield Finding(self.code, self.severity, spot.field or self.field, spot.row, said, self.source, cites)


@dataclass(frozen=True)
class Finding:
    """What a check found in an entry: at a field of the entry, or of the item number ``row``."""

    code: str
    severity: Severity
    field: str
    row: int | None
    text: Text
    source: str
    citations: tuple[Citation, ...] = ()

    @property
    def path(self) -> str:
        """The place as forms and remarks name it: ``abstract`` or ``items.3.title``."""
        return self.field if self.row is None else f"items.{self.row}.{self.field}"

    def error(self) -> GongshuError:
        """The finding as the refusal that it is."""
        where: dict[str, str | int] = {"field": self.field}
        if self.row is not None:
            where["row"] = self.row
        return GongshuError(f"catalog.{self.code}", self.text.zh, self.text.en, **where)
