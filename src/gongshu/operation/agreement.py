"""What is filed and signed, as it comes from a form or a command. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Filing:
    """An application to become an operator. ``evidence`` answers the pack's qualification list, by its ids."""

    scope: str
    evidence: Mapping[str, str] = field(default_factory=dict)
    selection: str = ""  # one of the pack's competitive ways, or empty with the reasons in the note
    selection_note: str = ""
    departments: tuple[str, ...] = ()  # codes of the departments concerned


@dataclass(frozen=True)
class Agreement:
    """The agreement signed. ``valid_until`` counts only where the pack sets no term."""

    number: str
    valid_from: date
    contents: Mapping[str, str] = field(default_factory=dict)
    valid_until: date | None = None


@dataclass(frozen=True)
class DemandData:
    """A line of the operator's demand list; ``words`` answers what the pack wants stated, by its ids."""

    items: tuple[str, ...]
    mode: str
    words: Mapping[str, str]
    first_review: str
