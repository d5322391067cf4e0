"""The scan of a version for personal data: every column, by what it holds and by what it is called, against what the
catalog says of it.

For each column that holds something it proposes a class, a level and a mask, and says where content and catalog entry
belie each other. A person decides; nothing is changed by the scan, and no value is kept. Classes: personal information
and sensitive personal information (PIPL art. 4 and 28; the classes of GB/T 45574-2025, by which a citizen number alone
is not sensitive, an account is). Levels: GB/T 43697-2024 annex H by the harm to the person: some 2, serious 3. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import polars as pl

from gongshu.columns.profile import Counted, Texts
from gongshu.errors import Text


class Class(StrEnum):
    PERSONAL = "personal"
    SENSITIVE = "sensitive"
    CORPORATE = "corporate"  # about a body, not a person


CLASS_LABELS: Mapping[Class, Text] = {
    Class.PERSONAL: Text("个人信息", "Personal information"),
    Class.SENSITIVE: Text("敏感个人信息", "Sensitive personal information"),
    Class.CORPORATE: Text("组织信息", "About a body"),
}


@dataclass(frozen=True)
class Kind:
    """A kind of data: its label, class, the proposed mask (``grants.masking``), and the titles that speak of it."""

    label: Text
    group: Class
    mask: str
    called: str


_P, _S, _C = Class.PERSONAL, Class.SENSITIVE, Class.CORPORATE
KINDS: Mapping[str, Kind] = {
    "citizen_id": Kind(
        Text("公民身份号码", "citizen number"),
        _P,
        "id",
        r"身份证|公民身份|身份号码|证件号|sfz|idcard|citizen_?id|id_?(no|number|card)$",
    ),
    "bank_card": Kind(
        Text("银行卡号", "bank card"),
        _S,
        "account",
        r"银行卡|银行账[户号]|开户账号|卡号|收款账|yhk|bank_?(card|account)",
    ),
    "passport": Kind(Text("护照、通行证号", "passport number"), _P, "id", r"护照|通行证|passport"),
    "mobile": Kind(
        Text("手机号码", "mobile number"), _P, "phone", r"手机|移动电话|联系电话|联系方式|电话|mobile|phone|lxdh|^tel"
    ),
    "landline": Kind(Text("固定电话", "telephone"), _P, "phone", r"固定电话|座机|办公电话|landline"),
    "email": Kind(Text("电子邮箱", "e-mail"), _P, "email", r"邮箱|电子邮件|e_?mail"),
    "plate": Kind(Text("车牌号", "number plate"), _P, "hidden", r"车牌|号牌号码|plate"),
    "person": Kind(
        Text("姓名", "person's name"),
        _P,
        "name",
        r"姓名|法定代表人|负责人|联系人|申请人|经办人|户主|当事人|监护人|持有人|投诉人|full_?name|person_name|legal_rep",
    ),
    "address": Kind(
        Text("住址", "address"), _P, "address", r"住址|家庭地址|居住地|户籍地|通讯地址|联系地址|home_?address"
    ),
    "birth_date": Kind(Text("出生日期", "date of birth"), _P, "year", r"出生(日期|年月|时间)|生日|birth"),
    "ip": Kind(Text("网络地址", "network address"), _P, "hidden", r"ip地址|^ip$|ip_?addr"),
    "biometric": Kind(Text("生物识别信息", "biometric data"), _S, "hidden", r"指纹|人脸|虹膜|声纹|基因|掌纹|biometric"),
    "religion": Kind(Text("宗教信仰", "religion"), _S, "hidden", r"宗教|信仰|religio"),
    "health": Kind(
        Text("医疗健康信息", "health data"),
        _S,
        "hidden",
        r"病史|病情|病历|诊断|疾病|症状|用药|处方|残疾|血型|体检|过敏|孕|健康状况|diagnos|disease|medical|disab",
    ),
    "identity": Kind(
        Text("特定身份", "specific identity"), _S, "hidden", r"低保|贫困|犯罪|前科|服刑|戒毒|社区矫正|吸毒|criminal"
    ),
    "whereabouts": Kind(
        Text("行踪轨迹", "whereabouts"), _S, "hidden", r"行踪|轨迹|定位|出行记录|住宿记录|track|whereabout"
    ),
    "uscc": Kind(Text("统一社会信用代码", "credit code"), _C, "none", r"统一社会信用|信用代码|uscc|tyshxydm"),
}
_CHECKSUM = frozenset({"citizen_id", "uscc", "bank_card"})
_ADDRESSLIKE = re.compile(r"地址|住所|address")
LEVELS: Mapping[Class, int] = {Class.PERSONAL: 2, Class.SENSITIVE: 3, Class.CORPORATE: 1}

MOSTLY = 0.6  # of a column's texts: it is of that kind
SUPPORTED = 0.2  # the same, where its name says so too
FEWEST = 3  # texts inside longer ones, checked by a checksum
_SHAPES_WITHIN = 0.05  # share of texts that hold a shape without checksum
_VARIED = 0.1  # a column of names has many different ones


@dataclass(frozen=True)
class Declared:
    """What the catalog says of a column."""

    name: str
    title: str
    personal: bool = False
    sensitive: bool = False
    mask: str = "none"
    level: int = 0
    check: str = ""


@dataclass(frozen=True)
class Finding:
    """What a column is taken for. ``share`` of its ``texts`` are of the kind (0 when only the name says so); ``within``
    when it stands inside longer texts. ``belies`` are the codes of what contradicts the catalog (``REASONS``).
    """

    column: str
    title: str
    kind: str
    group: str
    share: float
    texts: int
    by: str  # value, name, both
    within: bool
    level: int
    mask: str
    belies: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "belies": list(self.belies), "share": round(self.share, 4)}


REASONS: Mapping[str, Text] = {
    "not_marked": Text("目录未标明含个人信息", "the entry does not mark it as personal data"),
    "not_sensitive": Text("目录未标明为敏感个人信息", "the entry does not mark it as sensitive"),
    "not_masked": Text("目录未设脱敏方式", "the entry sets no mask"),
    "level_low": Text("目录定级低于建议", "the entry grades it lower than proposed"),
    "other_content": Text("内容与名称所指不符", "it holds something else than its name says"),
    "not_expected": Text("长文本中夹带个人信息", "personal data inside longer texts"),
}


def scan(frames: Iterable[pl.DataFrame], declared: Sequence[Declared]) -> list[Finding]:
    """Look at every column of every frame; the findings in the order of ``declared``."""
    looked = {one.name: Texts() for one in declared}
    for frame in frames:
        for one in declared:
            if one.name in frame.columns and (texts := _texts(frame[one.name])) is not None:
                looked[one.name].add(texts.drop_nulls())
    counted = []
    for name, texts in looked.items():
        seen = texts.seen
        distinct = texts.distinct.estimate
        counted.append(Counted(name, distinct=distinct, texts=seen.texts, kinds=seen.kinds, within=seen.within))
    return findings(counted, declared)


def findings(counted: Iterable[Counted], declared: Sequence[Declared]) -> list[Finding]:
    """What was counted, judged; in the order of ``declared``."""
    by_name = {one.name: one for one in counted}
    judged = (judge(one, by_name[one.name]) for one in declared if one.name in by_name)
    found = [finding for finding in judged if finding is not None]
    # In a register of bodies, not of people, an address is the body's, unless its name speaks of a home.
    kinds = {one.kind for one in found if one.share >= MOSTLY}
    bodies = "uscc" in kinds and "citizen_id" not in kinds
    return [one for one in found if not (bodies and one.kind == "address" and one.by == "value")]


def _texts(column: pl.Series) -> pl.Series | None:
    """The column as texts, where it can hold any of the kinds: text, or whole numbers as long as a telephone's."""
    if column.dtype == pl.String:
        return column
    if column.dtype.is_integer() or column.dtype.is_decimal():
        largest = column.max()
        if largest is not None and largest >= 10**10:  # type: ignore[operator]
            return column.cast(pl.String).str.replace(r"\.0+$", "")
    return None


