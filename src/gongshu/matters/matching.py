"""Whether a material that people are asked for and something in the catalog are one thing, by their names alone.

``营业执照复印件`` is ``营业执照``: what says only in which form it comes is left out before comparing. Two names match when
what is left is equal, or when one of at least three signs stands in the other. A match is a reason to look, never a
decision: the unit says whether it is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gongshu.catalog.shape import normal
from gongshu.errors import Text

SHORTEST = 3  # signs that one name must have to count inside another
MOST_PARTS = 200  # of a name that are looked for in the catalog; ours
_FORM = (
    "原件", "复印件", "影印件", "扫描件", "电子件", "电子证照", "正本", "副本", "证明材料", "证明文件", "证明书", "证明",
    "材料", "资料", "文件", "信息表", "登记表", "申报表", "查询单", "信息", "数据", "情况", "目录", "清单",
)  # fmt: skip
_BRACKETS = re.compile(r"[(（【〔\[][^)）】〕\]]*[)）】〕\]]")
_WHOSE = re.compile(r"^(?:本人|申请人|申请单位|经办人|有效的?)(?:的|有效)?")


@dataclass(frozen=True, slots=True)
class Name:
    """One name in the catalog: of an entry (its title, a keyword, its business) or of one of its items."""

    code: str
    field: str  # title | keyword | business | item
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that may hold what the material says, and why it is thought so."""

    code: str
    why: Text


def stem(name: str) -> str:
    """The name without what says only its form, its copy or its bearer; the name itself where nothing would be left."""
    whole = normal(name)
    left = _BRACKETS.sub("", whole)
    bare = _WHOSE.sub("", left)
    left = bare if len(bare) >= SHORTEST else left
    changed = True
    while changed:
        changed = False
        for word in _FORM:
            if left.endswith(word) and len(left) > len(word) + 1:
                left, changed = left.removesuffix(word), True
    return left or whole


def stems(name: str, synonyms: Iterable[str] = ()) -> tuple[str, ...]:
    """What to look for: the stem, and those of words that mean the same."""
    return tuple(dict.fromkeys([stem(name), *(stem(word) for word in synonyms)]))


def parts(wanted: str) -> tuple[str, ...]:
    """Every run of at least three signs of a stem, the longest first: titles that may stand inside the material's name."""
    found = [
        wanted[start : start + length]
        for length in range(len(wanted), SHORTEST - 1, -1)
        for start in range(len(wanted) - length + 1)
    ]
    return tuple(dict.fromkeys(found))[:MOST_PARTS]


def match(wanted: Sequence[str], names: Iterable[Name]) -> list[Match]:
    """The entries whose names match one of the stems (the material's own first, then its synonyms'); each once, by its
    plainest name.
    """
    found: dict[str, Match] = {}
    for name in sorted(names, key=lambda one: (one.code, _ORDER[one.field], one.text)):
        if name.code in found:
            continue
        by = next((one for one in wanted if _same(one, name)), None)
        if by is not None:
            label, own = _FIELDS[name.field], by == wanted[0]
            zh = "材料名称" if own else f"材料的同义词“{by}”"
            en = "the material's name" if own else f"“{by}”, which means the same"
            found[name.code] = Match(
                name.code, Text(f"{label.zh}“{name.text}”与{zh}相符", f"its {label.en} “{name.text}” fits {en}")
            )
    return list(found.values())


def _same(wanted: str, name: Name) -> bool:
    other = stem(name.text)
    if wanted == other:
        return True
    if name.field == "item" or min(len(wanted), len(other)) < SHORTEST:
        return False
    return wanted in other or other in wanted


_FIELDS = {
    "title": Text("目录名称", "title"),
    "keyword": Text("关键词", "keyword"),
    "business": Text("业务名称", "business"),
    "item": Text("数据项", "item"),
}
_ORDER = {name: number for number, name in enumerate(_FIELDS)}
