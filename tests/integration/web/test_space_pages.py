"""Data stores on the pages: opened, filled, measured out, members named and revoked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import companies
from gongshu import clock
from gongshu.catalog.models import Entry
from gongshu.identity import actions as identity
from gongshu.identity.actor import Actor
from gongshu.spaces import actions
from gongshu.spaces.models import Member, Space, TableUse
from gongshu.spaces.states import Right, SpaceKind

ASKED = {
    "organization": "market", "name": "市监局数据仓", "kind": "department", "quota_bytes": "20 GB", "quota_rows": "4",
}  # fmt: skip


def text(response):
    return response.content.decode()


@pytest.fixture
def store(city):
    made = actions.open_space(
        by=city.authority, organization="market", name="市监局数据仓", kind=SpaceKind.DEPARTMENT, quota_rows=4
    )
    entry = city.collected()
    TableUse.objects.create(entry=entry, bytes=1_500_000, rows=3, measured_at=clock.now())
    return made


@pytest.mark.article("yongjia-7")
def test_a_store_through_the_pages(city, signed_in):
    lin, wang = signed_in("lin"), signed_in("wang")
    assert "还没有数据仓" in text(lin.get("/console/spaces/"))
    for wrong, code in (({"quota_bytes": "viel"}, 400), ({"name": ""}, 400), ({"organization": "x"}, 404)):
        answer = lin.post("/console/spaces/new/", ASKED | wrong)
        assert answer.status_code == code
        assert ASKED["quota_rows"] in text(answer), "what was typed stays"
    assert wang.get("/console/spaces/new/").status_code == 403
    address = lin.post("/console/spaces/new/", ASKED).headers["Location"]
    shown = text(wang.get(address))
    assert "市监局数据仓" in shown
    assert "20.0 GB" in shown
    assert "调整额度" not in shown
    assert "Text(" not in shown
    act = f"{address}act/"
    assert wang.post(act, {"act": "quota", "quota_rows": "9", "reason": "x"}).status_code == 403
    assert lin.post(act, {"act": "quota", "quota_rows": "9", "quota_bytes": ""}).status_code == 400
    assert lin.post(act, {"act": "quota", "quota_rows": "9", "reason": "业务增长"}).status_code == 302
    assert Space.objects.get().quota_rows == 9
    assert lin.post(act, {"act": "name", "username": "zhou", "right": "read"}).status_code == 400
    assert lin.post(act, {"act": "name", "username": "nobody"}).status_code == 404
    assert lin.post(act, {"act": "name", "username": "wang", "right": "manage", "until": "gestern"}).status_code == 400
    day = (clock.today() + timedelta(days=30)).isoformat()
    lin.post(act, {"act": "name", "username": "wang", "right": "manage", "until": day})
    wang.post(act, {"act": "members_only"})
    shown = text(wang.get(address))
    assert day in shown
    assert "按名单授权" in shown
    assert wang.post(act, {"act": "place", "code": "x"}).status_code == 403
    wang.post(act, {"act": "revoke", "member": Member.objects.get().pk})
    assert "撤销" in text(lin.get(address))
    assert lin.post(act, {"act": "revoke", "member": "²"}).status_code == 404
    assert lin.post(act, {"act": "fly"}).status_code == 400
    lin.post(act, {"act": "close", "reason": "机构改革"})
    closed = text(lin.get(address))
    assert "已关闭" in closed
    assert "重新开设" in closed
    assert "存证" in closed


def test_the_bar_says_how_full_it_is(city, store, signed_in):
    page = text(signed_in("lin").get("/console/spaces/"))
    assert "已用 75%" in page
    assert "正常" in page
    Space.objects.update(quota_rows=3)
    page = text(signed_in("lin").get(f"/console/spaces/{store.number}/"))
    assert "已满，不再接收数据" in page
    assert "1.5 MB" in page
    assert "企业登记信息" in page


def test_search_filters_and_walls(city, store, signed_in):
    lin = signed_in("lin")
    for query, there in (
        ("?q=市监", True), ("?q=住建", False), ("?kind=township", False), ("?status=open", True),
        ("?kind=nonsense", True),
    ):  # fmt: skip
        assert (f"/console/spaces/{store.number}/" in text(lin.get(f"/console/spaces/{query}"))) is there
    assert "没有符合条件" in text(lin.get("/console/spaces/?q=住建"))
    zhou = signed_in("zhou")
    assert zhou.get(f"/console/spaces/{store.number}/").status_code == 404
    assert zhou.post(f"/console/spaces/{store.number}/act/", {"act": "members_only"}).status_code == 404
    assert store.number not in text(zhou.get("/console/spaces/"))


def test_english_is_complete(city, store, signed_in):
    lin = signed_in("lin")
    for address in ("/console/spaces/", "/console/spaces/new/", f"/console/spaces/{store.number}/"):
        page = text(lin.get(f"{address}?lang=en"))
        assert "Data stores" in page


def test_a_longer_list_takes_no_more_queries(city, store, signed_in):
    lin = signed_in("lin")
    lin.get("/console/spaces/")
    with CaptureQueriesContext(connection) as few:
        lin.get("/console/spaces/")
    for number in range(10):
        identity.register_organization(by=Actor.process("tests"), code=f"u{number}", name=f"单位{number}", name_en="U")
        actions.open_space(
            by=city.authority, organization=f"u{number}", name=f"数据仓{number}", kind=SpaceKind.TOWNSHIP, quota_rows=9
        )
    with CaptureQueriesContext(connection) as many:
        lin.get("/console/spaces/")
    assert len(many) == len(few) <= 22
    page = f"/console/spaces/{store.number}/"
    with CaptureQueriesContext(connection) as few:
        lin.get(page)
    for username in ("wang", "li"):
        actions.add_member(by=city.authority, number=store.number, username=username, right=Right.READ)
    for place in range(5):
        entry = city.published(companies(title=f"企业登记信息{place}"))
        Entry.objects.filter(pk=entry.pk).update(data_version=1)
        TableUse.objects.create(entry=entry, bytes=1, rows=0, measured_at=clock.now())
    with CaptureQueriesContext(connection) as many:
        lin.get(page)
    assert len(many) <= len(few) + 1 <= 30
