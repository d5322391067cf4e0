"""Checks of the entry as a whole: names, classification, format, grade, the elements that a city asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gongshu.catalog.checking import Case, ConsistencyCheck, Severity, Spot
from gongshu.catalog.codes import is_code
from gongshu.catalog.shape import ABSTRACT_LENGTH, TITLE_LENGTH, normal
from gongshu.catalog.states import UpdateCycle
from gongshu.catalog.terms import DIVISIONS, FORMATS, GRADES, FormatCategory, Level, Method, ResourceKind
from gongshu.errors import Text

GUIDE = "发改高技〔2017〕1272号"
_TABULAR = {FormatCategory.SPREADSHEET, FormatCategory.DATABASE, FormatCategory.SERVICE_API}
_TEXTUAL = {"csv", "txt", "json", "xml", "html"}
_SYSTEM = re.compile(r"(系统|平台|数据库)$")
_NUMBERED = re.compile(r"[\s_\-（(]*\d+[)）]?$")
FASTEST_FIRST: tuple[UpdateCycle, ...] = (
    UpdateCycle.REALTIME, UpdateCycle.DAILY, UpdateCycle.WEEKLY, UpdateCycle.TEN_DAYS, UpdateCycle.MONTHLY,
    UpdateCycle.QUARTERLY, UpdateCycle.SEMIANNUAL, UpdateCycle.ANNUAL, UpdateCycle.IRREGULAR, UpdateCycle.OTHER,
    UpdateCycle.STATIC,
)  # fmt: skip


def _if(condition: bool) -> Iterator[Spot]:
    if condition:
        yield Spot()


def _division_unlisted(case: Case) -> Iterator[Spot]:
    data = case.data
    name = {ResourceKind.BASE: "catalog.base_data", ResourceKind.THEME: "catalog.themes"}.get(data.kind)
    if not name or not data.division.strip():
        return
    choices = [choice.label.zh for choice in case.rule(name) or ()] + [one.zh for one in DIVISIONS[data.kind]]
    known = {normal(one).removesuffix("信息") for one in choices}
    yield from _if(normal(data.division).removesuffix("信息") not in known)


def _lead_missing(case: Case, kind: ResourceKind, parameter: str) -> Iterator[Spot]:
    """The city's texts give resources of this kind a lead department, and none is named (xian-19)."""
    yield from _if(case.data.kind is kind and bool(case.rule(parameter)) and not case.data.lead_department.strip())


def _format_mismatch(case: Case) -> Iterator[Spot]:
    types = {one.casefold() for one in FORMATS[case.data.format_category]}
    yield from _if(bool(types) and case.data.format_type.strip().casefold() not in types)


ELEMENTS = {
    "business_name": ("business_name",), "source_system": ("source_system",), "item_names": ("items",),
    "format": ("format_type", "encoding"), "share_type": ("share_type",), "open_type": ("open_type",),
    "provision_mode": ("share_method",), "update_cycle": ("update_cycle",), "sharing_period": ("share_period",),
    "title": ("title",), "content": ("abstract",), "provider": ("provider",),
}  # fmt: skip


def _element_missing(case: Case) -> Iterator[Spot]:
    for element in case.rule("catalog.elements") or ():
        for name in ELEMENTS.get(element.id, ()):
            value = getattr(case.data, name)
            if not (value.strip() if isinstance(value, str) else value):
                yield Spot(field=name, words={"element": element.label})


def _cycle_slower(case: Case) -> Iterator[Spot]:
    cycles = [item.update_cycle for item in case.data.items if item.update_cycle]
    yield from _if(any(FASTEST_FIRST.index(one) < FASTEST_FIRST.index(case.data.update_cycle) for one in cycles))


def _related_malformed(case: Case) -> Iterator[Spot]:
    yield from _if(any(not is_code(code) for code in case.data.related))


