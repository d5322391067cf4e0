"""Enumerations of the core metadata (发改高技〔2017〕1272号, GB/T 43697-2024) as data: identifier, Chinese, English.

What a city may word otherwise (share and open types, base data, rights) is not here but in its rule pack.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum, StrEnum

from gongshu.errors import Text


class ResourceKind(StrEnum):
    """类, the first level of the classification by resource (1272号 §二)."""

    BASE = "BASE"
    THEME = "THEME"
    DEPARTMENT = "DEPARTMENT"


KIND_LABELS: Mapping[ResourceKind, Text] = {
    ResourceKind.BASE: Text("基础信息资源", "Base resource"),
    ResourceKind.THEME: Text("主题信息资源", "Theme resource"),
    ResourceKind.DEPARTMENT: Text("部门信息资源", "Department resource"),
}
KIND_DIGITS: Mapping[ResourceKind, str] = {
    ResourceKind.BASE: "1",
    ResourceKind.THEME: "2",
    ResourceKind.DEPARTMENT: "3",
}

DIVISIONS: Mapping[ResourceKind, tuple[Text, ...]] = {
    ResourceKind.BASE: (
        Text("国家人口", "Population"),
        Text("法人单位", "Legal persons"),
        Text("自然资源和空间地理", "Natural resources and geography"),
        Text("社会信用", "Social credit"),
        Text("电子证照", "E-licences"),
    ),
    ResourceKind.THEME: (
        Text("公共服务", "Public services"),
        Text("健康保障", "Health"),
        Text("社会保障", "Social security"),
        Text("食品药品安全", "Food and drug safety"),
        Text("安全生产", "Safety at work"),
        Text("价格监管", "Price supervision"),
        Text("能源安全", "Energy security"),
        Text("信用体系", "Credit system"),
        Text("城乡建设", "Urban and rural construction"),
        Text("社区治理", "Community governance"),
        Text("生态环保", "Environment"),
        Text("应急维稳", "Emergencies and stability"),
    ),
    ResourceKind.DEPARTMENT: (),  # 项 is then the department's own division; the list is open
}
"""项 that the guide names for each 类; an open list, so another text is accepted and reported."""


class FormatCategory(StrEnum):
    """信息资源格式分类 (1272号 §信息资源格式)."""

    FILE = "FILE"
    SPREADSHEET = "SPREADSHEET"
    DATABASE = "DATABASE"
    IMAGE = "IMAGE"
    STREAM = "STREAM"
    SELF_DESCRIBED = "SELF_DESCRIBED"
    SERVICE_API = "SERVICE_API"


FORMAT_LABELS: Mapping[FormatCategory, Text] = {
    FormatCategory.FILE: Text("电子文件", "Electronic file"),
    FormatCategory.SPREADSHEET: Text("电子表格", "Spreadsheet"),
    FormatCategory.DATABASE: Text("数据库", "Database"),
    FormatCategory.IMAGE: Text("图形图像", "Image"),
    FormatCategory.STREAM: Text("流媒体", "Media stream"),
    FormatCategory.SELF_DESCRIBED: Text("自描述格式", "Self-described"),
    FormatCategory.SERVICE_API: Text("服务接口", "Service interface"),
}
FORMATS: Mapping[FormatCategory, tuple[str, ...]] = {
    FormatCategory.FILE: ("OFD", "wps", "xml", "txt", "doc", "docx", "html", "pdf", "ppt", "pptx", "json"),
    FormatCategory.SPREADSHEET: ("et", "xls", "xlsx", "csv"),
    FormatCategory.DATABASE: (
        "Dm", "KingbaseES", "access", "dbf", "dbase", "sysbase", "oracle", "sql server", "db2", "MySQL", "PostgreSQL",
        "db",
    ),
    FormatCategory.IMAGE: ("jpg", "gif", "bmp", "png", "tif"),
    FormatCategory.STREAM: ("swf", "rm", "mpg", "mp4"),
    FormatCategory.SELF_DESCRIBED: (),
    FormatCategory.SERVICE_API: ("http", "webservice"),
}  # fmt: skip
"""Types that belong to each category; ``SELF_DESCRIBED`` is described in words. csv, json and newer types are common use."""


def category_of(format_type: str) -> FormatCategory | None:
    """The category that a type belongs to, whatever its case; None when no category lists it."""
    wanted = format_type.strip().casefold()
    for category, types in FORMATS.items():
        if wanted in {one.casefold() for one in types}:
            return category
    return None


class MethodCategory(StrEnum):
    """共享方式分类 (1272号 §共享属性)."""

    PLATFORM = "PLATFORM"
    MAIL = "MAIL"
    DISK = "DISK"
    PAPER = "PAPER"
    MEDIA = "MEDIA"
    OTHER = "OTHER"


METHOD_CATEGORY_LABELS: Mapping[MethodCategory, Text] = {
    MethodCategory.PLATFORM: Text("共享平台", "Sharing platform"),
    MethodCategory.MAIL: Text("邮件", "Mail"),
    MethodCategory.DISK: Text("拷盘", "Disk"),
    MethodCategory.PAPER: Text("介质交换（纸质报表）", "Paper report"),
    MethodCategory.MEDIA: Text("介质交换（电子文档）", "Electronic document on a medium"),
    MethodCategory.OTHER: Text("其他", "Other"),
}


class Method(StrEnum):
    """共享方式类型 on the platform (1272号 §共享属性)."""

    DATABASE = "DATABASE"
    FILE = "FILE"
    SERVICE = "SERVICE"


METHOD_LABELS: Mapping[Method, Text] = {
    Method.DATABASE: Text("数据库", "Database"),
    Method.FILE: Text("文件下载", "File download"),
    Method.SERVICE: Text("服务（接口）", "Service (interface)"),
}


class Grade(StrEnum):
    """数据级别 by GB/T 43697-2024: general, important, core data. State secrets lie outside the platform."""

    GENERAL = "GENERAL"
    IMPORTANT = "IMPORTANT"
    CORE = "CORE"


GRADE_LABELS: Mapping[Grade, Text] = {
    Grade.GENERAL: Text("一般数据", "General data"),
    Grade.IMPORTANT: Text("重要数据", "Important data"),
    Grade.CORE: Text("核心数据", "Core data"),
}
GRADES: tuple[Grade, ...] = (Grade.GENERAL, Grade.IMPORTANT, Grade.CORE)
"""From the lowest to the highest."""


class Level(IntEnum):
    """一般数据分级 1 to 4 (GB/T 43697-2024 annex H); 0 is not graded yet."""

    UNGRADED = 0
    L1 = 1
    L2 = 2
    L3 = 3
    L4 = 4


LEVEL_LABELS: Mapping[Level, Text] = {
    Level.UNGRADED: Text("未定级", "Not graded"),
    Level.L1: Text("1级（无危害）", "Level 1 (no harm)"),
    Level.L2: Text("2级（一般危害）", "Level 2 (some harm)"),
    Level.L3: Text("3级（严重危害）", "Level 3 (serious harm)"),
    Level.L4: Text("4级（特别严重危害）", "Level 4 (grave harm)"),
}


class BasisKind(StrEnum):
    """Kinds of texts that can be a ground, the words of :class:`gongshu.rules.words.LawKind`; empty: not stated."""

    NONE = ""
    LAW = "law"
    ADMINISTRATIVE_REGULATION = "administrative_regulation"
    LOCAL_REGULATION = "local_regulation"
    RULE = "rule"
    CENTRAL_POLICY = "central_policy"
    STATE_COUNCIL_DECISION = "state_council_decision"
    NORMATIVE_DOCUMENT = "normative_document"
