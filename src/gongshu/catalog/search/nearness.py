"""Which pieces of a name are one character away from what was typed."""

from __future__ import annotations

from collections.abc import Iterator


def near_in(wrong: str, name: str) -> set[str]:
    """The pieces of ``name`` that become ``wrong`` by one character changed, left out, added, or two neighbours swapped."""
    return {piece for piece in _windows(wrong, name) if piece != wrong and one_apart(wrong, piece)}


def one_apart(one: str, other: str) -> bool:
    """Whether one change makes ``one`` into ``other``."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    a, b = one[start:], other[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (len(a) > 1 and a[:2] == b[1::-1] and a[2:] == b[2:])
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[1:] == shorter


def _windows(wrong: str, name: str) -> Iterator[str]:
    for length in (len(wrong), len(wrong) + 1, len(wrong) - 1):
        if length > 1:
            for start in range(len(name) - length + 1):
                piece = name[start : start + length]
                # A piece one longer or shorter must begin and end as the question does, or any neighbour would do.
                if length == len(wrong) or (piece[0] == wrong[0] and piece[-1] == wrong[-1]):
                    yield piece
