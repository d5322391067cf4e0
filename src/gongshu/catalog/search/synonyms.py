"""Words that mean the same to whoever searches. Kept by the data authority; applied to questions, never to the index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gongshu.catalog.search.words import is_chinese, normal

# What an installation begins with; each line is one group. The authority changes them under 目录 → 同义词.
SEED: tuple[tuple[str, ...], ...] = (
    ("敬老院", "养老院", "养老机构"),
    ("公交", "公共汽车", "公共交通"),
    ("地铁", "轨道交通"),
    ("企业", "公司", "市场主体", "经营主体"),
    ("营业执照", "企业登记", "商事登记"),
    ("身份证号", "身份证号码", "公民身份号码"),
    ("统一社会信用代码", "信用代码", "社会信用代码"),
    ("医院", "医疗机构"),
    ("药店", "零售药店", "药品经营企业"),
    ("幼儿园", "学前教育机构"),
    ("学校", "中小学", "教育机构"),
    ("停车场", "停车位", "泊车位"),
    ("出租车", "巡游出租汽车"),
    ("网约车", "网络预约出租汽车"),
    ("房产", "不动产", "房屋"),
    ("低保", "最低生活保障"),
    ("医保", "医疗保险"),
    ("社保", "社会保险"),
    ("公积金", "住房公积金"),
    ("户口", "户籍"),
    ("残疾人", "残障人士"),
    ("空气质量", "大气质量"),
    ("污水", "废水"),
    ("垃圾", "生活垃圾", "固体废物"),
    ("电话", "联系电话", "电话号码"),
    ("地址", "住所", "住址"),
    ("法人", "法定代表人"),
    ("工资", "薪酬", "劳动报酬"),
    ("招聘", "岗位信息"),
    ("公厕", "公共厕所", "公共卫生间"),
)


@dataclass(frozen=True)
class Synonyms:
    """The table as questions use it; a word may stand in several groups."""

    groups: tuple[tuple[str, ...], ...] = ()
    _by_word: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _whole: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, dict[str, None]] = {}
        for group in self.groups:
            words = [normal(word) for word in group]
            for word in words:
                found.setdefault(word, {}).update({other: None for other in words if other != word})
        object.__setattr__(self, "_by_word", {word: tuple(others) for word, others in found.items()})
        object.__setattr__(self, "_whole", tuple(sorted(filter(is_chinese, found), key=lambda w: (-len(w), w))))

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]]) -> Synonyms:
        return cls(tuple(tuple(group) for group in groups))

    @property
    def words(self) -> Iterable[str]:
        """The Chinese words of the table, the longest first."""
        return self._whole

    def others(self, word: str) -> tuple[str, ...]:
        """What else to look for beside ``word``."""
        return self._by_word.get(word, ())
