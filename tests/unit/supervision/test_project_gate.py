"""The gate as a table: facts in, reasons out."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongshu.errors import Text
from gongshu.supervision.project_gate import (
    Line,
    Real,
    Requirement,
    Source,
    Standing,
    at_acceptance,
    at_approval,
    before_funds,
    passes,
    same_source,
)
from gongshu.supervision.project_states import PROJECT, STAGE_OF, ProjectStatus

ALL = {
    name: Requirement(name, Text(name, name), ({"label": name},))
    for name in (
        "precompiled_catalog", "sharing_planned", "no_repeat", "system_registered", "catalog_at_acceptance",
        "data_collected", "funds",
    )
}  # fmt: skip
FIVE = ("甲", "乙", "丙", "丁", "戊")
LINE = Line(1, "摊位备案", "摊位备案", FIVE, "CONDITIONAL", "PROHIBITED")
REAL = Real("M-1", True, frozenset(FIVE), "CONDITIONAL", collected=True)
GOOD = Standing(system=True)


def source(title: str, *items: str) -> Source:
    return Source("A-1", title, title, "市民政局", frozenset(items))


@pytest.mark.parametrize(
    ("title", "items", "same"),
    [
        ("摊位备案", (), True),  # the same name is enough
        ("摊位", ("甲", "乙", "丙", "丁"), True),  # 4 of 5 = 80 %
        ("摊位", ("甲", "乙", "丙"), False),  # 3 of 5 = 60 %
        ("摊位", (*FIVE, "己", "庚"), True),  # more than is planned
        ("摊位", (), False),
    ],
)
def test_what_counts_as_the_same_source(title, items, same):
    assert same_source(LINE, source(title, *items)) is same


def test_one_item_in_common_says_nothing():
    assert not same_source(replace(LINE, items=("名称",)), source("别的", "名称"))


@pytest.mark.parametrize(
    ("plan", "sources", "standing", "codes"),
    [
        ([], [], GOOD, ["plan_missing"]),
        ([LINE], [], GOOD, []),
        ([LINE], [source("摊位备案")], GOOD, ["duplicate"]),
        ([replace(LINE, uses="A-1")], [source("摊位备案")], GOOD, []),
        ([replace(LINE, share_type="PROHIBITED")], [], GOOD, ["nothing_shared"]),
        ([LINE], [], Standing(uncorrected=2, system=True), ["uncorrected"]),
    ],
)
def test_before_approval(plan, sources, standing, codes):
    found = at_approval(plan, sources, ALL, standing)
    assert [reason.code for reason in found] == codes
    assert passes(found) is (not codes)
    assert all(reason.citations == ALL[reason.requirement].citations for reason in found)
    assert passes(at_approval(plan, sources, {}, standing))  # where the rules hold nothing, nothing blocks


def test_a_duplicate_that_is_explained_is_a_remark_with_both_names():
    found = at_approval([replace(LINE, difference="只含流动摊位")], [source("摊位备案")], ALL, GOOD)
    assert [reason.code for reason in found] == ["duplicate_explained"]
    assert passes(found)
    assert "市民政局" in found[0].text.zh
    assert "只含流动摊位" in found[0].text.zh


@pytest.mark.parametrize(
    ("real", "standing", "codes"),
    [
        (None, GOOD, ["entry_missing"]),
        (REAL, GOOD, []),
        (replace(REAL, published=False), GOOD, ["entry_unpublished"]),
        (replace(REAL, items=frozenset(FIVE[:4])), GOOD, ["items_missing"]),
        (replace(REAL, share_type="PROHIBITED"), GOOD, ["stricter"]),
        (replace(REAL, share_type="UNCONDITIONAL"), GOOD, []),
        (replace(REAL, collected=False), GOOD, ["not_collected"]),
        (REAL, Standing(), ["system_missing"]),
    ],
)
def test_at_acceptance(real, standing, codes):
    found = at_acceptance([LINE], {1: real} if real else {}, ALL, standing)
    assert [reason.code for reason in found] == codes
    assert passes(found) is (not codes)


@pytest.mark.parametrize(
    ("real", "codes"),
    [
        (None, ["entry_gone"]),
        (REAL, []),
        (replace(REAL, collected=False), ["not_collected"]),
        (replace(REAL, stale=True), ["stale"]),
    ],
)
def test_before_operating_funds(real, codes):
    found = before_funds([LINE], {1: real} if real else {}, ALL, GOOD)
    assert [reason.code for reason in found] == codes


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # other work may keep the machine busy
@given(
    st.lists(st.sampled_from(FIVE), min_size=1, unique=True),
    st.sets(st.sampled_from(FIVE)),
    st.sets(st.sampled_from(sorted(ALL))),
)
def test_only_what_the_rules_hold_can_block(items, there, held):
    rule = {name: ALL[name] for name in held}
    line = replace(LINE, items=tuple(items))
    found = at_approval([line], [source("别的", *there)], rule, Standing(uncorrected=1))
    found += at_acceptance([line], {1: replace(REAL, items=frozenset(there))}, rule, Standing())
    assert {reason.requirement for reason in found if reason.blocks} <= held
    assert all(reason.blocks == (reason.requirement in held) for reason in found)


def test_every_state_but_the_last_has_a_question():
    assert set(STAGE_OF) == set(ProjectStatus) - {ProjectStatus.WITHDRAWN}
    assert not PROJECT.can(ProjectStatus.PLANNING, "pass_approval")
    assert not PROJECT.can(ProjectStatus.APPROVED, "pass_acceptance")
