"""What opening asks of others. ``gongshu.wiring`` fills this list and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gongshu.errors import Text


@dataclass(frozen=True)
class Emergency:
    """An emergency under which data may be opened now, with the time that the pack gives."""

    number: str
    kind: str
    days: int | None
    words: Text
    citations: tuple[dict[str, object], ...]


# An emergency by its number; raises where there is none, it is over, or the city knows no opening under one.
find_emergency: list[Callable[[str], Emergency]] = []
