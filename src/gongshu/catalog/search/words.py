"""Words of Chinese text, for the index and for a question.

Text is compared in NFKC and lower case. Chinese runs are cut by a dictionary (jieba's and the catalog's own names); beside
the words every run gives its single characters and pairs, so that 公交 is found in whatever the dictionary made of
公交站点, and a name that no dictionary knows is found as well. Latin letters and digits are words as they stand;
``entity_name`` is also ``entity`` and ``name``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

LONGEST_QUESTION = 100  # characters that are looked at
MOST_WORDS = 12
STOP = frozenset("的了和与及或之在是等其")
_UNSEEN = {
    n: " "
    for n in (*range(0x3000), *range(0xD800, 0xE000), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080))
    if unicodedata.category(chr(n)) in {"Cc", "Cf", "Cs"}
}
_RUN = re.compile(r"(?P<han>[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)|(?P<latin>[^\W_]+(?:_[^\W_]+)*)")
_CHINESE = re.compile(r"^[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+$")


def normal(text: str) -> str:
    """As text is compared: NFKC, lower case, no controls, single spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join((plain if plain.isprintable() else plain.translate(_UNSEEN)).split())


def is_chinese(text: str) -> bool:
    return _CHINESE.match(text) is not None


def runs(text: str) -> list[tuple[bool, str]]:
    """The runs of a text in order: whether Chinese, and the run. Everything else separates."""
    found = []
    for match in _RUN.finditer(normal(text)):
        if match["han"]:
            found.append((True, match["han"]))
        else:
            # Script is not space: 第3路 is three runs, and "B1出入口" two; what is left is Latin, digits, other letters.
            found += [
                (is_chinese(part), part) for part in re.findall(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+", match["latin"])
            ]
    return found


def grams(found_runs: Iterable[tuple[bool, str]], *, single: bool = True) -> list[str]:
    """Pairs of neighbouring characters of the Chinese runs, and with ``single`` the characters alone."""
    found: list[str] = []
    for chinese, run in found_runs:
        if chinese:
            if single:
                found += run
            found += pairs(run)
    return found


def pairs(run: str) -> list[str]:
    return [run[n : n + 2] for n in range(len(run) - 1)]


@dataclass(frozen=True)
class Chunk:
    """One run of a question. ``words`` is how the dictionary cuts it; a Latin run is its own word."""

    text: str
    chinese: bool
    words: tuple[str, ...]


class Dictionary:
    """Cuts Chinese runs. ``names`` are whole words beside those of the general dictionary."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        import rjieba  # here, because it reads its dictionary when it is imported

        self._jieba = rjieba.Jieba()
        self._kept: dict[str, tuple[str, ...]] = {}
        self.pieces: dict[str, Any] = {}  # of ``record``: what short texts that come again and again are made of
        for name in names:
            if 2 <= len(name) <= 20 and is_chinese(name):
                self._jieba.add_word(name, None, None)

    def words(self, found_runs: Iterable[tuple[bool, str]]) -> list[str]:
        """The words of a text's runs for the index: long words and the shorter ones inside them."""
        found: list[str] = []
        for chinese, run in found_runs:
            if not chinese:
                found.append(run)
                if "_" in run:
                    found += run.split("_")
            else:
                found += self._search_mode(run)
        return found

    def cut(self, run: str) -> list[str]:
        """A Chinese run cut once, nothing twice."""
        return list(self._jieba.cut(run, False))

    def question(self, text: str, known: Iterable[str] = ()) -> list[Chunk]:
        """The runs of a question. ``known`` words (synonyms, the longest first) are kept whole wherever they stand.

        Single characters between words are joined: a name that the dictionary does not know stays one word.
        """
        plain = normal(text[:LONGEST_QUESTION])
        whole = [word for word in known if word in plain]
        chunks: list[Chunk] = []
        left = MOST_WORDS
        for chinese, run in runs(text[:LONGEST_QUESTION]):
            words = tuple(self._question_words(run, whole))[:left] if chinese else (run,)
            left -= len(words)
            if words:
                chunks.append(Chunk(run, chinese, words))
            if left <= 0:
                break
        return chunks

    def _search_mode(self, run: str) -> tuple[str, ...]:
        kept = self._kept.get(run)
        if kept is None:
            if len(self._kept) > 100_000:
                self._kept.clear()
            kept = self._kept[run] = tuple(word for word in self._jieba.cut_for_search(run, False) if word not in STOP)
        return kept

    def _question_words(self, run: str, whole: list[str]) -> list[str]:
        for word in whole:
            if word in run:
                before, _, after = run.partition(word)
                return [*self._question_words(before, whole), word, *self._question_words(after, whole)]
        found: list[str] = []
        single = ""
        for word in [*self.cut(run), ""]:
            if len(word) == 1 and word not in STOP:
                single += word
                continue
            if single:
                found.append(single)
                single = ""
            if word and word not in STOP:
                found.append(word)
        return found or ([run] if run and len(run) == 1 else [])
