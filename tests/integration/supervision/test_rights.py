"""Rights in data: who holds which by law, and which run only while an authorisation does (xian-6 to xian-9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factories import companies, stops
from gongshu import clock, rules
from gongshu.catalog import actions as catalog
from gongshu.catalog import queries as entries
from gongshu.catalog.draft import RightData
from gongshu.errors import GongshuError, NotAllowed
from gongshu.grants import actions as grants
from gongshu.identity.states import Role
from gongshu.operation import exit_actions
from gongshu.supervision import rights_queries as queries
from integration.operation.test_demand import supplied
from integration.operation.test_designation import Operated, pack

pytestmark = pytest.mark.django_db
__all__ = ["pack"]


def granted(city: Operated, entry, organization: str, days: int = 30):
    return grants.create(
        by=city.authority,
        organization=organization,
        provider="market",
        resource=entry.code,
        title=entry.title,
        items=["name"],
        purpose="operation",
        modes=["query"],
        valid_from=clock.today(),
        valid_until=clock.today() + timedelta(days=days),
        source="SQ-1",
    )


def held(city: Operated, entry, actor=None) -> dict[str, list[tuple[str, bool]]]:
    found: dict[str, list[tuple[str, bool]]] = {}
    for one in queries.of_entry(actor or city.authority, entries.entry(city.authority, entry.code)):
        found.setdefault(one.right, []).append((one.holder.zh, one.running))
    return found


@pytest.mark.article("xian-6", "xian-7", "xian-8")
def test_in_xian_the_law_names_owner_manager_and_department_and_an_entry_without_them_is_not_submitted() -> None:
    city = Operated("xian")
    entry = city.draft()
    by_law = {right.right: right.holder for right in entries.draft_of(entry).rights}
    unit = "市市场监督管理局"
    assert by_law == {"ownership": "国家", "management": unit, "collection": unit, "use": unit}
    for lacking, code in (
        ((RightData("ownership", "国家"),), "catalog.provider_right_missing"),
        (tuple(RightData(right, unit) for right in ("management", "collection", "use")), "catalog.owner_missing"),
        (
            tuple(RightData(right, "国家" if right == "ownership" else "某公司") for right in by_law),
            "catalog.provider_right_other",
        ),
        (
            (*(RightData(right, holder) for right, holder in by_law.items()), RightData("income", unit)),
            "catalog.right_by_grant",
        ),
    ):
        catalog.change_entry(by=city.compiler, code=entry.code, data=companies(rights=lacking))
        with pytest.raises(GongshuError) as refused:
            catalog.submit_entry(by=city.compiler, code=entry.code)
        assert refused.value.code == code
    catalog.change_entry(by=city.compiler, code=entry.code, data=companies())
    catalog.submit_entry(by=city.compiler, code=entry.code)
    catalog.record_secrecy_review(by=city.reviewer, code=entry.code)
    catalog.publish_entry(by=city.reviewer, code=entry.code)
    found = held(city, entry)
    assert found["ownership"] == [("国家", True)]
    assert found["overall_management"] == [(rules.active().office_name("authority").zh, True)]
    assert found["collection"] == found["management"] == found["use"] == [(unit, True)]
    assert "income" not in found
    cited = {c.label("zh") for one in queries.of_entry(city.authority, entry) for c in one.citations}
    assert {"第七条" in one or "第八条" in one for one in cited} == {True}


@pytest.mark.article("xian-8", "xian-9")
def test_use_and_income_by_authorisation_begin_and_end_with_the_grant() -> None:
    city = Operated("xian")
    entry = city.collected()
    operator = granted(city, entry, "operator")
    granted(city, entry, "housing")
    company = "江临数据运营有限公司"
    assert held(city, entry)["income"] == [(company, True)], "a department has the use, no income"
    assert (company, True) in held(city, entry)["use"]
    assert ("市住房和城乡建设局", True) in held(city, entry)["use"]
    stranger = city.person("xu", "government", Role.CONSUMER)
    assert "income" not in held(city, entry, stranger), "of other bodies' grants nobody else knows"
    with clock.frozen(clock.now() + timedelta(days=40)):
        assert held(city, entry)["income"] == [(company, False)]
    with pytest.raises(NotAllowed):
        grants.revoke(by=city.consumer, grant_id=operator.grant_id, reason="别人的")
    grants.revoke(by=city.authority, grant_id=operator.grant_id, reason="超范围使用")
    assert held(city, entry)["income"] == [(company, False)]
    assert not queries.authorisations(city.authority, right="income", running=True).exists()
    assert queries.authorisations(city.authority, right="income").get().grant_id == operator.grant_id


@pytest.mark.article("xian-9")
def test_an_operators_rights_end_with_its_agreement_and_rest_while_it_is_suspended() -> None:
    city = Operated("dazhou")
    entry = city.collected(stops())
    signed = city.designated()
    supplied(city, entry.code)
    running = [one for one in queries.of_entry(city.authority, entry) if one.right == "income"]
    assert [(one.running, one.until) for one in running] == [(True, signed.valid_until)]
    assert "XY-2026-1" in running[0].ground.zh
    exit_actions.order_correction(
        by=city.authority,
        number=signed.number,
        ground="misuse",
        findings="转售",
        due_on=clock.today() + timedelta(days=9),
    )
    assert {one.running for one in queries.of_entry(city.authority, entry) if one.right in {"use", "income"}} == {False}
    with clock.frozen(clock.now() + timedelta(days=365 * 4)):
        assert not any(one.running for one in queries.of_entry(city.authority, entry) if one.grant)


@pytest.mark.article("xian-7", "xian-9")
def test_the_register_of_rights_as_pages_files_and_api() -> None:
    from gongshu.identity.models import Person

    city = Operated("xian")
    entry = city.collected()
    granted(city, entry, "operator")
    granted(city, entry, "housing")

    def browser(username: str) -> Client:
        client = Client()
        client.force_login(Person.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
        return client

    lin, zhou, ma = browser("lin"), browser("zhou"), browser("ma")
    listed = lin.get("/console/rights/").content.decode()
    assert listed.count("江临数据运营有限公司") == 2, "use and income"
    assert "第九条" in listed
    assert "市住房和城乡建设局" in listed
    only = lin.get("/console/rights/", {"right": "income"}).content.decode()
    assert "市住房和城乡建设局" not in only
    assert "江临数据运营有限公司" not in zhou.get("/console/rights/").content.decode()
    assert "市住房和城乡建设局" not in ma.get("/console/rights/").content.decode().split("</nav>")[-1]
    table = lin.get("/console/rights/file.csv").content.decode("utf-8-sig")
    assert len(table.strip().splitlines()) == 1 + 3
    page = lin.get(f"/console/catalog/{entry.code}/?tab=rights").content.decode()
    for word in ("国家", "统筹管理权", "采集权", "收益权", "江临数据运营有限公司", "第七条", "第八条"):
        assert word in page
    assert "江临数据运营有限公司" not in zhou.get(f"/console/catalog/{entry.code}/?tab=rights").content.decode()
    for n in range(5):
        granted(city, entry, "housing", days=n + 1)
    with CaptureQueriesContext(connection) as few:
        lin.get("/console/rights/")
    for n in range(8):
        granted(city, entry, "housing", days=n + 1)
    with CaptureQueriesContext(connection) as many:
        lin.get("/console/rights/")
    assert len(many) == len(few)


def test_where_the_rules_name_no_rights_nothing_is_asked_for() -> None:
    city = Operated("luzhou")
    entry = city.published(replace(companies(), rights=()))
    assert entries.data_of(entry).rights == ()
    assert queries.of_entry(city.authority, entry) == []
    assert queries.known() == ()
