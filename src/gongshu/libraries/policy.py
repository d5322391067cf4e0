"""What the rules of libraries forbid. ``check_…`` raises the user's sentence; ``problems`` lists what breaks a library.

A library never gives more than its sources do: each item keeps the type, and at least the masking, grading and share and
open type that it has at its source.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from gongshu.catalog.draft import ItemData, strictest
from gongshu.catalog.states import EntryStatus
from gongshu.catalog.terms import Grade
from gongshu.errors import Conflict, GongshuError, NotAllowed, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.libraries.states import Combine, LibraryKind
from gongshu.rules import ShareType

NAME_LENGTH = 60
PURPOSE_LENGTH = 500
MOST_SOURCES = 20
HIDDEN = "hidden"
NONE = frozenset({"", "none"})
_GRADES = list(Grade)


@dataclass(frozen=True)
class Side:
    """An entry as the rules look at it: its terms, its items by name, whether data were collected."""

    code: str
    title: str
    provider: str
    status: str
    share_type: str
    open_type: str
    items: Mapping[str, ItemData]
    collected: bool
    is_library: bool = False


@dataclass(frozen=True)
class Part:
    """A source of a library: which of its items each item of the library is (library's → source's)."""

    side: Side
    items: Mapping[str, str]


def check_open(by: Actor, offices: Collection[str]) -> None:
    """Libraries are set up by the office that the rules name, else by the authority (yongjia-7)."""
    if by.person_id == 0 and not by.is_anonymous:
        return
    if by.has(Role.DATA_AUTHORITY) and str(by.office) in {str(one) for one in offices}:
        return
    raise NotAllowed(
        "libraries.not_opener",
        "基础库、主题库、专题库由规则指定的平台建设单位（未指定的为数据主管部门）的“数据主管”角色设立。",
        "Libraries are set up by the data-authority role of the office that the rules name for it.",
    )


def check_keep(by: Actor, lead: str, *, opener: bool) -> None:
    """Its sources are chosen by the lead department, or by the office that set the library up."""
    if opener or (by.has(Role.PROVIDER) and by.organization == lead):
        return
    raise NotAllowed(
        "libraries.not_lead",
        "来源由牵头单位的“数据提供”角色或设立单位维护。",
        "The sources are kept by the provider role of the lead department, or by the office that set it up.",
    )


def check_consent(by: Actor, provider: str) -> None:
    """Whether its data are used is the providing unit's to say."""
    if by.has(Role.PROVIDER) and by.organization == provider:
        return
    raise NotAllowed(
        "libraries.not_provider",
        "由该来源提供单位的“数据提供”角色答复。",
        "The provider role of the source's unit answers this.",
    )


def check_words(name: str, kind: LibraryKind, purpose: str, ends_on: date | None, today: date) -> None:
    """A task library has a purpose and an end; every library a name."""
    if not name.strip() or len(name) > NAME_LENGTH or "\x00" in name + purpose:
        raise _wrong("name", f"请填写名称，{NAME_LENGTH} 字以内。", f"Give it a name of at most {NAME_LENGTH} signs.")
    if len(purpose) > PURPOSE_LENGTH:
        raise _wrong("purpose", f"用途在 {PURPOSE_LENGTH} 字以内。", f"The purpose has at most {PURPOSE_LENGTH} signs.")
    if kind is LibraryKind.TASK and not purpose.strip():
        raise _wrong("purpose", "专题库须写明用途。", "A task library states its purpose.")
    if kind is LibraryKind.TASK and (ends_on is None or ends_on <= today):
        raise _wrong("ends_on", "专题库须写明今后的结束日期。", "A task library has an end date in the future.")
    if kind is not LibraryKind.TASK and ends_on is not None:
        raise _wrong("ends_on", "只有专题库有结束日期。", "Only a task library has an end date.")


