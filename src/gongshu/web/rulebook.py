"""The active rule pack as a book: every parameter in words, with the articles it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from gongshu import clock, rules
from gongshu.errors import Text
from gongshu.rules.comparison import compare
from gongshu.web.parts import cites
from gongshu.web.wording import in_words

Row = TypeVar("Row")


@dataclass(frozen=True)
class Rule:
    """One parameter of the pack as people read it."""

    name: str
    description: Text
    cases: list[Text]  # what it holds for: a share type, a mode, data not collected yet; empty in general
    lines: list[str]
    cites: list[dict[str, Any]]
    since: Any
    binding: bool


GROUPS: tuple[tuple[str, Text], ...] = (
    ("sharing", Text("共享", "Sharing")),
    ("opening", Text("开放", "Opening")),
    ("catalog", Text("目录", "Catalog")),
    ("collection", Text("归集", "Collection")),
    ("objection", Text("异议与校核", "Objections")),
    ("quality", Text("数据质量", "Data quality")),
    ("demand", Text("供需对接", "Demand and supply")),
    ("operation", Text("授权运营", "Authorised operation")),
    ("labels", Text("本市用语", "Local words")),
    ("authority", Text("职责分工", "Offices")),
    ("clock", Text("期限与催办", "Time limits at work")),
    ("request", Text("公众申请", "Requests of the public")),
    ("ledger", Text("日志与存证", "Log and proof")),
    ("supervision", Text("监督评估", "Supervision")),
    ("register", Text("责任登记", "Responsible persons and bodies")),
    ("security", Text("安全", "Security")),
    ("emergency", Text("应急", "Emergencies")),
)


_CASES: Mapping[tuple[str, str], Text] = {
    ("collected", "False"): Text("尚未归集的数据", "data not collected yet"),
    ("urgent", "True"): Text("业务紧急", "urgent business"),
    ("mode", "verify"): Text("核验", "verification"),
    ("mode", "query"): Text("查询", "query"),
    ("mode", "batch"): Text("批量", "batch"),
    ("mode", "analysis"): Text("集中分析", "analysis"),
    ("system", "service_handling"): Text("办事应用类系统", "service-handling systems"),
    ("system", "decision_analysis"): Text("决策分析类系统", "decision-analysis systems"),
    ("case", "sharing"): Text("共享", "sharing"),
    ("case", "opening"): Text("开放", "opening"),
    ("case", "objection"): Text("异议", "objections"),
    ("case", "catalog"): Text("目录", "catalog"),
}


def case_words(where: Mapping[str, Any], pack: rules.Pack) -> list[Text]:
    """The conditions of a case in words; types by their names in ``pack``."""
    return [_condition(key, value, pack) for key, value in where.items()]


def _condition(key: str, value: Any, pack: rules.Pack) -> Text:
    if key in ("share_type", "open_type"):
        word = rules.ShareType(value) if key == "share_type" else rules.OpenType(value)
        return pack.labels(key).get(word, word.label)
    return _CASES.get((key, str(value)), Text(f"{key}={value}", f"{key}={value}"))


def lines_of(pack: rules.Pack, definition: rules.Definition, value: Any, language: str) -> list[str]:
    """The value in words; a lone word that names one of the city's ways of sharing in the city's own word."""
    if definition.shape == "word":
        modes = pack.find("sharing.modes", on=clock.today())
        if modes and value in modes.value:
            return [modes.value[value].label.say(language)]
        if value in set(rules.ShareType):
            return [pack.labels("share_type")[rules.ShareType(value)].say(language)]
    return in_words(value, language, pack)


def rule_groups(language: str) -> list[tuple[Text, list[Rule]]]:
    """Every parameter that has a value today, in each case that the texts tell apart, in groups by its first part."""
    pack, grouped = rules.active(), dict[str, list[Rule]]()
    for one in compare(pack, pack, on=clock.today()):
        found = one.left
        if found is None:
            continue
        rule = Rule(
            name=one.definition.name,
            description=one.definition.description,
            cases=case_words(one.where, pack),
            lines=lines_of(pack, one.definition, found.value, language),
            cites=cites(found.citations, language),
            since=found.since,
            binding=found.binding,
        )
        grouped.setdefault(one.definition.name.partition(".")[0], []).append(rule)
    return in_order(grouped)


def in_order(grouped: Mapping[str, list[Row]]) -> list[tuple[Text, list[Row]]]:
    """Rows by the first part of their parameter's name, in the order of :data:`GROUPS`, with titles."""
    titles = dict(GROUPS)
    order = [name for name, _ in GROUPS if name in grouped] + sorted(set(grouped) - set(titles))
    return [(titles.get(name, Text(name, name)), grouped[name]) for name in order]
