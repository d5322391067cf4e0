"""What the city's pack says about authorised operation: its lists and its steps, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gongshu import rules
from gongshu.duties import steps
from gongshu.duties.steps import Turn
from gongshu.errors import Text
from gongshu.rules import Citation


@dataclass(frozen=True)
class Listed:
    """A list of the pack by id, and the articles that it rests on; empty where the rules are silent."""

    names: Mapping[str, Text]
    citations: tuple[Citation, ...]


def listed(parameter: str, on: date) -> Listed:
    """A parameter of shape ``choices``."""
    found = rules.active().find(parameter, on=on)
    return Listed({c.id: c.label for c in found.value}, found.citations) if found else Listed({}, ())


def turns(parameter: str, on: date) -> list[Turn]:
    """A parameter of shape ``steps``."""
    return steps.turns(rules.active(), parameter, on=on)
