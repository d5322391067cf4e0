"""Pinyin of names: whole syllables and initials, from every place where a reader may begin.

公交站点 is found by ``gongjiaozhandian``, ``gjzd``, ``zhandian`` and ``zd``, and by the beginnings of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

LONGEST_INITIALS = 8
LONGEST_FULL = 24


@lru_cache(maxsize=200_000)
def syllables(word: str) -> tuple[str, ...]:
    """One syllable for each character, without tones; a polyphone as its word wants it (银行 yin hang)."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(word, errors="ignore", v_to_u=False))


def keys(words: Sequence[str], *, inner: bool = True) -> set[str]:
    """Under which Latin letters a name, cut into words, is found. ``inner`` lets a reader begin at any character."""
    per_word = [syllables(word) for word in words]
    flat = [syllable for word in per_word for syllable in word]
    if len(flat) < 2:
        return {flat[0]} if flat else set()
    initials = "".join(syllable[0] for syllable in flat)
    if not inner:
        return {initials[:LONGEST_INITIALS], "".join(flat)[:LONGEST_FULL]}
    found = {initials[start : start + LONGEST_INITIALS] for start in range(len(initials) - 1)}
    found |= {"".join(flat[start : start + 8])[:LONGEST_FULL] for start in range(len(flat))}
    return {key for key in found if len(key) > 1}
