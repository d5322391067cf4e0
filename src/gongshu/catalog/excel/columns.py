"""The form as a table: one row for each column of 发改高技〔2017〕1272号's template and of the additions to it.

An entry's columns are merged over its items; an item's columns stand in each row.
``synonyms`` are the words that other
forms and open portals use for the same thing
(``headers.yaml``, compared by :func:`key`); ``words`` names the list of the choices.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from gongshu.errors import Text


class Part(StrEnum):
    """Whose a column is; ``NOTE`` are columns that are known and not imported, each with its reason."""

    ENTRY = "entry"
    ITEM = "item"
    NOTE = "note"


@dataclass(frozen=True)
class Column:
    """One column. ``field`` is the field of ``EntryData`` or ``ItemData`` (or ``code``, ``provider_name``)."""

    field: str
    part: Part
    label: Text
    help: Text
    synonyms: tuple[str, ...] = ()
    words: str = ""
    width: int = 14
    sources: tuple[str, ...] = ()  # parameters of the rule pack whose article asks for the column

    @property
    def id(self) -> str:
        return self.field if self.part is Part.ENTRY else f"{self.part}.{self.field}"


def key(text: str) -> str:
    """A header as it is compared: NFKC, letters and digits only, lower case; remarks in brackets at the end fall away."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = re.sub(r"[(\[（【][^)\]）】]*[)\]）】]\s*[:*]*\s*$", "", folded) or folded
    return re.sub(r"[\W_]+", "", folded)


_WORDS: Mapping[str, tuple[str, ...]] = {
    name: tuple(str(word) for word in words)
    for name, words in yaml.safe_load(Path(__file__).with_name("headers.yaml").read_text(encoding="utf-8")).items()
}


def _e(field: str, zh: str, en: str, help_zh: str, help_en: str, **more: Any) -> Column:
    return _column(Part.ENTRY, field, Text(zh, en), Text(help_zh, help_en), **more)


def _i(field: str, zh: str, en: str, help_zh: str, help_en: str, **more: Any) -> Column:
    return _column(Part.ITEM, field, Text(zh, en), Text(help_zh, help_en), **more)


def _n(field: str, zh: str, en: str, help_zh: str, help_en: str) -> Column:
    return _column(Part.NOTE, field, Text(zh, en), Text(help_zh, help_en))


def _column(part: Part, field: str, label: Text, help_text: Text, **more: Any) -> Column:
    name = field if part is Part.ENTRY else f"{part}.{field}"
    return Column(field, part, label, help_text, _WORDS.get(name, ()), **more)


ENTRY_HEAD: tuple[Column, ...] = (
    _e(
        "kind",
        "类",
        "Class",
        "基础、主题或部门信息资源",
        "base, theme or department resource",
        words="kind",
        sources=(
            "catalog.themes",
            "catalog.base_data",
        ),
    ),
    _e("division", "项", "Division", "类之下的项，如“社会信用”", "the division below the class"),
    _e("group", "目", "Group", "项之下的目", "the group below the division"),
    _e("subgroup", "细目", "Subgroup", "目之下的细目，可空", "the subgroup, may be empty"),
    _e(
        "title",
        "信息资源名称",
        "Title",
        "不超过50字，全市不重名，不写系统名称",
        "at most 50 characters, unique in the city, not a system's name",
        width=28,
    ),
    _e(
        "code",
        "信息资源代码",
        "Resource code",
        "新目录留空，由平台编码；有代码的按代码更新",
        "leave empty for a new entry; with a code that entry is updated",
        width=18,
    ),
    _e("provider_name", "信息资源提供方", "Provider", "提供单位全称或简称", "name of the providing unit", width=20),
    _e(
        "provider",
        "信息资源提供方代码",
        "Provider code",
        "统一社会信用代码或平台单位代码",
        "unified social credit code, or the platform's code of the unit",
        width=20,
    ),
    _e(
        "abstract",
        "信息资源摘要",
        "Summary",
        "内容、范围和用途，不超过256字",
        "content, scope and use, at most 256 characters",
        width=36,
    ),
    _e("format_category", "信息资源格式分类", "Format category", "七种之一", "one of seven", words="format_category"),
    _e(
        "format_type",
        "信息资源格式类型",
        "Format type",
        "如 csv、xlsx、MySQL，应属于所选分类",
        "such as csv, xlsx, MySQL; of the category chosen",
    ),
    _e(
        "format_note",
        "其他类型资源格式描述",
        "Format in words",
        "自描述格式或另有格式时说明",
        "where the format describes itself, or for others",
    ),
    _e(
        "source_system", "所属系统名称", "Source system", "数据来自哪个信息系统", "the information system it comes from"
    ),
    _e("business_name", "业务名称", "Business", "对应的业务或职能事项", "the business it serves"),
)