def check_own_entry(own: Side) -> None:
    """The library's own entry is published, has a key, and has no table."""
    if own.status != EntryStatus.PUBLISHED:
        raise Conflict(
            "libraries.entry_not_published",
            f"目录“{own.title}”尚未发布。请先由牵头单位编制并发布该库的目录。",
            f"The entry “{own.title}” is not published. The lead department compiles and publishes it first.",
            field="code",
        )
    if own.collected:
        raise Conflict(
            "libraries.entry_collected",
            f"目录“{own.title}”已归集数据，不能作为数据库的目录。请为数据库另编目录。",
            f"Data were collected for “{own.title}”; compile an entry of its own for the library.",
            field="code",
        )
    if not any(item.is_key for item in own.items.values()):
        raise _wrong("code", "数据库的目录须有主键。", "The library's entry needs a key.")


def check_no_file(is_library: bool, title: str) -> None:
    """A library's data come from its sources: nobody hands over a file for it."""
    if is_library:
        raise Conflict(
            "libraries.no_file",
            f"“{title}”是由来源目录合成的数据库，不接收文件。请把数据归集到其来源目录。",
            f"“{title}” is a library computed from its sources and takes no file; collect into its sources.",
        )


def check_parts(own: Side, parts: Sequence[Part], combine: Combine, named: Mapping[tuple[str, str], str]) -> None:
    """What may stand in a definition, be it complete or not (:func:`problems` says what is missing).

    ``named``: by (entry, item) the entry that is the named source of that datum.
    """
    if len(parts) > MOST_SOURCES:
        raise _wrong("parts", f"最多 {MOST_SOURCES} 个来源。", f"At most {MOST_SOURCES} sources.")
    codes = [part.side.code for part in parts]
    if len(set(codes)) < len(codes) or own.code in codes:
        raise _wrong(
            "parts", "同一目录只能作为一次来源，且不能以自身为来源。", "Each entry is a source once, not of itself."
        )
    found = [
        one for part in parts for name, source in part.items.items() for one in _item(own, part.side, name, source)
    ]
    found += _twice(own, parts) if combine is Combine.JOIN else []
    found += [
        Text(f"“{p.side.title}”本身是数据库。", f"“{p.side.title}” is a library.") for p in parts if p.side.is_library
    ]
    if found:
        raise GongshuError("libraries.definition", found[0].zh, found[0].en, field="parts")
    for part in parts:
        for source in part.items.values():
            other = named.get((part.side.code, source))
            if other is not None:
                title = part.side.items[source].title
                raise Conflict(
                    "libraries.other_source",
                    f"“{title}”已认定以 {other} 为数据源（一数一源），请改用该来源。",
                    f"The named source of “{title}” is {other} (one source per datum); use that one.",
                    field="parts",
                )


def problems(own: Side, parts: Sequence[Part], combine: Combine) -> list[Text]:
    """Everything for which the library cannot be computed and served as it is defined, in words."""
    found: list[Text] = []
    keys = [name for name, item in own.items.items() if item.is_key]
    if own.status != EntryStatus.PUBLISHED:
        found.append(Text(f"本库目录“{own.title}”已下架。", f"The library's own entry “{own.title}” is withdrawn."))
    if not parts:
        found.append(Text("还没有选择来源。", "No source is chosen yet."))
    for part in parts:
        side = part.side
        if side.is_library:
            found.append(Text(f"“{side.title}”本身是数据库。", f"“{side.title}” is a library itself."))
        if side.status != EntryStatus.PUBLISHED:
            found.append(Text(f"来源“{side.title}”已下架。", f"The source “{side.title}” is withdrawn."))
            continue
        found += _keys(own, part, keys, combine)
        for name, source in part.items.items():
            found += _item(own, side, name, source)
    found += _twice(own, parts) if combine is Combine.JOIN else []
    for name, item in own.items.items():
        if parts and not any(name in part.items for part in parts):
            found.append(Text(f"数据项“{item.title}”没有来源。", f"The item “{item.title}” has no source."))
    return found


def _keys(own: Side, part: Part, keys: Sequence[str], combine: Combine) -> list[Text]:
    """Every source tells its rows apart by the key of the library."""
    side = part.side
    lacking = [own.items[key].title for key in keys if key not in part.items]
    if lacking:
        zh, en = "、".join(lacking), ", ".join(lacking)
        return [Text(f"来源“{side.title}”没有对应主键“{zh}”。", f"“{side.title}” has nothing for the key “{en}”.")]
    theirs = {name for name, item in side.items.items() if item.is_key}
    if combine is Combine.JOIN and theirs != {part.items[key] for key in keys}:
        return [
            Text(
                f"按主键拼接时，来源“{side.title}”的主键须与本库主键一一对应。",
                f"To join by key, the key of “{side.title}” must be that of the library.",
            )
        ]
    return []


