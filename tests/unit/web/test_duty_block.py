"""What a duty is called on the pages, and under which number people know it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gongshu.web import duty_block


@pytest.mark.parametrize(
    ("kind", "zh"),
    [
        ("supervision.project", "项目关口"),
        ("supervision.asset_filing", "数据资产备案"),
        ("supervision.finding", "违规整改"),
        ("source.decide", "一数一源认定"),
    ],
)
def test_a_duty_is_called_what_it_is(kind, zh):
    assert duty_block.kind_text(kind).zh == zh


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("SQ-20261118-0042", "SQ-20261118-0042"),
        ("333005-000001", "333005-000001"),
        ("upkeep-market-2026-Q4", ""),
        ("supervision.asset_registration", ""),
    ],
)
def test_only_numbers_that_people_know_are_shown(subject, shown):
    assert duty_block.case_number(SimpleNamespace(subject=subject)) == shown