ITEMS: tuple[Column, ...] = (
    _i("title", "信息项名称", "Item", "一行一个信息项", "one item a row", width=20),
    _i(
        "name",
        "信息项标识",
        "Identifier",
        "英文字母开头；留空由平台按拼音提出",
        "begins with a letter; left empty, one is proposed from the pinyin",
        width=18,
    ),
    _i("data_type", "数据类型", "Data type", "十一种之一", "one of eleven", words="data_type"),
    _i("length", "数据长度", "Length", "字节数，正整数", "in bytes", width=10),
    _i("required", "是否必填", "Required", "是或否", "yes or no", words="flag", width=9),
    _i("is_key", "是否主键", "Key", "是或否", "yes or no", words="flag", width=9),
    _i("check", "校验规则", "Check", "值的校验", "check of the values", words="check"),
    _i(
        "mask",
        "脱敏方式",
        "Mask",
        "展示时的脱敏方式标识，不脱敏写 none",
        "how it is masked when shown; none for not at all",
        width=10,
    ),
    _i("sensitive", "是否个人信息", "Personal", "是或否", "yes or no", words="flag", width=9),
    _i("sensitive_personal", "是否敏感个人信息", "Sensitive personal", "是或否", "yes or no", words="flag", width=9),
    _i("description", "信息项说明", "Item in words", "取值范围、代码表等", "range of values, code lists", width=20),
    _i(
        "share_type",
        "信息项共享类型",
        "Item's share type",
        "与目录不同的才填",
        "only where it differs from the entry's",
        words="share_type",
        sources=("sharing.type_requires",),
    ),
    _i("share_condition", "信息项共享条件", "Item's condition", "与目录不同的才填", "only where it differs"),
    _i("share_basis", "信息项不予共享依据", "Item's basis", "与目录不同的才填", "only where it differs"),
    _i(
        "share_basis_kind",
        "信息项依据种类",
        "Item's kind of basis",
        "与目录不同的才填",
        "only where it differs",
        words="basis_kind",
    ),
    _i(
        "open_type",
        "信息项开放类型",
        "Item's open type",
        "与目录不同的才填",
        "only where it differs",
        words="open_type",
    ),
    _i("open_condition", "信息项开放条件", "Item's open condition", "与目录不同的才填", "only where it differs"),
    _i("open_basis", "信息项不予开放依据", "Item's open basis", "与目录不同的才填", "only where it differs"),
    _i(
        "update_cycle",
        "信息项更新周期",
        "Item's cycle",
        "与目录不同的才填",
        "only where it differs",
        words="update_cycle",
    ),
    _i("level", "信息项安全等级", "Item's level", "1至4级", "1 to 4", words="level"),
    _i("grade", "信息项数据级别", "Item's grade", "一般、重要、核心", "general, important, core", words="grade"),
    _i("source_item", "来源项", "Source item", "数据来自哪一项", "the item it comes from"),
)

