"""What addresses of a division begin with: its name alone, or after those of the places above it.

Codes are those of GB/T 2260 and GB/T 10114, filled up with zeros or not: 2, 4, 6, 9 and 12 digits from province to village.
A beginning that several divisions share leads to none of them.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

_LENGTHS = (2, 4, 6, 9, 12)
_NO_PLACES = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
"""Names that stand in the list for order's sake and in no address."""


def places(listed: Iterable[tuple[str, str]]) -> pa.Table:
    """A table of ``prefix`` and ``code``; the code is empty where the beginning is several divisions' own.

    The code is given back as the list spells it.
    """
    names: dict[str, tuple[str, str]] = {}
    for code, title in listed:
        names[plain(code)] = (code, title.strip())
    found: dict[str, str] = {}
    for short, (code, title) in names.items():
        if not title or title in _NO_PLACES:
            continue
        above = [names[short[:n]][1] for n in _LENGTHS if n < len(short) and short[:n] in names]
        above = [one for one in above if one and one not in _NO_PLACES]
        for start in range(len(above) + 1):
            prefix = "".join(above[start:]) + title
            found[prefix] = code if found.get(prefix, code) == code else ""
    return pa.table({"prefix": pa.array(list(found), pa.string()), "code": pa.array(list(found.values()), pa.string())})


def plain(code: str) -> str:
    """A code without the zeros that fill it up."""
    code = code.strip()
    if len(code) == 12 and code.endswith("000"):
        code = code[:9]
    if len(code) == 9 and code.endswith("000"):
        code = code[:6]
    while len(code) in {4, 6} and code.endswith("00"):
        code = code[:-2]
    return code
