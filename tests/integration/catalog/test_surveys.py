"""Surveys of data: every unit asked, each resource matched with the catalog, what is not cataloged owed until it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factories import SEED, City, companies, stops
from gongshu import clock, rules
from gongshu.catalog import survey_actions as actions
from gongshu.catalog import survey_queries as queries
from gongshu.catalog.survey import Held, as_text
from gongshu.crypto import provider as crypto
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.identity import actions as identity
from gongshu.identity.models import Person
from gongshu.identity.states import BodyKind, Office, Role
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def held(city: City, under: Callable[[str], rules.Pack]) -> City:
    """A city under Zaozhuang's rules with a state enterprise and an operator beside its departments."""
    under("zaozhuang")
    for code, name, office, kind in (
        ("water", "江临水务集团", Office.DEPARTMENT, BodyKind.ENTERPRISE),
        ("operator", "江临数据运营有限公司", Office.OPERATOR, BodyKind.ENTERPRISE),
    ):
        identity.register_organization(by=SEED, code=code, name=name, name_en=code, office=office, body_kind=kind)
    city.water = city.person("shui", "water", Role.PROVIDER)  # type: ignore[attr-defined]
    return city


def opened(city: City, **changes: object):
    base: dict[str, object] = {"title": "2026年数据资源普查", "due_on": clock.today() + timedelta(days=30)}
    return actions.open_survey(by=city.authority, **(base | changes))  # type: ignore[arg-type]