ENTRY_TAIL: tuple[Column, ...] = (
    _e(
        "share_type",
        "共享类型",
        "Share type",
        "按本市名称选择",
        "in the city's words",
        words="share_type",
        sources=("sharing.type_requires",),
    ),
    _e("share_condition", "共享条件", "Share condition", "有条件共享的条件或理由", "conditions or reason", width=22),
    _e(
        "share_basis",
        "不予共享依据",
        "Basis for not sharing",
        "法律、行政法规或国家政策及条款",
        "law or policy, with its article",
        width=22,
        sources=("sharing.type_requires",),
    ),
    _e(
        "share_basis_kind",
        "依据种类",
        "Kind of basis",
        "依据属于哪一类文件",
        "what kind of text the basis is",
        words="basis_kind",
    ),
    _e(
        "share_method_category",
        "共享方式分类",
        "Method category",
        "共享平台、邮件、拷盘等",
        "platform, mail, disk …",
        words="method_category",
    ),
    _e("share_method", "共享方式类型", "Method", "数据库、文件下载或服务", "database, file or service", words="method"),
    _e("share_period", "共享期限", "Share period", "可共享多久", "for how long it is shared"),
    _e(
        "open_type",
        "是否向社会开放",
        "Open type",
        "按本市名称选择，也可填是或否",
        "in the city's words, or yes or no",
        words="open_type",
    ),
    _e("open_condition", "开放条件", "Open condition", "有条件开放的条件", "conditions of opening", width=20),
    _e("open_basis", "不予开放依据", "Basis for not opening", "不予开放的依据", "why it is not opened"),
    _e(
        "open_filing",
        "开放调整备案号",
        "Filing of open type",
        "收紧开放类型的备案文号",
        "filing number of a restriction",
        sources=("opening.restriction_needs_filing",),
    ),
    _e(
        "update_cycle",
        "更新周期",
        "Update cycle",
        "按最快更新的信息项填",
        "that of the fastest item",
        words="update_cycle",
    ),
    _e("related", "关联资源代码", "Related codes", "多个时每行一个", "one a line", width=18),
    _e("classified", "涉密属性", "Classified", "涉密或非涉密", "classified or not", words="classified"),
    _e(
        "contains",
        "含有情形",
        "Contains",
        "多个时每行一个",
        "one a line",
        words="contains",
        sources=("catalog.unconditional_excludes",),
    ),
    _e("legal_basis", "法定依据", "Legal basis", "采集和提供数据的依据", "basis for collecting it", width=20),
    _e("level", "安全等级", "Level", "1至4级", "1 to 4", words="level"),
    _e(
        "grade",
        "数据级别",
        "Grade",
        "一般、重要、核心（GB/T 43697）",
        "general, important, core (GB/T 43697)",
        words="grade",
    ),
    _e(
        "rights",
        "数据权属",
        "Rights",
        "每行一项，如“所有权：市财政局”",
        "one a line: right, colon, holder",
        width=20,
        sources=("catalog.rights",),
    ),
    _e("theme", "数据领域", "Theme", "开放门户的主题", "theme of the open portal"),
    _e("keywords", "关键词", "Keywords", "用逗号分隔", "separated by commas"),
    _e("lead_department", "牵头部门", "Lead department", "基础、主题信息资源的牵头部门", "of base and theme resources"),
    _e("encoding", "编码格式", "Encoding", "如 UTF-8、GB18030", "such as UTF-8, GB18030"),
    _e("contact_name", "联系人", "Contact", "共享咨询联系人", "whom to ask"),
    _e("contact_phone", "联系电话", "Telephone", "共享咨询电话", "telephone"),
)

NOTES: tuple[Column, ...] = (
    _n("number", "序号", "Number", "序号不是目录内容", "a running number is no content"),
    _n(
        "date",
        "发布日期",
        "Publication date",
        "发布和更新日期由平台按实际记录",
        "the platform records publication and updates itself",
    ),
    _n("volume", "数据量", "Volume", "数据量由平台按归集版本统计", "counted by the platform from what was collected"),
    _n("usage", "使用次数", "Usage", "使用次数由平台按存证统计", "counted by the platform from its ledger"),
    _n("link", "在线链接", "Link", "链接随平台而定，不导入", "an address on another platform is not imported"),
    _n("origin", "信息资源生成方式", "Origin", "平台的目录没有此项", "the platform's catalog has no such element"),
    _n(
        "mail",
        "电子邮箱",
        "E-mail",
        "平台的目录只记联系人和电话",
        "the catalog keeps a name and a telephone number only",
    ),
)

FORM: tuple[Column, ...] = ENTRY_HEAD + ITEMS + ENTRY_TAIL
"""The columns of template and export, in their order."""
COLUMNS: Mapping[str, Column] = {column.id: column for column in FORM + NOTES}
TITLE, CODE, PROVIDER, PROVIDER_NAME = "title", "code", "provider", "provider_name"
ITEM_TITLE, ITEM_NAME = "item.title", "item.name"

SYNONYMS: Mapping[str, str] = {
    **{key(word): column.id for column in reversed(FORM + NOTES) for word in column.synonyms},
    **{key(word): column.id for column in reversed(FORM + NOTES) for word in (column.label.zh, column.label.en)},
}
"""From a header as it is compared to the id of its column; the form's own labels win over synonyms."""
