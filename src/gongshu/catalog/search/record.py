"""One entry as the index sees it, and the fields of the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tantivy

from gongshu.catalog.search import pinyin
from gongshu.catalog.search.words import Dictionary, grams, normal, runs

VERSION = 2  # of what is written here; an index of another version is built anew
FACETS = ("theme", "provider", "open", "share", "cycle", "format", "status", "data", "kind", "level", "grade")
FLAGS = ("opened",)
ORDERS = ("updated", "published", "changed", "rows")  # integers; the greatest first
WORD_FIELDS = ("title", "keywords", "items", "provider_words", "about")
_PK_BITS = 30


@dataclass(frozen=True)
class Record:
    """``items`` are (name, title) pairs; moments are seconds since 1970; ``facets`` values by the names of ``FACETS``."""

    pk: int
    code: str
    title: str
    abstract: str = ""
    provider_name: str = ""
    keywords: str = ""
    theme: str = ""
    items: tuple[tuple[str, str], ...] = ()
    facets: Mapping[str, str] = field(default_factory=dict)
    opened: bool = False
    updated: int = 0
    published: int = 0
    changed: int = 0
    rows: int = 0


@dataclass(frozen=True)
class Tokens:
    """The words of a record, field by field: what is indexed, whoever the index is."""

    fields: Mapping[str, str]  # words with a space between, by WORD_FIELDS, "grams", "title_grams", "pinyin"
    title: str  # in normal form, as the provider's name and the items' titles
    provider: str
    items: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The title and the items' titles, nothing twice."""
        return tuple(dict.fromkeys((self.title, *self.items)))


def schema() -> tantivy.Schema:
    build = tantivy.SchemaBuilder()
    build.add_unsigned_field("pk", indexed=True, fast=True)
    build.add_text_field("code", tokenizer_name="raw", index_option="basic")
    for name in (*WORD_FIELDS, "title_grams"):
        build.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("grams", "pinyin"):
        build.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
    for name in ("whole_title", "whole_item", "whole_provider"):
        build.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in (*FACETS, *FLAGS, "title_order"):
        build.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    for name in ORDERS:
        build.add_integer_field(name, indexed=False, fast=True)
    build.add_bytes_field("names", stored=True)
    return build.build()


@dataclass(frozen=True, slots=True)
class _Piece:
    """A short text that many entries share: an item's title, a name, keywords. ``grams``: characters and pairs."""

    words: str
    grams: frozenset[str]
    pinyin: frozenset[str]
    normal: str


def tokens(record: Record, dictionary: Dictionary) -> Tokens:
    """Cut everything that is searched. What comes again and again is cut once (``Dictionary.pieces``)."""
    plain = normal(record.title)
    title = runs(plain)
    abstract = runs(record.abstract)
    keywords = _piece(f"{record.keywords} {record.theme}", dictionary)
    provider = _piece(record.provider_name, dictionary, inner=True)
    items = [_piece(item_title, dictionary) for _, item_title in record.items]
    names = [_piece(name, dictionary) for name, _ in record.items]
    latin = provider.pinyin.union(
        *(item.pinyin for item in items),
        *(pinyin.keys(dictionary.cut(run)) for chinese, run in title if chinese),
    )
    title_grams = grams(title)
    every = provider.grams.union(keywords.grams, title_grams, grams(abstract), *(item.grams for item in items))
    return Tokens(
        fields={
            "title": " ".join(dictionary.words(title)),
            "keywords": keywords.words,
            "items": " ".join([piece.words for piece in (*items, *names)]),
            "provider_words": provider.words,
            "about": " ".join(dictionary.words(abstract)),
            "title_grams": " ".join(title_grams),
            "grams": " ".join(every),
            "pinyin": " ".join(latin),
        },
        title=plain,
        provider=provider.normal,
        items=tuple(dict.fromkeys([item.normal for item in items])),
    )


def _piece(text: str, dictionary: Dictionary, *, inner: bool = False) -> _Piece:
    known: _Piece | None = dictionary.pieces.get(text)
    if known is not None:
        return known
    if len(dictionary.pieces) > 200_000:
        dictionary.pieces.clear()
    found = runs(text)
    cut = [word for chinese, run in found if chinese for word in dictionary.cut(run)]
    piece = dictionary.pieces[text] = _Piece(
        words=" ".join(dictionary.words(found)),
        grams=frozenset(grams(found)),
        pinyin=frozenset(pinyin.keys(cut, inner=inner)),
        normal=normal(text),
    )
    return piece


def document(record: Record, found: Tokens) -> tantivy.Document:
    """The index's document of a record and its tokens."""
    plain: dict[str, Any] = {
        "pk": [record.pk],
        "code": [normal(record.code)],
        "whole_title": [found.title],
        "whole_item": list(found.items),
        "whole_provider": [found.provider],
        "opened": ["yes" if record.opened else "no"],
        "title_order": [f"{found.title}\x01{record.pk:012d}"],
        "names": ["\n".join(found.names).encode()],
        **{name: [text] for name, text in found.fields.items()},
        **{name: [value] for name, value in record.facets.items() if value and name in FACETS},
        **{name: [order_key(getattr(record, name), record.pk)] for name in ORDERS},
    }
    return tantivy.Document.from_dict(plain, _SCHEMA)


def order_key(value: int, pk: int) -> int:
    """A value and the entry's number in one integer, so that no two entries stand in the same place."""
    return (min(value, (1 << 33) - 1) << _PK_BITS) | (pk & ((1 << _PK_BITS) - 1))


_SCHEMA = schema()