def _graded_lower(case: Case) -> Iterator[Spot]:
    data = case.data
    stated = data.level is not Level.UNGRADED and data.level < data.effective_level
    yield from _if(stated or GRADES.index(data.grade) < GRADES.index(data.effective_grade))


_E, _W = Severity.ERROR, Severity.WARNING

CHECKS: tuple[ConsistencyCheck, ...] = (
    ConsistencyCheck(
        "title_missing", _E, "title", GUIDE,
        Text("请填写信息资源名称。", "Give the resource a title."),
        lambda case: _if(not case.data.title.strip()),
    ),
    ConsistencyCheck(
        "title_long", _E, "title", GUIDE,
        Text(f"信息资源名称不得超过 {TITLE_LENGTH} 个字符。", f"A title has at most {TITLE_LENGTH} characters."),
        lambda case: _if(len(case.data.title) > TITLE_LENGTH),
    ),
    ConsistencyCheck(
        "title_system", _W, "title", GUIDE,
        Text(
            "名称像是信息系统的名称：请写数据的内容，不写系统名。",
            "The title looks like the name of a system: say what the data are.",
        ),
        lambda case: _if(
            bool(_SYSTEM.search(case.data.title.strip()))
            or (bool(case.data.source_system) and normal(case.data.title) == normal(case.data.source_system))
        ),
    ),
    ConsistencyCheck(
        "title_numbered", _W, "title", GUIDE,
        Text(
            "名称以序号结尾：请用内容区分不同的资源，不用递增的数字。",
            "The title ends in a number: tell resources apart by content, not by counting.",
        ),
        lambda case: _if(bool(_NUMBERED.search(case.data.title.strip()))),
    ),
    ConsistencyCheck(
        "abstract_missing", _E, "abstract", GUIDE,
        Text("请填写信息资源摘要。", "Give the resource a summary."),
        lambda case: _if(not case.data.abstract.strip()),
    ),
    ConsistencyCheck(
        "abstract_long", _E, "abstract", GUIDE,
        Text(f"摘要不得超过 {ABSTRACT_LENGTH} 个字符。", f"A summary has at most {ABSTRACT_LENGTH} characters."),
        lambda case: _if(len(case.data.abstract) > ABSTRACT_LENGTH),
    ),
    ConsistencyCheck(
        "abstract_repeats", _W, "abstract", GUIDE,
        Text(
            "摘要只重复了名称：请说明内容、范围和用途。",
            "The summary only repeats the title: say content, scope and use.",
        ),
        lambda case: _if(bool(case.data.title.strip()) and normal(case.data.abstract) == normal(case.data.title)),
    ),
    ConsistencyCheck(
        "items_missing", _E, "items", GUIDE,
        Text("至少需要一个信息项。", "An entry needs at least one information item."),
        lambda case: _if(not case.data.items and case.data.format_category in _TABULAR),
    ),
    ConsistencyCheck(
        "division_missing", _E, "division", GUIDE,
        Text("基础和主题信息资源须写明“项”。", "Base and theme resources name their division."),
        lambda case: _if(case.data.kind is not ResourceKind.DEPARTMENT and not case.data.division.strip()),
    ),
    ConsistencyCheck(
        "division_unlisted", _W, "division", GUIDE,
        Text(
            "这一“项”不在编制指南和本市规则所列之中，请确认。",
            "The guide and the city's rules do not list this division; make sure it is right.",
        ),
        _division_unlisted,
    ),
    ConsistencyCheck(
        "base_lead_missing", _E, "lead_department", "catalog.base_data",
        Text("基础信息资源的目录由牵头部门维护：请写明牵头部门。", "Base data are kept by their lead department: name it."),
        lambda case: _lead_missing(case, ResourceKind.BASE, "catalog.base_data"),
    ),
    ConsistencyCheck(
        "theme_lead_missing", _E, "lead_department", "catalog.themes",
        Text("主题信息资源的目录由牵头部门维护：请写明牵头部门。", "Theme data are kept by their lead department: name it."),
        lambda case: _lead_missing(case, ResourceKind.THEME, "catalog.themes"),
    ),
    ConsistencyCheck(
        "format_mismatch", _E, "format_type", GUIDE,
        Text("格式类型不属于所选的格式分类。", "The format type does not belong to the format category."),
        _format_mismatch,
    ),
    ConsistencyCheck(
        "format_note_missing", _E, "format_note", GUIDE,
        Text("自描述格式须由提供方说明其格式。", "A self-described format needs the provider's description."),
        lambda case: _if(
            case.data.format_category is FormatCategory.SELF_DESCRIBED and not case.data.format_note.strip()
        ),
    ),
    ConsistencyCheck(
        "encoding_missing", _W, "encoding", GUIDE,
        Text("文本格式须写明字符编码。", "A text format states its character encoding."),
        lambda case: _if(case.data.format_type.casefold() in _TEXTUAL and not case.data.encoding.strip()),
    ),
    ConsistencyCheck(
        "method_of_database", _E, "share_method", GUIDE,
        Text(
            "数据库格式的资源以数据库或接口方式共享。",
            "A resource in database format is shared as a database or by interface.",
        ),
        lambda case: _if(
            case.data.format_category is FormatCategory.DATABASE and case.data.share_method is Method.FILE
        ),
    ),
    ConsistencyCheck(
        "method_of_file", _W, "share_method", GUIDE,
        Text(
            "文件类格式的资源通常以文件方式共享；由平台转为接口的，请确认。",
            "A resource in a file format is as a rule shared as a file; make sure that an interface is meant.",
        ),
        lambda case: _if(
            case.data.format_category in {FormatCategory.FILE, FormatCategory.IMAGE, FormatCategory.STREAM}
            and case.data.share_method is not Method.FILE
        ),
    ),
    ConsistencyCheck(
        "classified", _E, "classified", "GB/T 43697-2024",
        Text(
            "涉密信息不得编入本平台的目录。请按保密规定另行管理。",
            "State secrets may not enter this catalog. Handle them under the rules on secrecy.",
        ),
        lambda case: _if(case.data.classified),
    ),
    ConsistencyCheck(
        "level_lower", _E, "level", "GB/T 43697-2024",
        Text(
            "目录的级别低于其信息项的最高级别：就高从严。",
            "The entry is graded lower than its highest item: the highest counts.",
        ),
        _graded_lower,
    ),
    ConsistencyCheck(
        "level_missing", _W, "level", "GB/T 43697-2024",
        Text("尚未给数据定级。", "The data are not graded yet."),
        lambda case: _if(case.data.effective_level is Level.UNGRADED),
    ),
    ConsistencyCheck(
        "cycle_slower", _W, "update_cycle", GUIDE,
        Text(
            "更新周期应按更新最快的信息项填写。",
            "The update cycle is that of the item which is updated most often.",
        ),
        _cycle_slower,
    ),
    ConsistencyCheck(
        "related_malformed", _E, "related", GUIDE,
        Text("关联资源代码的格式不正确。", "A related resource code is malformed."),
        _related_malformed,
    ),
    ConsistencyCheck(
        "element_missing", _E, "title", "catalog.elements",
        Text("本市规定目录必须写明“{element}”。", "The city's rules ask every entry for: {element}."),
        _element_missing,
    ),
    ConsistencyCheck(
        "theme_missing", _W, "theme", GUIDE,
        Text("请选择数据领域，便于查找。", "Choose a field, so that people find the data."),
        lambda case: _if(not case.data.theme.strip()),
    ),
    ConsistencyCheck(
        "contact_missing", _W, "contact_name", GUIDE,
        Text("请写明联系人及电话。", "Name a contact person with a telephone number."),
        lambda case: _if(not (case.data.contact_name.strip() and case.data.contact_phone.strip())),
    ),
)  # fmt: skip
