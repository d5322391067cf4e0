"""What people fill in: an application as its applicant writes it, a decision as its decider does.

Pages, the API and the command line hand these to ``sharing.actions``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gongshu.sharing.states import Outcome


@dataclass(frozen=True)
class Request:
    """What an applicant fills in. ``items`` are names; ``valid_until`` is the last day of use."""

    items: tuple[str, ...]
    purpose: str
    mode: str
    valid_until: date
    basis: str = ""
    scenario: str = ""
    business_process: str = ""
    scope: str = ""


@dataclass(frozen=True)
class Decision:
    """What a decider answers. ``basis_kind`` is one of the kinds of law that the pack accepts."""

    outcome: Outcome
    reason: str = ""
    basis_kind: str = ""
    basis: str = ""
