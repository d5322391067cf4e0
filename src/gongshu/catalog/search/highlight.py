"""Where the words of a question stand in a text. Answers plain pieces; whoever shows them escapes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

Piece = tuple[str, bool]  # text, and whether it is one of the words
WIDTH = 110  # characters of an excerpt


def pieces(text: str, words: Iterable[str]) -> list[Piece]:
    """The text in pieces, those that were looked for marked. Joined they are the text itself."""
    folded = _fold(text)
    marked = bytearray(len(text))
    for word in words:
        if not word:
            continue
        start = folded.find(word)
        while start >= 0:
            marked[start : start + len(word)] = b"\x01" * len(word)
            start = folded.find(word, start + 1)
    found: list[Piece] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or marked[end] != marked[start]:
            found.append((text[start:end], bool(marked[start])))
            start = end
    return found


def excerpt(text: str, words: Iterable[str], width: int = WIDTH) -> list[Piece]:
    """The part of a long text around its first word, in pieces."""
    wanted = list(words)
    if len(text) <= width:
        return pieces(text, wanted)
    folded = _fold(text)
    first = min((place for word in wanted if word and (place := folded.find(word)) >= 0), default=0)
    start = max(0, min(first - width // 3, len(text) - width))
    cut = text[start : start + width]
    found = pieces(cut, wanted)
    if start:
        found.insert(0, ("…", False))
    if start + width < len(text):
        found.append(("…", False))
    return found


def holds(text: str, words: Iterable[str]) -> bool:
    folded = _fold(text)
    return any(word in folded for word in words if word)


def _fold(text: str) -> str:
    """As words are compared, character by character, so that places stay what they are."""
    return "".join(
        folded if len(folded := unicodedata.normalize("NFKC", sign).casefold()) == 1 else sign for sign in text
    )
