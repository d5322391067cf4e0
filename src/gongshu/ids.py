"""Identifiers: sortable by time, unguessable in their tail, safe in a URL and in a file name.

Layout follows the ULID idea: 48 bits of milliseconds and 80 random bits in Crockford base 32, 26 characters.
"""

from __future__ import annotations

from functools import lru_cache
from os import urandom

from gongshu import clock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FIVE_BITS = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))  # a random byte gives one digit


def new_id(prefix: str = "") -> str:
    """A new identifier, for example ``new_id("run")`` gives ``run_01K…``; two calls never give the same one."""
    moment = _moment(clock.milliseconds())
    chance = urandom(16).translate(_FIVE_BITS).decode()
    return f"{prefix}_{moment}{chance}" if prefix else moment + chance


@lru_cache(maxsize=8)
def _moment(milliseconds: int) -> str:
    return "".join([_ALPHABET[(milliseconds >> shift) & 31] for shift in range(45, -1, -5)])