def _twice(own: Side, parts: Sequence[Part]) -> list[Text]:
    """Joined by key, each item has one source."""
    taken: list[str] = [
        name for part in parts for name in part.items if name in own.items and not own.items[name].is_key
    ]
    return [
        Text(
            f"“{own.items[name].title}”有两个来源，每项只能有一个。",
            f"“{own.items[name].title}” has two sources; each item has one.",
        )
        for name in dict.fromkeys(taken)
        if taken.count(name) > 1
    ]


def _item(own: Side, side: Side, name: str, source: str) -> list[Text]:
    """What is wrong with one item: gone, of another type, or given more freely than at its source."""
    mine, theirs = own.items.get(name), side.items.get(source)
    if mine is None:
        return [Text(f"本库目录没有数据项“{name}”。", f"The library's entry has no item “{name}”.")]
    if theirs is None:
        return [Text(f"来源“{side.title}”已没有数据项“{source}”。", f"“{side.title}” has no item “{source}” any more.")]
    found = []
    if mine.data_type != theirs.data_type:
        found.append(
            Text(
                f"“{mine.title}”的类型与来源“{side.title}”不同（{mine.data_type} / {theirs.data_type}）。",
                f"“{mine.title}” is of another type than in “{side.title}” ({mine.data_type} / {theirs.data_type}).",
            )
        )
    for looser, zh, en in (
        (_looser(mine.share_type or own.share_type, theirs.share_type or side.share_type), "共享类型", "share type"),
        (_looser(mine.open_type or own.open_type, theirs.open_type or side.open_type), "开放类型", "open type"),
        (theirs.mask not in NONE and mine.mask not in {theirs.mask, HIDDEN}, "脱敏方式", "mask"),
        (theirs.sensitive and not mine.sensitive, "个人信息标记", "mark as personal"),
        (theirs.sensitive_personal and not mine.sensitive_personal, "敏感个人信息标记", "mark as sensitive"),
        (mine.level < theirs.level, "安全级别", "security level"),
        (_GRADES.index(mine.grade) < _GRADES.index(theirs.grade), "数据分级", "grade"),
    ):
        if looser:
            found.append(
                Text(
                    f"“{mine.title}”的{zh}比来源“{side.title}”宽松，须不低于来源。",
                    f"The {en} of “{mine.title}” is looser than in “{side.title}”; it must not be.",
                )
            )
    if (theirs.share_type or side.share_type) == ShareType.PROHIBITED:
        found.append(
            Text(
                f"来源“{side.title}”的“{theirs.title}”不予共享，不能编入数据库。",
                f"“{theirs.title}” of “{side.title}” is not shared and cannot be part of a library.",
            )
        )
    return found


def waiting(lines: Sequence[tuple[str, bool, bool]]) -> list[Text]:
    """What is still to come: ``lines`` are title, whether it may be used, whether it holds data."""
    found = []
    for title, usable, collected in lines:
        if not usable:
            found.append(Text(f"来源“{title}”尚未取得提供单位同意。", f"The provider of “{title}” has not agreed."))
        elif not collected:
            found.append(Text(f"来源“{title}”尚未归集数据。", f"No data of “{title}” were collected yet."))
    return found


def needs_consent(side: Side, items: Mapping[str, str], lead: str) -> bool:
    """Data of another unit that are not shared unconditionally are used after that unit agreed."""
    if side.provider == lead:
        return False
    types = {
        (side.items[one].share_type or side.share_type) if one in side.items else side.share_type
        for one in items.values()
    }
    return types != {ShareType.UNCONDITIONAL}


def _looser(mine: str, theirs: str) -> bool:
    return strictest([mine, theirs], str(mine)) != str(mine)


def _wrong(field: str, zh: str, en: str) -> GongshuError:
    return GongshuError(f"libraries.{field}_wrong", zh, en, field=field)


def allowed(check: Callable[[], None]) -> bool:
    try:
        check()
    except GongshuError:
        return False
    return True
