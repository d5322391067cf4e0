"""Canonical enumerations of the catalog and the life of an entry. A city's own words come from its rule pack."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.rules.words import OpenType, ShareType
from gongshu.workflow import Table, Transition

__all__ = [
    "CHECK_LABELS",
    "CONCLUSION_LABELS",
    "CYCLE_LABELS",
    "OUTCOME_LABELS",
    "REVIEW",
    "REVISION",
    "REVISION_LABELS",
    "STATUS_LABELS",
    "THEMES",
    "THEME_LABELS",
    "TYPE_LABELS",
    "Check",
    "DataType",
    "EntryStatus",
    "OpenType",  # canonical words of the rule packs; a city's own are ``pack.labels("open_type")``
    "RevisionStatus",
    "SecrecyConclusion",
    "ShareType",
    "UpdateCycle",
    "UpkeepOutcome",
]


class UpdateCycle(StrEnum):
    """1272号 §更新周期 and the words in the field."""

    REALTIME = "REALTIME"
    DAILY = "DAILY"
    WEEKLY = "WEEKLY"
    TEN_DAYS = "TEN_DAYS"
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    SEMIANNUAL = "SEMIANNUAL"
    ANNUAL = "ANNUAL"
    IRREGULAR = "IRREGULAR"
    STATIC = "STATIC"
    OTHER = "OTHER"


CYCLE_LABELS: dict[UpdateCycle, Text] = {
    UpdateCycle.REALTIME: Text("实时", "Real time"),
    UpdateCycle.DAILY: Text("每日", "Daily"),
    UpdateCycle.WEEKLY: Text("每周", "Weekly"),
    UpdateCycle.TEN_DAYS: Text("每旬", "Every ten days"),
    UpdateCycle.MONTHLY: Text("每月", "Monthly"),
    UpdateCycle.QUARTERLY: Text("每季度", "Quarterly"),
    UpdateCycle.SEMIANNUAL: Text("每半年", "Twice a year"),
    UpdateCycle.ANNUAL: Text("每年", "Yearly"),
    UpdateCycle.IRREGULAR: Text("不定期", "Irregular"),
    UpdateCycle.STATIC: Text("不更新", "Not updated"),
    UpdateCycle.OTHER: Text("其他", "Other"),
}


class DataType(StrEnum):
    """The eleven types of an information item (1272号)."""

    C = "C"
    N = "N"
    Y = "Y"
    D = "D"
    T = "T"
    L = "L"
    M = "M"
    G = "G"
    B = "B"
    I = "I"  # noqa: E741 - the standard's letter
    F = "F"


TYPE_LABELS: dict[DataType, Text] = {
    DataType.C: Text("字符型 C", "Text C"),
    DataType.N: Text("数值型 N", "Decimal N"),
    DataType.Y: Text("货币型 Y", "Money Y"),
    DataType.D: Text("日期型 D", "Date D"),
    DataType.T: Text("日期时间型 T", "Date and time T"),
    DataType.L: Text("逻辑型 L", "Boolean L"),
    DataType.M: Text("备注型 M", "Long text M"),
    DataType.G: Text("通用型 G", "Binary G"),
    DataType.B: Text("双精度型 B", "Double B"),
    DataType.I: Text("整型 I", "Integer I"),
    DataType.F: Text("浮点型 F", "Float F"),
}


class Check(StrEnum):
    """A check of an item's values beyond its type."""

    NONE = ""
    CITIZEN_ID = "citizen_id"
    USCC = "uscc"


CHECK_LABELS: dict[Check, Text] = {
    Check.NONE: Text("无", "None"),
    Check.CITIZEN_ID: Text("公民身份号码（GB 11643）", "Citizen ID number (GB 11643)"),
    Check.USCC: Text("统一社会信用代码（GB 32100）", "Unified social credit code (GB 32100)"),
}


class EntryStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


STATUS_LABELS: dict[EntryStatus, Text] = {
    EntryStatus.DRAFT: Text("草稿", "Draft"),
    EntryStatus.SUBMITTED: Text("待审核", "Under review"),
    EntryStatus.RETURNED: Text("已退回", "Sent back"),
    EntryStatus.PUBLISHED: Text("已发布", "Published"),
    EntryStatus.WITHDRAWN: Text("已撤下", "Withdrawn"),
}

