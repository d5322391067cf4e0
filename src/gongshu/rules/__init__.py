"""The law as data, asked for a day: value and citation.

>>> from datetime import date
>>> found = load("xian").value("sharing.reply_deadline", on=date(2020, 1, 2))
>>> found.value.days, found.citations[0].label("zh")
(10, '《西安市政务数据资源共享管理办法》第二十条')

``configure(pack_id)`` chooses the installation's pack once (web settings do); ``active()`` is that pack.
Packs ship in :mod:`gongshu.rulepacks`; folders named in ``GONGSHU_RULEPACKS`` are looked at first, so a city adds its own
without touching the code.
"""

from __future__ import annotations

import difflib
import os
from functools import cache
from importlib import resources
from pathlib import Path

from gongshu import deadlines, home
from gongshu.errors import Exit, NotFound
from gongshu.rules import register
from gongshu.rules.answers import RefusalDemand, Route, Status, Step, Value, plain
from gongshu.rules.citations import Citation, Kind, Source
from gongshu.rules.documents import RulePackError
from gongshu.rules.pack import Definition, Pack
from gongshu.rules.reading import parent_id, read_pack
from gongshu.rules.register import Article, State
from gongshu.rules.shapes import Choice, Deadline, ModeRule, Term
from gongshu.rules.words import Access, Act, Field, LawKind, Office, OpenType, Review, ShareType, Word

__all__ = [
    "Access",
    "Act",
    "Article",
    "Choice",
    "Citation",
    "Deadline",
    "Definition",
    "Field",
    "Kind",
    "LawKind",
    "ModeRule",
    "Office",
    "OpenType",
    "Pack",
    "RefusalDemand",
    "Review",
    "Route",
    "RulePackError",
    "ShareType",
    "Source",
    "State",
    "Status",
    "Step",
    "Term",
    "Value",
    "Word",
    "active",
    "articles",
    "available",
    "calendar_of",
    "configure",
    "folder_of",
    "load",
    "plain",
]

CALENDARS = "calendars"  # folder of a pack, and of an installation, with a place's own days off
_configured: str | None = None


def _roots() -> tuple[Path, ...]:
    extra = os.environ.get("GONGSHU_RULEPACKS", "")
    shipped = Path(str(resources.files("gongshu.rulepacks")))
    return (*(Path(part) for part in extra.split(os.pathsep) if part), shipped)


def available() -> tuple[str, ...]:
    """The ids of all packs that can be loaded; ``national`` first."""
    found = {file.parent.name for root in _roots() for file in root.glob("*/pack.yaml")}
    return tuple(sorted(found, key=lambda pack: (pack != "national", pack)))


def folder_of(pack_id: str) -> Path:
    """The folder of a pack.

    Raises:
        NotFound: ``rules.unknown_pack``, with the packs there are.
    """
    for root in _roots():
        if pack_id and Path(pack_id).name == pack_id and (root / pack_id / "pack.yaml").is_file():
            return root / pack_id
    packs = available()
    near = difflib.get_close_matches(pack_id.lower(), packs, 1)
    error = NotFound(
        "rules.unknown_pack",
        f"没有名为“{pack_id}”的城市规则包。" + (f"是不是“{near[0]}”？" if near else "") + f"可用：{'、'.join(packs)}。",
        f"There is no rule pack “{pack_id}”. "
        + (f"Did you mean “{near[0]}”? " if near else "")
        + f"Available: {', '.join(packs)}.",
    )
    error.exit = Exit.USAGE
    raise error


@cache
def _read(folder: Path) -> Pack:
    parent = parent_id(folder)
    if parent == folder.name:
        parent = None
    return read_pack(folder, _read(folder_of(parent)) if parent else None)


def load(pack_id: str) -> Pack:
    """The pack ``pack_id`` over what it extends; read once per process.

    Raises:
        NotFound: ``rules.unknown_pack``.
        RulePackError: the pack has a mistake; ``where`` holds file and line.
    """
    return _read(folder_of(pack_id))


def articles(pack: Pack) -> tuple[Article, ...]:
    """The article register of ``pack``: its own rows, then those of the packs that it extends.

    Raises:
        RulePackError: a row is not written as it should be.
    """
    own = register.read(folder_of(pack.id))
    return own + (articles(pack.parent) if pack.parent else ())


def calendar_of(pack: Pack) -> deadlines.Calendar:
    """The working days of the place of ``pack``: the State Council's, those of its parents, its own, the installation's.

    Raises:
        EnvironmentFault: ``deadlines.calendar_broken``.
    """
    return deadlines.calendar.over(_calendar_folders(pack))


def _calendar_folders(pack: Pack) -> tuple[Path, ...]:
    line: list[Pack] = [pack]
    while line[-1].parent is not None:
        line.append(line[-1].parent)
    folders = (folder_of(one.id) / CALENDARS for one in reversed(line))
    return (*(folder for folder in folders if folder.is_dir()), home.locate() / CALENDARS)


def configure(pack_id: str) -> Pack:
    """Make ``pack_id`` the installation's pack; it is loaded at once, so that a mistake shows at the start.

    From then on deadlines are counted by the working days of its place (:func:`calendar_of`).
    """
    global _configured
    pack = load(pack_id)
    deadlines.calendar.configure(_calendar_folders(pack))
    _configured = pack_id
    return pack


def active() -> Pack:
    """The installation's pack: the one configured, else the city of the installation (:func:`gongshu.home.open_home`)."""
    return load(_configured) if _configured else configure(home.open_home().city)
