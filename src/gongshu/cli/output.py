"""What the command line says, and in which language.

Chinese unless ``GONGSHU_LANG`` (or else ``LANG``) begins with ``en``. Answers go to stdout, everything else
to stderr; ``--json`` turns both into one JSON value each.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gongshu.errors import GongshuError, Text

if TYPE_CHECKING:
    from rich.console import Console


def language() -> str:
    """``"zh"`` or ``"en"``: the reader's language."""
    wanted = os.environ.get("GONGSHU_LANG") or os.environ.get("LANG") or "zh"
    return "en" if wanted.lower().startswith("en") else "zh"


def t(zh: str, en: str) -> str:
    """The one of two texts that the reader reads. Good for help texts, made when a module is imported."""
    return Text(zh, en).say(language())


def console(*, to_stderr: bool = False) -> Console:
    """A rich console; one that never wraps or colours what a program will read."""
    from rich.console import Console

    return Console(stderr=to_stderr, highlight=False, soft_wrap=True)


def say(zh: str, en: str) -> None:
    """One line of answer in the reader's language."""
    console().print(t(zh, en), markup=False)


def answer(value: Any, zh: str, en: str, *, as_json: bool) -> None:
    """What an act came to: ``value`` for ``--json``, else one line in the reader's language."""
    if as_json:
        emit(value)
    else:
        say(zh, en)


def note(zh: str, en: str) -> None:
    """One line beside the answer (progress, hint), on stderr."""
    console(to_stderr=True).print(t(zh, en), markup=False, style="dim")


def emit(value: Any) -> None:
    """``value`` as JSON on stdout, for ``--json``."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def wants_json(arguments: list[str]) -> bool:
    return "--json" in arguments


def print_error(error: GongshuError, *, as_json: bool) -> None:
    """One sentence on stderr; with ``as_json`` the code, both sentences and the place."""
    if as_json:
        where: Mapping[str, str | int] = error.where
        body = {"code": error.code, "zh": error.text.zh, "en": error.text.en, "where": dict(where)}
        sys.stderr.write(json.dumps({"error": body}, ensure_ascii=False) + "\n")
        return
    console(to_stderr=True).print(error.say(language()), markup=False, style="red")
