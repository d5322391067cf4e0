"""The article register: what each article asks of the platform, and how far the platform is.

A pack's ``articles.yaml`` lists its rows:

    - id: xian-20
      capabilities: [sharing, gateway]
      state: planned
      by: {sharing: enforced, linkage: planned}   # optional: how far each capability is; the row is as far as the weakest
      does: {zh: …, en: …}          # what the platform must do, in our own words
      note: {zh: …, en: …}          # optional: what exists already, or why it binds people only

It says nothing about the law itself (that is what parameters are for) and is no part of a pack's version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from gongshu.errors import Text
from gongshu.rules.citations import article_name
from gongshu.rules.documents import Document, Path_, display_name, expect_keys, parse

FILE = "articles.yaml"
CAPABILITIES: Mapping[str, Text] = {
    "all": Text("全部", "all"),
    "identity": Text("身份与机构", "identity"),
    "rules": Text("规则", "rules"),
    "catalog": Text("目录", "catalog"),
    "collection": Text("归集", "collection"),
    "lake": Text("数据湖", "lake"),
    "quality": Text("质量", "quality"),
    "linkage": Text("关联", "linkage"),
    "sharing": Text("共享", "sharing"),
    "gateway": Text("网关", "gateway"),
    "sandbox": Text("数据沙箱", "sandbox"),
    "opening": Text("开放", "opening"),
    "operation": Text("授权运营", "operation"),
    "supervision": Text("监督", "supervision"),
    "federation": Text("跨级互联", "federation"),
    "ledger": Text("存证", "ledger"),
    "security": Text("安全", "security"),
    "components": Text("通用组件", "components"),
    "org": Text("组织", "organisation"),
}
_KEYS = ("id", "capabilities", "state", "by", "does", "note")


class State(StrEnum):
    """How far the platform carries an article."""

    ENFORCED = "enforced"
    RECORDED = "recorded"
    ORGANISATIONAL = "organisational"
    PLANNED = "planned"

    @property
    def label(self) -> Text:
        return _STATES[self][0]

    @property
    def meaning(self) -> Text:
        return _STATES[self][1]


_WEAKEST = (State.PLANNED, State.ORGANISATIONAL, State.RECORDED, State.ENFORCED)
_STATES = {
    State.ENFORCED: (
        Text("平台执行", "enforced"),
        Text("平台强制执行，有测试证明", "the platform enforces it, and tests prove that"),
    ),
    State.RECORDED: (
        Text("留痕支持", "recorded"),
        Text("由人办理，平台提供记录或报告", "people do it; the platform gives the record or the report"),
    ),
    State.ORGANISATIONAL: (
        Text("组织事项", "organisational"),
        Text("只约束人员、资金或责任", "binds people, money or liability only"),
    ),
    State.PLANNED: (
        Text("待建", "planned"),
        Text("能力尚未建成，或只建成一部分", "the capability is not built yet, or only in part"),
    ),
}


@dataclass(frozen=True, slots=True)
class Article:
    """One row of the register; ``id`` is what tests name (``xian-20``)."""

    id: str
    pack: str
    capabilities: tuple[str, ...]
    state: State
    does: Text
    note: Text | None
    by: tuple[tuple[str, State], ...] = ()

    def state_of(self, capability: str) -> State:
        """How far one capability carries the article: its own statement, else the row's state."""
        return dict(self.by).get(capability, self.state)

    @property
    def number(self) -> str:
        """The article alone: ``20``; ``5.2`` is part five, item 2 of a text without articles."""
        return self.id.removeprefix(f"{self.pack}-")

    @property
    def name(self) -> Text:
        return article_name(self.number)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "pack": self.pack,
            "article": self.number,
            "capabilities": list(self.capabilities),
            "state": self.state.value,
            "by": {capability: state.value for capability, state in self.by},
            "does": self.does.zh,
            "does_en": self.does.en,
            "note": self.note.zh if self.note else None,
            "note_en": self.note.en if self.note else None,
        }


@cache
def read(folder: Path) -> tuple[Article, ...]:
    """The register of the pack in ``folder``, in the order of the file; empty when the pack has none.

    Raises:
        RulePackError: a row is not written as it should be; ``where`` holds file and line.
    """
    file = folder / FILE
    if not file.is_file():
        return ()
    document = parse(file.read_text(encoding="utf-8"), display_name(folder, FILE))
    if not isinstance(document.data, list):
        raise document.error("rules.wrong_type", (), "条款登记应为列表。", "the article register is a list.")
    seen: set[str] = set()
    return tuple(_row(document, (index,), data, folder.name, seen) for index, data in enumerate(document.data))


def _row(document: Document, path: Path_, data: Any, pack: str, seen: set[str]) -> Article:
    expect_keys(document, path, data, _KEYS, ("id", "capabilities", "state", "does"))
    key = str(data["id"])
    if not key.startswith(f"{pack}-"):
        raise document.error(
            "rules.wrong_article",
            (*path, "id"),
            f"条款编号“{key}”须以“{pack}-”开头。请更正。",
            f"the id “{key}” must begin with “{pack}-”. Correct it.",
        )
    if key in seen:
        raise document.error(
            "rules.duplicate_key",
            (*path, "id"),
            f"“{key}”登记了两次。请保留一处。",
            f"“{key}” is listed twice. Keep one.",
        )
    seen.add(key)
    capabilities = data["capabilities"]
    if not isinstance(capabilities, list) or not capabilities or not set(capabilities) <= set(CAPABILITIES):
        raise document.error(
            "rules.unknown_key",
            (*path, "capabilities"),
            f"capabilities 须为以下能力的列表：{'、'.join(CAPABILITIES)}。",
            f"“capabilities” is a list of these: {', '.join(CAPABILITIES)}.",
        )
    if data["state"] not in set(State):
        raise document.error(
            "rules.unknown_key",
            (*path, "state"),
            f"state 须为：{'、'.join(State)}。",
            f"“state” is one of: {', '.join(State)}.",
        )
    for name in ("does", "note"):
        if not isinstance(data.get(name), Text | (type(None) if name == "note" else Text)):
            raise document.error(
                "rules.half_text",
                (*path, name),
                "文字须同时有中文（zh）和英文（en）。请补齐。",
                "a text needs both Chinese (zh) and English (en). Add the missing one.",
            )
    by = _by(document, path, data.get("by"), capabilities, State(data["state"]))
    return Article(key, pack, tuple(capabilities), State(data["state"]), data["does"], data.get("note"), by)


def _by(
    document: Document, path: Path_, data: Any, capabilities: list[str], state: State
) -> tuple[tuple[str, State], ...]:
    """The statement by capability: of every capability of the row, and of others that a part of it waits for."""
    if data is None:
        return ()
    known = isinstance(data, dict) and set(data) <= set(CAPABILITIES) and set(data.values()) <= set(State)
    if not known or not set(capabilities) <= set(data):
        raise document.error(
            "rules.unknown_key",
            (*path, "by"),
            f"by 须写明该条每项能力的状态（{'、'.join(State)}）。",
            f"“by” says of each capability of the row how far it is ({', '.join(State)}).",
        )
    found = tuple((str(capability), State(value)) for capability, value in data.items())
    weakest = min((value for _, value in found), key=_WEAKEST.index)
    if weakest is not state:
        raise document.error(
            "rules.wrong_state",
            (*path, "by"),
            f"state 须为各能力中最弱的一项“{weakest}”，现为“{state}”。请更正其一。",
            f"“state” is the weakest of the capabilities, “{weakest}”, not “{state}”. Correct one of them.",
        )
    return found
