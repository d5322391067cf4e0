"""What others want to be told, inside the same transaction. ``gongshu.wiring`` fills this list and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from gongshu.identity.actor import Actor


@dataclass(frozen=True)
class DueChange:
    """The due date of a duty changed; ``due_on`` is None while the clock is stopped or the article names no number."""

    duty_id: int
    due_on: date | None
    provisional: bool


on_due_changed: list[Callable[[DueChange], None]] = []
on_day: list[Callable[[Actor], dict[str, int]]] = []
"""What else the daily job does, with counts for its answer. Done twice on one day it must change nothing."""
