"""What several answers have in common: sentences in two languages, citations, time limits, pages of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from django.db.models import QuerySet
from ninja import Field, Query, Schema
from pydantic import ConfigDict

from gongshu.errors import Text

Shown = TypeVar("Shown")

MOST = 200  # rows of one page
Limit = Annotated[int, Query(50, ge=1, le=MOST, description="每页行数 rows of a page")]
Offset = Annotated[int, Query(0, ge=0, le=1_000_000_000, description="跳过行数 rows to leave out")]
Word = Annotated[str, Query("", max_length=200)]
Whole = Annotated[int, Field(ge=0, le=2_147_483_647)]
Line = Annotated[str, Field(max_length=200)]
Prose = Annotated[str, Field(max_length=4000)]


class Asked(Schema):
    """What a caller sends. A field that is not known is refused, so that a slip of the pen is not lost in silence."""

    model_config = ConfigDict(extra="forbid")


class Words(Schema):
    zh: str
    en: str


class Cited(Schema):
    """An article on which something rests."""

    label: str
    label_en: str
    text: str
    text_en: str
    verified: bool = Field(description="已与原文核对 compared with the text of the law")


class Turn(Schema):
    """One decider's turn: who, doing what, within how many working days, under which article."""

    stage: int = Field(description="同一阶段各自同时办理 turns of one stage are taken together")
    office: str
    act: str
    words: Words
    organization: str
    days: int | None = Field(description="工作日；空为未规定天数 working days; none where the article names no number")
    deadline_words: Words
    due_on: date | None
    provisional: bool = Field(description="放假安排未公布，日期为暂定 the holidays are not known yet")
    citations: list[Cited]


class Page(Schema, Generic[Shown]):
    """``total`` rows in all, of which ``results`` are those from ``offset`` on."""

    total: int
    limit: int
    offset: int
    results: list[Shown]


def page(rows: QuerySet[Any], limit: int, offset: int, show: Callable[[Any], Any]) -> dict[str, Any]:
    """A page of an ordered query."""
    return {
        "total": rows.count(),
        "limit": limit,
        "offset": offset,
        "results": [show(row) for row in rows[offset : offset + limit]],
    }


def listed(rows: list[Any], limit: int, offset: int) -> dict[str, Any]:
    """A page of a list that is known already."""
    return {"total": len(rows), "limit": limit, "offset": offset, "results": rows[offset : offset + limit]}


def words(text: Text | None) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en} if text else {"zh": "", "en": ""}


def cited(citations: Iterable[Any]) -> list[dict[str, Any]]:
    """Citations as a row keeps them (JSON) or as the pack gives them; each once."""
    found: dict[str, dict[str, Any]] = {}
    for one in citations:
        plain: Mapping[str, Any] = one if isinstance(one, Mapping) else one.as_json()
        label = str(plain.get("label") or plain.get("label_zh") or "")
        found[label] = {
            "label": label,
            "label_en": str(plain.get("label_en") or label),
            "text": str(plain.get("text") or ""),
            "text_en": str(plain.get("text_en") or plain.get("text") or ""),
            "verified": bool(plain.get("verified", True)),
        }
    return list(found.values())
