"""What is filed about the security of a system."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Grade:
    """What is typed into a security filing. ``tests`` are ids of the pack's ``security.system_tests``."""

    grade: int
    number: str
    filed_on: date
    evidence: str
    assessed_on: date | None = None
    valid_until: date | None = None
    tests: tuple[str, ...] = field(default=())
