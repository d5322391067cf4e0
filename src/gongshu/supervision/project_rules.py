"""What the city's pack says about IT projects: the gates, their articles, and whose verdict it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gongshu import clock, rules
from gongshu.duties.steps import turns
from gongshu.rules import Citation
from gongshu.rules.words import Office
from gongshu.supervision.project_gate import Requirement


@dataclass(frozen=True)
class Gate:
    """``requirements`` by id, in the order of the law; without any the city has no gate. ``office`` gives the verdict."""

    requirements: dict[str, Requirement]
    citations: tuple[Citation, ...]
    office: str
    office_citations: tuple[Citation, ...]

    @property
    def known(self) -> bool:
        return bool(self.requirements)


def gate(on: date | None = None) -> Gate:
    """The pack's gate on ``on`` (today); where it names no office for the verdict, the authority's."""
    pack, day = rules.active(), on or clock.today()
    found = pack.find("supervision.project_gate", on=day)
    named = turns(pack, "supervision.project_reviewer", on=day)
    office = named[0].office if named else str(Office.AUTHORITY)
    cited = found.citations if found else ()
    requirements = {
        choice.id: Requirement(
            choice.id,
            choice.label,
            tuple(c.as_json() for c in cited if not choice.article or c.article == choice.article),
        )
        for choice in (found.value if found else ())
    }
    return Gate(requirements, cited, office, named[0].citations if named else ())
