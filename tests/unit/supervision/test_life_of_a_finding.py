"""The transition table of a finding, as a table."""

from __future__ import annotations

import pytest

from gongshu.errors import Conflict
from gongshu.supervision.states import FINDING, FindingStatus

S = FindingStatus
WAYS = {
    "dismiss": {S.PROPOSED: S.DISMISSED},
    "order": {S.PROPOSED: S.ORDERED},
    "answer": {S.ORDERED: S.ANSWERED, S.ANSWERED: S.ANSWERED},
    "extend": {S.ORDERED: S.ORDERED, S.ANSWERED: S.ORDERED},
    "accept": {S.ANSWERED: S.CORRECTED},
    "fail": {S.ORDERED: S.UNCORRECTED, S.ANSWERED: S.UNCORRECTED},
    "circulate": {S.UNCORRECTED: S.CIRCULATED},
    "hand_on": dict.fromkeys((S.PROPOSED, S.ORDERED, S.ANSWERED, S.UNCORRECTED, S.CIRCULATED), S.HANDED_ON),
}


@pytest.mark.parametrize("status", list(FindingStatus))
@pytest.mark.parametrize("action", sorted(WAYS))
def test_every_act_leads_where_the_table_says_and_nowhere_else(action: str, status: FindingStatus) -> None:
    target = WAYS[action].get(status)
    assert FINDING.can(status, action) is (target is not None)
    if target is not None:
        assert FINDING.check(status, action) == target
        return
    with pytest.raises(Conflict) as refused:
        FINDING.check(status, action)
    assert "现为" in refused.value.text.zh


def test_the_table_has_no_other_acts_and_ends_somewhere() -> None:
    assert {step.name for step in FINDING.transitions} == set(WAYS)
    assert set(FINDING.final) == {S.CORRECTED, S.HANDED_ON, S.DISMISSED}
