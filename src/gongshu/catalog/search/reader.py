"""Asking the index: strict first, then a near spelling, then any of the words; always saying which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import tantivy

from gongshu.catalog.search.nearness import near_in
from gongshu.catalog.search.question import Builder, Must, Query, Question, Scope, Should, one_of_rarest
from gongshu.catalog.search.store import OpenIndex
from gongshu.catalog.search.synonyms import Synonyms
from gongshu.catalog.search.words import Chunk, is_chinese, normal, pairs

DEEPEST = 10_000  # results by relevance that one can page through; beyond it, narrow or sort
CANDIDATES = 60
VALUES = 200  # of a facet
FEW = 500  # entries that are named one by one instead of being looked for again
_POINT = 7  # bits behind the point before those of the words


@dataclass(frozen=True)
class Result:
    """``pks`` in order. ``corrected`` are (asked, taken) spellings; ``loosened`` says that any of the words was enough;
    ``words`` are those that were looked for, for highlighting; ``also`` the synonyms among them."""

    pks: tuple[int, ...]
    total: int
    facets: Mapping[str, list[tuple[str, int]]]
    loosened: bool = False
    similar: bool = False
    corrected: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Understood:
    query: Query | None
    chunks: Sequence[Chunk] = ()
    loosened: bool = False
    similar: bool = False
    corrected: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True)
class _Most:
    """``places`` of the words that one entry has, and nobody has more; ``pks`` of all who have so many, if they are few."""

    places: frozenset[int] = frozenset()
    pks: tuple[int, ...] = ()


class Reader:
    """Questions to one open index with one table of synonyms."""

    def __init__(self, opened: OpenIndex, synonyms: Synonyms | None = None) -> None:
        self._opened = opened
        self._synonyms = synonyms or Synonyms()
        self._build = Builder(opened.schema, self._synonyms)

    def search(self, question: Question) -> Result:
        searcher = self._opened.searcher()
        found = self._strictly(question)
        query, hits = self._run(searcher, question, found.query)
        if found.chunks and not hits.count:  # type: ignore[attr-defined]
            found = self._loosely(searcher, question, found)
            query, hits = self._run(searcher, question, found.query)
        words = tuple(dict.fromkeys(word for chunk in found.chunks for word in (*chunk.words, chunk.text)))
        also = tuple(dict.fromkeys(other for word in words for other in self._synonyms.others(word)))
        return Result(
            pks=_numbers(searcher, [address for _, address in hits.hits]),
            total=int(hits.count or 0),  # type: ignore[attr-defined]
            facets=self._facets(searcher, question, found.query, query),
            loosened=found.loosened,
            similar=found.similar,
            corrected=found.corrected,
            words=words,
            also=also,
        )

    def matching(self, question: Question, pks: Sequence[int]) -> tuple[int, ...]:
        """Which of these entries answer the question strictly: for saved searches."""
        searcher = self._opened.searcher()
        chunks = self._chunks(question.text)
        clauses = self._build.limits(question.scope, question.filters)
        if chunks:
            clauses.append((Must, self._build.text(question.text, chunks)))
        elif normal(question.text):
            return ()
        clauses.append((Must, Query.const_score_query(Query.term_set_query(self._opened.schema, "pk", list(pks)), 0.0)))
        hits = searcher.search(Query.boolean_query(clauses), max(1, len(pks)), False)
        return _numbers(searcher, [address for _, address in hits.hits])

    def names(self, kind: str, prefix: str, scope: Scope, limit: int) -> list[tuple[str, int]]:
        """Titles, items or providers that begin so, with the number of entries that the reader may see."""
        searcher = self._opened.searcher()
        limits = self._build.limits(scope, {})
        only = Query.boolean_query(limits) if limits else None
        return searcher.terms_with_prefix(f"whole_{kind}", normal(prefix), only, limit)

    # -- understanding

    def _chunks(self, text: str) -> list[Chunk]:
        return self._opened.dictionary.question(text, self._synonyms.words)

    def _run(
        self, searcher: tantivy.Searcher, question: Question, text: Query | None
    ) -> tuple[Query, tantivy.SearchResult]:
        """The query with what narrows it, and one page of what it finds, in the order asked for."""
        query = _both(text, self._build.limits(question.scope, question.filters))
        offset, limit = max(0, min(question.offset, DEEPEST)), max(1, min(question.limit, 1000))
        if question.order == "title":
            return query, searcher.search(query, limit, True, "title_order", offset, tantivy.Order.Asc)
        if question.order == "relevance":
            return query, searcher.search(query, limit, True, offset=offset)
        return query, searcher.search(query, limit, True, question.order, offset, tantivy.Order.Desc)

    def _strictly(self, question: Question) -> _Understood:
        """Entries with all words. Nothing but signs was asked: nothing is found. Nothing was asked: everything is."""
        chunks = self._chunks(question.text)
        if not chunks:
            return _Understood(Query.empty_query() if normal(question.text) else None)
        return _Understood(self._build.text(question.text, chunks), chunks)

    def _loosely(self, searcher: tantivy.Searcher, question: Question, strict: _Understood) -> _Understood:
        """No entry has all words: a near spelling of those that are nowhere, else as many of them as some entry has."""
        chunks = strict.chunks
        limits = self._build.limits(question.scope, question.filters)
        words = [(word, chunk.chinese) for chunk in chunks for word in chunk.words]
        places = [(number, place) for number, chunk in enumerate(chunks) for place in range(len(chunk.words))]
        held = [self._build.holding(word, chinese=han) for word, han in words]
        rarest = self._rarest(searcher, [word for word, _ in words])
        most = self._most_held(searcher, held, rarest, limits)

        def hits(query: Query) -> int:
            return int(searcher.search(_both(query, limits), 1, True).count or 0)  # type: ignore[attr-defined]

        lost = [spot for n, spot in enumerate(places) if n not in most.places and not hits(held[n])]
        if lost:
            mended, corrections = self._mend(searcher, chunks, lost, limits)
            latin = any(not chunks[number].chinese for number, _ in lost)
            if corrections or latin:
                text = " ".join(chunk.text for chunk in mended)
                near = self._build.text(text, mended, fuzzy=latin)
                if hits(near):
                    return _Understood(near, mended, similar=latin and not corrections, corrected=corrections)
                chunks = mended
            words = [(word, chunk.chinese) for chunk in chunks for word in chunk.words]
            held = [self._build.holding(word, chinese=han, fuzzy=True) for word, han in words]
            rarest = self._rarest(searcher, [word for word, _ in words])
            most = self._most_held(searcher, held, rarest, limits)
        if not most.places:
            return strict
        only = Query.term_set_query(self._opened.schema, "pk", list(most.pks)) if most.pks else None
        some = self._build.text(
            question.text,
            chunks,
            enough=len(most.places),
            fuzzy=bool(lost),
            only=Query.const_score_query(only, 0.0) if only else None,
        )
        return _Understood(some, chunks, loosened=True)

    def _rarest(self, searcher: tantivy.Searcher, words: Sequence[str]) -> list[int]:
        """The places of the words, from the rarest to the commonest as their pairs of characters tell."""

        def frequency(word: str) -> int:
            if not is_chinese(word):
                return int(searcher.num_docs)  # a beginning or a misspelling may be meant
            return min(searcher.doc_freq("grams", pair) for pair in (pairs(word) or [word]))

        often = [sum(map(frequency, (word, *self._build.others(word)))) for word in words]
        return sorted(range(len(words)), key=lambda place: often[place])

    def _most_held(
        self,
        searcher: tantivy.Searcher,
        held: Sequence[Query],
        rarest: Sequence[int],
        limits: list[tuple[tantivy.Occur, Query]],
    ) -> _Most:
        """Which entries have most of the words, and which words the first of them has.

        Entries with at least half of the words are looked for first, among those with one of the rarer words; only
        where there is none all are looked at.
        """
        half = (len(held) + 1) // 2
        most = self._best(searcher, held, [*limits, (Must, one_of_rarest(held, rarest, half))])
        return most if len(most.places) >= half else self._best(searcher, held, limits)

    def _best(
        self, searcher: tantivy.Searcher, held: Sequence[Query], limits: list[tuple[tantivy.Occur, Query]]
    ) -> _Most:
        """The entries within ``limits`` that have most of the words.

        One search instead of one for each number of words: a word counts one and, far behind the point, a bit of its own,
        so that the score of an entry spells its words (at most ``MOST_WORDS``: exact in the 24 bits of a score).
        """
        marked = [
            (Should, Query.const_score_query(query, 1.0 + 2.0 ** -(_POINT + place))) for place, query in enumerate(held)
        ]
        best = searcher.search(_both(Query.boolean_query(marked), limits), FEW + 1, False).hits
        if not best:
            return _Most()
        bits = round((best[0][0] % 1.0) * 2.0 ** (_POINT + len(held)))
        places = frozenset(place for place in range(len(held)) if bits >> (len(held) - place) & 1)
        addresses = [address for score, address in best if int(score) == len(places)]
        return _Most(places, _numbers(searcher, addresses) if len(addresses) <= FEW else ())

    def _mend(
        self,
        searcher: tantivy.Searcher,
        chunks: Sequence[Chunk],
        lost: Sequence[tuple[int, int]],
        limits: list[tuple[tantivy.Occur, Query]],
    ) -> tuple[list[Chunk], tuple[tuple[str, str], ...]]:
        """Replace what is found nowhere by a name one character away that is."""
        mended, corrections = list(chunks), []
        for number, place in dict(lost).items():  # one word per chunk is mended
            chunk = chunks[number]
            if not chunk.chinese:
                continue
            for wrong in _suspects(chunk, place):
                right = self._nearest(searcher, wrong, limits)
                if right:
                    text = chunk.text.replace(wrong, right, 1)
                    mended[number] = self._chunks(text)[0]
                    corrections.append((wrong, right))
                    break
        return mended, tuple(corrections)

    def _nearest(self, searcher: tantivy.Searcher, wrong: str, limits: list[tuple[tantivy.Occur, Query]]) -> str:
        signs = list(dict.fromkeys(wrong))
        enough = Query.boolean_query(
            [(Should, self._build.term("grams", sign, "basic")) for sign in signs],
            minimum_number_should_match=max(2, len(signs) - 1),
        )
        lifts = [(Should, self._build.term("title_grams", sign)) for sign in signs]
        lifts += [(Should, self._build.term("grams", pair, "basic")) for pair in pairs(wrong)]
        hits = searcher.search(Query.boolean_query([(Must, enough), *lifts, *limits]), CANDIDATES, False).hits
        seen: Counter[str] = Counter()
        for _, address in hits:
            names = bytes(searcher.doc(address).get_first("names") or b"").decode()
            seen.update({window for name in names.split("\n") for window in near_in(wrong, name)})
        if not seen:
            return ""
        # Words of the dictionary before pieces of words, frequent ones before rare ones, the same length before others.
        cut = self._opened.dictionary.cut
        return max(seen, key=lambda w: (len(cut(w)) <= max(1, len(w) // 2), len(w) == len(wrong), seen[w], w))

    # -- facets

    def _facets(
        self, searcher: tantivy.Searcher, question: Question, text: Query | None, query: Query
    ) -> dict[str, list[tuple[str, int]]]:
        """Counts by facet; each with the other filters in force."""
        chosen = [name for name in question.facets if question.filters.get(name)]
        free = [name for name in question.facets if name not in chosen]
        found = _counted(searcher, query, free) if free else {}
        for name in chosen:
            others = _both(text, self._build.limits(question.scope, question.filters, but=name))
            found |= _counted(searcher, others, [name])
        return {name: found[name] for name in question.facets}


def within(question: Question, **changes: object) -> Question:
    """The question with something else."""
    return replace(question, **changes)  # type: ignore[arg-type]


def _both(text: Query | None, limits: list[tuple[tantivy.Occur, Query]]) -> Query:
    clauses = [*limits, (Must, text)] if text is not None else limits
    return Query.boolean_query(clauses) if clauses else Query.all_query()


def _counted(searcher: tantivy.Searcher, query: Query, names: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    wanted = {name: {"terms": {"field": name, "size": VALUES}} for name in names}
    answer = searcher.aggregate(query, wanted)
    return {
        name: sorted(((b["key"], int(b["doc_count"])) for b in answer[name]["buckets"]), key=lambda b: (-b[1], b[0]))
        for name in names
    }


def _numbers(searcher: tantivy.Searcher, addresses: list[tantivy.DocAddress]) -> tuple[int, ...]:
    return tuple(int(pk) for pk in searcher.fast_field_values("pk", addresses) if pk is not None) if addresses else ()


def _suspects(chunk: Chunk, place: int) -> list[str]:
    """What may be misspelt where the word at ``place`` is found nowhere: it with its neighbours, or alone; longest first."""
    words = chunk.words
    spans = {
        "".join(words[start:end])
        for start in (place - 1, place)
        for end in (place + 1, place + 2)
        if start >= 0 and end <= len(words)
    }
    if len(chunk.text) <= 10:
        spans.add(chunk.text)
    fit = [span for span in spans if 3 <= len(span) <= 10 and span in chunk.text and is_chinese(span)]
    return sorted(fit, key=len, reverse=True)
