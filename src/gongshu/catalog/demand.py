"""What people fill in about a demand: plain values that pages and the command line hand to ``demand_actions``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from gongshu.catalog.demand_states import Talk


@dataclass(frozen=True)
class Need:
    """What a consumer needs. ``items`` says in words what each record should hold; ``mode`` is verify, query or batch."""

    title: str
    items: str = ""
    purpose: str = ""
    basis: str = ""
    scenario: str = ""
    business_process: str = ""
    scope: str = ""
    mode: str = ""
    wanted_by: date | None = None


@dataclass(frozen=True)
class Ground:
    """Why a provider objects: reason, and the law it rests on where the pack asks for one."""

    reason: str
    basis_kind: str = ""
    basis: str = ""


@dataclass(frozen=True)
class Talked:
    """What a meeting agreed about one demand."""

    demand: str
    outcome: Talk
    remark: str = ""
