"""Proposals for what a form does not say: an item's identifier from its name, and items from a summary that names them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from gongshu.catalog.shape import normal

_LONGEST = 63
_NAMED = re.compile(r"(?:包括|包含|含有|主要字段为|字段为|涉及)[了：: ]*(.+)$", re.DOTALL)
_TAIL = re.compile(
    r"[、,，;； ]*等?(?:共\d+个)?(?:数据项|属性字段|字段信息|基本属性|相关信息|相关数据|属性|字段|信息项)?[。.；; ]*$"
)
_SPLIT = re.compile(r"[、,，;；\n]+(?![^（(]*[）)])")


def identifier(title: str, taken: Iterable[str] = ()) -> str:
    """An identifier for an item called ``title``: pinyin and what Latin there is; another one than those ``taken``."""
    from pypinyin import lazy_pinyin

    words = re.findall(r"[a-z0-9]+", " ".join(lazy_pinyin(unicodedata.normalize("NFKC", title))).casefold())
    kept = [word for word in words if word.isascii()]
    name = "_".join(kept)[:_LONGEST].strip("_") or "item"
    name = name if name[0].isalpha() else f"f_{name}"[:_LONGEST]
    used = {normal(one) for one in taken}
    found, number = name, 1
    while normal(found) in used:
        number += 1
        found = f"{name[: _LONGEST - 1 - len(str(number))]}_{number}"
    return found


def items_named(summary: str) -> list[str]:
    """The fields that a portal's summary names: 包括主键、组织 id、楼栋等字段信息. Empty where it names none."""
    found = _NAMED.search(summary)
    if not found:
        return []
    # Portals leave direction marks and zero-width signs in their texts; no name may hold one.
    text = "".join(
        sign for sign in found[1] if unicodedata.category(sign) not in {"Cc", "Cf", "Cs"} or sign == "\n"
    ).strip()
    while (shorter := _TAIL.sub("", text)) != text:
        text = shorter
    names: dict[str, str] = {}
    for part in _SPLIT.split(text):
        name = re.sub(r"^(?:包括|包含|以及|和|还有)", "", part.strip(' \t。.：:“”"')).strip()
        if name and len(name) <= 100:
            names.setdefault(normal(name), name)
    return list(names.values())
