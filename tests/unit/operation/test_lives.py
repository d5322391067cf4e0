"""The transition tables of operation, as tables."""

from __future__ import annotations

import pytest

from gongshu.operation.states import CORRECTION, DEMAND, DESIGNATION
from gongshu.operation.states import CorrectionStatus as C
from gongshu.operation.states import DemandStatus as Q
from gongshu.operation.states import DesignationStatus as D

LIVES = [
    (
        DESIGNATION,
        {
            (D.IN_REVIEW, "sign"): D.ACTIVE,
            (D.IN_REVIEW, "refuse"): D.REFUSED,
            (D.IN_REVIEW, "withdraw"): D.WITHDRAWN,
            (D.ACTIVE, "suspend"): D.SUSPENDED,
            (D.ACTIVE, "end"): D.ENDED,
            (D.ACTIVE, "expire"): D.EXPIRED,
            (D.SUSPENDED, "restore"): D.ACTIVE,
            (D.SUSPENDED, "terminate"): D.TERMINATED,
            (D.SUSPENDED, "expire"): D.EXPIRED,
        },
    ),
    (
        CORRECTION,
        {
            (C.ORDERED, "answer"): C.ANSWERED,
            (C.ANSWERED, "answer"): C.ANSWERED,
            (C.ANSWERED, "accept"): C.ACCEPTED,
            (C.ORDERED, "fail"): C.FAILED,
            (C.ANSWERED, "fail"): C.FAILED,
        },
    ),
    (
        DEMAND,
        {
            (Q.IN_REVIEW, "supply"): Q.SUPPLIED,
            (Q.IN_REVIEW, "refuse"): Q.REFUSED,
            (Q.IN_REVIEW, "withdraw"): Q.WITHDRAWN,
            (Q.SUPPLIED, "ask_end"): Q.ENDING,
            (Q.SUPPLIED, "suspend"): Q.SUSPENDED,
            (Q.SUPPLIED, "end"): Q.ENDED,
            (Q.ENDING, "keep"): Q.SUPPLIED,
            (Q.ENDING, "suspend"): Q.SUSPENDED,
            (Q.ENDING, "end"): Q.ENDED,
            (Q.SUSPENDED, "restore"): Q.SUPPLIED,
            (Q.SUSPENDED, "end"): Q.ENDED,
        },
    ),
]


@pytest.mark.parametrize(("table", "ways"), LIVES, ids=lambda one: getattr(one, "name", ""))
def test_every_act_leads_where_the_table_says_and_nowhere_else(table, ways) -> None:
    names = {step.name for step in table.transitions}
    assert names == {name for _, name in ways}
    for state in table.states:
        for name in names:
            assert table.can(state, name) is ((state, name) in ways), (state, name)
            if (state, name) in ways:
                assert table.check(state, name) == ways[state, name]