def called(title: str, name: str) -> str:
    """The kind that a column's title or name speaks of; empty when none."""
    for kind, known in KINDS.items():
        if re.search(known.called, title, re.IGNORECASE) or re.search(known.called, name, re.IGNORECASE):
            return kind
    return ""


def judge(declared: Declared, counted: Counted) -> Finding | None:
    """What one column is taken for; None when nothing speaks for a person or body."""
    named = called(declared.title, declared.name)
    held, share = _held(declared, counted, named)
    if held:
        by = "both" if named == held else "value"
        return _finding(declared, counted, held, share, by, named)
    for kind, count in sorted(counted.within.items(), key=lambda pair: -pair[1]):
        share = count / counted.texts
        if (kind == "citizen_id" and count >= FEWEST) or share >= _SHAPES_WITHIN:
            return _finding(declared, counted, kind, share, "value", named, within=True)
    if named and (KINDS[named].group is not Class.CORPORATE):
        share = counted.kinds.get(named, 0) / counted.texts if counted.texts else 0.0
        return _finding(declared, counted, named, share, "name", named)
    return None


def _held(declared: Declared, counted: Counted, named: str) -> tuple[str, float]:
    """The kind that most of the column's texts are of, and their share."""
    if not counted.texts:
        return "", 0.0
    kind, count = max(counted.kinds.items(), key=lambda pair: pair[1], default=("", 0))
    share = count / counted.texts
    if named and counted.kinds.get(named, 0) / counted.texts >= SUPPORTED and share < MOSTLY:
        return named, counted.kinds[named] / counted.texts
    if share < MOSTLY:
        return "", 0.0
    if kind == "person" and named != "person" and counted.distinct < max(20, _VARIED * min(counted.texts, 10_000)):
        return "", 0.0
    if kind == "landline" and named == "mobile":
        return "mobile", share
    if kind == "address" and named != "address" and not _ADDRESSLIKE.search(declared.title + declared.name):
        return ("address", share) if share >= 0.8 else ("", 0.0)
    return kind, share


def _finding(
    declared: Declared, counted: Counted, kind: str, share: float, by: str, named: str, *, within: bool = False
) -> Finding:
    known = KINDS[kind]
    level, mask = LEVELS[known.group], known.mask if not within else "hidden"
    belies: list[str] = []
    if known.group is not Class.CORPORATE:
        if within:
            belies.append("not_expected")
        if not (declared.personal or declared.sensitive):
            belies.append("not_marked")
        elif known.group is Class.SENSITIVE and not declared.sensitive:
            belies.append("not_sensitive")
        if declared.mask in ("", "none"):
            belies.append("not_masked")
        if declared.level and declared.level < level:
            belies.append("level_low")
    told = named and kind != named and by == "value" and not within and {kind, named} != {"mobile", "landline"}
    if told or (by == "name" and named in _CHECKSUM and counted.texts >= 20 and share < SUPPORTED):
        belies.append("other_content")
    return Finding(
        declared.name,
        declared.title,
        kind,
        str(known.group),
        share,
        counted.texts,
        by,
        within,
        level,
        mask,
        tuple(belies),
    )
