"""Checks of the items by themselves: lengths, keys, personal data that nobody marked."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gongshu.catalog.checking import Case, ConsistencyCheck, Severity, Spot
from gongshu.catalog.checks_entry import GUIDE
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import Check, DataType
from gongshu.errors import Text

PERSONAL = re.compile(
    r"(身份证|公民身份|证件号|姓名|法定代表人|联系人|手机|联系电话|家庭住址|住址|户籍地址|出生日期|邮箱|银行卡|护照|车牌)"
)
SENSITIVE_PERSONAL = re.compile(r"(病历|诊断|疾病|残疾|指纹|人脸|虹膜|基因|宗教|银行账|银行卡|行踪|轨迹|未成年|犯罪)")


def looks_personal(item: ItemData) -> bool:
    """Whether the item's name or check suggests personal information. A hint for a person, never a decision."""
    return item.check is Check.CITIZEN_ID or bool(PERSONAL.search(item.title) or SENSITIVE_PERSONAL.search(item.title))


def _length_missing(case: Case) -> Iterator[Spot]:
    for row, item in case.items():
        if item.data_type is DataType.C and item.length is None:
            yield Spot(row)


def _key_missing(case: Case) -> Iterator[Spot]:
    if case.data.items and not any(item.is_key for item in case.data.items):
        yield Spot()


def _key_optional(case: Case) -> Iterator[Spot]:
    for row, item in case.items():
        if item.is_key and not item.required:
            yield Spot(row)


def _unmarked(case: Case) -> Iterator[Spot]:
    for row, item in case.items():
        if looks_personal(item) and not (item.sensitive or item.sensitive_personal):
            yield Spot(row)


def _sensitive_unmarked(case: Case) -> Iterator[Spot]:
    for row, item in case.items():
        if item.sensitive_personal and not item.sensitive:
            yield Spot(row)


def _checked_type(case: Case) -> Iterator[Spot]:
    for row, item in case.items():
        short = item.length is not None and item.length < 18
        if item.check is not Check.NONE and (item.data_type is not DataType.C or short):
            yield Spot(row)


_E, _W = Severity.ERROR, Severity.WARNING

CHECKS: tuple[ConsistencyCheck, ...] = (
    ConsistencyCheck(
        "item_length_missing", _W, "length", GUIDE,
        Text("字符型须写明长度（字节）。", "A text item states its length in bytes."),
        _length_missing,
    ),
    ConsistencyCheck(
        "key_missing", _W, "items", GUIDE,
        Text(
            "没有主键：归集后无法按条查询和更新。请确认。",
            "No item is the key: rows can then be neither looked up nor updated. Make sure.",
        ),
        _key_missing,
    ),
    ConsistencyCheck(
        "key_optional", _W, "required", GUIDE,
        Text("主键应为必填。", "A key is required."),
        _key_optional,
    ),
    ConsistencyCheck(
        "personal_unmarked", _W, "sensitive", "GB/T 35273-2020",
        Text(
            "名称或校验规则像是个人信息，而未标为个人信息。请确认。",
            "The name or the check suggests personal data, but the item is not marked so. Make sure.",
        ),
        _unmarked,
    ),
    ConsistencyCheck(
        "sensitive_unmarked", _E, "sensitive", "GB/T 45574-2025",
        Text(
            "敏感个人信息也是个人信息：请同时标为个人信息。",
            "Sensitive personal data are personal data: mark the item as both.",
        ),
        _sensitive_unmarked,
    ),
    ConsistencyCheck(
        "check_type", _E, "data_type", "GB 11643-1999",
        Text(
            "证件号码和信用代码有18位，类型须为字符型，长度不少于18。",
            "These numbers have 18 signs: the item must be text of at least 18 bytes.",
        ),
        _checked_type,
    ),
)  # fmt: skip
