"""Libraries on the pages: set up, sources chosen and mapped, agreed to, broken, ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import companies
from gongshu import clock, wiring
from gongshu.catalog.models import Entry
from gongshu.identity.models import Organization
from gongshu.identity.states import Role
from gongshu.libraries import actions
from gongshu.libraries.models import Library, LibrarySource
from gongshu.libraries.states import Combine, LibraryKind


def text(response):
    return response.content.decode()


@pytest.fixture
def town(city):
    """The register, a list of another unit, and the library's own entry."""
    wiring.connect()
    city.person("xu", "housing", Role.PROVIDER)
    city.register = city.collected()
    city.other = city.published(companies(title="住建企业"))
    Entry.objects.filter(pk=city.other.pk).update(provider=Organization.objects.get(code="housing"))
    city.own = city.published(companies(title="法人单位基础库"))
    return city


@pytest.mark.article("yongjia-7")
def test_a_library_through_the_pages(town, signed_in):
    lin, wang, xu = signed_in("lin"), signed_in("wang"), signed_in("xu")
    assert "还没有数据库" in text(lin.get("/console/libraries/"))
    asked = {"name": "法人库", "code": town.own.code, "kind": "base", "about": "legal_persons", "combine": "union"}
    for wrong, code in (
        ({"name": ""}, 400), ({"about": ""}, 400), ({"code": "x"}, 404), ({"code": town.register.code}, 409),
        ({"kind": "task", "purpose": "清查", "ends_on": "morgen"}, 400),
    ):  # fmt: skip
        answer = lin.post("/console/libraries/new/", asked | wrong)
        assert answer.status_code == code, wrong
    assert wang.get("/console/libraries/new/").status_code == 403
    address = lin.post("/console/libraries/new/", asked).headers["Location"]
    act = f"{address}act/"
    assert "还没有来源" in text(wang.get(address))
    assert xu.post(act, {"act": "add", "code": town.register.code}).status_code == 403
    assert wang.post(act, {"act": "add", "code": "nowhere"}).status_code == 404
    assert wang.post(act, {"act": "add", "code": town.own.code}).status_code == 400
    wang.post(act, {"act": "add", "code": town.register.resource_code})
    wang.post(act, {"act": "add", "code": town.other.code})
    shown = text(wang.get(address))
    assert "住建企业" in shown
    assert "待提供单位同意" in shown
    assert "Text(" not in shown
    assert "同意使用" not in shown
    assert "待本单位答复" in text(xu.get("/console/libraries/"))
    assert "同意使用" in text(xu.get(address))
    assert xu.post(act, {"act": "refuse", "code": town.other.code}).status_code == 400
    xu.post(act, {"act": "agree", "code": town.other.code})
    assert "提供单位已同意" in text(xu.get(address))
    wang.post(act, {"act": "map", "code": town.other.code, "item-uscc": "uscc", "item-name": "name"})
    assert LibrarySource.objects.get(entry=town.other).items == {"uscc": "uscc", "name": "name"}
    assert LibrarySource.objects.get(entry=town.other).consent == "agreed", "it takes less than was agreed to"
    assert wang.post(act, {"act": "map", "code": town.other.code, "item-uscc": "x"}).status_code == 400
    wang.post(act, {"act": "first", "code": town.other.code})
    assert [one.entry_id for one in LibrarySource.objects.all()] == [town.other.pk, town.register.pk]
    actions.build_one(by=town.center)
    shown = text(lin.get(address))
    assert "尚不能合成" in shown
    assert "“住建企业”尚未归集数据" in shown
    wang.post(act, {"act": "remove", "code": town.other.code})
    assert LibrarySource.objects.count() == 1
    entry = text(wang.get(f"/console/catalog/{town.own.code}/"))
    assert "由多个来源合成" in entry
    assert "归集数据" not in entry.split('class="work"')[1].split("<section")[0]
    assert address in text(wang.get(f"/console/catalog/{town.own.code}/"))
    assert wang.post(act, {"act": "fly"}).status_code == 400
    assert wang.post(act, {"act": "end", "reason": ""}).status_code == 400
    wang.post(act, {"act": "end", "reason": "并入市级库"})
    assert "已结束" in text(wang.get(address))
    assert wang.post(act, {"act": "add", "code": town.other.code}).status_code == 409
    assert wang.get("/console/libraries/SJK-1/").status_code == 404


def test_search_and_english(town, signed_in):
    lin = signed_in("lin")
    made = actions.open_library(
        by=town.authority,
        code=town.own.code,
        name="清查专题库",
        kind=LibraryKind.TASK,
        combine=Combine.UNION,
        purpose="年度清查",
        ends_on=clock.today() + timedelta(days=30),
    )
    for query, there in (("?q=清查", True), ("?q=住建", False), ("?kind=base", False), ("?status=draft", True)):
        assert (made.number in text(lin.get(f"/console/libraries/{query}"))) is there
    for address in ("/console/libraries/", "/console/libraries/new/", f"/console/libraries/{made.number}/"):
        assert "Libraries" in text(lin.get(f"{address}?lang=en"))


def test_more_sources_take_no_more_queries(town, signed_in):
    made = actions.open_library(
        by=town.authority, code=town.own.code, name="企业库", kind=LibraryKind.THEME, combine=Combine.UNION
    )
    wang, page = signed_in("wang"), f"/console/libraries/{made.number}/"
    actions.define(by=town.compiler, number=made.number, parts=[(town.register.code, None)])
    wang.get(page)
    with CaptureQueriesContext(connection) as few:
        wang.get(page)
    others = [town.published(companies(title=f"企业名录{number}")).code for number in range(4)]
    parts = [(code, None) for code in (town.register.code, *others)]
    actions.define(by=town.compiler, number=made.number, parts=parts)
    Library.objects.update(due=False)
    with CaptureQueriesContext(connection) as many:
        wang.get(page)
    assert len(many) == len(few) <= 26
