"""What the city's pack says about violations: their kinds, who orders and who circulates, what else the law knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gongshu import clock, rules
from gongshu.duties.steps import Turn, turns
from gongshu.errors import Text
from gongshu.rules import Citation
from gongshu.supervision.states import Against


@dataclass(frozen=True)
class Kind:
    """One kind of violation that the pack lists, and whom it concerns."""

    id: str
    label: Text
    against: Against
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Procedure:
    """``order`` is who orders a correction, ``circulate`` who criticises in a circular; None: the rules say nothing.

    ``ways``: how grave cases are handed on, by the words of the law.
    """

    kinds: dict[str, Kind]
    order: Turn | None
    circulate: Turn | None
    ways: dict[str, Kind]

    @property
    def turns(self) -> list[Turn]:
        return [turn for turn in (self.order, self.circulate) if turn is not None]


def procedure(on: date | None = None) -> Procedure:
    """The pack's procedure on ``on`` (today).

    Luzhou lists no violations but what is inspected and has corrected (luzhou-39): these subjects stand as its kinds.
    """
    pack, day = rules.active(), on or clock.today()
    steps = turns(pack, "supervision.rectification", on=day)
    order = steps[0] if steps else None
    circulate = steps[1] if len(steps) > 1 else None
    kinds = _kinds("supervision.violations", Against.BODY, day)
    if not kinds and order is not None:
        kinds = _kinds("supervision.evaluation_subjects", Against.BODY, day)
    for name, kind in _kinds("supervision.user_violations", Against.USER, day).items():
        kinds[f"user.{name}"] = Kind(f"user.{name}", kind.label, kind.against, kind.citations)
    return Procedure(kinds, order, circulate, _kinds("supervision.handed_on", Against.BODY, day))


def _kinds(parameter: str, against: Against, on: date) -> dict[str, Kind]:
    found = rules.active().find(parameter, on=on)
    return {c.id: Kind(c.id, c.label, against, found.citations) for c in found.value} if found else {}
