"""What a text looks like: kinds of personal (and corporate) data told by checksum, shape and words, a column at a time.

A checksum decides between shapes: 18 digits are a citizen number only when date and check sign are right (GB 11643),
a credit code likewise (GB 32100), a bank card by Luhn (ISO/IEC 7812-1). Shapes without a checksum (telephone, plate,
passport) need most of a column, or a name that says so. Measured on texts, never on what a column is called: that is
``personal``'s part. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from gongshu.columns import checksums

Mask = npt.NDArray[np.bool_]

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱"
    "江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童"
    "凌毕单季裴霍涂成苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟"
    "应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"
)
_DOUBLE = "欧阳|上官|司马|诸葛|司徒|东方|夏侯|皇甫|尉迟|公孙|慕容|令狐|端木|宇文|长孙|轩辕"
_NAME = rf"^(?:(?:{_DOUBLE})[\x{{4e00}}-\x{{9fff}}]{{1,2}}|[{_SURNAMES}][\x{{4e00}}-\x{{9fff}}]{{1,2}})$"
_NO_NAME = r"[省市县区镇乡村街道路社局厂店院校所队组场站部科处室园桥河湖山]$|公司|中心|合作|小学|中学|大学|银行"
_PLATE = (
    r"^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·• ]?"
    r"(?:[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]|[A-HJ-NP-Z0-9]{6})$"
)
_ADDRESS = r"(?:省|市|区|县|旗|州|镇|乡|街道|街|路|大道|巷|弄|里|村|社区|小区|号|栋|幢|座|单元|室)"
_BODY = r"(?:公司|企业|集团|厂|店|行|社|院|局|所|队|站|部|中心|学校|小学|中学|大学|幼儿园|协会|委员会|政府)$"
_MOBILE = r"^(?:\+?86[- ]?|0086[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}$"
_LANDLINE = r"^(?:0\d{2,3}[- ]?[2-8]\d{6,7}|\(0\d{2,3}\)[2-8]\d{6,7})(?:[-转]\d{1,5})?$"

_IN_TEXT = {
    "citizen_id": r"(?:^|[^0-9])([1-9]\d{5}(?:18|19|20)\d{9}[0-9Xx])(?:[^0-9A-Za-z]|$)",
    "mobile": r"(?:^|[^0-9])(1[3-9]\d{9})(?:[^0-9]|$)",
    "email": r"([A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)",
}


@dataclass(frozen=True)
class Seen:
    """One batch of a column: how many texts, and how many of them are of which kind; ``within`` counts those that hold
    one inside a longer text.
    """

    texts: int
    kinds: dict[str, int]
    within: dict[str, int]


def recognise(column: pl.Series) -> Seen:
    """Count the kinds among the texts of ``column``; blank ones do not count. Equal texts are looked at once."""
    counted = column.drop_nulls().value_counts(sort=False)
    weights = counted.to_series(1).cast(pl.Int64).to_numpy()
    return seen(np.bincount(codes(counted.to_series(0)), weights, minlength=32).astype(np.int64))


def codes(texts: pl.Series) -> npt.NDArray[np.uint8]:
    """What each text is, as a code: 0 nothing, else ``CODES`` of its kind, ``BLANK``, or ``_WITHIN`` and a bit for each
    kind that stands inside it.
    """
    values = _plain(texts)
    characters = values.str.len_chars().to_numpy()
    found = np.where(characters > 0, 0, BLANK).astype(np.uint8)
    for kind, shortest, longest, judge in _KINDS:
        asked = (found == 0) & (characters >= shortest) & (characters <= longest)
        if asked.any():
            here = judge(values.filter(pl.Series(asked)))
            found[np.flatnonzero(asked)[here]] = CODES[kind]
    long = np.flatnonzero((found == 0) & (characters >= 12))
    if len(long):
        longer = values.gather(long)
        for place, (kind, pattern) in enumerate(_IN_TEXT.items()):
            inside = _inside(kind, longer, pattern)
            found[long[inside]] |= _WITHIN | 1 << place
    return found


def seen(counts: npt.NDArray[np.int64]) -> Seen:
    """What was seen, of the number of texts by code."""
    kinds = {kind: int(counts[code]) for kind, code in CODES.items() if counts[code]}
    within = {
        kind: number
        for place, kind in enumerate(_IN_TEXT)
        if (number := sum(int(counts[_WITHIN | bits]) for bits in range(8) if bits >> place & 1))
    }
    return Seen(int(counts.sum() - counts[BLANK]), kinds, within)


def _plain(values: pl.Series) -> pl.Series:
    """Trimmed; full-width letters and digits as plain ones."""
    values = values.cast(pl.String).str.strip_chars()
    wide = values.str.contains("[\uff01-\uff5e]")
    if wide.any():
        values = pl.Series(values.zip_with(~wide, values.str.normalize("NFKC")))
    return values


def _matches(pattern: str) -> Callable[[pl.Series], Mask]:
    def judge(values: pl.Series) -> Mask:
        return np.asarray(values.str.contains(pattern).to_numpy())

    return judge


def _bytes(values: pl.Series, width: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer("".join(values.to_list()).encode("ascii"), np.uint8).reshape(-1, width)


def _checked(
    pattern: str, width: int, judge: Callable[[npt.NDArray[np.uint8]], dict[str, Mask]]
) -> Callable[[pl.Series], Mask]:
    """Texts of ``width`` signs of a shape whose checks all pass."""

    def checked(values: pl.Series) -> Mask:
        upper = values.str.to_uppercase()
        shaped = upper.str.contains(pattern).to_numpy()
        found = np.zeros(len(values), bool)
        if shaped.any():
            wrong = judge(_bytes(upper.filter(pl.Series(shaped)), width))
            found[shaped] = ~np.logical_or.reduce(list(wrong.values()))
        return found

    return checked


def _luhn(values: pl.Series) -> Mask:
    """Bank card numbers of 16 to 19 digits."""
    plain = values.str.replace_all("[ -]", "")
    shaped = plain.str.contains(r"^(?:62|4|5[1-5]|3[57]|60|9)\d{14,18}$").to_numpy() & (
        plain.str.len_bytes().is_between(16, 19).to_numpy()
    )
    found = np.zeros(len(values), bool)
    if not shaped.any():
        return found
    digits = _bytes(plain.filter(pl.Series(shaped)).str.zfill(19), 19).astype(np.int16) - 48
    doubled = digits[:, 17::-2] * 2
    total = digits[:, 18::-2].sum(axis=1) + (doubled - 9 * (doubled > 9)).sum(axis=1)
    found[shaped] = total % 10 == 0
    return found


def _names(values: pl.Series) -> Mask:
    return np.asarray((values.str.contains(_NAME) & ~values.str.contains(_NO_NAME)).to_numpy())


def _addresses(values: pl.Series) -> Mask:
    """At least two words of an address, and one that is finer than a county."""
    fine = values.str.contains(r"(?:镇|乡|街|路|大道|巷|弄|村|社区|小区|号|栋|幢|座|单元|室)")
    return np.asarray(
        (fine & (values.str.count_matches(_ADDRESS) >= 2) & values.str.contains("^[^，。；]*$")).to_numpy()
    )


def _inside(kind: str, texts: pl.Series, pattern: str) -> Mask:
    found: Mask = texts.str.contains(pattern).to_numpy()
    if kind != "citizen_id" or not found.any():
        return found
    candidates = texts.filter(pl.Series(found)).str.extract_all(pattern)
    numbers = candidates.list.explode().str.extract(pattern).str.to_uppercase()
    rows = np.repeat(np.flatnonzero(found), candidates.list.len().to_numpy())
    wrong = checksums.citizen_id(_bytes(numbers, 18))
    right = np.zeros(len(texts), bool)
    right[rows[~np.logical_or.reduce(list(wrong.values()))]] = True
    return right


# (kind, fewest signs, most signs, judge), the more certain first: what one takes the next does not see.
_KINDS: tuple[tuple[str, int, int, Callable[[pl.Series], Mask]], ...] = (
    ("citizen_id", 18, 18, _checked(r"^[1-9]\d{16}[0-9X]$", 18, checksums.citizen_id)),
    ("uscc", 18, 18, _checked(r"^[0-9A-HJ-NPQRTUWXY]{18}$", 18, checksums.uscc)),
    ("bank_card", 16, 23, _luhn),
    ("email", 6, 120, _matches(r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$")),
    ("mobile", 11, 18, _matches(_MOBILE)),
    ("landline", 9, 20, _matches(_LANDLINE)),
    ("plate", 7, 9, _matches(_PLATE)),
    ("passport", 8, 10, _matches(r"^(?:[EGPSD]\d{8}|E[A-HJ-NP-Z]\d{7}|[HM]\d{8}|[HM]\d{10})$")),
    ("ip", 7, 15, _matches(r"^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)$")),
    ("person", 2, 4, _names),
    ("address", 6, 120, _addresses),
)

CODES: Mapping[str, int] = {kind: place + 1 for place, (kind, *_) in enumerate(_KINDS)}
BLANK = 15
_WITHIN = 16
