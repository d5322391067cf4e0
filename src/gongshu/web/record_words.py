"""An entry of the ledger in plain words: who did what, with which system, why, when, with what result.

For the list of entries and for the page of one. Whoever provides a resource may know which organisation and system used it,
not which person: people are named in the entries of the reader's own organisation, and to those who see all of the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gongshu.catalog import queries as catalog
from gongshu.errors import Text
from gongshu.identity import queries as identity
from gongshu.web import acts
from gongshu.web.parts import EMERGENCY_PREFIX, purpose_words

COMMITTED = "hmac-sm3:"
NOT_IDENTIFIED = Text("身份未确认的来访者", "somebody not identified")
_PROCESSES = {
    "clock": Text("平台的定时任务", "the platform's clock"),
    "worker": Text("平台的后台任务", "the platform's worker"),
    "init": Text("平台安装程序", "the platform's installation"),
    "demo": Text("演示程序", "the demonstration"),
}
_PORTAL = Text("公共数据门户", "the public portal")
_DONE = {  # (zh: 对数据做了什么, en: past tense, in front of the title)
    "gateway.query": Text("查询了", "looked up"),
    "gateway.verify": Text("核验了", "verified something against"),
    "gateway.list": Text("浏览了", "listed"),
    "gateway.delivery": Text("下载了", "downloaded"),
    "gateway.describe": Text("查看了说明：", "read the description of"),
    "gateway.changes": Text("取走了变更：", "took the changes of"),
}
_RESULTS = {
    "found": Text("查到", "found"),
    "not_found": Text("没有这条记录", "no such record"),
    "delivered": Text("已交付", "delivered"),
    "not_modified": Text("数据没有变化，未重复交付", "unchanged, not delivered again"),
    "yes": Text("是", "yes"),
    "no": Text("否", "no"),
    "unknown": Text("无记载", "unknown"),
}
_SHOWN = {"purpose", "count", "items", "result", "code", "subjects"}  # details that are told in words


@dataclass(frozen=True)
class Names:
    """What the codes in some entries mean, asked for once."""

    organizations: Mapping[str, Text] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    clients: Mapping[str, str] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    purposes: Mapping[str, Text] = field(default_factory=dict)

    def organization(self, code: str) -> Text:
        return self.organizations.get(code, Text(code, code))

    def actor(self, record: Any) -> Text:
        """Who or which system acted."""
        ref = str(record.actor)
        if ref.startswith("person:"):
            name = self.people.get(ref)
            return Text(name, name) if name else Text("一名经办人员", "a member of staff")
        if ref.startswith("process:"):
            return _PROCESSES.get(ref.removeprefix("process:"), Text("平台程序", "a process of the platform"))
        if ref == "portal":
            return _PORTAL
        if ref in ("", "unknown"):
            return NOT_IDENTIFIED
        name = self.clients.get(ref, ref)
        return Text(f"系统“{name}”", f"the system “{name}”")

    def title(self, code: str) -> str:
        return self.titles.get(code, code)

    def purpose(self, record: Any) -> Text | None:
        asked = str(record.details.get("purpose", ""))
        if not asked:
            return None
        if asked.startswith(EMERGENCY_PREFIX):
            return Text(f"应急处置（{asked}）", f"the emergency {asked}")
        return self.purposes.get(asked, Text(asked, asked))


def names_of(records: Collection[Any], own: str) -> Names:
    """``own``: the only organisation whose people are named; empty where all are."""
    people = [one.actor for one in records if own in ("", one.organization)]
    return Names(
        organizations=identity.names(one.organization for one in records),
        people=identity.person_names(people),
        clients=identity.client_names(one.actor for one in records if ":" not in one.actor),
        titles=catalog.titles({one.resource for one in records if one.resource}),
        purposes=purpose_words(),
    )


def sentence(record: Any, names: Names) -> Text:
    """What happened, in one sentence."""
    by, actor = names.organization(record.organization), names.actor(record)
    identified = bool(record.organization) and actor is not NOT_IDENTIFIED
    who = Text(f"{by.zh}的{actor.zh}", f"{actor.en} of {by.en}") if identified else actor
    who = Text(who.zh, who.en[:1].upper() + who.en[1:])
    about = Text(f"“{names.title(record.resource)}”", f"“{names.title(record.resource)}”") if record.resource else None
    if record.action == "gateway.refused":
        why = acts.refusal(str(record.details.get("code", ""))) or Text("", "")
        of = Text(f"读取{about.zh}的请求", f" to read {about.en}") if about else Text("请求", "")
        because = Text(f"：{why.zh}", f": {why.en}") if why.zh else why
        return Text(
            f"{who.zh}的{of.zh}没有获准{because.zh}。",
            f"A request of {who.en[:1].lower()}{who.en[1:]}{of.en} was refused{because.en}.",
        )
    done = _DONE.get(record.action)
    if done is None or about is None:
        act = acts.act(record.action)
        on = Text(f"，涉及{about.zh}", f", about {about.en}") if about else Text("", "")
        return Text(f"{who.zh}：{act.zh}{on.zh}。", f"{who.en}: {act.en}{on.en}.")
    purpose, number = names.purpose(record), how_many(record)
    why = Text(f"为“{purpose.zh}”", f" for “{purpose.en}”") if purpose else Text("", "")
    some = f"{number:,} record{'' if number == 1 else 's'}" if number else ""
    got = Text(f"，得到 {number:,} 条记录", f", and got {some}") if number else Text("", "")
    if number == 0:
        got = Text("，没有得到记录", ", and got no record")
    if record.action == "gateway.verify":
        got = Text("，只得到“是”或“否”", ", and was told yes or no")
    return Text(f"{who.zh}{why.zh}{done.zh}{about.zh}{got.zh}。", f"{who.en} {done.en} {about.en}{why.en}{got.en}.")


def how_many(record: Any) -> int | None:
    """How many records went out, where the entry says so."""
    found = record.details.get("count")
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def results(record: Any, titles: Mapping[str, str]) -> list[Text]:
    """What came of a call: one line, or one for each item that was verified."""
    found = record.details.get("result")
    if isinstance(found, dict):
        return [
            Text(f"{titles.get(name, name)}：{answer.zh}", f"{titles.get(name, name)}: {answer.en}")
            for name, value in sorted(found.items())
            for answer in [_RESULTS.get(str(value), Text(str(value), str(value)))]
        ]
    if record.details.get("code"):
        return [one] if (one := acts.refusal(str(record.details["code"]))) else []
    return [_RESULTS.get(str(found), Text(str(found), str(found)))] if found else []


def items(record: Any, titles: Mapping[str, str]) -> list[str]:
    """Which items went out, by their titles."""
    listed = record.details.get("items")
    return [titles.get(str(name), str(name)) for name in listed] if isinstance(listed, list) else []


def item_titles(record: Any) -> dict[str, str]:
    """Titles of the items of the entry's resource, by name."""
    return {item.name: item.title for item in catalog.items(record.resource)} if record.resource else {}


def people_named(record: Any) -> int:
    """How many people the entry is about, all by commitment."""
    listed = record.details.get("subjects")
    several = len(listed) if isinstance(listed, list) else 0
    return several or int(str(record.subject).startswith(COMMITTED))


def rest(record: Any) -> Sequence[tuple[str, Any]]:
    """What else the entry says, as it is written."""
    return [(name, _plain(value)) for name, value in sorted(record.details.items()) if name not in _SHOWN]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return "、".join(str(one) for one in value)
    if isinstance(value, dict):
        return "；".join(f"{name}: {one}" for name, one in sorted(value.items()))
    return "" if value is None else value
