"""What pages show of the domain's words: labels with their tone, deadlines as a clerk reads them, pages of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest

from gongshu import clock, deadlines, rules
from gongshu.catalog.states import CYCLE_LABELS, THEME_LABELS, EntryStatus, UpdateCycle
from gongshu.catalog.states import STATUS_LABELS as ENTRY_LABELS
from gongshu.catalog.terms import GRADE_LABELS, KIND_LABELS, LEVEL_LABELS, Grade, Level, ResourceKind
from gongshu.errors import Text
from gongshu.grants.states import MODE_LABELS, STATUS_LABELS, GrantKind, Mode
from gongshu.identity import queries as identity
from gongshu.identity.states import OFFICE_LABELS, Office

PRESSING_DAYS = 2  # working days left at which a deadline turns amber; ours, not the law's

EMERGENCY_PREFIX = "TF-"  # of the numbers of emergencies, which are the purpose of what is granted in one
_PUBLIC_HOLDER = Text("社会公众（门户）", "the public (portal)")
_TYPE_TONES = {"UNCONDITIONAL": "good", "CONDITIONAL": "caution", "PROHIBITED": "still"}
_STATUS_TONES = {
    "draft": "still",
    "submitted": "info",
    "returned": "caution",
    "published": "good",
    "withdrawn": "still",
    "pending": "info",
    "approved": "good",
    "refused": "danger",
    "active": "good",
    "revoked": "danger",
    "expired": "still",
    "queued": "info",
    "running": "info",
    "committed": "good",
    "failed": "danger",
    "cancelled": "still",
    "public": "good",
    "open": "caution",
    "overdue": "danger",
    "done": "good",
}


@dataclass(frozen=True)
class Tag:
    """A label and the tone of its badge. The words alone say it all; the tone only helps."""

    text: Text
    tone: str

    def say(self, language: str) -> str:
        return self.text.say(language)


def share_tag(share_type: str) -> Tag:
    """The city's own word for a canonical share type."""
    return Tag(_pack_label("share_type", share_type), _TYPE_TONES.get(share_type, "still"))


def open_tag(open_type: str) -> Tag:
    """The city's own word for a canonical open type."""
    return Tag(_pack_label("open_type", open_type), _TYPE_TONES.get(open_type, "still"))


def status_tag(status: str, text: Text) -> Tag:
    return Tag(text, _STATUS_TONES.get(status, "still"))


@dataclass(frozen=True)
class GrantLine:
    """One grant as the tables show it: everything in words."""

    grant: Any
    title: str
    holder: Text
    modes: list[Text]
    tag: Tag


def grant_lines(grants: Iterable[Any], titles: Mapping[str, str]) -> list[GrantLine]:
    """The rows of a table of grants; names of organisations in one query."""
    found = list(grants)
    names = identity.names(grant.organization for grant in found)
    return [
        GrantLine(
            grant,
            titles.get(grant.resource, grant.title or grant.resource),
            _PUBLIC_HOLDER
            if grant.kind == GrantKind.PUBLIC
            else names.get(grant.organization, _code(grant.organization)),
            mode_words(grant.modes),
            grant_tag(grant),
        )
        for grant in found
    ]


def grant_tag(grant: Any) -> Tag:
    """The standing of a grant: past its term it has expired, whatever is stored."""
    return status_tag(str(grant.standing), STATUS_LABELS[grant.standing])


def mode_words(modes: Iterable[str]) -> list[Text]:
    return [MODE_LABELS[Mode(mode)] if mode in set(Mode) else _code(mode) for mode in modes]


def purpose_words() -> dict[str, Text]:
    """The purposes that the city's rules name, and that of open data."""
    found = rules.active().find("sharing.purposes", on=clock.today())
    return {"open": Text("向社会开放", "open to the public")} | (
        {choice.id: choice.label for choice in found.value} if found else {}
    )


def purpose_text(purpose: str) -> Text:
    if purpose.startswith(EMERGENCY_PREFIX):
        return Text(f"应急处置（{purpose}）", f"the emergency {purpose}")
    return purpose_words().get(purpose, _code(purpose))


