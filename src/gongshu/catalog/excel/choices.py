"""The words of each list: how the city says a value, and what else is understood to mean it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import SequenceMatcher
from typing import Any

from gongshu.catalog.states import CHECK_LABELS, CYCLE_LABELS, THEMES, TYPE_LABELS
from gongshu.catalog.terms import (
    FORMAT_LABELS,
    GRADE_LABELS,
    KIND_LABELS,
    LEVEL_LABELS,
    METHOD_CATEGORY_LABELS,
    METHOD_LABELS,
    BasisKind,
)
from gongshu.errors import Text
from gongshu.rules import Pack

_BASIS: Mapping[str, Text] = {
    BasisKind.LAW: Text("法律", "Law"),
    BasisKind.ADMINISTRATIVE_REGULATION: Text("行政法规", "Administrative regulation"),
    BasisKind.LOCAL_REGULATION: Text("地方性法规", "Local regulation"),
    BasisKind.RULE: Text("规章", "Rule"),
    BasisKind.CENTRAL_POLICY: Text("党中央国务院政策", "Central policy"),
    BasisKind.STATE_COUNCIL_DECISION: Text("国务院决定", "Decision of the State Council"),
    BasisKind.NORMATIVE_DOCUMENT: Text("规范性文件", "Normative document"),
}
_FLAG = {"true": Text("是", "Yes"), "false": Text("否", "No")}
_CLASSIFIED = {"true": Text("涉密", "Classified"), "false": Text("非涉密", "Not classified")}

_ALSO: Mapping[str, Mapping[str, str]] = {
    "share_type": {
        "UNCONDITIONAL": "无条件共享 无条件共享类 无条件",
        "CONDITIONAL": "有条件共享 有条件共享类 有条件 受限共享 受限共享类",
        "PROHIBITED": "不予共享 不予共享类 不予 不共享 非共享 非共享类",
    },
    "open_type": {
        "UNCONDITIONAL": "无条件开放 无条件开放类 普遍开放 完全开放 主动开放 是 开放 yes 1",
        "CONDITIONAL": "有条件开放 有条件开放类 受限开放 受限开放类 授权开放 依申请开放 申请开放",
        "PROHIBITED": "不予开放 不开放 禁止开放 禁止开放类 非开放 否 no 0",
    },
    "update_cycle": {
        "REALTIME": "即时 实时更新", "DAILY": "每天 日 按日 每日更新", "WEEKLY": "周 按周 每星期 每周更新",
        "TEN_DAYS": "旬 按旬", "MONTHLY": "月 按月 每月更新", "QUARTERLY": "季 每季 按季 季度 每季度更新",
        "SEMIANNUAL": "半年 按半年", "ANNUAL": "年 按年 每年度 年度 每年更新",
        "IRREGULAR": "不定时 不定期更新 按需 按需更新",
        "STATIC": "静态 静态数据 一次性 永不更新", "OTHER": "其它",
    },
    "data_type": {
        "C": "字符型C 字符串型C 字符型 字符串型 字符串 文本 文本型 string varchar char",
        "N": "数值型N 数值型 数值 数字 数字型 number numeric decimal", "Y": "货币型Y 货币型 货币 money",
        "D": "日期型D 日期型 日期 date", "T": "日期时间型T 日期时间型 时间型 日期时间 时间 datetime timestamp",
        "L": "逻辑型L 逻辑型 布尔型 布尔 boolean bool", "M": "备注型M 备注型 长文本 text", "G": "通用型G 通用型 二进制 blob",
        "B": "双精度型B 双精度型 双精度 double", "I": "整型I 整形I 整型 整形 整数型 整数 int integer bigint",
        "F": "浮点型F 浮点型 浮点数 float real",
    },
    "kind": {"BASE": "基础 基础信息资源目录 基础类 1", "THEME": "主题 主题信息资源目录 主题类 2",
             "DEPARTMENT": "部门 部门信息资源目录 部门类 3"},
    "format_category": {"FILE": "文件", "SPREADSHEET": "表格", "SERVICE_API": "接口 服务", "STREAM": "音视频",
                        "IMAGE": "图像 图形 图片", "SELF_DESCRIBED": "自描述"},
    "method": {"FILE": "文件 文件方式", "SERVICE": "服务 接口 服务接口 接口服务", "DATABASE": "库表 库表交换"},
    "method_category": {"PLATFORM": "平台 共享平台方式 政务数据共享平台", "MAIL": "电子邮件", "DISK": "拷贝",
                        "OTHER": "其它"},
    "flag": {"true": "y yes true 1 √ ✓ 必填", "false": "n no false 0 × 非必填"},
    "classified": {"true": "是 yes 1", "false": "否 no 0 不涉密 非密"},
    "level": {"0": "0 未分级", "1": "1 1级 一级 L1", "2": "2 2级 二级 L2", "3": "3 3级 三级 L3", "4": "4 4级 四级 L4"},
    "grade": {"GENERAL": "一般", "IMPORTANT": "重要", "CORE": "核心"},
}  # fmt: skip

_THEMES_ALSO: Mapping[str, str] = {
    "交通运输": "交通服务 交通 交通出行 道路交通", "生态环境": "环境与资源保护 环境保护 环保 生态环保 环境资源",
    "医疗卫生": "医疗健康 健康卫生 卫生健康 卫生", "教育文化": "教育科研 教育科技 文体娱乐 文化休闲 教育 文化",
    "机构团体": "政府机构与社会团体 机构与团体", "城建住房": "房屋住宅 城乡建设 住房 城市建设 住房城建",
    "工业农业": "农业农村 农业 工业", "社保就业": "社会保障 劳动就业 就业 人力资源",
    "商贸流通": "企业服务 商业贸易 经济建设",
    "财税金融": "金融 财政 财税 税务", "公共安全": "生活安全 安全", "生活服务": "旅游住宿 民生服务 社会民生 生活",
    "信用服务": "信用 社会信用", "市场监管": "市场监督", "气象服务": "气象", "地理空间": "地理信息", "法律服务": "法律 司法",
    "社会救助": "救助", "科技创新": "科技", "资源能源": "能源 资源", "安全生产": "应急",
}  # fmt: skip
_NEAR = 0.6


def fold(text: str) -> str:
    """A choice as it is compared: NFKC, letters, digits and ticks only, lower case."""
    return re.sub(r"[^\w√✓×]|_", "", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class Choices:
    """All lists under one city's rules. ``labels[list]`` is what the form offers, ``meant[list]`` what is understood."""

    labels: Mapping[str, Mapping[str, Text]]
    meant: Mapping[str, Mapping[str, str]]
    themes: Mapping[str, str] = field(default_factory=dict)
    rights: Mapping[str, Text] = field(default_factory=dict)

    def value(self, name: str, text: str) -> str | None:
        """The value that ``text`` means in a list, or None."""
        return self.meant[name].get(fold(text))

    def say(self, name: str, value: str) -> str:
        """The word that the form writes for a value; the value itself where the list does not know it."""
        label = self.labels[name].get(str(value))
        return label.zh if label else str(value)

    def nearest(self, name: str, text: str) -> str:
        """The form's word nearest to ``text``, or nothing."""
        return _nearest(text, [label.zh for label in self.labels[name].values()])

    def theme(self, text: str) -> str | None:
        """The canonical theme for a spelling: itself, another one, or None where none is near."""
        found = self.themes.get(fold(text))
        return found or _nearest(text, [theme.zh for theme in THEMES]) or None


