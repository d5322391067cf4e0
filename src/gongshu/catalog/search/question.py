"""A question to the index, and its tantivy query.

Ranking: title before items and keywords, these before provider, that before summary; the whole name before a part of it,
neighbouring words before scattered ones. Which entries have a word is asked of its pairs of characters, so that what the
dictionary cut differently is found too; only those are weighed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import tantivy

from gongshu.catalog.search.synonyms import Synonyms
from gongshu.catalog.search.words import Chunk, normal, pairs

Query = tantivy.Query
Must, Should = tantivy.Occur.Must, tantivy.Occur.Should
WEIGHTS = (("title", 6.0), ("keywords", 2.6), ("items", 2.4), ("provider_words", 1.6), ("about", 1.0))
_CODE = re.compile(r"^[0-9a-z]+(?:[-/][0-9a-z]+)*[-/]?$")


@dataclass(frozen=True)
class Scope:
    """What the reader may see: published entries and those of ``organization``, or with ``everything`` all."""

    everything: bool = False
    organization: str = ""


@dataclass(frozen=True)
class Question:
    """``filters`` name a facet or flag of ``record`` and the values of which one must hold."""

    text: str = ""
    scope: Scope = Scope()
    filters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    order: str = "relevance"  # relevance, title, or one of record.ORDERS
    offset: int = 0
    limit: int = 10
    facets: Sequence[str] = ()


def some_of(held: list[tuple[tantivy.Occur, Query]], enough: int) -> Query:
    """At least ``enough`` of the clauses."""
    return Query.boolean_query(held, minimum_number_should_match=enough)


def one_of_rarest(held: Sequence[Query], rarest: Sequence[int], enough: int) -> Query:
    """Whoever has ``enough`` of n words has one of the n - enough + 1 rarest: only these entries need to be looked at."""
    some = [(Should, held[place]) for place in rarest[: len(held) - enough + 1]]
    return Query.const_score_query(Query.boolean_query(some), 0.0)


class Builder:
    """Queries of one schema."""

    def __init__(self, schema: tantivy.Schema, synonyms: Synonyms) -> None:
        self.schema = schema
        self.synonyms = synonyms

    def term(self, name: str, value: str, option: str = "freq") -> Query:
        return Query.term_query(self.schema, name, value, option)

    def limits(
        self, scope: Scope, filters: Mapping[str, Sequence[str]], but: str = ""
    ) -> list[tuple[tantivy.Occur, Query]]:
        """The clauses that narrow without weighing: permission, and filters other than ``but``."""
        found: list[tuple[tantivy.Occur, Query]] = []
        if not scope.everything:
            allowed = self.term("status", "published", "basic")
            if scope.organization:
                own = self.term("provider", scope.organization, "basic")
                allowed = Query.boolean_query([(Should, allowed), (Should, own)])
            found.append((Must, Query.const_score_query(allowed, 0.0)))
        for name, values in filters.items():
            if name != but and values:
                any_of = [(Should, self.term(name, value, "basic")) for value in values]
                found.append((Must, Query.const_score_query(Query.boolean_query(any_of), 0.0)))
        return found

    def holding(self, word: str, *, chinese: bool, fuzzy: bool = False) -> Query:
        """The entries that have the word, or what means the same, somewhere. Weighs nothing.

        Every Chinese text is in ``grams``, so one field answers for all and a common word costs one list of entries.
        """
        if not chinese:
            found = [self._latin(word, fuzzy=fuzzy)]
        elif len(word) == 1:
            found = [self.term("grams", word, "basic")]
        else:
            found = [self.inside("grams", word)]
        for other in self.others(word):
            found.append(self._latin(other, fuzzy=False) if other.isascii() else self.inside("grams", other))
        every = found[0] if len(found) == 1 else Query.boolean_query([(Should, one) for one in found])
        return Query.const_score_query(every, 0.2)

    def weight(self, word: str, *, chinese: bool) -> Query:
        """How much an entry says about the word: where it stands, and how rare it is."""
        fields = [Query.boost_query(self.term(name, word), weight) for name, weight in WEIGHTS]
        if chinese and len(word) == 1:
            fields.append(Query.const_score_query(self.term("title_grams", word), 1.5))
        own = Query.disjunction_max_query(fields, 0.15)
        others = self.others(word)
        if not others:
            return own
        also = [
            Query.boost_query(self.term(name, other), weight * 0.6) for other in others for name, weight in WEIGHTS[:3]
        ]
        return Query.disjunction_max_query([own, *also], 0.1)

    def others(self, word: str) -> list[str]:
        """What means the same as the word."""
        return [other for other in self.synonyms.others(word) if len(other) > 1]

    def _latin(self, word: str, *, fuzzy: bool) -> Query:
        """A word in Latin letters: in a text, or as the pinyin of one; with ``fuzzy`` a letter or two aside."""
        fields = [Query.boost_query(self.term(name, word), weight) for name, weight in WEIGHTS]
        fields.append(Query.const_score_query(Query.fuzzy_term_query(self.schema, "pinyin", word, 0, prefix=True), 2.0))
        if len(word) >= 3:
            for name in ("title", "items"):
                fields.append(Query.fuzzy_term_query(self.schema, name, word, 0, prefix=True))
        if fuzzy and len(word) >= 4:
            distance = 2 if len(word) >= 9 else 1
            for name in ("pinyin", "title", "items"):
                fields.append(Query.fuzzy_term_query(self.schema, name, word, distance, prefix=name == "pinyin"))
        return Query.boolean_query([(Should, one) for one in fields])

    def inside(self, name: str, word: str) -> Query:
        """All pairs of a Chinese word in the field: the word itself, but for rare accidents."""
        found = [self.term(name, pair, "basic") for pair in pairs(word)]
        return found[0] if len(found) == 1 else Query.boolean_query([(Must, one) for one in found])

    def text(
        self, text: str, chunks: Sequence[Chunk], *, enough: int = 0, fuzzy: bool = False, only: Query | None = None
    ) -> Query:
        """All words (or ``enough`` of them), and what lifts an entry above others that have them too.

        ``only``: these entries are known to have ``enough`` of the words.
        """
        occur = Should if enough else Must
        words = [(word, chunk.chinese) for chunk in chunks for word in chunk.words]
        held = [(occur, self.holding(word, chinese=chinese, fuzzy=fuzzy)) for word, chinese in words]
        whole = normal(text)
        required = [(Must, only or some_of(held, enough))] if enough else held
        lifts: list[tuple[tantivy.Occur, Query]] = [
            (Should, Query.const_score_query(self.term("whole_title", whole, "basic"), 60.0)),
            (Should, Query.const_score_query(self.term("whole_item", whole, "basic"), 9.0)),
            (Should, Query.const_score_query(self.term("whole_provider", whole, "basic"), 6.0)),
        ]
        lifts += [
            (Should, Query.const_score_query(self.inside("title_grams", chunk.text), 8.0))
            for chunk in chunks
            if chunk.chinese and len(chunk.text) > 1
        ]
        for word, chinese in words:
            lifts.append((Should, self.weight(word, chinese=chinese)))
            if not chinese:
                lifts.append((Should, Query.const_score_query(self.term("pinyin", word, "basic"), 4.0)))
        by_words = Query.boolean_query(required + lifts)
        if _CODE.match(whole) and any(sign.isdecimal() for sign in whole):
            code = whole.replace("/", "-")
            by_code = Query.fuzzy_term_query(self.schema, "code", code, 0, prefix=True)
            return Query.disjunction_max_query([by_words, Query.const_score_query(by_code, 80.0)])
        return by_words
