"""The words of libraries: their kinds, how their sources are put together, how a library and each source stand."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class LibraryKind(StrEnum):
    """yongjia-7: 基础数据库、主题数据库、专题数据仓."""

    BASE = "base"
    THEME = "theme"
    TASK = "task"


KIND_LABELS: dict[LibraryKind, Text] = {
    LibraryKind.BASE: Text("基础库", "Base library"),
    LibraryKind.THEME: Text("主题库", "Theme library"),
    LibraryKind.TASK: Text("专题库", "Task library"),
}


class BaseKind(StrEnum):
    """What a base library is about (yongjia-7)."""

    POPULATION = "population"
    LEGAL_PERSONS = "legal_persons"
    GEOGRAPHY = "geography"
    CREDIT = "credit"
    LICENCES = "licences"


BASE_LABELS: dict[BaseKind, Text] = {
    BaseKind.POPULATION: Text("人口", "Population"),
    BaseKind.LEGAL_PERSONS: Text("法人单位", "Legal persons"),
    BaseKind.GEOGRAPHY: Text("自然资源和空间地理", "Natural resources and geography"),
    BaseKind.CREDIT: Text("信用信息", "Credit"),
    BaseKind.LICENCES: Text("电子证照", "E-licences"),
}


class Combine(StrEnum):
    """How the sources become one."""

    UNION = "union"
    JOIN = "join"


COMBINE_LABELS: dict[Combine, Text] = {
    Combine.UNION: Text("上下合并", "Rows below each other"),
    Combine.JOIN: Text("按主键拼接", "Joined by key"),
}
COMBINE_NOTES: dict[Combine, Text] = {
    Combine.UNION: Text(
        "各来源同构，行合并；同一主键以排在前面的来源为准", "sources of one shape; of one key the first source counts"
    ),
    Combine.JOIN: Text(
        "以第一个来源的行为准，其余来源按主键补充数据项；每项只有一个来源",
        "the rows of the first source; the others add items by key, each item from one source",
    ),
}


class LibraryStatus(StrEnum):
    DRAFT = "draft"
    IN_USE = "in_use"
    BROKEN = "broken"
    ENDED = "ended"


STATUS_LABELS: dict[LibraryStatus, Text] = {
    LibraryStatus.DRAFT: Text("建设中", "Being built"),
    LibraryStatus.IN_USE: Text("可查询", "In use"),
    LibraryStatus.BROKEN: Text("来源中断，暂停查询", "A source is broken; not served"),
    LibraryStatus.ENDED: Text("已结束", "Ended"),
}
LIVE = (LibraryStatus.DRAFT, LibraryStatus.IN_USE, LibraryStatus.BROKEN)


class Consent(StrEnum):
    """Whether a source may be used: by its share type or its own unit, or after its provider agreed."""

    GIVEN = "given"
    ASKED = "asked"
    AGREED = "agreed"
    REFUSED = "refused"


CONSENT_LABELS: dict[Consent, Text] = {
    Consent.GIVEN: Text("无须另行同意", "needs no consent"),
    Consent.ASKED: Text("待提供单位同意", "its provider is asked"),
    Consent.AGREED: Text("提供单位已同意", "its provider agreed"),
    Consent.REFUSED: Text("提供单位不同意", "its provider refused"),
}
USABLE = (Consent.GIVEN, Consent.AGREED)

LIBRARY = Table(
    "library",
    states=STATUS_LABELS,
    initial=LibraryStatus.DRAFT,
    title=Text("数据库", "library"),
    transitions=[
        Transition(
            "build",
            (LibraryStatus.DRAFT, LibraryStatus.IN_USE, LibraryStatus.BROKEN),
            LibraryStatus.IN_USE,
            "worker",
            Text("合成", "Build"),
        ),
        Transition("break", (LibraryStatus.IN_USE,), LibraryStatus.BROKEN, "worker", Text("中断", "Break")),
        Transition(
            "change",
            (LibraryStatus.DRAFT, LibraryStatus.IN_USE, LibraryStatus.BROKEN),
            LibraryStatus.DRAFT,
            ("provider", "data_authority"),
            Text("修改来源", "Change the sources"),
        ),
        Transition("end", LIVE, LibraryStatus.ENDED, ("provider", "data_authority"), Text("结束", "End")),
    ],
)
CONSENT = Table(
    "library_source",
    states=CONSENT_LABELS,
    initial=Consent.ASKED,
    title=Text("来源", "source"),
    transitions=[
        Transition("take", Consent.ASKED, Consent.GIVEN, "worker", Text("直接采用", "Take")),
        Transition("agree", Consent.ASKED, Consent.AGREED, "provider", Text("同意", "Agree")),
        Transition("refuse", (Consent.ASKED, Consent.AGREED), Consent.REFUSED, "provider", Text("不同意", "Refuse")),
    ],
)
