"""How one asks for data that are not open to everybody: who may, stating what, who decides, who looks again at a no.

All of it is the pack's: ``opening.access``, ``opening.applicants``, ``opening.application_requires``,
``opening.registration_requires``, ``request.outside_catalog``, ``request.review_by``, ``opening.dispute`` (luzhou-23,
luzhou-25, luzhou-26, xian-26, yongjia-28, yongjia-32). Pages ask before anything is filed; the actions ask again.
"""

from __future__ import annotations

from dataclasses import dataclass

from gongshu import clock, rules
from gongshu.catalog.states import OpenType
from gongshu.errors import Conflict, GongshuError, Text
from gongshu.opening.states import RequestKind
from gongshu.rules import Access, Choice, Citation

ACCOUNT = "account"  # the registration that signing in fulfils; any other is stated on the form
_TALKS = Text("答复开放需求", "answers the need")
_REVIEWS = Text("复核不予开放的决定", "reviews the refusal to open")


@dataclass(frozen=True)
class Turn:
    """One office's turn, with the article that makes it one."""

    office: str
    act: str
    words: Text
    days: int | None
    deadline_words: Text
    citations: tuple[Citation, ...]


@dataclass(frozen=True)
class Asking:
    """What asking for one resource takes under the pack of today."""

    kind: RequestKind
    words: Text  # the way, as the article has it
    turns: tuple[Turn, ...]
    agreement: bool  # signed before the data are handed over
    applicants: tuple[Choice, ...]
    required: tuple[str, ...]  # fields of AccessAsk
    registration: tuple[Choice, ...]  # besides the account
    citations: tuple[Citation, ...]  # of who may ask and what is stated
    applicant_citations: tuple[Citation, ...]


def asking(open_type: str, body_kind: str, *, opened: bool) -> Asking:
    """What asking takes for data of ``open_type`` that a body of ``body_kind`` provides.

    Raises Conflict where they are open already or may not be asked for.
    """
    pack, day = rules.active(), clock.today()
    kind, words, turns, agreement = _way(open_type, body_kind, opened=opened)
    applicants = pack.value("opening.applicants", on=day)
    required = pack.value("opening.application_requires", on=day)
    registered = pack.find("opening.registration_requires", on=day)
    cited = {c.id: c for c in (*applicants.citations, *required.citations)}
    cited |= {c.id: c for c in registered.citations} if registered else {}
    return Asking(
        kind=kind,
        words=words,
        turns=tuple(turns),
        agreement=agreement,
        applicants=tuple(applicants.value),
        required=tuple(str(name) for name in required.value),
        registration=tuple(one for one in registered.value if one.id != ACCOUNT) if registered else (),
        citations=tuple(cited.values()),
        applicant_citations=applicants.citations,
    )


def may_ask(open_type: str, body_kind: str, *, opened: bool) -> Asking | None:
    """As :func:`asking`; nothing where the city knows no such request."""
    try:
        return asking(open_type, body_kind, opened=opened)
    except GongshuError:
        return None


def review_turns() -> list[Turn]:
    """Who looks again at a refusal, in order; empty where the pack knows no review."""
    pack, day = rules.active(), clock.today()
    reviewer, timed = pack.find("request.review_by", on=day), pack.find("opening.review_deadline", on=day)
    if reviewer is not None:
        days, words = (timed.value.days, timed.value.words) if timed else (None, Text("", ""))
        return [Turn(str(reviewer.value), "review", _REVIEWS, days, words, reviewer.citations)]
    ladder = pack.find("opening.dispute", on=day)
    return [
        Turn(str(s.office), str(s.act), s.words, None, Text("", ""), ladder.citations)
        for s in (ladder.value if ladder else ())
    ]


def _way(open_type: str, body_kind: str, *, opened: bool) -> tuple[RequestKind, Text, list[Turn], bool]:
    pack, day = rules.active(), clock.today()
    if opened:
        raise Conflict("opening.direct", "该数据已向社会开放，可直接获取。", "These data are open; take them directly.")
    if open_type == OpenType.CONDITIONAL:
        route = pack.open_access(open_type, on=day, body_kind=body_kind)
        if route.access is Access.APPLICATION:
            turns = [
                Turn(str(s.office), str(s.act), s.words, s.days, s.deadline_words or Text("", ""), s.citations)
                for s in route.steps
            ]
            return RequestKind.ACCESS, route.words, turns, route.agreement
    allowed = pack.find("request.outside_catalog", on=day)
    if allowed is None or not allowed.value:
        raise Conflict(
            "opening.not_requestable",
            "本市规则没有规定可以申请开放目录以外的数据。",
            "The city's rules do not provide for requests for data outside the open catalog.",
        )
    timed = pack.find("opening.reply_deadline", on=day)
    days, words = (timed.value.days, timed.value.words) if timed else (None, Text("", ""))
    citations = (*allowed.citations, *(timed.citations if timed else ()))
    turn = Turn("provider", "consent", _TALKS, days, words, citations)
    said = "；".join(c.text.zh for c in allowed.citations), "; ".join(c.text.en for c in allowed.citations)
    return RequestKind.OPEN, Text(*said), [turn], False
