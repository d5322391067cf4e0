"""Identifiers: sortable by time, unguessable in their tail, safe in a URL and in a file name.

Layout follows the ULID idea: 48 bits of milliseconds and 80 random bits in Crockford base 32, 26 characters.
"""

from __future__ import annotations

import os
from functools import lru_cache

from gongshu import clock

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_FIVE_BITS = bytes(ord(_ALPHABET[byte & 31]) for byte in range(256))  # a random byte gives one digit


class _Chance:
    """Random bytes of the kernel, fetched for many identifiers at once. A forked child begins with none of its parent's."""

    def __init__(self) -> None:
        self.forget()
        os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        none: list[bytes] = []
        self.take = iter(none).__next__

    def more(self) -> bytes:
        drawn = os.urandom(16 * 256)
        self.take = iter([drawn[at : at + 16] for at in range(16, len(drawn), 16)]).__next__
        return drawn[:16]


_chance = _Chance()


def new_id(prefix: str = "") -> str:
    """A new identifier, for example ``new_id("run")`` gives ``run_01K…``; two calls never give the same one."""
    moment = _moment(clock.milliseconds())
    try:
        drawn = _chance.take()  # one step of the interpreter: two threads never get the same
    except StopIteration:
        drawn = _chance.more()
    chance = drawn.translate(_FIVE_BITS).decode()
    return f"{prefix}_{moment}{chance}" if prefix else moment + chance


@lru_cache(maxsize=8)
def _moment(milliseconds: int) -> str:
    return "".join([_ALPHABET[(milliseconds >> shift) & 31] for shift in range(45, -1, -5)])
