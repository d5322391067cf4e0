"""The way from an entry to the checkpoint as a picture: a ladder, the entry below, the signed root above.

In the middle what comes out of each step, beside it the hash that is put to it, on its side. A long ladder is folded: the
first and the last steps are drawn. Numbers are units of the drawing; the table below it has every step in words.
"""

from __future__ import annotations

from dataclasses import dataclass

from gongshu.ledger.inspection import Inspection

WIDTH = 360
BOX, BESIDE = 104, 106  # widths
HEIGHT = 30  # of a box
_STEP = 62  # from one row to the next
_EDGE = 6
_MIDDLE = WIDTH // 2
_WHOLE = 9  # steps up to which all are drawn
_BELOW, _ABOVE = 4, 3
_SHORT = 8  # hex digits
_END = 46  # height of the boxes at both ends


@dataclass(frozen=True)
class Hash:
    """A box with the beginning of a hash; ``first`` and ``last`` are the entries it stands for, where it is beside ours."""

    x: int
    y: int
    width: int
    text: str
    first: int = -1
    last: int = -1

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def base(self) -> int:
        return self.y + 13 if self.first >= 0 else self.y + 20

    @property
    def second(self) -> int:
        return self.y + 26


@dataclass(frozen=True)
class Picture:
    """``top`` and ``bottom`` are where the checkpoint and the entry are drawn; ``folded`` how many steps are not drawn, and
    ``fold`` where they would be."""

    height: int
    ours: list[Hash]
    beside: list[Hash]
    lines: list[str]
    bottom: int
    fold: int = 0
    folded: int = 0
    width: int = WIDTH
    middle: int = _MIDDLE
    top: int = _EDGE
    box: int = HEIGHT
    end: int = _END


def draw(found: Inspection) -> Picture:
    rungs = found.rungs
    folded = len(rungs) - _BELOW - _ABOVE if len(rungs) > _WHOLE else 0
    drawn = [*rungs[:_BELOW], *rungs[len(rungs) - _ABOVE :]] if folded else rungs
    y = bottom = _EDGE + _END + max(len(drawn) + bool(folded), 1) * _STEP
    ours: list[Hash] = []
    beside: list[Hash] = []
    lines = [f"M{_MIDDLE} {bottom}V{_EDGE + _END}"]
    fold, before = 0, found.fingerprint
    for number, rung in enumerate(drawn):
        if number:
            ours.append(_box(before, y))
        if folded and number == _BELOW:
            fold, y = y - _STEP // 2, y - _STEP
            before = rungs[len(rungs) - _ABOVE - 1].result
            ours.append(_box(before, y))
        between, y = y - _STEP // 2, y - _STEP
        x, edge = (_EDGE, _EDGE + BESIDE) if rung.left else (WIDTH - _EDGE - BESIDE, WIDTH - _EDGE - BESIDE)
        beside.append(Hash(x, between - HEIGHT // 2, BESIDE, rung.beside.hex()[:_SHORT], rung.begin, rung.end - 1))
        lines.append(
            f"M{edge} {between}H{_MIDDLE + (-8 if rung.left else 8)}Q{_MIDDLE} {between} {_MIDDLE} {between - 8}"
        )
        before = rung.result
    return Picture(bottom + _END + _EDGE, ours, beside, lines, bottom, fold, folded)


def _box(value: bytes, y: int) -> Hash:
    return Hash(_MIDDLE - BOX // 2, y - HEIGHT // 2, BOX, value.hex()[:_SHORT])
