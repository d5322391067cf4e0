"""``gongshu clock`` as an operator runs it."""

from __future__ import annotations

import json


def test_the_daily_job_by_hand_and_the_list_answer_in_json(gongshu, installed):
    installed("yongjia")
    nothing = {"fixed": 0, "reminded": 0, "urged": 0, "escalated": 0, "escalated_further": 0, "found": 0}
    nothing |= {"renewals": 0, "ended": 0, "maintenance": 0, "assets": 0, "mandates": 0}
    nothing |= {"upkeep_opened": 0, "stale": 0, "fresh": 0}
    nothing["objections_closed"] = 0
    for _ in range(2):
        done = gongshu("clock", "run", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == nothing
    refused = gongshu("clock", "list", "--json")
    assert refused.returncode == 3
    assert json.loads(refused.stderr)["error"]["code"] == "cli.as_missing"