def of(pack: Pack, on: date) -> Choices:
    """The lists in the words of a city."""
    excluded = pack.find("catalog.unconditional_excludes", on=on)
    rights = pack.find("catalog.rights", on=on)
    labels: dict[str, dict[str, Text]] = {
        "share_type": _plain(pack.labels("share_type", on=on)),
        "open_type": _plain(pack.labels("open_type", on=on)),
        "update_cycle": _plain(CYCLE_LABELS),
        "data_type": _plain(TYPE_LABELS),
        "check": {str(value): label for value, label in CHECK_LABELS.items() if str(value)},
        "kind": _plain(KIND_LABELS),
        "format_category": _plain(FORMAT_LABELS),
        "method": _plain(METHOD_LABELS),
        "method_category": _plain(METHOD_CATEGORY_LABELS),
        "grade": _plain(GRADE_LABELS),
        "level": {str(int(value)): label for value, label in LEVEL_LABELS.items()},
        "basis_kind": _plain(_BASIS),
        "flag": _FLAG,
        "classified": _CLASSIFIED,
        "contains": {choice.id: choice.label for choice in (excluded.value if excluded else None) or ()},
    }
    meant = {name: dict(_meant(name, words)) for name, words in labels.items()}
    themes = {fold(word): theme for theme, words in _THEMES_ALSO.items() for word in words.split()}
    themes |= {fold(theme.zh): theme.zh for theme in THEMES} | {fold(theme.en): theme.zh for theme in THEMES}
    held = {choice.id: choice.label for choice in (rights.value if rights else None) or ()}
    return Choices(labels, meant, themes, held)


def _plain(labels: Mapping[Any, Text]) -> dict[str, Text]:
    return {str(value): label for value, label in labels.items()}


def _meant(name: str, words: Mapping[str, Text]) -> Iterator[tuple[str, str]]:
    """Synonyms first, so that the city's own words win where a word has two meanings."""
    for value, also in _ALSO.get(name, {}).items():
        for word in also.split():
            yield fold(word), value
    for value, label in words.items():
        yield fold(value), value
        yield fold(label.en), value
        yield fold(label.zh), value


def _nearest(text: str, words: list[str]) -> str:
    wanted = fold(text)
    scored = [(SequenceMatcher(None, wanted, fold(word)).ratio(), word) for word in words]
    score, best = max(scored, default=(0.0, ""))
    return best if score >= _NEAR else ""
