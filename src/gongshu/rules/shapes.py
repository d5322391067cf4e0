"""The shapes a parameter's value can have.

The law is data, but data has a form: each parameter names its shape in the national pack, and the loader converts and
checks every city's value against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec

from gongshu import deadlines
from gongshu.errors import Text
from gongshu.rules.words import Access, Act, Field, LawKind, Office, Review, ShareType

Mode = Literal["verify", "query", "batch", "analysis"]


class _Struct(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class ExtensionRule(_Struct, frozen=True):
    """One extension: at most ``days``, read as ``added`` days or as the ``total`` term; ``consent`` must agree."""

    days: int
    counts: Literal["added", "total"]
    consent: Office


class Deadline(_Struct, frozen=True):
    """A time limit: ``days`` working days, or None with the words that the text uses instead (及时, promptly)."""

    days: int | None
    words: Text
    extension: ExtensionRule | None = None

    def due(
        self, start: date, *, extended_by: int | None = None, calendar: deadlines.Calendar | None = None
    ) -> deadlines.Due | None:
        """The due date counted from ``start``; None where the text gives no number.

        Raises:
            GongshuError: ``deadlines.extension_too_long`` or, without a rule for it, ``rules.no_extension``.
        """
        if self.days is None:
            return None
        return deadlines.due(start, self.days, calendar=calendar, extension=self._extension(extended_by))

    def _extension(self, days: int | None) -> deadlines.Extension | None:
        if not days:
            return None
        rule = self.extension
        limit, total = (rule.days, rule.counts == "total") if rule else (0, False)
        return deadlines.Extension(days, limit, total=total)


class StepRule(_Struct, frozen=True):
    """One step. ``deadline`` names the parameter that times it; ``jointly``: decided together with the step before."""

    office: Office
    act: Act
    words: Text
    deadline: str | None = None
    jointly: bool = False
    consulted: tuple[Office, ...] = ()


class RouteRule(_Struct, frozen=True):
    """A way to the data: how, in the words of the text, by which steps, and whether only masked data may go it."""

    access: Access
    words: Text
    steps: tuple[StepRule, ...] = ()
    masked_only: bool = False
    agreement: bool = False


class RefusalRule(_Struct, frozen=True):
    """What a refusal must contain; ``accepts`` are the kinds of texts that count as its basis."""

    reason: bool
    legal_basis: bool
    written: bool = False
    accepts: tuple[LawKind, ...] = ()


class ModeRule(_Struct, frozen=True):
    """A local way of sharing and the platform's mode that carries it out."""

    label: Text
    mode: Mode


class Choice(_Struct, frozen=True, omit_defaults=True):
    """One entry of a list that people choose from; ``office``: it is about bodies in this office only.

    ``article``: the one among the value's references that this entry rests on; empty where all of them carry it.
    """

    id: str
    label: Text
    office: Office | None = None
    article: str = ""


class Held(_Struct, frozen=True):
    """One part of a responsibility, and the office that holds it."""

    id: str
    label: Text
    office: Office


class Term(_Struct, frozen=True):
    """A stretch of time that is not working days."""

    value: int | None
    unit: Literal["years", "months", "days", "quarters"]
    words: Text


class DayOfYear(_Struct, frozen=True):
    month: int
    day: int
    words: Text


SHAPES: Mapping[str, Any] = {
    "deadline": Deadline,
    "route": RouteRule,
    "steps": tuple[StepRule, ...],
    "refusal": RefusalRule,
    "modes": dict[str, ModeRule],
    "labels": dict[str, Text],
    "choices": tuple[Choice, ...],
    "held": tuple[Held, ...],
    "fields": tuple[Field, ...],
    "reviews": tuple[Review, ...],
    "law_kinds": tuple[LawKind, ...],
    "offices": tuple[Office, ...],
    "requirements": dict[ShareType, RefusalRule],
    "term": Term,
    "day_of_year": DayOfYear,
    "word": str,
    "text": Text,
    "flag": bool,
    "number": int,
}
"""Shape name → type. Maps of labels and modes are laid over the national ones key by key; all others replace them."""

MERGED = frozenset({"labels", "requirements"})
LISTS = frozenset({"reviews"})
"""Lists from which a city may leave out a national entry only by naming it under ``without``."""
