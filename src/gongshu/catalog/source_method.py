"""How alike two information items are: the stated method by which the platform proposes that they are one datum. Pure.

Six things are compared, each for points; what cannot be compared (a length that nobody stated, values that were not
collected) is left out of what is possible. The score is the points in per cent of what was possible, rounded down; a
pair is proposed from ``THRESHOLD``, unless the values of both were compared and have next to nothing in common: two
telephones of different people bear one title and are two data. The platform only proposes: which item is the source
the authority says (一数一源).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from gongshu.catalog.search.synonyms import Synonyms
from gongshu.catalog.search.words import normal
from gongshu.errors import Text

THRESHOLD = 60  # per cent from which a pair is proposed
LEAST_SHARE = 5  # per cent of the values in common; with fewer of them, measured, a pair is never proposed
FEWEST_VALUES = 20  # distinct values; with fewer, like yes and no, two columns overlap whatever they mean
WORDS_MOST, TYPE_MOST, LENGTH_MOST, CHECK_MOST, KEY_MOST, VALUES_MOST = 45, 15, 5, 10, 5, 20
SAME_TITLE, SYNONYMS, ALIKE, SAME_NAME, GENERIC_WORD = 45, 40, 30, 20, 12
SAME_FAMILY = 8
FAMILIES = (frozenset("NYIF"), frozenset("DT"), frozenset("CM"))
GENERIC_TITLES = frozenset({
    "序号", "编号", "名称", "姓名", "备注", "状态", "类型", "类别", "种类", "日期", "时间", "地址", "电话",
    "面积", "数量", "金额", "单位", "说明", "描述", "代码", "编码", "级别", "等级", "年份", "年度", "月份",
    "性别", "经度", "纬度", "区县", "街道", "更新时间", "创建时间", "有效期", "开始日期", "结束日期", "结果",
    "原因", "内容", "标题", "网址", "邮编",
})  # fmt: skip
GENERIC_NAMES = frozenset({
    "id", "no", "num", "code", "name", "title", "type", "kind", "state", "status", "date", "time", "year",
    "month", "remark", "memo", "note", "addr", "address", "phone", "tel", "level", "grade", "area", "count",
    "amount", "unit", "sex", "gender", "lng", "lat", "lon", "url", "content", "result", "reason", "mc", "bm",
    "lx", "rq", "sj", "bz", "xm", "xh", "dz", "dh", "zt",
})  # fmt: skip
_ASIDE = re.compile(r"[(\[{〔【].*?[)\]}〕】]")
_SIGNS = re.compile(r"[\W_]+")

LABELS: dict[str, Text] = {
    "words": Text("名称", "Words"),
    "type": Text("数据类型", "Data type"),
    "length": Text("长度", "Length"),
    "check": Text("校验规则", "Check"),
    "key": Text("主键作用", "Role as key"),
    "values": Text("取值重合", "Values in common"),
}


@dataclass(frozen=True, slots=True)
class Side:
    """One item as it is compared. ``rank`` orders candidates for the source: the lowest is proposed."""

    entry: int
    item: str
    title: str
    data_type: str
    length: int | None = None
    check: str = ""
    is_key: bool = False
    rank: tuple[int | str, ...] = ()

    @property
    def key(self) -> tuple[int, str]:
        return self.entry, self.item


@dataclass(frozen=True)
class Part:
    """One line of the arithmetic: ``points`` of ``most``, and why. ``most`` is 0 for what could not be compared."""

    name: str
    points: int
    most: int
    why: Text
    vetoes: bool = False

    @property
    def label(self) -> Text:
        return LABELS[self.name]


@dataclass(frozen=True)
class Score:
    """The arithmetic of one pair."""

    parts: tuple[Part, ...]

    @property
    def points(self) -> int:
        return sum(part.points for part in self.parts)

    @property
    def possible(self) -> int:
        return sum(part.most for part in self.parts)

    @property
    def percent(self) -> int:
        return 100 * self.points // self.possible

    @property
    def vetoed(self) -> bool:
        """Whether one part alone says that it is not the same, whatever the points."""
        return any(part.vetoes for part in self.parts)

    @property
    def proposed(self) -> bool:
        return self.percent >= THRESHOLD and not self.vetoed


class Words:
    """Titles as they are compared: NFKC, without what stands in brackets, without signs; then one word per synonym."""

    def __init__(self, synonyms: Synonyms) -> None:
        first: dict[str, str] = {}
        for group in synonyms.groups:
            words = [word for word in map(plain, group) if word]
            for word in words:
                first.setdefault(word, first.get(words[0], words[0]))
        self._first = first
        longest = sorted(first, key=lambda word: (-len(word), word))
        self._any = re.compile("|".join(map(re.escape, longest))) if longest else None

    def concept(self, title: str) -> str:
        """The title with every synonym replaced by the first word of its group, the longest words first."""
        bare = plain(title)
        return self._any.sub(lambda found: self._first[found.group()], bare) if self._any else bare


def plain(title: str) -> str:
    """A title without brackets and signs, in NFKC and lower case; what is only brackets keeps what is in them."""
    text = normal(title)
    return _SIGNS.sub("", _ASIDE.sub("", text)) or _SIGNS.sub("", text)


def is_generic(title: str) -> bool:
    """Whether a title says nothing without its entry: 名称, 编号, 日期 …"""
    return plain(title) in GENERIC_TITLES


def score(left: Side, right: Side, words: Words, *, overlap: float | None = None) -> Score:
    """The arithmetic of a pair, the same whichever side is named first.

    ``overlap``: the share of the smaller side's distinct values that the other side has too, 0 to 1; None when it was
    not measured.
    """
    return Score(
        (
            _words(left, right, words),
            _type(left, right),
            _length(left, right),
            _check(left, right),
            _key(left, right),
            _values(overlap),
        )
    )


def pairs(sides: Iterable[Side], words: Words) -> Iterator[tuple[Side, Side]]:
    """(candidate source, other) for all whose titles or names say the same: a star around the best candidate.

    So n items that say the same give n - 1 pairs, not n². Items of one entry are never paired; no pair comes twice.
    """
    all_sides = list(sides)
    seen: set[frozenset[tuple[int, str]]] = set()
    for said in (_said_by_title(all_sides, words), _said_by_name(all_sides)):
        for _, group in groupby(
            sorted(said, key=lambda one: (one[0], one[1].rank, one[1].key)), key=lambda one: one[0]
        ):
            first, *rest = [side for _, side in group]
            for other in rest:
                both = frozenset((first.key, other.key))
                if other.entry != first.entry and both not in seen:
                    seen.add(both)
                    yield first, other


def _said_by_title(sides: Iterable[Side], words: Words) -> Iterator[tuple[str, Side]]:
    return ((concept, side) for side in sides if (concept := words.concept(side.title)))


def _said_by_name(sides: Iterable[Side]) -> Iterator[tuple[str, Side]]:
    return ((name, side) for side in sides if len(name := plain(side.item)) > 3 and name not in GENERIC_NAMES)


def _words(left: Side, right: Side, words: Words) -> Part:
    one, two = plain(left.title), plain(right.title)
    same_name = plain(left.item) == plain(right.item) and plain(left.item) not in GENERIC_NAMES
    if words.concept(left.title) == words.concept(right.title) and (is_generic(left.title) or is_generic(right.title)):
        return Part(
            "words", GENERIC_WORD, WORDS_MOST, Text("名称相同，但属通用词", "the same title, but a common word")
        )
    if one == two:
        return Part("words", SAME_TITLE, WORDS_MOST, Text("名称相同", "the same title"))
    if words.concept(left.title) == words.concept(right.title):
        return Part("words", SYNONYMS, WORDS_MOST, Text("名称为同义词", "titles are synonyms"))
    if same_name and _alike(one, two):
        return Part("words", ALIKE, WORDS_MOST, Text("标识相同，名称相近", "the same name, similar titles"))
    if same_name:
        return Part("words", SAME_NAME, WORDS_MOST, Text("标识相同，名称不同", "the same name, other titles"))
    return Part("words", 0, WORDS_MOST, Text("名称不同", "other titles"))


def _alike(one: str, two: str) -> bool:
    """Whether half of the pairs of neighbouring signs are in both (Dice's coefficient of at least 1/2)."""
    first, second = ({text[n : n + 2] for n in range(len(text) - 1)} for text in (one, two))
    return bool(first or second) and 4 * len(first & second) >= len(first) + len(second)


def _type(left: Side, right: Side) -> Part:
    one, two = left.data_type, right.data_type
    if one == two:
        return Part("type", TYPE_MOST, TYPE_MOST, Text("类型相同", "the same type"))
    if any({one, two} <= family for family in FAMILIES):
        return Part("type", SAME_FAMILY, TYPE_MOST, Text("类型相近", "related types"))
    return Part("type", 0, TYPE_MOST, Text("类型不同", "other types"))


def _length(left: Side, right: Side) -> Part:
    if not left.length or not right.length:
        return Part("length", 0, 0, Text("未全部填写长度，不计", "not stated by both; left out"))
    short, long = sorted((left.length, right.length))
    why = Text(f"{short} 与 {long} 字节", f"{short} and {long} bytes")
    return Part("length", LENGTH_MOST * short // long, LENGTH_MOST, why)


def _check(left: Side, right: Side) -> Part:
    if not left.check and not right.check:
        return Part("check", 0, 0, Text("均无校验规则，不计", "neither has one; left out"))
    if left.check == right.check:
        return Part("check", CHECK_MOST, CHECK_MOST, Text("校验规则相同", "the same check"))
    return Part("check", 0, CHECK_MOST, Text("校验规则不同", "other checks"))


def _key(left: Side, right: Side) -> Part:
    if left.is_key == right.is_key:
        return Part("key", KEY_MOST, KEY_MOST, Text("作用相同", "the same role"))
    return Part("key", 0, KEY_MOST, Text("一方为主键", "a key on one side only"))


def _values(overlap: float | None) -> Part:
    if overlap is None:
        return Part("values", 0, 0, Text("未归集或取值太少，不计", "not collected, or too few values; left out"))
    share = int(100 * min(1.0, max(0.0, overlap)) + 0.5)
    why = Text(
        f"较少一方的取值约 {share}% 在另一方也有", f"about {share}% of the smaller side's values are in the other"
    )
    if share < LEAST_SHARE:
        why = Text(f"{why.zh}：不是同一数据", f"{why.en}: not one datum")
    return Part("values", VALUES_MOST * share // 100, VALUES_MOST, why, vetoes=share < LEAST_SHARE)