def browser(username: str) -> Client:
    client = Client()
    client.force_login(Person.objects.get(username=username), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.article("zaozhuang-6.1")
def test_departments_and_state_enterprises_answer_and_what_is_not_cataloged_is_owed_until_it_is(held: City) -> None:
    entry = held.published()
    found = opened(held)
    asked = {one.organization.code for one in queries.answers(held.authority, found)}
    assert {"market", "housing", "water"} <= asked
    assert not asked & {"operator", "government", "public"}
    duty = duties.todo(held.compiler).get(kind="catalog.survey")
    assert (duty.due_on, duty.subject) == (found.due_on, found.number)
    assert any("6.1" in one["id"] for one in duty.citations)
    assert queries.proposed("market") == (Held("企业登记信息", "企业登记系统", "csv", None, True),)

    with pytest.raises(GongshuError) as empty:
        actions.answer(by=held.compiler, number=found.number, lines=())
    assert empty.value.code == "catalog.survey_empty"
    with pytest.raises(NotAllowed):
        actions.answer(by=held.consumer, number=found.number, lines=(Held("甲"),))
    lines = (
        *queries.proposed("market"),
        Held("个体工商户年报", "年报系统", "db", 3200),
        Held("广告监测", reason="待整理"),
    )
    actions.answer(by=held.compiler, number=found.number, lines=lines[:1])
    actions.answer(by=held.compiler, number=found.number, lines=lines)  # again, until it is closed
    assert not duties.todo(held.compiler).filter(kind="catalog.survey").exists()
    assert [one.entry_id for one in queries.inventory(held.compiler, found)] == [entry.pk, None, None]
    actions.answer(by=held.water, number=found.number, lines=(Held("供水管网", "管网系统", "db", 9000),))  # type: ignore[attr-defined]
    assert [one.title for one in queries.inventory(held.compiler, found)] == [one.title for one in lines], (
        "one's own only"
    )
    totals = queries.totals(held.authority, found)
    assert (totals.answered, totals.resources, totals.cataloged, totals.missing, totals.systems) == (2, 4, 1, 3, 3)
    assert (totals.rows, totals.percent) == (12200, 25)

    assert actions.urge(by=held.authority, number=found.number) == len(asked) - 2
    with pytest.raises(Conflict) as silent:
        actions.close_survey(by=held.authority, number=found.number)
    assert silent.value.code == "catalog.survey_silent"
    with pytest.raises(NotAllowed):
        actions.close_survey(by=held.compiler, number=found.number, anyway="够了")
    closed = actions.close_survey(by=held.authority, number=found.number, anyway="其余单位另行摸底")
    assert closed.digest == crypto().digest_sm3(queries.inventory_text(found).encode()).hex()
    (leaf,) = [bytes(row.leaf) for row in Outbox.objects.all() if b"survey_closed" in bytes(row.leaf)]
    assert closed.digest.encode() in leaf
    with pytest.raises(Conflict):
        actions.answer(by=held.compiler, number=found.number, lines=lines)

    owed = duties.todo(held.compiler).get(kind="catalog.compile")
    assert "2 项" in owed.title_zh
    held.published(stops(title="个体工商户 年报"))  # spaces and width aside
    owed.refresh_from_db()
    assert owed.status == "open"
    held.published(companies(title="广告监测"))
    owed.refresh_from_db()
    assert owed.status == "done"
    assert queries.totals(held.authority, found).cataloged == 3


def test_only_the_authority_asks_and_a_day_to_come_is_named(held: City) -> None:
    with pytest.raises(NotAllowed):
        actions.open_survey(by=held.center, title="普查", due_on=clock.today() + timedelta(days=9))
    for changes, code in (({"title": " "}, "catalog.survey_title"), ({"due_on": clock.today()}, "catalog.survey_day")):
        with pytest.raises(GongshuError) as wrong:
            opened(held, **changes)
        assert wrong.value.code == code
    found = opened(held, kinds=["enterprise"])
    assert [one.organization.code for one in queries.answers(held.authority, found)] == ["water"]
    with pytest.raises(NotFound):
        queries.survey(held.compiler, found.number)
    actions.answer(by=held.water, number=found.number, lines=(), nothing=True)  # type: ignore[attr-defined]
    actions.close_survey(by=held.authority, number=found.number)
    assert not duties.todo(held.water).exists()  # type: ignore[attr-defined]


@pytest.mark.article("zaozhuang-6.1")
def test_the_pages_from_opening_to_the_inventory_as_a_file(held: City) -> None:
    held.published()
    lin, wang, zhou = browser("lin"), browser("wang"), browser("zhou")
    assert "国有企业" in lin.get("/console/surveys/").content.decode()
    bad = lin.post("/console/surveys/", {"title": "普查", "due_on": "明天"})
    assert bad.status_code == 400
    day = (clock.today() + timedelta(days=20)).isoformat()
    assert (
        lin.post(
            "/console/surveys/", {"title": "普查", "due_on": day, "kinds": ["government_department", "enterprise"]}
        ).status_code
        == 302
    )
    found = queries.surveys(held.authority).get()
    where = f"/console/surveys/{found.number}/"
    form = wang.get(f"{where}answer/").content.decode()
    assert "企业登记信息\t企业登记系统" in form
    assert zhou.get(f"{where}answer/").status_code == 403
    book = openpyxl.Workbook()
    for row in (["数据资源名称", "来源系统"], ["企业登记信息", "登记系统"], ["广告监测", None]):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    read = wang.post(
        f"{where}answer/", {"then": "read", "file": SimpleUploadedFile("a.xlsx", out.getvalue())}
    ).content.decode()
    assert "已读入 2 项" in read
    assert "广告监测" in read
    damaged = wang.post(f"{where}answer/", {"then": "read", "file": SimpleUploadedFile("a.xlsx", b"no workbook")})
    assert damaged.status_code == 400
    twice = wang.post(f"{where}answer/", {"lines": "甲\n甲"})
    assert twice.status_code == 400
    assert "第 1 行与第 2 行" in twice.content.decode()
    lines = as_text((Held("企业登记信息"), Held("=1+1")))
    assert wang.post(f"{where}answer/", {"lines": lines}).status_code == 302
    page = lin.get(where).content.decode()
    assert "未编目" in page
    assert "未填报" in page
    assert "企业登记信息" not in lin.get(f"{where}?missing=1").content.decode().split('id="inventory"')[1]
    refused = lin.post(f"{where}act/", {"act": "close"})
    assert refused.status_code == 409
    lin.post(f"{where}act/", {"act": "urge"})
    assert notices.of(held.consumer).filter(kind="catalog.survey").count() == 0, "who provides is reminded"
    unknown = lin.post(f"{where}act/", {"act": "reopen", "anyway": "其余另行摸底"})
    assert unknown.status_code == 400, "an unknown step does not close the survey"
    lin.post(f"{where}act/", {"act": "close", "anyway": "其余另行摸底"})
    table = lin.get(f"{where}inventory.csv").content.decode("utf-8-sig")
    assert "'=1+1" in table
    assert "SM3" in lin.get(where).content.decode()
    counted = []
    for extra in (1, 2):
        for n in range(5 * extra):
            held.published(companies(title=f"企业登记{extra}{n}"))
        again = opened(held, title=f"普查{extra}")
        actions.answer(by=held.compiler, number=again.number, lines=queries.proposed("market"))
        with CaptureQueriesContext(connection) as asked:
            lin.get(f"/console/surveys/{again.number}/")
        counted.append(len(asked))
    assert counted[0] == counted[1]
