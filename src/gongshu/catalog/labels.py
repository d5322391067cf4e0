"""What fields and values of an entry are called, in both languages: one list for forms, comparison, API and templates."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

from gongshu.catalog.draft import RightData
from gongshu.catalog.states import CHECK_LABELS, CYCLE_LABELS, TYPE_LABELS, Check, DataType, UpdateCycle
from gongshu.catalog.terms import (
    FORMAT_LABELS,
    GRADE_LABELS,
    KIND_LABELS,
    LEVEL_LABELS,
    METHOD_CATEGORY_LABELS,
    METHOD_LABELS,
    BasisKind,
    FormatCategory,
    Grade,
    Level,
    Method,
    MethodCategory,
    ResourceKind,
)
from gongshu.errors import Text
from gongshu.rules import LawKind, OpenType, ShareType

ENTRY_LABELS: Mapping[str, Text] = {
    "title": Text("信息资源名称", "Title"),
    "abstract": Text("信息资源摘要", "Summary"),
    "provider": Text("信息资源提供方", "Provider"),
    "items": Text("信息项", "Items"),
    "kind": Text("类", "Class"),
    "division": Text("项", "Division"),
    "group": Text("目", "Group"),
    "subgroup": Text("细目", "Subgroup"),
    "lead_department": Text("牵头部门", "Lead department"),
    "theme": Text("数据领域", "Field"),
    "keywords": Text("关键词", "Keywords"),
    "business_name": Text("业务名称", "Business"),
    "source_system": Text("来源信息系统", "Source system"),
    "legal_basis": Text("职责和采集依据", "Legal basis of collecting"),
    "format_category": Text("格式分类", "Format category"),
    "format_type": Text("格式类型", "Format"),
    "format_note": Text("格式说明", "Format in words"),
    "encoding": Text("编码格式", "Encoding"),
    "update_cycle": Text("更新周期", "Update cycle"),
    "share_type": Text("共享类型", "Share type"),
    "share_condition": Text("共享条件或理由", "Conditions or reason"),
    "share_basis": Text("共享类型的依据", "Ground for the share type"),
    "share_basis_kind": Text("依据的种类", "Kind of ground"),
    "contains": Text("所涉不得无条件共享的内容", "Contents that bar unconditional sharing"),
    "share_method_category": Text("共享方式分类", "Way of sharing"),
    "share_method": Text("共享方式", "Method of sharing"),
    "share_period": Text("共享期限", "Period of sharing"),
    "open_type": Text("开放类型", "Open type"),
    "open_condition": Text("开放条件", "Conditions of opening"),
    "open_basis": Text("开放类型的依据", "Ground for the open type"),
    "open_filing": Text("限制开放的备案编号", "Number of the filing"),
    "classified": Text("涉及国家秘密", "Holds state secrets"),
    "level": Text("数据级别", "Level"),
    "grade": Text("数据分级", "Grade"),
    "rights": Text("数据权利", "Rights in the data"),
    "related": Text("关联资源代码", "Related resources"),
    "contact_name": Text("联系人", "Contact"),
    "contact_phone": Text("联系电话", "Telephone"),
}
ITEM_LABELS: Mapping[str, Text] = {
    "name": Text("英文标识", "Identifier"),
    "title": Text("名称", "Title"),
    "data_type": Text("类型", "Type"),
    "length": Text("长度", "Length"),
    "required": Text("必填", "Required"),
    "is_key": Text("主键", "Key"),
    "check": Text("校验", "Check"),
    "mask": Text("脱敏", "Mask"),
    "sensitive": Text("含个人信息", "Personal data"),
    "sensitive_personal": Text("敏感个人信息", "Sensitive personal data"),
    "description": Text("说明", "Notes"),
    "share_type": Text("共享类型", "Share type"),
    "share_condition": Text("共享条件或理由", "Conditions or reason"),
    "share_basis": Text("共享类型的依据", "Ground for the share type"),
    "share_basis_kind": Text("依据的种类", "Kind of ground"),
    "open_type": Text("开放类型", "Open type"),
    "open_condition": Text("开放条件", "Conditions of opening"),
    "open_basis": Text("开放类型的依据", "Ground for the open type"),
    "update_cycle": Text("更新周期", "Update cycle"),
    "level": Text("数据级别", "Level"),
    "grade": Text("数据分级", "Grade"),
    "source_item": Text("来源项", "Source item"),
}
BASIS_LABELS: Mapping[BasisKind, Text] = {
    kind: LawKind(kind.value).label if kind else Text("未写明", "not stated") for kind in BasisKind
}
YES, NO, AS_ENTRY = Text("是", "yes"), Text("否", "no"), Text("同本目录", "as the entry")

_TABLES: Mapping[type, Mapping[Any, Text]] = {
    ResourceKind: KIND_LABELS,
    FormatCategory: FORMAT_LABELS,
    MethodCategory: METHOD_CATEGORY_LABELS,
    Method: METHOD_LABELS,
    Grade: GRADE_LABELS,
    Level: LEVEL_LABELS,
    UpdateCycle: CYCLE_LABELS,
    DataType: TYPE_LABELS,
    Check: CHECK_LABELS,
    BasisKind: BASIS_LABELS,
}


def shown(field: str, value: Any, local: Mapping[str, Mapping[Any, Text]]) -> Text:
    """A value as people read it. ``local`` has the city's words: ``share_type``, ``open_type``, ``rights``, ``contains``;
    ``holders`` knows holders of rights by the Chinese name that the entry gives them.
    """
    if value is None:
        return AS_ENTRY
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, ShareType | OpenType):
        return local.get(field, {}).get(str(value), value.label)
    if isinstance(value, Enum):
        return _TABLES[type(value)][value]
    if isinstance(value, tuple):
        parts = [_part(field, one, local) for one in value]
        return Text("、".join(part.zh for part in parts), ", ".join(part.en for part in parts))
    return Text(str(value), str(value))


def _part(field: str, one: Any, local: Mapping[str, Mapping[Any, Text]]) -> Text:
    words = local.get(field, {})
    if isinstance(one, RightData):
        right = words.get(one.right, Text(one.right, one.right))
        holder = local.get("holders", {}).get(one.holder, Text(one.holder, one.holder))
        return Text(f"{right.zh}：{holder.zh}", f"{right.en}: {holder.en}")
    return words.get(one, Text(str(one), str(one)))
