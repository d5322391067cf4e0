"""Collection follows statutory duties (永嘉14): items beyond them stop at submission until dropped or explained."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from django.test import Client

from factories import SEED, City, companies
from gongshu import rules, wiring
from gongshu.catalog import actions, mandate_actions, mandate_queries, queries
from gongshu.catalog.draft import ItemData
from gongshu.duties import actions as time_of_duties
from gongshu.duties import queries as duties
from gongshu.errors import Exit, GongshuError, NotAllowed, NotFound
from gongshu.identity.models import Person

pytestmark = pytest.mark.django_db
BASIS = "《市场主体登记管理条例》第五条"


@pytest.fixture(autouse=True)
def yongjia(under: Callable[[str], rules.Pack]) -> Iterator[None]:
    under("yongjia")
    wiring.connect()
    yield


def with_phone():
    data = companies()
    return data.with_items(*data.items, ItemData("phone", "联系电话"))


@pytest.mark.article("yongjia-14")
def test_an_item_beyond_the_duties_is_dropped_or_explained_before_review(city: City) -> None:
    """1 a duty names its data, 2 an entry holds more, 3 it is not submitted, 4 explained, 5 the reviewer reads why."""
    titles = [item.title for item in companies().items]
    made = mandate_actions.register(by=city.compiler, name="企业登记", basis=BASIS, data=titles)
    entry = city.draft(with_phone())
    with pytest.raises(GongshuError) as beyond:
        actions.submit_entry(by=city.compiler, code=entry.code)
    assert beyond.value.code == "catalog.beyond_mandate"
    assert "联系电话" in beyond.value.text.zh
    (found,) = [one for one in queries.findings(entry) if one.code == "beyond_mandate"]
    assert found.row == len(titles) + 1 and any("第十四条" in cite.label("zh") for cite in found.citations)
    with pytest.raises(NotAllowed):
        mandate_actions.justify(by=city.consumer, code=entry.code, item="phone", reason="联系企业")
    with pytest.raises(NotFound):
        mandate_actions.justify(by=city.compiler, code=entry.code, item="fax", reason="联系企业")
    mandate_actions.justify(by=city.compiler, code=entry.code, item="phone", reason="年报催报须联系企业")
    (said,) = [one for one in queries.findings(entry) if one.code == "beyond_mandate"]
    assert (said.severity, "年报催报须联系企业" in said.text.zh) == ("warning", True), "the reviewer reads it"
    assert actions.submit_entry(by=city.compiler, code=entry.code).status == "submitted"
    assert queries.history(entry).filter(action="mandate_exception").count() == 1
    assert [(one.item, one.reason) for one in mandate_queries.beyond(city.authority)] == [
        ("phone", "年报催报须联系企业")
    ]
    mandate_actions.change(by=city.compiler, number=made.number, data=[*titles, "联系 电话"])
    assert mandate_queries.beyond(city.authority) == [], "spaces and width aside"


@pytest.mark.article("yongjia-14")
def test_dropping_the_item_lets_the_entry_through(city: City) -> None:
    mandate_actions.register(by=city.compiler, name="企业登记", basis=BASIS, data=[i.title for i in companies().items])
    entry = city.draft(with_phone())
    actions.change_entry(by=city.compiler, code=entry.code, data=companies())
    assert actions.submit_entry(by=city.compiler, code=entry.code).status == "submitted"


@pytest.mark.article("yongjia-14")
def test_a_unit_without_a_register_owes_it_once_and_is_not_stopped_meanwhile(city: City) -> None:
    entry = city.published()
    assert time_of_duties.run_clock(by=SEED)["mandates"] == 1
    assert time_of_duties.run_clock(by=SEED)["mandates"] == 0
    (duty,) = duties.todo(city.compiler).filter(kind=mandate_actions.DUTY)
    assert duty.organization.code == "market" and any("第十四条" in cite["label"] for cite in duty.citations)
    made = mandate_actions.register(by=city.compiler, name="企业登记", basis=BASIS, data=[], like=[entry.resource_code])
    assert made.data == [item.title for item in companies().items]
    duty.refresh_from_db()
    assert duty.status == "done"
    mandate_actions.end(by=city.compiler, number=made.number, reason="职能划转")
    assert time_of_duties.run_clock(by=SEED)["mandates"] == 1


def test_elsewhere_the_register_stops_nothing(city: City, under: Callable[[str], rules.Pack]) -> None:
    under("xian")
    mandate_actions.register(by=city.compiler, name="企业登记", basis=BASIS, data=["企业名称"])
    entry = city.draft(with_phone())
    assert actions.submit_entry(by=city.compiler, code=entry.code).status == "submitted"
    assert time_of_duties.run_clock(by=SEED)["mandates"] == 0


def test_a_register_is_the_units_own_and_complete(city: City) -> None:
    with pytest.raises(NotAllowed):
        mandate_actions.register(by=city.consumer, name="职责", basis=BASIS, data=["甲"])
    for wrong in ({"name": " "}, {"basis": ""}, {"data": [" "]}):
        with pytest.raises(GongshuError):
            mandate_actions.register(by=city.compiler, **({"name": "职责", "basis": BASIS, "data": ["甲"]} | wrong))
    made = mandate_actions.register(by=city.compiler, name="职责", basis=BASIS, data=["甲", "乙", "甲 "])
    assert made.data == ["甲", "乙"]
    assert [one.number for one in mandate_queries.visible(city.authority)] == [made.number]
    assert not mandate_queries.visible(city.consumer).exists()


def test_the_page_registers_lists_and_takes_reasons(city: City) -> None:
    entry = city.draft(with_phone())
    browser = Client()
    browser.force_login(Person.objects.get(username="wang"), backend="django.contrib.auth.backends.ModelBackend")
    titles = "\n".join(item.title for item in companies().items)
    body = {"act": "register", "name": "企业登记", "basis": BASIS, "data": titles}
    assert browser.post("/console/mandates/", body | {"basis": ""}).status_code == 400
    assert browser.post("/console/mandates/", body | {"act": "registered"}).status_code == 400
    assert browser.post("/console/mandates/", body).status_code == 302
    page = browser.get("/console/mandates/").content.decode()
    assert "联系电话" in page and "第十四条" in page and BASIS in page
    reason = {"act": "justify", "code": entry.code, "item": "phone", "reason": "年报催报"}
    assert browser.post("/console/mandates/", reason).status_code == 302
    assert "年报催报" in browser.get("/console/mandates/").content.decode()
    other = Client()
    other.force_login(Person.objects.get(username="zhou"), backend="django.contrib.auth.backends.ModelBackend")
    assert other.post("/console/mandates/", body).status_code == 403


@pytest.mark.heavy
def test_the_command_registers_and_answers(
    gongshu: Callable[..., CompletedProcess[str]], installed: Callable[..., Path]
) -> None:
    installed("yongjia")
    secret = {"GONGSHU_PASSWORD": "correct horse battery"}
    assert gongshu("people", "add", "wang", "--name", "wang", "--role", "provider", env=secret).returncode == Exit.OK
    made = gongshu(
        "catalog", "mandates", "register", "企业登记", "--basis", BASIS, "--data", "企业名称", "--as", "wang"
    )
    assert made.returncode == Exit.OK, made.stderr
    assert gongshu("catalog", "mandates", "beyond", "--as", "wang").returncode == Exit.OK
