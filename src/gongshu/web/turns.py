"""The turns of a case as its page shows them, whatever kind of case it is: who, doing what, by when, under which article."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gongshu.errors import Text
from gongshu.web.duty_block import Block
from gongshu.web.parts import DueView, Tag, cites, due_view, office_words

_STATES = {
    "open": "now",
    "waiting": "waiting",
    "skipped": "waiting",
    "agreed": "done",
    "passed": "done",
    "advised": "done",
    "failed": "stopped",
    "kept": "stopped",
    "changed": "done",
}
_TONES = {"done": "good", "now": "info", "stopped": "danger", "waiting": "still"}


@dataclass(frozen=True)
class TurnLine:
    """One turn. ``who`` is the organisation, or the office while it is not its turn yet; ``due`` only while it is open."""

    act: Text
    who: Text
    person: str
    at: datetime | None
    state: str  # done, now, stopped, waiting
    tag: Tag | None
    due: DueView | None  # where no ``duty`` is shown
    duty: Block | None
    said: str
    ground: Text | None
    basis: str
    cites: list[dict[str, Any]]


def turn_lines(
    steps: Iterable[Any],
    language: str,
    *,
    named: bool = True,
    standing: bool = False,
    grounds: Mapping[str, Text] | None = None,
    clocks: Mapping[int, Block] | None = None,
) -> list[TurnLine]:
    """The lines of ``steps``; ``named``: with the names of people; ``standing``: the case waits for its applicant.

    ``clocks`` are the duties of the case (``duty_block.blocks``) for viewers who may look into them.
    """
    lines = []
    for step in steps:
        state = _STATES.get(step.status, "waiting")
        person = getattr(step, "decided_by", None) or getattr(step, "settled_by", None)
        organization = step.organization
        duty = (clocks or {}).get(step.duty_id)
        open_now = duty is None and step.status == "open" and not standing
        lines.append(
            TurnLine(
                act=step.act_label,
                who=Text(organization.say("zh"), organization.say("en")) if organization else office_words(step.office),
                person=person.display_name if person and named else "",
                at=getattr(step, "decided_at", None) or getattr(step, "settled_at", None),
                state=state,
                tag=None if step.status == "waiting" else Tag(step.status_label, _TONES[state]),
                due=due_view(step.due_on, step.words, provisional=step.provisional) if open_now else None,
                duty=duty,
                said=step.remark,
                ground=(grounds or {}).get(getattr(step, "ground", "")),
                basis=getattr(step, "basis", ""),
                cites=cites(step.citations, language),
            )
        )
    return lines
