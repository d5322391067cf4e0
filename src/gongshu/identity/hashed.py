"""A password that accounts share, as those of the demonstration do: hashed once, a fifth of a second saved for each."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password


@dataclass(frozen=True)
class Hashed:
    """A password and its hash; neither shows in a log."""

    password: str = field(repr=False)
    encoded: str = field(repr=False)


def hashed_once(password: str) -> Hashed:
    return Hashed(password, make_password(password))
