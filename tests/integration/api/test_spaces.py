"""Data stores as programs read them."""

from __future__ import annotations

from gongshu import clock
from gongshu.spaces import actions
from gongshu.spaces.models import TableUse
from gongshu.spaces.states import Right, SpaceKind


def test_a_program_reads_what_its_person_sees(city, program):
    made = actions.open_space(
        by=city.authority, organization="market", name="市监局数据仓", kind=SpaceKind.DEPARTMENT, quota_rows=4
    )
    entry = city.collected()
    TableUse.objects.create(entry=entry, bytes=10, rows=3, measured_at=clock.now())
    actions.add_member(by=city.authority, number=made.number, username="li", right=Right.READ)
    wang, zhou = program("wang"), program("zhou")
    status, listed = wang.get("/spaces")
    assert (status, listed["total"], listed["results"][0]["percent"]) == (200, 1, 75)
    assert wang.get(f"/spaces/{made.number}")[1]["members"][0]["right"] == "read"
    assert wang.get(f"/spaces/{made.number}/tables")[1]["results"][0]["code"] == entry.code
    assert zhou.get("/spaces")[1]["total"] == 0
    assert zhou.get(f"/spaces/{made.number}")[0] == 404
    assert wang.post("/spaces", {})[0] == 405
