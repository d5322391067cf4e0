"""Checks of the terms of sharing and opening, for the entry and for each item that has terms of its own.

Unconditional sharing is checked both ways (yongjia-15): what holds a secret or privacy may not be unconditional, and
what holds neither must be. Grounds are those that the pack's ``sharing.type_requires`` asks for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gongshu.catalog.checking import Case, ConsistencyCheck, Severity, Spot
from gongshu.catalog.checks_entry import GUIDE
from gongshu.catalog.draft import STRICTNESS, ItemData
from gongshu.catalog.states import OpenType, ShareType
from gongshu.catalog.terms import Grade, Level
from gongshu.errors import Text

_NO_CONDITION = {"", "无条件", "无", "none"}


@dataclass(frozen=True)
class _Terms:
    """The terms of the entry (``row`` None) or of one item that has its own; what it lacks it takes from the entry."""

    row: int | None
    share_type: ShareType
    condition: str
    basis: str
    basis_kind: str


def _terms(case: Case) -> Iterator[_Terms]:
    data = case.data
    yield _Terms(None, data.share_type, data.share_condition, data.share_basis, data.share_basis_kind)
    for row, item in case.items():
        if item.share_type is None:
            continue
        inherits = item.share_type is data.share_type
        yield _Terms(
            row,
            item.share_type,
            item.share_condition or (data.share_condition if inherits else ""),
            item.share_basis or (data.share_basis if inherits else ""),
            item.share_basis_kind or (data.share_basis_kind if inherits else ""),
        )


def _requirement(case: Case, share_type: ShareType) -> Any:
    return (case.rule("sharing.type_requires") or {}).get(share_type)


def _condition_missing(case: Case) -> Iterator[Spot]:
    for terms in _terms(case):
        asked = _requirement(case, terms.share_type)
        needed = terms.share_type is ShareType.CONDITIONAL or bool(asked and asked.reason)
        if terms.share_type is not ShareType.UNCONDITIONAL and needed and not terms.condition.strip():
            yield Spot(terms.row)


def _condition_given(case: Case) -> Iterator[Spot]:
    for terms in _terms(case):
        if terms.share_type is ShareType.UNCONDITIONAL and terms.condition.strip() not in _NO_CONDITION:
            yield Spot(terms.row)


def _basis_missing(case: Case) -> Iterator[Spot]:
    for terms in _terms(case):
        asked = _requirement(case, terms.share_type)
        if asked and asked.legal_basis and not terms.basis.strip():
            yield Spot(terms.row)


def _basis_kind(case: Case) -> Iterator[Spot]:
    for terms in _terms(case):
        asked = _requirement(case, terms.share_type)
        if not (asked and asked.legal_basis and asked.accepts and terms.basis.strip()):
            continue
        if terms.basis_kind not in {str(kind) for kind in asked.accepts}:
            zh = "、".join(kind.label.zh for kind in asked.accepts)
            yield Spot(terms.row, words={"kinds": Text(zh, ", ".join(kind.label.en for kind in asked.accepts))})


def _barred(item: ItemData) -> bool:
    return item.sensitive or item.sensitive_personal


def _unconditional_bars(case: Case) -> Iterator[Spot]:
    """Unconditional data hold nothing that the city's rules keep out of it."""
    barred = case.rule("catalog.unconditional_excludes")
    if not barred:
        return
    ids = {choice.id for choice in barred}
    if case.data.share_type is ShareType.UNCONDITIONAL and set(case.data.contains) & ids:
        yield Spot()
    if "privacy" not in ids:
        return
    for row, item in case.items():
        if _barred(item) and case.data.share_type_of(item) is ShareType.UNCONDITIONAL:
            yield Spot(row)


def _must_be_unconditional(case: Case) -> Iterator[Spot]:
    """What holds no secret and no privacy is shared without conditions, where the city says so."""
    if not case.rule("catalog.unconditional_unless_excluded"):
        return
    ids = {choice.id for choice in case.rule("catalog.unconditional_excludes") or ()}
    stated = set(case.data.contains) & ids
    if case.data.share_type is not ShareType.UNCONDITIONAL and not stated and not case.data.personal:
        yield Spot()
    for row, item in case.items():
        own = item.share_type is not None and item.share_type is not ShareType.UNCONDITIONAL
        if own and not stated and not _barred(item):
            yield Spot(row)


