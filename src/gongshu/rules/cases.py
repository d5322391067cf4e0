"""Worked examples that legal staff can read, run against the packs.

A case says on which day, what is given, what is expected, and because of which article:

    - on: 2026-02-13
      given: {application: {share_type: CONDITIONAL}}
      expect: {decided_by: [provider consent], due: 2026-03-05}
      because: xian-20

What can be given: ``parameter`` (with ``where``), ``application``, ``opening``, ``public_access``, ``refusal`` (``sharing``
or ``opening``), ``label``, ``office``, ``pack``, ``deadline`` (a parameter, started on the day). Everything that ``expect``
names must be so; what it leaves out is not looked at. ``because`` must be among the citations of the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from gongshu.errors import Text
from gongshu.rules.answers import Route, plain
from gongshu.rules.documents import Document, expect_keys, parse
from gongshu.rules.pack import Pack

_KEYS = ("on", "given", "expect", "because", "note")


@dataclass(frozen=True, slots=True)
class Case:
    """One example of one pack."""

    pack: str
    file: str
    line: int
    on: date
    given: Mapping[str, Any]
    expect: Mapping[str, Any]
    because: str

    @property
    def name(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a case went. ``problems`` is empty when it holds."""

    case: Case
    found: Mapping[str, Any]
    problems: tuple[str, ...]


def read(folder: Path) -> Iterator[Case]:
    """The cases of the pack in ``folder``.

    Raises:
        RulePackError: a case is not written as it should be.
    """
    for file in sorted((folder / "cases").glob("*.yaml")):
        document = parse(file.read_text(encoding="utf-8"), f"{folder.name}/cases/{file.name}")
        if not isinstance(document.data, list):
            raise document.error("rules.wrong_type", (), "案例文件应为列表。", "a file of cases is a list.")
        for index, data in enumerate(document.data):
            yield _case(document, index, data, folder.name)


def _case(document: Document, index: int, data: Any, pack: str) -> Case:
    expect_keys(document, (index,), data, _KEYS, ("on", "given", "expect", "because"))
    given = data["given"]
    if not isinstance(given, dict) or sum(key in _QUESTIONS for key in given) != 1:
        known = ", ".join(_QUESTIONS)
        raise document.error(
            "rules.unknown_key",
            (index, "given"),
            f"given 须且只能含有以下之一：{known}。",
            f"“given” holds exactly one of: {known}.",
        )
    return Case(pack, document.name, document.line((index,)), data["on"], given, data["expect"], str(data["because"]))


def run(pack: Pack, case: Case) -> Outcome:
    """Ask ``pack`` what the case asks and compare."""
    question = next(key for key in case.given if key in _QUESTIONS)
    found, cited = _QUESTIONS[question](pack, case)
    problems = [
        f"{key}: expected {plain(wanted)!r}, found {plain(found.get(key))!r}"
        for key, wanted in case.expect.items()
        if not _same(plain(wanted), plain(found.get(key)))
    ]
    if case.because not in cited:
        problems.append(f"because: expected {case.because}, the answer cites {', '.join(sorted(cited)) or 'nothing'}")
    return Outcome(case, found, tuple(problems))


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(found, dict):
        return all(key in found and _same(item, found[key]) for key, item in wanted.items())
    if isinstance(found, dict) and set(found) == {"zh", "en"}:
        return bool(wanted in found.values())
    return bool(wanted == found)


_Answer = tuple[Mapping[str, Any], frozenset[str]]


def _route(route: Route, start: date) -> _Answer:
    cited = {citation.id for citation in (*route.citations, *(c for step in route.steps for c in step.citations))}
    last = max((due for due in route.dues(start) if due), key=lambda due: due.on, default=None)
    return {
        "access": route.access,
        "decided_by": [f"{step.office} {step.act}" for step in route.steps],
        "stages": [step.stage for step in route.steps],
        "days": [step.days for step in route.steps],
        "in_words": [step.deadline_words.zh if step.deadline_words else None for step in route.steps],
        "consulted": sorted({office.value for step in route.steps for office in step.consulted}),
        "due": last.on if last else None,
        "certainty": last.certainty if last else None,
        "masked_only": route.masked_only,
        "agreement": route.agreement,
        "verified": route.verified,
    }, frozenset(cited)


def _parameter(pack: Pack, case: Case) -> _Answer:
    found = pack.value(str(case.given["parameter"]), on=case.on, **case.given.get("where", {}))
    value = plain(found.value)
    if isinstance(found.value, Text):
        value = {"value": found.value}
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        listed = [item.get("id") or f"{item['office']} {item['act']}" for item in value]
        value = {"list": listed}
    elif not isinstance(value, dict):
        value = {"list" if isinstance(value, list) else "value": value}
    body = {**value, "verified": found.verified, "binding": found.binding, "from": found.pack}
    return body, frozenset(citation.id for citation in found.citations)


def _deadline(pack: Pack, case: Case) -> _Answer:
    asked = case.given["deadline"]
    found = pack.value(str(asked["parameter"]), on=case.on, **asked.get("where", {}))
    due = found.value.due(case.on, extended_by=asked.get("extended_by"))
    body = {"due": due.on if due else None, "certainty": due.certainty if due else None}
    return body, frozenset(citation.id for citation in found.citations)


def _application(pack: Pack, case: Case) -> _Answer:
    asked = dict(case.given["application"])
    return _route(pack.route(asked.pop("share_type"), on=case.on, **asked), case.on)


def _opening(pack: Pack, case: Case) -> _Answer:
    return _route(pack.opening_route(str(case.given["opening"]), on=case.on), case.on)


def _public_access(pack: Pack, case: Case) -> _Answer:
    return _route(pack.open_access(str(case.given["public_access"]), on=case.on), case.on)


def _refusal(pack: Pack, case: Case) -> _Answer:
    demand = pack.refusal(case.on, f"{case.given['refusal']}.refusal_requires")
    body = {
        "reason": demand.reason,
        "legal_basis": demand.legal_basis,
        "written": demand.written,
        "accepts": [kind.value for kind in demand.accepted],
    }
    return body, frozenset(citation.id for citation in demand.citations)


def _label(pack: Pack, case: Case) -> _Answer:
    found = pack.value(f"labels.{case.given['label']}", on=case.on)
    return found.value, frozenset(citation.id for citation in found.citations)


def _office(pack: Pack, case: Case) -> _Answer:
    name = str(case.given["office"])
    found = pack.value("authority.offices", on=case.on)
    return {"name": pack.office_name(name, on=case.on)}, frozenset(citation.id for citation in found.citations)


def _pack(pack: Pack, case: Case) -> _Answer:
    notice = pack.notice(case.on)
    body = {"status": pack.status(case.on), "notice": notice is not None, "kind": pack.kind}
    return body, frozenset({case.because})


_QUESTIONS: Mapping[str, Callable[[Pack, Case], _Answer]] = {
    "parameter": _parameter,
    "deadline": _deadline,
    "application": _application,
    "opening": _opening,
    "public_access": _public_access,
    "refusal": _refusal,
    "label": _label,
    "office": _office,
    "pack": _pack,
}
