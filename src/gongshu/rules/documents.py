"""YAML with line numbers, so that a mistake in a rule pack is reported at the line that holds it.

Plain YAML 1.2 words: only ``true`` and ``false`` are booleans, so ``on:`` stays the word a lawyer wrote.
A mapping with ``zh`` or ``en`` is a bilingual text and must have both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Any

import yaml

from gongshu.errors import Exit, GongshuError, Text

Path_ = tuple[str | int, ...]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9]\d*)\Z")
_NUMBER = re.compile(r"[-+]?\d+\.\d+\Z")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z")


class RulePackError(GongshuError):
    """A rule pack is wrong. ``where`` holds ``file`` and ``line``; the codes are ``rules.…``."""

    status = 500
    exit = Exit.REFUSED


@dataclass(frozen=True)
class Document:
    """One YAML file: plain data, and the line of every path in it."""

    name: str
    data: Any
    lines: Mapping[Path_, int]

    def line(self, path: Path_) -> int:
        """The line (from 1) of ``path``, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def error(self, code: str, path: Path_, zh: str, en: str) -> RulePackError:
        """An error located in this file: ``zh`` and ``en`` say what is wrong and how to mend it."""
        line = self.line(path)
        return RulePackError(
            code,
            f"规则包文件 {self.name} 第{line}行：{zh}",
            f"{self.name}, line {line}: {en}",
            file=self.name,
            line=line,
        )


def parse(text: str, name: str) -> Document:
    """Read ``text``; ``name`` is what errors call the file.

    Raises:
        RulePackError: ``rules.bad_yaml``, ``rules.duplicate_key``, ``rules.half_text``.
    """
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        lines: dict[Path_, int] = {(): mark.line + 1 if mark else 1}
        raise Document(name, None, lines).error(
            "rules.bad_yaml",
            (),
            f"不是合法的 YAML({error.problem})。请更正缩进或引号。",
            f"not valid YAML ({error.problem}). Correct the indentation or the quotes.",
        ) from error
    except yaml.YAMLError as error:
        raise Document(name, None, {}).error(
            "rules.bad_yaml", (), "含有 YAML 不允许的字符。请另存为 UTF-8。", "holds characters that YAML forbids."
        ) from error
    positions: dict[Path_, int] = {}
    return Document(name, _plain(node, (), positions, name), positions)


def _plain(node: yaml.Node | None, path: Path_, lines: dict[Path_, int], name: str) -> Any:
    if node is None:
        return None
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        return node.value if node.style in ("'", '"', "|", ">") else _scalar(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, index), lines, name) for index, child in enumerate(node.value)]
    found: dict[Any, Any] = {}
    for key_node, child in node.value:
        key = str(key_node.value)
        here = (*path, key)
        lines[here] = key_node.start_mark.line + 1
        if key in found:
            raise Document(name, None, lines).error(
                "rules.duplicate_key", here, f"“{key}”写了两次。请保留一处。", f"“{key}” is written twice. Keep one."
            )
        found[key] = _plain(child, here, lines, name)
    return _text(found, path, lines, name)


def _text(found: dict[str, Any], path: Path_, lines: dict[Path_, int], name: str) -> Any:
    if not found or not set(found) <= {"zh", "en"}:
        return found
    if not all(isinstance(found.get(language), str) and found[language] for language in ("zh", "en")):
        raise Document(name, None, lines).error(
            "rules.half_text",
            path,
            "文字须同时有中文(zh)和英文(en)。请补齐。",
            "a text needs both Chinese (zh) and English (en). Add the missing one.",
        )
    return Text(found["zh"], found["en"])


def _scalar(word: str) -> Any:
    if word in ("", "~", "null"):
        return None
    if word in ("true", "false"):
        return word == "true"
    if _INTEGER.match(word):
        return int(word)
    if _NUMBER.match(word):
        return float(word)
    if _DATE.match(word):
        try:
            return date.fromisoformat(word)
        except ValueError:
            return word
    return word


def expect_keys(document: Document, path: Path_, data: Any, allowed: Sequence[str], required: Sequence[str]) -> None:
    """Check that ``data`` is a mapping with exactly these keys.

    Raises:
        RulePackError: ``rules.wrong_type``, ``rules.unknown_key`` or ``rules.missing_key``.
    """
    if not isinstance(data, dict):
        raise document.error(
            "rules.wrong_type", path, "此处应为“键: 值”的映射。", "a mapping of keys is expected here."
        )
    for key in data:
        if key not in allowed:
            known = "、".join(allowed)
            raise document.error(
                "rules.unknown_key",
                (*path, key),
                f"不认识的键“{key}”。可用：{known}。",
                f"unknown key “{key}”. Known here: {', '.join(allowed)}.",
            )
    for key in required:
        if key not in data:
            raise document.error("rules.missing_key", path, f"缺少“{key}”。请补上。", f"“{key}” is missing. Add it.")


def display_name(root: PurePath, file: str) -> str:
    """How errors name a file: pack folder and file, without the machine's path."""
    return f"{root.name}/{file}"
