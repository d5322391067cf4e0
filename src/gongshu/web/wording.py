"""Values of rule packs in words: what a clerk reads instead of the YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from gongshu import rules
from gongshu.errors import Text
from gongshu.grants.states import MODE_LABELS, Mode
from gongshu.rules import Deadline, Term

_COLON = Text("\uff1a", ": ")
_SEMICOLON = Text("\uff1b", "; ")
_COMMA = Text("、", ", ")


def in_words(value: Any, language: str, pack: rules.Pack) -> list[str]:
    """``value`` of any shape as short lines, for example ``10 个工作日``; offices by their names in ``pack``."""
    if isinstance(value, Deadline):
        return [deadline(value, language)]
    if isinstance(value, Term):
        return [value.words.say(language)]
    if isinstance(value, Text):
        return [value.say(language)]
    if isinstance(value, bool):
        return [Text("是" if value else "否", "yes" if value else "no").say(language)]
    if isinstance(value, Mapping):
        return [_pair(key, one, language, pack) for key, one in value.items()]
    if isinstance(value, str):
        return [_word(value, language)]
    if isinstance(value, Sequence):
        return [line for one in value for line in in_words(one, language, pack)]
    if isinstance(value, msgspec.Struct):
        return [_struct(value, language, pack)]
    return [] if value is None else [str(value)]


def deadline(value: Deadline, language: str) -> str:
    """``10 个工作日``, or the words of the text where it names no number."""
    if value.days is None:
        return value.words.say(language)
    said = Text(f"{value.days} 个工作日", f"{value.days} working days")
    if value.extension:
        most = value.extension.days
        said = Text(
            f"{said.zh}（可延长，至多 {most} 个工作日）", f"{said.en} (can be extended, at most {most} working days)"
        )
    return said.say(language)


def _pair(key: Any, value: Any, language: str, pack: rules.Pack) -> str:
    """One line of a map: the canonical word, then the city's; only one of them when they are the same."""
    name, said = _canonical(str(key)), _COMMA.say(language).join(in_words(value, language, pack))
    if name is None or name.say(language) == said:
        return said
    return f"{name.say(language)}{_COLON.say(language)}{said}"


def _canonical(key: str) -> Text | None:
    for words in (rules.ShareType, rules.OpenType, rules.Office):
        if key in set(words):
            return words(key).label
    return None


def _word(value: Any, language: str) -> str:
    label = getattr(value, "label", None)
    return label.say(language) if isinstance(label, Text) else str(value)


def _struct(value: Any, language: str, pack: rules.Pack) -> str:
    """The telling fields of a struct: its words or label first, then steps and flags that are set."""
    names = value.__struct_fields__
    said: list[str] = []
    for name in ("label", "words"):
        text = getattr(value, name, None)
        if isinstance(text, Text):
            said.append(text.say(language))
    if "mode" in names and value.mode in set(Mode):
        said.append(MODE_LABELS[Mode(value.mode)].say(language))
    if "office" in names and value.office is not None:
        said = [f"{pack.office_name(value.office).say(language)}{_COLON.say(language)}{said[0]}"]
    if "steps" in names:
        said += [_struct(step, language, pack) for step in value.steps]
    if "legal_basis" in names:
        said += _refusal(value, language)
    return _SEMICOLON.say(language).join(part.rstrip("。.") for part in dict.fromkeys(said) if part) or str(value)


def _refusal(value: Any, language: str) -> list[str]:
    demands = [
        (value.reason, Text("须说明理由", "reasons")),
        (value.legal_basis, Text("须提供依据", "a legal basis")),
        (value.written, Text("须书面答复", "in writing")),
    ]
    said = [text.say(language) for asked, text in demands if asked]
    if value.accepts:
        kinds = _COMMA.say(language).join(_word(kind, language) for kind in value.accepts)
        said.append(Text(f"依据限于{kinds}", f"basis limited to {kinds}").say(language))
    return said or [Text("无特别要求", "nothing in particular").say(language)]
