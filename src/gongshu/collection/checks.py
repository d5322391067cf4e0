"""The checks that every row passes or fails, a column of a batch at a time, and the sentence of each rule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from gongshu.collection.contract import Column
from gongshu.collection.typing import Typed
from gongshu.columns.cells import Cells, Mask
from gongshu.columns.checksums import citizen_id, uscc
from gongshu.errors import Text

RULES: Mapping[str, Text] = {
    "required": Text("必填项为空", "a required value is missing"),
    "integer": Text("不是整数", "not a whole number"),
    "number": Text("不是数值", "not a number"),
    "number_range": Text("数值过大或小数位过多", "the number is too large or has too many decimals"),
    "date": Text("不是有效日期", "not a day of the calendar"),
    "moment": Text("不是有效的日期时间", "not a valid date and time"),
    "logical": Text("不是“是/否”", "neither yes nor no"),
    "length": Text("超过规定长度", "longer than the catalog allows"),
    "citizen_id_form": Text("公民身份号码应为 18 位", "a citizen number has 17 digits and a check sign"),
    "citizen_id_old": Text("15 位旧身份证号码已停用", "15-digit citizen numbers are no longer valid"),
    "citizen_id_date": Text("公民身份号码中的出生日期不存在", "the birth date in the citizen number does not exist"),
    "citizen_id_checksum": Text("公民身份号码校验码不符", "the check sign of the citizen number is wrong"),
    "uscc_form": Text("统一社会信用代码应为 18 位规定字符", "a credit code has 18 signs of its alphabet"),
    "uscc_checksum": Text("统一社会信用代码校验码不符", "the check sign of the credit code is wrong"),
    "duplicate_key": Text("主键与前面的行重复", "the key repeats an earlier row"),
    "field_count": Text("列数与表头不符", "the row has more or fewer fields than the header"),
    "footer": Text("表尾行（合计、制表人等），不是数据", "a footer (total, signature), not data"),
    "record": Text("不是一条合法的记录", "not a valid record"),
    "unreadable_text": Text("含有文本中不允许的字符", "holds signs that no text may hold"),
    "unnamed_column": Text("没有列名的列中有内容", "a column without a name holds a value"),
}

Judge = Callable[[npt.NDArray[np.uint8]], dict[str, Mask]]


def apply(column: Column, cells: Cells, typed: Typed) -> Iterator[tuple[str, Mask]]:
    """The failures of one column: (rule, rows). May rewrite ``typed`` into the canonical spelling of a code."""
    yield from typed.bad.items()
    if column.required or column.is_key:
        missing = typed.null
        if missing.any():
            yield "required", missing
    # A code's own form fixes its length, after its spelling was mended: full-width digits are longer, not wrong.
    if column.length and column.type in "CMG" and not column.check:
        yield from _length(column.length, cells)
    if column.check == "citizen_id":
        yield from _coded(cells, typed, citizen_id)
    elif column.check == "uscc":
        yield from _coded(cells, typed, uscc)


def _length(limit: int, cells: Cells) -> Iterator[tuple[str, Mask]]:
    long = cells.lengths > limit
    if long.any():
        # Bytes in GB 18030 from bytes in UTF-8: one for ASCII, two for what takes three.
        texts = cells.subset(long)
        width = (texts.str.len_bytes().cast(pl.Int64) + texts.str.len_chars().cast(pl.Int64)) // 2
        over = long.copy()
        over[long] = (width > limit).to_numpy()
        if over.any():
            yield "length", over


def _coded(cells: Cells, typed: Typed, judge: Judge) -> Iterator[tuple[str, Mask]]:
    """Judge codes of 18 signs; those in another spelling (lower case, full width) are rewritten first."""
    present = ~typed.null
    straight = present & (cells.lengths == 18)
    failures: dict[str, Mask] = {}
    odd = present.copy()
    if straight.any():
        matrix = cells.matrix(straight, 18)
        rows = np.flatnonzero(straight)
        if (matrix >= 0x61).any():
            foreign = ((matrix >= 0x61) & (matrix <= 0x7A)) | (matrix >= 0x80)
            plain: Mask = ~np.logical_or.reduce(foreign, axis=1)
            rows, matrix = rows[plain], matrix[plain]
        for rule, wrong in judge(matrix).items():
            failures.setdefault(rule, np.zeros(len(cells), bool))[rows] = wrong
        odd[rows] = False
    if odd.any():
        texts = cells.subset(odd)
        spelled = texts.str.normalize("NFKC").str.strip_chars().str.to_uppercase()
        fixed = Cells(spelled.to_arrow().cast(pa.string()))
        fits = fixed.lengths == 18
        rows = np.flatnonzero(odd)
        if fits.any():
            for rule, wrong in judge(fixed.matrix(fits, 18)).items():
                failures.setdefault(rule, np.zeros(len(cells), bool))[rows[fits]] = wrong
        prefix = "citizen_id" if judge is citizen_id else "uscc"
        old = fixed.lengths == 15 if judge is citizen_id else np.zeros(len(fixed), bool)
        for rule, wrong in ((f"{prefix}_old", old), (f"{prefix}_form", ~fits & ~old)):
            failures.setdefault(rule, np.zeros(len(cells), bool))[rows] |= wrong
        changed = np.zeros(len(cells), bool)
        changed[odd] = (spelled != texts).to_numpy()
        if changed.any():
            values = pl.Series(typed.values, dtype=pl.String).scatter(
                np.flatnonzero(changed), spelled.filter(pl.Series(changed[odd]))
            )
            typed.values = values.to_arrow().cast(pa.string())
            typed.rewritten = changed if typed.rewritten is None else typed.rewritten | changed
    yield from ((rule, mask) for rule, mask in failures.items() if mask.any())