def _personal_unconditional(case: Case) -> Iterator[Spot]:
    if case.rule("catalog.unconditional_excludes"):
        return  # there it is an error
    for row, item in case.items():
        if _barred(item) and case.data.share_type_of(item) is ShareType.UNCONDITIONAL:
            yield Spot(row)


def _base_share_type(case: Case) -> Iterator[Spot]:
    wanted = case.rule("catalog.base_share_type")
    if not wanted or case.data.kind.value != "BASE":
        return
    for terms in _terms(case):
        if terms.share_type.value != wanted:
            yield Spot(terms.row)


def _open_condition_missing(case: Case) -> Iterator[Spot]:
    data = case.data
    if data.open_type is OpenType.CONDITIONAL and not data.open_condition.strip():
        yield Spot()
    for row, item in case.items():
        given = item.open_condition or (data.open_condition if data.open_type is OpenType.CONDITIONAL else "")
        if item.open_type is OpenType.CONDITIONAL and not given.strip():
            yield Spot(row)


def _open_condition_given(case: Case) -> Iterator[Spot]:
    data = case.data
    if data.open_type is not OpenType.CONDITIONAL and data.open_condition.strip() not in _NO_CONDITION:
        yield Spot()


def _open_sensitive(case: Case) -> Iterator[Spot]:
    for row, item in case.items():
        open_to_all = case.data.open_type_of(item) is OpenType.UNCONDITIONAL
        if open_to_all and item.mask == "none" and (item.sensitive or item.sensitive_personal):
            yield Spot(row)


def _open_wider(case: Case) -> Iterator[Spot]:
    data = case.data
    if data.open_type is OpenType.UNCONDITIONAL and data.share_type is ShareType.PROHIBITED:
        yield Spot()
    for row, item in case.items():
        if item.share_type is ShareType.PROHIBITED and data.open_type_of(item) is not OpenType.PROHIBITED:
            yield Spot(row)


def _open_graded(case: Case) -> Iterator[Spot]:
    data = case.data
    if data.open_type is not OpenType.PROHIBITED and data.grade is not Grade.GENERAL:
        yield Spot()
    for row, item in case.items():
        high = item.level is Level.L4 or item.grade is not Grade.GENERAL
        if high and data.open_type_of(item) is not OpenType.PROHIBITED:
            yield Spot(row)


def _restriction_unfiled(case: Case) -> Iterator[Spot]:
    """Open to all before, not so now, and nothing filed (yongjia-30)."""
    before, data = case.previous, case.data
    if before is None or not case.rule("opening.restriction_needs_filing") or _filed(case):
        return
    if before.open_type is OpenType.UNCONDITIONAL and _stricter(data.open_type, before.open_type):
        yield Spot()
        return
    known = {item.name: before.open_type_of(item) for item in before.items}
    for row, item in case.items():
        was = known.get(item.name)
        if was is OpenType.UNCONDITIONAL and _stricter(data.open_type_of(item), was):
            yield Spot(row, "open_type")


def _filed(case: Case) -> bool:
    """A filing counts for the change it was made for: the number of an earlier one is not used again."""
    filing = case.data.open_filing.strip()
    return bool(filing) and (case.previous is None or filing != case.previous.open_filing.strip())


def _stricter(now: OpenType, before: OpenType) -> bool:
    return STRICTNESS.index(now.value) > STRICTNESS.index(before.value)


_E, _W = Severity.ERROR, Severity.WARNING

