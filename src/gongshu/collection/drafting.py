"""A proposal for a catalog entry from a file that somebody has at hand: columns, names and types; a person
confirms.

The whole file is read, so a type is proposed only when every value is of it. What looks like a code
(leading zeros, one length, a header that says so) stays text. A key is not proposed: which column tells
things apart is a decision.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from gongshu.collection import arrival, jsonfile, refusals, typing, workbook, xmlfile
from gongshu.collection.arrival import DEFAULT, Arrival, Limits, Part
from gongshu.collection.contract import Column, Contract
from gongshu.collection.encoding import decode
from gongshu.collection.header import MAX_COLUMNS, records
from gongshu.collection.names import SEARCHED_ROWS, normal
from gongshu.collection.options import DELIMITERS
from gongshu.collection.reading import head_of, open_source
from gongshu.columns import checksums
from gongshu.columns.cells import Cells

_CODE_HEADER = re.compile(r"(码|代码|编号|号|证号|电话|手机|邮编|id|code|no|number|phone|zip|postcode)$", re.IGNORECASE)
_NUMBER_LIKE = re.compile(r"^[-+]?[\d.,%/: ]+$")
_KINDS = ("L", "I", "N", "D", "T")
_LONG_TEXT = 2_000
_SAMPLE_CODES = 0.95

# Headers that recur in municipal data, and the identifier that the glossary gives them.
_NAMES = {
    "公民身份号码": "citizen_id",
    "身份证号": "citizen_id",
    "身份证号码": "citizen_id",
    "统一社会信用代码": "uscc",
    "姓名": "name",
    "名称": "name",
    "企业名称": "company_name",
    "单位名称": "organization_name",
    "机构名称": "organization_name",
    "法定代表人": "legal_representative",
    "性别": "sex",
    "民族": "ethnicity",
    "出生日期": "birth_date",
    "年龄": "age",
    "地址": "address",
    "住所": "address",
    "详细地址": "address",
    "联系人": "contact",
    "联系电话": "phone",
    "电话": "phone",
    "手机号": "mobile",
    "手机号码": "mobile",
    "邮箱": "email",
    "邮编": "postcode",
    "行政区划代码": "division_code",
    "区县": "district",
    "街道": "street",
    "乡镇": "township",
    "经度": "longitude",
    "纬度": "latitude",
    "注册资本": "registered_capital",
    "成立日期": "established_on",
    "登记日期": "registered_on",
    "登记机关": "registration_authority",
    "经营范围": "business_scope",
    "行业": "industry",
    "类型": "kind",
    "类别": "category",
    "状态": "status",
    "备注": "remark",
    "日期": "date",
    "时间": "time",
    "年份": "year",
    "金额": "amount",
    "数量": "quantity",
    "序号": "sequence",
    "编号": "number",
    "代码": "code",
    "编码": "code",
}


@dataclass
class _Profile:
    """What is known about a column so far."""

    kinds: set[str] = field(default_factory=lambda: set(_KINDS))
    values: int = 0
    blanks: int = 0
    width: int = 0
    lengths: set[int] = field(default_factory=set)
    zeros: bool = False
    points: bool = False
    words: bool = False
    clock: bool = False
    citizens: int = 0
    credits: int = 0


def draft(path: Path, resource: str = "draft", *, limits: Limits = DEFAULT) -> Contract:
    """Propose a contract for the file at ``path``. Raises GongshuError when no table or no header can be
    found.
    """
    work = Path(tempfile.mkdtemp(prefix="gongshu-draft-"))
    try:
        arrived = arrival.unpack(path, work, limits)
        titles = _titles(arrived, work, limits)
        rough = Contract(resource, tuple(Column(f"__{n}__", title) for n, title in enumerate(titles, start=1)))
        source = open_source(arrived, rough, work, limits=limits)
        profiles = [_Profile() for _ in titles]
        for chunk in source.chunks():
            for profile, position in zip(profiles, source.layout.positions, strict=True):
                _learn(profile, Cells(chunk.columns[position]))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    names = identifiers(titles)
    columns = (_column(name, title, profile) for name, title, profile in zip(names, titles, profiles, strict=True))
    return Contract(resource, tuple(columns))


class Proposal:
    """An item that a column of a file could be, learnt from its values."""

    def __init__(self, title: str) -> None:
        self._title = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", title).strip())[:100]
        self._profile = _Profile()

    def learn(self, column: pa.StringArray) -> None:
        """Take in the next values."""
        _learn(self._profile, Cells(column))

    @staticmethod
    def columns(proposals: Sequence[Proposal], taken: Sequence[str]) -> list[Column]:
        """The items, with names that are none of ``taken``."""
        names = identifiers([*taken, *(one._title for one in proposals)])[len(taken) :]
        return [_column(name, one._title, one._profile) for name, one in zip(names, proposals, strict=True)]


def identifiers(titles: Sequence[str]) -> list[str]:
    """One identifier for each title: known words, else its Latin letters, else its number; none twice."""
    taken = Counter(normal(title) for title in titles)
    found: list[str] = []
    for number, title in enumerate(titles, start=1):
        plain = normal(title)
        base = _NAMES.get(plain) or _slug(title) or f"item_{number}"
        name, again = base, 1
        while taken[normal(name)] > (1 if normal(name) == plain else 0):
            again += 1
            name = f"{base[:58]}_{again}"
        taken[normal(name)] += 1
        found.append(name)
    return found


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title)
    if not plain.isascii() and any(ord(sign) > 0x2E7F for sign in plain):
        return ""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain.encode("ascii", "ignore").decode())
    slug = re.sub(r"[^A-Za-z0-9]+", "_", words).strip("_").lower()[:60]
    return slug if slug and slug[0].isalpha() else f"c_{slug}" if slug else ""


def _titles(arrived: Arrival, work: Path, limits: Limits) -> list[str]:
    """The header of a file about which nothing is known; of an archive of many, of its first."""
    part = arrived.parts[0]
    if part.kind == "workbook":
        grid = workbook.read(part.path, work, {}, limits=limits)
        rows: list[list[str]] = [["" if cell is None else cell for cell in row] for row in grid.head]
    elif part.kind == "parquet":
        rows = [[cell or "" for cell in workbook.read_parquet(part.path, work, limits=limits).head[0]]]
    elif part.kind in {"json", "xml"}:
        rows = _record_names(part, work, limits)
    else:
        text = decode(part.path, work, limits)
        rows = _best_dialect(head_of(text), text.start)
    if part.kind not in {"text", "workbook"} and len(rows) == 1:
        return _checked(rows[0], 0)
    index = _header(rows)
    if index is None:
        raise refusals.header_unclear()
    return _checked(rows[index], index + 1)


def _record_names(part: Part, work: Path, limits: Limits) -> list[list[str]]:
    """The names that records carry, as one row; or the first rows where records are rows."""
    text = decode(part.path, work, limits, line_limit=0)
    if part.kind == "xml":
        return [list(xmlfile.Document(text.path, text.start, limits).shape({}, "", lambda: None).names)]
    shape = jsonfile.Document(text.path, text.start, limits).shape({}, "", lambda: None)
    return [list(row) for row in shape.head] if shape.head else [list(shape.names)]


def _checked(header: list[str], row: int) -> list[str]:
    """The column names of a header, each once."""
    cells = [unicodedata.normalize("NFKC", cell).strip() for cell in header]
    if len(cells) > MAX_COLUMNS:
        raise refusals.too_many_columns(MAX_COLUMNS)
    counted = Counter(normal(cell) for cell in cells if normal(cell))
    twice = [place for place, cell in enumerate(cells, start=1) if counted[normal(cell)] > 1]
    if twice:
        raise refusals.column_twice(row, twice[:2], cells[twice[0] - 1][:40])
    titles = [re.sub(r"\s+", " ", cell)[:100] for cell in cells if normal(cell)]
    if not titles:
        raise refusals.header_unclear()
    return titles


def _best_dialect(head: str, start: int) -> list[list[str]]:
    """The first records in the delimiter that gives most of them one and the same number of fields, more
    than one.
    """
    best: tuple[int, int, list[list[str]]] | None = None
    for delimiter in DELIMITERS:
        rows = [record.cells for record in records(head, start, delimiter)]
        widths = Counter(len(row) for row in rows if len(row) > 1)
        width, count = max(widths.items(), key=lambda pair: (pair[1], pair[0]), default=(1, 0))
        if rows and (best is None or (count, width) > best[:2]):
            best = (count, width, rows)
    if best is None:
        raise refusals.empty()
    return best[2]


def _header(rows: list[list[str]]) -> int | None:
    """The first row as wide as the table whose cells are words, each different."""
    filled = [[cell.strip() for cell in row] for row in rows[:SEARCHED_ROWS]]
    counts = Counter(sum(1 for cell in row if cell) for row in filled)
    counts.pop(0, None)
    if not counts:
        return None
    usual = max(counts.items(), key=lambda pair: (pair[1], pair[0]))[0]
    for index, row in enumerate(filled):
        words = [cell for cell in row if cell]
        if len(words) < max(1, (usual + 1) // 2):
            continue
        if any(_NUMBER_LIKE.match(word) and not re.fullmatch(r"\d{4}", word) for word in words):
            return None
        if len(words) >= min(usual, 2) or usual == 1:
            return index
    return None


def _learn(profile: _Profile, cells: Cells) -> None:
    present = ~cells.blank
    count = int(present.sum())
    profile.values += count
    profile.blanks += len(cells) - count
    if not count:
        return
    for kind in list(profile.kinds):
        typed = typing.convert(kind, cells)
        if typed.bad or (typed.null & present).any():
            profile.kinds.discard(kind)
    lengths = cells.lengths[present]
    profile.width = max(profile.width, int(lengths.max()))
    if len(profile.lengths) < 3:
        profile.lengths |= {int(length) for length in np.unique(lengths)[:3]}
    first = cells.matrix(present, 1)[:, 0]
    profile.zeros |= bool(((first == 0x30) & (lengths > 1) & ~_second_is_point(cells, present)).any())
    if {"L", "D", "T", "N"} & profile.kinds:
        joined = cells.array
        profile.words |= bool((first >= 0x80).any() or ((first | 0x20) >= 0x61).any())
        profile.points |= _contains(joined, ".")
        profile.clock |= _contains(joined, ":") or _contains(joined, "时")
    full = present & (cells.lengths == 18)
    if full.any():
        matrix = cells.matrix(full, 18)
        profile.citizens += int(full.sum()) - _failures(checksums.citizen_id(matrix))
        profile.credits += int(full.sum()) - _failures(checksums.uscc(matrix))


def _second_is_point(cells: Cells, present: np.ndarray) -> np.ndarray:
    places = np.minimum(cells.offsets[:-1][present] + 1, cells.data.size - 1)
    return np.asarray((cells.data[places] == 0x2E) | (cells.data[places] == 0x2C))


def _contains(array: pa.Array, sign: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring(array, sign)).as_py())


def _failures(found: dict[str, np.ndarray]) -> int:
    return int(np.logical_or.reduce(list(found.values())).sum())


def _column(name: str, title: str, profile: _Profile) -> Column:
    required = profile.blanks == 0 and profile.values >= 10
    enough = profile.values * _SAMPLE_CODES
    if profile.values and profile.citizens >= enough:
        return Column(name, title, "C", 18, required, check="citizen_id")
    if profile.values and profile.credits >= enough:
        return Column(name, title, "C", 18, required, check="uscc")
    kind = _kind(title, profile)
    length = None
    if kind == "C":
        kind = "M" if profile.width > _LONG_TEXT else "C"
        length = -(-max(profile.width, 10) // 10) * 10 if kind == "C" else None
    return Column(name, title, kind, length, required)


def _kind(title: str, profile: _Profile) -> str:
    kinds = profile.kinds
    if not profile.values:
        return "C"
    if "L" in kinds and profile.words:
        return "L"
    if "D" in kinds and (min(profile.lengths) > 8 or "I" not in kinds):
        return "D"
    if "T" in kinds and profile.clock:
        return "T"
    coded = _CODE_HEADER.search(title) is not None or (len(profile.lengths) == 1 and profile.width >= 6)
    if profile.zeros or (coded and "I" in kinds):
        return "C"
    if "I" in kinds and not profile.points:
        return "I"
    return "N" if "N" in kinds else "C"
