"""Emergencies in the console: declared, applied under, ended with their grants; and a city that knows none."""

from __future__ import annotations

import pytest

from factories import companies, request
from gongshu import rules
from gongshu.catalog.states import ShareType
from gongshu.grants import queries as grants
from gongshu.sharing.models import Application, Emergency

SAID = {"kind": "natural_disaster", "title": "防汛应急响应", "description": "沿江转移安置，需人口和企业数据"}


@pytest.fixture
def pack():
    usual = rules.active().id
    yield rules.configure
    rules.configure(usual)


def text(response):
    return response.content.decode()


@pytest.mark.article("luzhou-20")
def test_the_authority_declares_a_body_applies_under_it_and_ending_it_ends_the_grant(city, signed_in, pack):
    pack("luzhou")
    lin, zhou = signed_in("lin"), signed_in("zhou")
    assert "第二十条" in text(lin.get("/console/emergencies/new/"))
    for lacking in SAID:
        assert lin.post("/console/emergencies/new/", SAID | {lacking: ""}).status_code == 400, lacking
    assert lin.post("/console/emergencies/new/", SAID | {"title": "a\0b"}).status_code == 400
    lin.post("/console/emergencies/new/", SAID)
    found = Emergency.objects.get()
    assert "还没有据此提出" in text(zhou.get(f"/console/emergencies/{found.number}/"))

    entry = city.collected(companies(share_type=ShareType.UNCONDITIONAL, share_condition=""))
    form = text(zhou.get(f"/console/catalog/{entry.code}/apply/"))
    assert found.number in form
    assert "第一时间" in form
    asked = request()
    typed = {
        "items": list(asked.items),
        "purpose": "",
        "mode": "query",
        "valid_until": asked.valid_until.isoformat(),
        "basis": asked.basis,
        "scenario": asked.scenario,
        "business_process": asked.business_process,
        "scope": asked.scope,
        "emergency": found.number,
    }
    assert (
        zhou.post(f"/console/catalog/{entry.code}/apply/", typed | {"emergency": "TF-20200101-0001"}).status_code == 404
    )
    zhou.post(f"/console/catalog/{entry.code}/apply/", typed)
    application = Application.objects.get()
    assert application.purpose == found.number
    assert f"应急处置（{found.number}）" in text(zhou.get(f"/console/applications/{application.number}/"))
    page = text(lin.get(f"/console/emergencies/{found.number}/"))
    assert application.number in page
    assert "现有 1 项有效" in page
    assert application.number not in text(signed_in("chen2").get(f"/console/emergencies/{found.number}/"))

    assert zhou.post(f"/console/emergencies/{found.number}/end/", {"reason": "x"}).status_code == 403
    assert lin.post(f"/console/emergencies/{found.number}/end/", {"reason": ""}).status_code == 400
    lin.post(f"/console/emergencies/{found.number}/end/", {"reason": "应急响应终止"})
    assert not grants.in_force(resource=entry.code).exists()
    assert "请停止使用相关数据" in text(zhou.get("/console/"))
    assert found.number not in text(zhou.get(f"/console/catalog/{entry.code}/apply/"))
    assert lin.post(f"/console/emergencies/{found.number}/end/", {"reason": "再次"}).status_code == 409


@pytest.fixture(autouse=True)
def outsider(city):
    from gongshu.identity.states import Role

    city.person("chen2", "center", Role.CONSUMER)


def test_who_may_declare_and_what_a_city_without_emergencies_shows(city, signed_in, pack):
    pack("xian")
    lin = signed_in("lin")
    assert "没有规定突发事件" in text(lin.get("/console/emergencies/"))
    assert lin.post("/console/emergencies/new/", SAID).status_code == 409
    pack("luzhou")
    zhou = signed_in("zhou")
    assert "宣布突发事件" not in text(zhou.get("/console/emergencies/"))
    assert zhou.get("/console/emergencies/new/").status_code == 403
    assert zhou.get("/console/emergencies/TF-20200101-0001/").status_code == 404


def test_the_list_is_searched_and_filtered(city, signed_in, pack, django_assert_max_num_queries):
    pack("luzhou")
    lin = signed_in("lin")
    lin.post("/console/emergencies/new/", SAID)
    number = Emergency.objects.get().number
    for page, there in (
        ("/console/emergencies/?q=防汛&status=declared", True),
        ("/console/emergencies/?status=ended", False),
        ("/console/emergencies/?q=地震", False),
    ):
        assert (number in text(lin.get(page))) is there, page
    with django_assert_max_num_queries(10):
        lin.get("/console/emergencies/")


@pytest.mark.article("yongjia-33")
def test_yongjia_offers_the_emergency_where_data_are_opened(city, signed_in, pack):
    from factories import stops
    from gongshu.catalog.states import OpenType
    from gongshu.opening.models import Release

    pack("yongjia")
    signed_in("lin").post("/console/emergencies/new/", SAID | {"kind": "public_health"})
    number = Emergency.objects.get().number
    entry = city.collected(stops(open_type=OpenType.UNCONDITIONAL))
    wang = signed_in("wang")
    assert number in text(wang.get(f"/console/catalog/{entry.code}/propose/"))
    wang.post(f"/console/catalog/{entry.code}/propose/", {"items": ["code", "name"], "emergency": number})
    release = Release.objects.get()
    assert (release.emergency, release.emergency_kind) == (number, "public_health")
    assert number in text(wang.get(f"/console/releases/{release.number}/"))
    assert release.number in text(signed_in("lin").get(f"/console/emergencies/{number}/"))