CHECKS: tuple[ConsistencyCheck, ...] = (
    ConsistencyCheck(
        "share_condition_missing", _E, "share_condition", "sharing.type_requires",
        Text(
            "列入有条件共享或不予共享的，应当说明理由：请填写共享条件。",
            "Conditional sharing and no sharing need a reason: fill in the condition.",
        ),
        _condition_missing,
    ),
    ConsistencyCheck(
        "share_condition_given", _E, "share_condition", GUIDE,
        Text(
            "无条件共享的，共享条件只能为空或“无条件”。",
            "What is shared without conditions has no condition: leave it empty.",
        ),
        _condition_given,
    ),
    ConsistencyCheck(
        "share_basis_missing", _E, "share_basis", "sharing.type_requires",
        Text(
            "这一共享类型须填写法律、法规或政策依据及条款。",
            "This share type needs the law, regulation or policy that says so, with its article.",
        ),
        _basis_missing,
    ),
    ConsistencyCheck(
        "share_basis_kind", _E, "share_basis_kind", "sharing.type_requires",
        Text(
            "依据的种类须为以下之一：{kinds}。",
            "The ground must be one of these kinds: {kinds}.",
        ),
        _basis_kind,
    ),
    ConsistencyCheck(
        "unconditional_bars", _E, "share_type", "catalog.unconditional_excludes",
        Text(
            "涉及国家秘密、商业秘密或个人隐私的，不得列入无条件共享。",
            "What holds a secret or privacy may not be shared without conditions.",
        ),
        _unconditional_bars,
    ),
    ConsistencyCheck(
        "must_be_unconditional", _E, "share_type", "catalog.unconditional_unless_excluded",
        Text(
            "不涉及国家秘密、商业秘密、个人隐私的，应当列入无条件共享：请改共享类型，或标明所涉内容。",
            "What holds no secret and no privacy must be shared without conditions: change the type, or say what it holds.",
        ),
        _must_be_unconditional,
    ),
    ConsistencyCheck(
        "personal_unconditional", _W, "share_type", "GB/T 43697-2024",
        Text(
            "含个人信息而列为无条件共享，请确认。",
            "Personal data are to be shared without conditions; make sure that is meant.",
        ),
        _personal_unconditional,
    ),
    ConsistencyCheck(
        "base_share_type", _E, "share_type", "catalog.base_share_type",
        Text(
            "基础信息资源在部门间无条件共享，不能另设共享类型。",
            "Base data are shared among departments without conditions; no other type is possible.",
        ),
        _base_share_type,
    ),
    ConsistencyCheck(
        "open_condition_missing", _E, "open_condition", GUIDE,
        Text("有条件开放的，请填写开放条件。", "Conditional opening needs its conditions."),
        _open_condition_missing,
    ),
    ConsistencyCheck(
        "open_condition_given", _W, "open_condition", GUIDE,
        Text(
            "只有有条件开放的才填写开放条件。",
            "Conditions of opening belong to conditional opening only.",
        ),
        _open_condition_given,
    ),
    ConsistencyCheck(
        "open_sensitive", _E, "open_type", "opening.prohibited_grounds",
        Text(
            "含个人信息且未设置脱敏的信息项不能列为无条件开放：请为这些项设置脱敏方式，或改变开放类型。",
            "Items with personal data and no mask cannot be opened unconditionally: set a mask or change the open type.",
        ),
        _open_sensitive,
    ),
    ConsistencyCheck(
        "open_wider", _W, "open_type", GUIDE,
        Text(
            "对部门不予共享，却向社会开放，请确认。",
            "Closed to departments and yet open to the public; make sure that is meant.",
        ),
        _open_wider,
    ),
    ConsistencyCheck(
        "open_graded", _W, "open_type", "GB/T 43697-2024",
        Text(
            "重要数据、核心数据和4级数据一般不予开放，请确认。",
            "Important, core and level 4 data are as a rule not opened; make sure.",
        ),
        _open_graded,
    ),
    ConsistencyCheck(
        "restriction_unfiled", _E, "open_filing", "opening.restriction_needs_filing",
        Text(
            "由无条件开放改为受限或不予开放的，须先备案：请填写本次备案编号。",
            "Restricting what was open to everybody must be filed first: give the number of this filing.",
        ),
        _restriction_unfiled,
    ),
)  # fmt: skip