REVIEW = Table(
    name="catalog_review",
    title=Text("目录", "entry"),
    states=STATUS_LABELS,
    initial=EntryStatus.DRAFT,
    transitions=(
        Transition(
            "submit",
            EntryStatus.DRAFT,
            EntryStatus.SUBMITTED,
            by=("compiler",),
            label=Text("提交审核", "Submit"),
        ),
        Transition(
            "submit",
            EntryStatus.RETURNED,
            EntryStatus.SUBMITTED,
            by=("compiler",),
            label=Text("重新提交", "Resubmit"),
        ),
        Transition(
            "publish",
            EntryStatus.SUBMITTED,
            EntryStatus.PUBLISHED,
            by=("reviewer",),
            label=Text("发布", "Publish"),
        ),
        Transition(
            "send_back",
            EntryStatus.SUBMITTED,
            EntryStatus.RETURNED,
            by=("reviewer",),
            label=Text("退回", "Send back"),
        ),
        Transition(
            "withdraw",
            EntryStatus.PUBLISHED,
            EntryStatus.WITHDRAWN,
            by=("reviewer",),
            label=Text("撤下", "Withdraw"),
        ),
        Transition(
            "reopen",
            EntryStatus.WITHDRAWN,
            EntryStatus.DRAFT,
            by=("compiler",),
            label=Text("重新编制", "Compile again"),
        ),
    ),
)


class RevisionStatus(StrEnum):
    """The draft beside a published entry; published and discarded ones are gone, their history is not."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PUBLISHED = "published"
    DISCARDED = "discarded"


REVISION_LABELS: dict[RevisionStatus, Text] = {
    RevisionStatus.DRAFT: Text("修订草稿", "Revision in draft"),
    RevisionStatus.SUBMITTED: Text("修订待审核", "Revision under review"),
    RevisionStatus.RETURNED: Text("修订已退回", "Revision sent back"),
    RevisionStatus.PUBLISHED: Text("修订已发布", "Revision published"),
    RevisionStatus.DISCARDED: Text("修订已放弃", "Revision given up"),
}

REVISION = Table(
    name="catalog_revision",
    title=Text("目录修订", "revision"),
    states=REVISION_LABELS,
    initial=RevisionStatus.DRAFT,
    transitions=tuple(
        Transition(action, source, target, by=(by,), label=label)
        for action, source, target, by, label in (
            ("submit", RevisionStatus.DRAFT, RevisionStatus.SUBMITTED, "compiler", Text("提交审核", "Submit")),
            ("submit", RevisionStatus.RETURNED, RevisionStatus.SUBMITTED, "compiler", Text("重新提交", "Resubmit")),
            ("publish", RevisionStatus.SUBMITTED, RevisionStatus.PUBLISHED, "reviewer", Text("发布", "Publish")),
            ("send_back", RevisionStatus.SUBMITTED, RevisionStatus.RETURNED, "reviewer", Text("退回", "Send back")),
            ("discard", RevisionStatus.DRAFT, RevisionStatus.DISCARDED, "compiler", Text("放弃", "Give up")),
            ("discard", RevisionStatus.RETURNED, RevisionStatus.DISCARDED, "compiler", Text("放弃", "Give up")),
        )
    ),
)


class SecrecyConclusion(StrEnum):
    PASSED = "passed"
    REFUSED = "refused"


CONCLUSION_LABELS: dict[SecrecyConclusion, Text] = {
    SecrecyConclusion.PASSED: Text("通过：不涉及国家秘密", "Passed: no state secret"),
    SecrecyConclusion.REFUSED: Text("不通过", "Not passed"),
}


class UpkeepOutcome(StrEnum):
    CONFIRMED = "confirmed"
    REVISED = "revised"


OUTCOME_LABELS: dict[UpkeepOutcome, Text] = {
    UpkeepOutcome.CONFIRMED: Text("确认无变化", "Confirmed unchanged"),
    UpkeepOutcome.REVISED: Text("已修订", "Revised"),
}

THEMES: tuple[Text, ...] = (
    Text("信用服务", "Credit"),
    Text("医疗卫生", "Health"),
    Text("社保就业", "Social security and jobs"),
    Text("公共安全", "Public safety"),
    Text("城建住房", "Construction and housing"),
    Text("交通运输", "Transport"),
    Text("教育文化", "Education and culture"),
    Text("科技创新", "Science and technology"),
    Text("资源能源", "Resources and energy"),
    Text("生态环境", "Environment"),
    Text("工业农业", "Industry and farming"),
    Text("商贸流通", "Trade"),
    Text("财税金融", "Finance and tax"),
    Text("安全生产", "Work safety"),
    Text("市场监管", "Market supervision"),
    Text("社会救助", "Social assistance"),
    Text("法律服务", "Legal services"),
    Text("生活服务", "Daily life"),
    Text("气象服务", "Weather"),
    Text("地理空间", "Geography"),
    Text("机构团体", "Organisations"),
)
THEME_LABELS: dict[str, Text] = {theme.zh: theme for theme in THEMES}
