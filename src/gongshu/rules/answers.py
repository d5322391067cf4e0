"""What a pack answers: values, steps and routes, each with the citations it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import msgspec

from gongshu import deadlines
from gongshu.errors import Text
from gongshu.rules.citations import Citation
from gongshu.rules.shapes import ExtensionRule
from gongshu.rules.words import Access, Act, LawKind, Office


class Status(StrEnum):
    """Whether a pack is law on a day."""

    IN_FORCE = "IN_FORCE"
    NOT_YET = "NOT_YET"
    LAPSED = "LAPSED"
    DRAFT = "DRAFT"
    INTERPRETATION = "INTERPRETATION"

    @property
    def label(self) -> Text:
        return _STATUSES[self]


_STATUSES = {
    Status.IN_FORCE: Text("施行中", "in force"),
    Status.NOT_YET: Text("尚未施行", "not in force yet"),
    Status.LAPSED: Text("有效期已满", "lapsed"),
    Status.DRAFT: Text("征求意见稿", "draft for comment"),
    Status.INTERPRETATION: Text("仅有解读", "interpretation only"),
}


@dataclass(frozen=True, slots=True)
class Value:
    """A parameter's value on a day, with what it rests on.

    ``verified``: every citation was compared with its text. ``binding``: verified, and the text is law on that day; a
    value that is not binding is shown with its flag and decides nothing alone.
    """

    name: str
    value: Any
    citations: tuple[Citation, ...]
    verified: bool
    binding: bool
    pack: str
    since: date | None

    @property
    def binds(self) -> tuple[str, ...]:
        """The kinds of bodies that the cited texts address; empty means everyone."""
        kinds = [citation.source.binds for citation in self.citations]
        return () if not all(kinds) else tuple(dict.fromkeys(kind for some in kinds for kind in some))

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "value": plain(self.value),
            "binds": list(self.binds),
            "pack": self.pack,
            "since": self.since.isoformat() if self.since else None,
            "verified": self.verified,
            "binding": self.binding,
            "citations": [citation.as_json() for citation in self.citations],
        }


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain. Steps of the same ``stage`` are decided together, each by its own office.

    ``days`` are working days; None means that the text names no number, and ``deadline_words`` says what it says.
    """

    stage: int
    office: Office
    office_name: Text
    act: Act
    words: Text
    days: int | None
    deadline_words: Text | None
    citations: tuple[Citation, ...]
    consulted: tuple[Office, ...] = ()
    verified: bool = True
    extension: ExtensionRule | None = None

    def due(self, start: date, calendar: deadlines.Calendar | None = None) -> deadlines.Due | None:
        """The due date when the step begins on ``start``; None without a number."""
        return None if self.days is None else deadlines.due(start, self.days, calendar=calendar)

    def as_json(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "office": self.office.value,
            "office_name": self.office_name.zh,
            "office_name_en": self.office_name.en,
            "act": self.act.value,
            "words": plain(self.words),
            "days": self.days,
            "deadline_words": plain(self.deadline_words),
            "consulted": [office.value for office in self.consulted],
            "verified": self.verified,
            "citations": [citation.as_json() for citation in self.citations],
        }


@dataclass(frozen=True, slots=True)
class Route:
    """How one comes to data of a type: ``access`` says whether anyone decides, ``steps`` who and in which order.

    ``masked_only``: only masked or declassified data go this way. ``agreement``: an agreement is signed before access.
    """

    access: Access
    words: Text
    steps: tuple[Step, ...]
    citations: tuple[Citation, ...]
    verified: bool
    binding: bool
    masked_only: bool = False
    agreement: bool = False

    def dues(self, start: date, calendar: deadlines.Calendar | None = None) -> tuple[deadlines.Due | None, ...]:
        """Due date of each step (None without a number) if every stage begins on the day the one before is due."""
        found: list[deadlines.Due | None] = []
        begins, stage, latest = start, 1, start
        for step in self.steps:
            if step.stage != stage:
                stage, begins = step.stage, latest
            due = step.due(begins, calendar)
            latest = max(latest, due.on) if due else latest
            found.append(due)
        return tuple(found)

    def as_json(self) -> dict[str, Any]:
        return {
            "access": self.access.value,
            "words": plain(self.words),
            "masked_only": self.masked_only,
            "agreement": self.agreement,
            "verified": self.verified,
            "binding": self.binding,
            "steps": [step.as_json() for step in self.steps],
            "citations": [citation.as_json() for citation in self.citations],
        }


@dataclass(frozen=True, slots=True)
class RefusalDemand:
    """What a refusal must contain in this city; ``accepted`` is empty when a basis is demanded but no kind is named."""

    reason: bool
    legal_basis: bool
    written: bool
    accepted: tuple[LawKind, ...]
    citations: tuple[Citation, ...]
    verified: bool


def plain(value: Any) -> Any:
    """``value`` as JSON builds it; a :class:`Text` becomes ``{"zh": …, "en": …}``."""
    if isinstance(value, Text):
        return {"zh": value.zh, "en": value.en}
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value
