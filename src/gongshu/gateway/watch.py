"""Who is walking through the register, or trying doors: noticed by the pattern of calls, slowed down, and told of.

Three patterns, each of one client: look-ups that mostly find nothing (guessing), keys that follow one another
(counting up), and calls outside the grant, again and again (probing). Guessing and counting slow the client down under
that grant; probing locks the client. Both end by themselves. What is kept is counts and the last number of a key, in
memory, never a key. A grant that allows listing may be read row by row anyway and is not watched for it.
"""

from __future__ import annotations

from math import ceil
from typing import Literal

from gongshu.gateway.errors import Refusal
from gongshu.gateway.limits import Rates

Pattern = Literal["guessing", "counting", "probing"]

WINDOW = 200  # look-ups that are remembered, fading
GUESSES = 40  # look-ups at least, before anything is said
GUESSED = 0.6  # share of them that found nothing
STEP, RUN = 3, 40  # keys at most so far apart, so many in a row
SLOW_SECONDS, SLOW_PER_MINUTE = 600.0, 6
PROBES_PER_MINUTE = 60
LOCK_SECONDS = 300.0
PROBING = frozenset(
    {"grant_unknown", "item_not_granted", "mode_not_granted", "purpose_mismatch", "listing_not_granted",
     "filter_not_granted", "cursor_invalid"}
)  # fmt: skip


class _Trail:
    __slots__ = ("calls", "last", "missed", "run", "slow_until")

    def __init__(self) -> None:
        self.calls = self.missed = 0.0
        self.last: int | None = None
        self.run = 0
        self.slow_until = 0.0


class Watch:
    """Times are monotonic seconds."""

    def __init__(self) -> None:
        self._trails: dict[tuple[str, str], _Trail] = {}
        self._rates = Rates()
        self._locked: dict[str, float] = {}

    def admit(self, client_id: str, now: float) -> None:
        """``Refusal("client_locked")`` while the client is locked."""
        until = self._locked.get(client_id)
        if until is None:
            return
        if now < until:
            raise Refusal("client_locked", retry_after=ceil(until - now))
        del self._locked[client_id]

    def pace(self, client_id: str, grant_id: str, now: float) -> None:
        """``Refusal("enumeration_suspected")`` when the client is slowed down under the grant and calls too soon."""
        trail = self._trails.get((client_id, grant_id))
        if trail is not None and now < trail.slow_until:
            wait = self._rates.wait(("slow", client_id, grant_id), SLOW_PER_MINUTE, now)
            if wait > 0:
                raise Refusal("enumeration_suspected", retry_after=ceil(wait))

    def looked_up(self, client_id: str, grant_id: str, key: str, found: bool, now: float) -> Pattern | None:
        """Note a look-up; the pattern when one has just been noticed."""
        trail = self._trails.get((client_id, grant_id))
        if trail is None:
            trail = self._trails[client_id, grant_id] = _Trail()
        trail.calls += 1
        if not found:
            trail.missed += 1
        if trail.calls > WINDOW:
            trail.calls /= 2
            trail.missed /= 2
        number = _number(key)
        if number is not None and trail.last is not None and 0 < abs(number - trail.last) <= STEP:
            trail.run += 1
        elif number != trail.last:
            trail.run = 0
        trail.last = number
        if now < trail.slow_until:
            return None
        pattern: Pattern
        if trail.calls >= GUESSES and trail.missed > GUESSED * trail.calls:
            pattern = "guessing"
        elif trail.run >= RUN:
            pattern = "counting"
        else:
            return None
        trail.calls = trail.missed = trail.run = 0
        trail.slow_until = now + SLOW_SECONDS
        return pattern

    def refused(self, client_id: str, code: str, now: float) -> Pattern | None:
        """Note a refusal of a client whose signature held; "probing" when that has just locked it."""
        if code not in PROBING or not self._rates.wait(("probe", client_id), PROBES_PER_MINUTE, now):
            return None
        if now < self._locked.get(client_id, 0.0):
            return None
        self._locked[client_id] = now + LOCK_SECONDS
        return "probing"


def _number(key: str) -> int | None:
    """The number in the last digits of a key: nine at most, a check character behind them aside (GB 11643, GB 32100)."""
    tail = key[-10:-1] if len(key) == 18 else key[-9:]
    if not tail.isdecimal():
        tail = tail.lstrip(_NO_DIGITS)
    return int(tail) if tail.isascii() and tail.isdecimal() else None


_NO_DIGITS = "".join(chr(code) for code in range(33, 127) if not chr(code).isdigit())
