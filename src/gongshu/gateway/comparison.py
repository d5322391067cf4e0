"""Whether a claim about a value is true: compared as what it is (text, number, day), not letter by letter.

Types are those of the catalog's items: C, M, G text; N, Y, B, I, F numbers; D a day; T a moment (Shanghai time where
the claim names no zone); L yes or no.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from gongshu.clock import SHANGHAI

YES, NO, UNKNOWN = "yes", "no", "unknown"

_DOTS = str.maketrans({"•": "·", "・": "·", "‧": "·", "∙": "·", "．": "·"})
_SPACES = re.compile(r"\s+")
_DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_CLOCK = re.compile(r"[T ]?(\d{1,2}):?(\d{2})(?::?(\d{2}))?")
_TRUE = {"1", "TRUE", "T", "YES", "Y", "是", "真", "有"}
_FALSE = {"0", "FALSE", "F", "NO", "N", "否", "假", "无"}


def text(value: object) -> str:
    """Width, case, the kind of middle dot and spaces do not matter: ``ａb c`` is ``AB C``."""
    plain = str(value)
    if not plain.isascii():
        plain = unicodedata.normalize("NFKC", plain.translate(_DOTS))
    return _SPACES.sub(" ", plain).strip().upper()


def number(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return Decimal(int(value))
    try:
        found = Decimal(text(value).replace(",", ""))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def day(value: object) -> str | None:
    found = _DAY.match(text(value))
    return f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}" if found else None


def moment(value: object) -> str | None:
    plain = text(value)
    try:
        exact = datetime.fromisoformat(plain)
        return (exact.astimezone(SHANGHAI) if exact.tzinfo else exact).replace(tzinfo=None).isoformat()
    except ValueError:
        pass
    date = _DAY.match(plain)
    if date is None:
        return None
    clock = _CLOCK.match(plain, date.end())
    hours = f"{int(clock[1]):02d}:{clock[2]}:{clock[3] or '00'}" if clock else "00:00:00"
    return f"{date[1]}-{int(date[2]):02d}-{int(date[3]):02d}T{hours}"


def logical(value: object) -> str | None:
    plain = text(value)
    return "1" if plain in _TRUE else "0" if plain in _FALSE else None


Normalizer = Callable[[object], object]  # None: the value is none of its type

_BY_TYPE: dict[str, Normalizer] = {
    **dict.fromkeys("NYBIF", number),
    "D": day,
    "T": moment,
    "L": logical,
}


def normalizer(item_type: str) -> Normalizer:
    """How values of an item's type are brought into one form; ``None`` where a value is none of that type."""
    return _BY_TYPE.get(item_type[:1].upper(), text)


def answer(normalize: Normalizer, stored: object, claim: object) -> str:
    """``yes``, ``no``, or ``unknown`` when nothing is stored.

    A value that does not fit its type compares as text.
    """
    nothing = stored is None or stored == ""
    left = normalize("" if nothing else stored)
    right = normalize(claim)
    same = text(stored) == text(claim) if left is None else left == right
    return UNKNOWN if nothing else YES if same else NO


class Kind(NamedTuple):
    """How the values of an item are compared. ``stand_in`` is compared in place of a record that does not exist, so
    that its absence saves no work that a stopwatch could see."""

    normalize: Normalizer
    stand_in: object


_STAND_INS: dict[str, object] = {
    **dict.fromkeys("NYBIF", 0),
    "D": "1900-01-01",
    "T": "1900-01-01T00:00:00+08:00",
    "L": False,
}


def kind(item_type: str) -> Kind:
    return Kind(normalizer(item_type), _STAND_INS.get(item_type[:1].upper(), "-"))


def answers(
    record: Mapping[str, object] | None, claims: Mapping[str, object], kinds: Mapping[str, Kind]
) -> dict[str, str]:
    """``yes`` or ``no`` to every claim; ``unknown`` where the record has nothing to compare with.

    Whoever asks about somebody who is not there, or is outside the grant, hears ``no``, as whoever claims what is not
    so. ``unknown`` would tell that there is a record: it is said only to who knows the record, by one claim that holds.
    """
    said = {}
    for item, claim in claims.items():
        normalize, stand_in = kinds[item]
        found = answer(normalize, stand_in if record is None else record.get(item), claim)
        said[item] = NO if record is None else found
    if UNKNOWN in said.values() and YES not in said.values():
        return dict.fromkeys(said, NO)
    return said
