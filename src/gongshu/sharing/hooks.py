"""What others want to be told, inside the same transaction. ``gongshu.wiring`` fills this list and nothing else does."""

from __future__ import annotations

from collections.abc import Callable

from gongshu.identity.actor import Actor

# An emergency with which all use ends is over: who ended it, its number, why.
on_emergency_ended: list[Callable[[Actor, str, str], None]] = []
