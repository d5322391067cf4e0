"""The further views of the rules page: articles with their state, two cities side by side, the year's duties.

``/rules/?view=articles|compare|calendar`` in the portal and in the console; every filter is part of the address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from gongshu import clock, deadlines, rules
from gongshu.errors import Text
from gongshu.rules import recurring
from gongshu.rules.comparison import Comparison, compare
from gongshu.rules.register import CAPABILITIES
from gongshu.rules.words import BODY_KINDS
from gongshu.web.language import language_of
from gongshu.web.parts import Tag, cites
from gongshu.web.rulebook import case_words, in_order, lines_of, rule_groups

VIEWS: tuple[tuple[str, Text], ...] = (
    ("rules", Text("规定", "Rules")),
    ("articles", Text("逐条落实", "Articles")),
    ("compare", Text("两地对比", "Two cities")),
    ("calendar", Text("年度事项", "Calendar")),
)
_TONES = {
    rules.State.ENFORCED: "good",
    rules.State.RECORDED: "info",
    rules.State.ORGANISATIONAL: "still",
    rules.State.PLANNED: "caution",
}


@dataclass(frozen=True)
class Side:
    """What one city says about a parameter."""

    lines: list[str]
    cites: list[dict[str, Any]]
    inherited: bool


@dataclass(frozen=True)
class Row:
    """One parameter under two cities."""

    name: str
    description: Text
    cases: list[Text]
    left: Side | None
    right: Side | None


def context_of(request: HttpRequest) -> dict[str, Any]:
    """Everything that the chosen view of the rules page shows; an unknown view is the list of rules.

    Raises:
        NotFound: ``rules.unknown_pack``, when the address names a city that has no pack.
    """
    view = request.GET.get("view", "")
    chosen = view if view in dict(VIEWS) else "rules"
    language = language_of(request)
    match chosen:
        case "articles":
            shown = _articles(request.GET)
        case "compare":
            shown = _compare(request.GET, language)
        case "calendar":
            shown = _calendar(language)
        case _:
            shown = {"groups": rule_groups(language)}
    pack = rules.active()
    status = pack.status(clock.today())
    kinds = pack.sources[pack.id].binds if pack.id in pack.sources else ()
    return {
        "view": chosen,
        "views": VIEWS,
        "pack_status": Tag(status.label, "good" if status is rules.Status.IN_FORCE else "caution"),
        "pack_binds": [BODY_KINDS[kind] for kind in kinds],
        **shown,
    }


def _articles(asked: Mapping[str, str]) -> dict[str, Any]:
    every = rules.articles(rules.active())
    state, capability = asked.get("state", ""), asked.get("capability", "")
    found = [
        article
        for article in every
        if (not capability or capability in article.capabilities)
        and (not state or (article.state_of(capability) if capability else article.state) == state)
    ]
    present = {one for article in every for one in article.capabilities}
    return {
        "rows": [
            (
                article,
                Tag(article.state.label, _TONES[article.state]),
                [CAPABILITIES[c] for c in article.capabilities],
                [(CAPABILITIES[c], Tag(part.label, _TONES[part])) for c, part in article.by],
            )
            for article in found
        ],
        "total": len(every),
        "counts": [(one, sum(article.state is one for article in every)) for one in rules.State],
        "capabilities": [(name, label) for name, label in CAPABILITIES.items() if name in present],
        "asked": {"state": state, "capability": capability},
    }


def _compare(asked: Mapping[str, str], language: str) -> dict[str, Any]:
    packs = [rules.load(name) for name in rules.available()]
    own = rules.active()
    other = next(pack for pack in reversed(packs) if pack.id != own.id)
    left = rules.load(asked.get("left") or own.id)
    right = rules.load(asked.get("right") or other.id)
    day, everything = clock.today(), asked.get("all") == "1"
    compared = compare(left, right, on=day)
    grouped: dict[str, list[Row]] = {}
    for one in compared:
        if everything or one.differs:
            grouped.setdefault(one.definition.name.partition(".")[0], []).append(_row(one, left, right, language))
    return {
        "packs": packs,
        "left": left,
        "right": right,
        "notices": [notice for pack in (left, right) if (notice := pack.notice(day))],
        "everything": everything,
        "compared": len(compared),
        "differing": sum(one.differs for one in compared),
        "groups": in_order(grouped),
    }


def _row(one: Comparison, left: rules.Pack, right: rules.Pack, language: str) -> Row:
    return Row(
        one.definition.name,
        one.definition.description,
        case_words(one.where, left),
        _side(left, one.definition, one.left, language),
        _side(right, one.definition, one.right, language),
    )


def _side(pack: rules.Pack, definition: rules.Definition, found: rules.Value | None, language: str) -> Side | None:
    if found is None:
        return None
    lines = lines_of(pack, definition, found.value, language)
    return Side(lines, cites(found.citations, language), found.pack != pack.id)


def _calendar(language: str) -> dict[str, Any]:
    year = clock.today().year
    calendar = deadlines.calendar.load()
    return {
        "calendar_years": [
            (known, calendar.documents.get(known, ()), known in calendar.years) for known in range(year - 1, year + 2)
        ],
        "overlays": calendar.overlays,
        "years": [
            (asked, [(duty, cites(duty.value.citations, language)) for duty in recurring.duties(rules.active(), asked)])
            for asked in (year, year + 1)
        ],
    }
