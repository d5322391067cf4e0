"""Resource codes: how a resource is numbered is a scheme, and a city may number by another.

``guide1272`` (发改高技〔2017〕1272号): 类(1 digit) 项(2) 目(3) 细目(any) / 顺序码, here ``333012-000007``. 类 is 1 base, 2
theme, 3 department. 项 is the place in the guide's list for base and theme resources, 33 for departments below the
province; 目 counts the providing organisation.

``uscc`` numbers a department's resources under its unified social credit code (GB 32100), as several provinces do:
``12345678901234567X/000007``.

The stored code has a hyphen where the official spelling has a slash, so that it can stand in an address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from gongshu.catalog.terms import DIVISIONS, KIND_DIGITS, ResourceKind

_GUIDE = re.compile(r"^[123]\d{2}\d{3,}-\d+$", re.ASCII)
_USCC = re.compile(r"^[0-9A-HJ-NPQRTUWXY]{18}-\d+$", re.ASCII)
_DEPARTMENTS = "33"


@dataclass(frozen=True)
class Numbered:
    """What a code is made from. ``organization_id`` counts the provider; ``uscc`` is its credit code, where known."""

    organization_id: int
    uscc: str = ""
    kind: ResourceKind = ResourceKind.DEPARTMENT
    division: str = ""


class CodeScheme(Protocol):
    """A way of numbering resources."""

    name: str

    def prefix(self, of: Numbered) -> str:
        """The classification part, without a hyphen at its end."""
        ...

    def matches(self, code: str) -> bool:
        """Whether a stored code follows the scheme."""
        ...


class Guide1272:
    """The national guide's scheme."""

    name = "guide1272"

    def prefix(self, of: Numbered) -> str:
        listed = [one.zh for one in DIVISIONS[of.kind]]
        place = f"{listed.index(of.division) + 1:02d}" if of.division in listed else "00"
        division = _DEPARTMENTS if of.kind is ResourceKind.DEPARTMENT else place
        return f"{KIND_DIGITS[of.kind]}{division}{of.organization_id:03d}"

    def matches(self, code: str) -> bool:
        return bool(_GUIDE.match(code))


class UsccScheme:
    """Numbers under the provider's unified social credit code."""

    name = "uscc"

    def prefix(self, of: Numbered) -> str:
        return of.uscc if _USCC.match(f"{of.uscc}-1") else Guide1272().prefix(of)

    def matches(self, code: str) -> bool:
        return bool(_USCC.match(code))


SCHEMES: Mapping[str, CodeScheme] = {scheme.name: scheme for scheme in (Guide1272(), UsccScheme())}
DEFAULT = "guide1272"


def number(classification: str, sequence: int) -> str:
    """The whole code from its classification part and its sequence number."""
    return f"{classification}-{sequence:06d}"


def normalise(code: str) -> str:
    """Accept the official spelling with a slash too."""
    return code.strip().replace("/", "-")


def is_code(code: str) -> bool:
    """Whether the text is a resource code by any known scheme, in either spelling."""
    return any(scheme.matches(normalise(code)) for scheme in SCHEMES.values())