def office_words(office: str) -> Text:
    """An office in the city's own words; the general ones for what the rules do not name."""
    if office in set(rules.Office):
        words = rules.active().office_name(office)
        return Text(words.zh, words.en[:1].upper() + words.en[1:])
    return OFFICE_LABELS[Office(office)]


def _code(value: str) -> Text:
    return Text(value, value)


def _pack_label(name: str, value: str) -> Text:
    labels: Mapping[str, Text] = rules.active().labels(name, on=clock.today())
    return labels.get(value, Text(value, value))


@dataclass(frozen=True)
class DueView:
    """A deadline: the day, how much is left in words, and the tone."""

    on: date | None
    words: Text
    tone: str
    provisional: bool = False


def due_view(on: date | None, words: Text | None = None, *, provisional: bool = False) -> DueView:
    """Working days left until ``on``; where the article names no number, its own words (及时)."""
    if on is None:
        said = words if words and words.zh else Text("未规定期限", "no time limit")
        return DueView(None, said, "info")
    left = deadlines.calendar.load().working_days_between(clock.today(), on)
    if on < clock.today():
        days = max(-left, 1)
        return DueView(on, Text(f"超期 {days} 个工作日", f"{days} working days late"), "danger", provisional)
    if left == 0 or on == clock.today():
        return DueView(on, Text("今日到期", "due today"), "danger", provisional)
    tone = "caution" if left <= PRESSING_DAYS else "good"
    about = Text("约剩", "about ") if provisional else Text("剩", "")
    plural = "" if left == 1 else "s"
    return DueView(
        on, Text(f"{about.zh} {left} 个工作日", f"{about.en}{left} working day{plural} left"), tone, provisional
    )


def cites(stored: Sequence[Any], language: str) -> list[dict[str, Any]]:
    """Citations, as stored on a row (JSON) or as the pack gives them, ready for ``parts/cites.html``; each once."""
    seen: dict[str, dict[str, Any]] = {}
    for one in stored:
        plain = one if isinstance(one, Mapping) else one.as_json()
        label = plain.get("label_en") if language == "en" else plain.get("label") or plain.get("label_zh")
        label = label or plain.get("label_zh") or plain.get("label")
        said = plain.get("text_en") if language == "en" else plain.get("text")
        seen[label] = {"label": label, "text": said or "", "verified": bool(plain.get("verified", True))}
    return list(seen.values())


def facet_words(values: Mapping[str, Sequence[str]]) -> dict[str, Callable[[str], Text]]:
    """How the values of each facet of the catalog are said; ``values`` names the providers that are needed."""
    units = identity.names(values.get("provider", ()))
    return {
        "theme": lambda v: THEME_LABELS.get(v, _code(v)),
        "provider": lambda v: units.get(v, _code(v)),
        "open": lambda v: open_tag(v).text,
        "share": lambda v: share_tag(v).text,
        "cycle": lambda v: CYCLE_LABELS[UpdateCycle(v)] if v in set(UpdateCycle) else _code(v),
        "format": lambda v: _code(v.upper()),
        "kind": lambda v: KIND_LABELS[ResourceKind(v)] if v in set(ResourceKind) else _code(v),
        "level": lambda v: LEVEL_LABELS[Level(int(v))] if v in {str(int(one)) for one in Level} else _code(v),
        "grade": lambda v: GRADE_LABELS[Grade(v)] if v in set(Grade) else _code(v),
        "status": lambda v: ENTRY_LABELS[EntryStatus(v)] if v in set(EntryStatus) else _code(v),
    }


class ShownPage(Page):  # type: ignore[type-arg]
    """A page of a list, with the page numbers to show."""

    @property
    def shown(self) -> list[int | str]:
        return list(self.paginator.get_elided_page_range(self.number, on_each_side=2, on_ends=1))


class _Paginator(Paginator):  # type: ignore[type-arg]
    def _get_page(self, *args: Any, **kwargs: Any) -> ShownPage:
        return ShownPage(*args, **kwargs)


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int = 20) -> ShownPage:
    """The page that ``?page=`` asks for; a number out of range gives the nearest one."""
    shown: ShownPage = _Paginator(rows, size).get_page(request.GET.get("page"))  # type: ignore[assignment]
    return shown
