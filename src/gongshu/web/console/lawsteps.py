"""The steps that the city's rules name, in words: what, by which office, who holds it here, under which article."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gongshu import rules
from gongshu.duties.steps import Turn
from gongshu.errors import GongshuError
from gongshu.identity import queries as identity
from gongshu.identity.states import Office
from gongshu.web.parts import cites, office_words


def law_steps(listed: Sequence[Turn], language: str) -> list[dict[str, Any]]:
    """One line for each step, ready for ``parts/law_steps.html``."""
    holders = {office: _holder(office, language) for office in {turn.office for turn in listed}}
    return [
        {
            "turn": turn,
            "office": office_words(turn.office),
            "holder": holders[turn.office],
            "cites": cites(turn.citations, language),
        }
        for turn in listed
    ]


def _holder(office: str, language: str) -> str:
    if rules.Office(office) not in set(Office):
        return ""
    try:
        return identity.holder_of(Office(office)).say(language)
    except GongshuError:
        return ""
