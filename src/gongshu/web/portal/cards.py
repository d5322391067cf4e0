"""A data set as a card in a list."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from gongshu.catalog import queries
from gongshu.catalog.finding import Hit
from gongshu.catalog.search.highlight import Piece
from gongshu.catalog.states import THEME_LABELS
from gongshu.errors import Text
from gongshu.lake.spreadsheet import MOST_ROWS
from gongshu.web.parts import Tag, open_tag, share_tag


@dataclass(frozen=True)
class Card:
    entry: queries.Entry
    open_tag: Tag
    share_tag: Tag
    theme: Text
    formats: tuple[str, ...]
    title: list[Piece] = field(default_factory=list)
    summary: list[Piece] = field(default_factory=list)
    items: list[list[Piece]] = field(default_factory=list)

    @property
    def downloadable(self) -> bool:
        return bool(self.formats)


FORMATS = ("CSV", "XLSX", "JSON", "API")


def sheet_holds(entry: queries.Entry) -> bool:
    """Whether the rows of the present version fit one sheet of a workbook."""
    return (entry.data_rows or 0) <= MOST_ROWS


def card_of(entry: queries.Entry) -> Card:
    """``formats`` are what an open data set can be had in, XLSX only if a sheet holds it; a closed one has none."""
    return Card(
        entry=entry,
        open_tag=open_tag(entry.open_type),
        share_tag=share_tag(entry.share_type),
        theme=THEME_LABELS.get(entry.theme, Text(entry.theme, entry.theme)),
        formats=tuple(form for form in FORMATS if form != "XLSX" or sheet_holds(entry)) if entry.opened_at else (),
        title=[(entry.title, False)],
        summary=[(entry.abstract, False)],
    )


def card_of_hit(hit: Hit) -> Card:
    """The card with the words marked that were looked for."""
    return replace(card_of(hit.entry), title=hit.title, summary=hit.summary, items=hit.items)
