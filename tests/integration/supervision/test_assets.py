"""The asset register of Xi'an: registered, assessed, counted, filed upward."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factories import City, companies, stops
from gongshu import clock, rules
from gongshu.collection.models import Run
from gongshu.collection.states import RunStatus
from gongshu.crypto import provider as crypto
from gongshu.errors import Conflict, NotAllowed, NotFound
from gongshu.identity.models import Organization, Person
from gongshu.ledger.models import Outbox
from gongshu.supervision import asset_actions as actions
from gongshu.supervision import asset_queries as queries
from gongshu.supervision.asset_method import DIMENSIONS, METHOD
from gongshu.supervision.asset_queries import Totals

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def pack() -> Iterator[None]:
    usual = rules.active().id
    rules.configure("xian")
    yield
    rules.configure(usual)


@pytest.fixture
def city() -> City:
    return City()


def committed(code: str, *, size: int, read: int, accepted: int) -> None:
    Run.objects.create(
        id=f"run_{code}",
        resource=code,
        title="x",
        provider=Organization.objects.get(code="market"),
        submitted_at=clock.now(),
        filename="x.csv",
        size=size,
        sha256="0" * 64,
        read=read,
        accepted=accepted,
        rejected=read - accepted,
        status=RunStatus.COMMITTED,
    )


def leaves(act: str) -> list[dict[str, object]]:
    found = [json.loads(bytes(row.leaf).split(b"\n")[0]) for row in Outbox.objects.order_by("pk")]
    return [leaf for leaf in found if leaf["action"] == act]


@pytest.mark.article("xian-17")
def test_what_is_published_and_collected_is_registered_once(city: City) -> None:
    entry = city.collected()
    city.published(stops())  # published, and nothing collected
    for stranger in (city.compiler, city.auditor, city.center, city.government):
        with pytest.raises(NotAllowed):
            actions.register_all(by=stranger)
    (made,) = actions.register_all(by=city.authority)
    assert (made.entry.code, made.holder.code) == (entry.code, "market")
    assert actions.register_all(by=city.authority) == []
    with pytest.raises(NotFound):
        actions.register(by=city.authority, code=entry.code)
    assert queries.asset(city.compiler, made.number) == made
    with pytest.raises(NotFound):
        queries.asset(city.consumer, made.number)
    (leaf,) = leaves("supervision.asset_registered")
    assert "第十七条" in str(leaf["cites"])


def test_an_assessment_counts_what_the_platform_has(city: City) -> None:
    entry = city.collected()
    committed(entry.code, size=1, read=4, accepted=3)
    (made,) = actions.register_all(by=city.authority)
    result = actions.assess(by=city.authority, number=made.number)
    counted = {one["dimension"]: (one["counted"], one["points"]) for one in result.scores}
    assert counted["accuracy"] == ("3 ÷ 4", "75.00")
    assert counted["metadata"] == ("5 ÷ 10", "50.00")  # summary, theme, business, system, term
    assert counted["freshness"] == ("100 − 2 × 0", "100.00")
    assert counted["uses"] == ("0", "0.00")
    assert counted["openness"] == ("30 + 0", "30.00")
    assert result.total == Decimal("48.00") == result.quality + result.value  # 10 + 20 + 15 + 3
    with pytest.raises(Conflict):
        result.save()
    assert queries.search(city.authority).get().score == Decimal("48.00")


def test_survey_totals_are_numbers_by_organisation_and_for_the_city(city: City) -> None:
    entry = city.collected()
    committed(entry.code, size=3 * 1024**3, read=3, accepted=3)
    listed, whole = queries.survey()
    ((who, totals),) = listed
    assert (who.code, totals) == ("market", Totals(volume=3 * 1024**3, rows=3))
    assert whole == totals
    assert [str(cell) for cell in totals.columns()] == ["3.00", "0.00", "0.00", "0.00", "0.00", "0.00"]


@pytest.mark.article("xian-17")
def test_the_register_is_filed_upward_with_its_digest_in_the_ledger(city: City) -> None:
    with pytest.raises(Conflict):
        actions.file_upward(by=city.authority, to="省级机构")
    city.collected()
    (asset,) = actions.register_all(by=city.authority)
    actions.assess(by=city.authority, number=asset.number)
    filed = actions.file_upward(by=city.authority, to="省政务数据管理机构")
    assert filed.digest == crypto().digest_sm3(filed.body.encode()).hex()
    (leaf,) = leaves("supervision.assets_filed")
    assert leaf["details"]["digest"] == filed.digest  # type: ignore[index]
    body = json.loads(filed.body)
    assert [one["number"] for one in body["assets"]] == [asset.number]
    browser = Client()
    browser.force_login(Person.objects.get(username="lin"), backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get(f"/console/assets/filed/{filed.number}.json").content.decode() == filed.body
    table = browser.get(f"/console/assets/filed/{filed.number}.csv").content.decode("utf-8-sig")
    assert next(iter(csv.DictReader(io.StringIO(table))))["资产编号"] == asset.number
    assert browser.get(f"/console/assets/filed/{filed.number}.xlsx").content[:2] == b"PK"
    browser.force_login(Person.objects.get(username="zhou"), backend="django.contrib.auth.backends.ModelBackend")
    assert browser.get(f"/console/assets/filed/{filed.number}.json").status_code == 403


@pytest.mark.parametrize("pack_id", ["luzhou", "dazhou", "yongjia"])
def test_where_the_rules_know_no_register_there_is_none(city: City, pack_id: str) -> None:
    rules.configure(pack_id)
    with pytest.raises(Conflict) as silent:
        actions.register_all(by=city.authority)
    assert silent.value.code == "asset.no_rule"


@pytest.mark.article("zaozhuang-6.2")
def test_in_zaozhuang_assets_are_registered_and_their_quality_and_value_assessed(city: City) -> None:
    rules.configure("zaozhuang")
    city.collected()
    (asset,) = actions.register_all(by=city.authority)
    made = actions.assess(by=city.authority, number=asset.number)
    assert {one.side for one in DIMENSIONS} == {"quality", "value"}
    assert {line["dimension"] for line in made.scores} == {one.id for one in DIMENSIONS}
    assert sum(Decimal(line["added"]) for line in made.scores) == made.total
    assert made.method == METHOD
    assert "6.2" in actions.citations()[0].id
    wanted = rules.active().value("operation.asset_assessment", on=clock.today()).value
    assert [one.id for one in wanted] == ["quality", "value"]


def test_the_pages(city: City) -> None:
    city.collected()
    browser = Client()
    browser.force_login(Person.objects.get(username="lin"), backend="django.contrib.auth.backends.ModelBackend")
    assert "待登记 1 项" in browser.get("/console/assets/").content.decode()
    browser.post("/console/assets/act/", {"act": "register"})
    number = queries.search(city.authority).get().number
    browser.post("/console/assets/act/", {"act": "assess", "number": number})
    shown = browser.get(f"/console/assets/{number}/").content.decode()
    assert "元数据完整" in shown
    assert "质量与价值评估" in shown
    surveyed = browser.get("/console/assets/?survey=1").content.decode()
    assert "已开放记录数" in surveyed
    assert "Decimal" not in surveyed
    assert browser.post("/console/assets/act/", {"act": "filed"}).status_code == 400
    assert browser.post("/console/assets/act/", {"act": "file", "to": " "}).status_code == 400
    browser.post("/console/assets/act/", {"act": "file", "to": "省政务数据管理机构"})
    assert "省政务数据管理机构" in browser.get("/console/assets/").content.decode()
    counted = []
    for extra in range(2):
        for n in range(extra * 5):
            city.collected(companies(title=f"企业登记{n}"))
        actions.register_all(by=city.authority)
        browser.get("/console/assets/")
        with CaptureQueriesContext(connection) as asked:
            browser.get("/console/assets/")
        counted.append(len(asked))
    assert counted[0] == counted[1]
