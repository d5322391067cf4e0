"""A grant as people read it: its last day, its standing, and every code in words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from factories import SEED, purpose
from gongshu import clock
from gongshu.grants import actions, queries
from gongshu.grants.models import Grant
from gongshu.web import acts
from gongshu.web.parts import purpose_text


def granted(entry, **changes):
    base = {
        "organization": "housing",
        "provider": "market",
        "resource": entry.code,
        "items": ["name"],
        "purpose": purpose(),
        "modes": ["query", "verify"],
        "valid_from": clock.now(),
        "valid_until": date(2031, 3, 31),
    }
    return actions.create(by=SEED, **(base | changes))


def test_the_last_day_is_the_day_that_was_asked_for(city, signed_in):
    entry = city.collected()
    grant = granted(entry)
    assert clock.local(grant.valid_until).isoformat().startswith("2031-04-01T00:00"), "the term is half open"
    assert grant.last_day == date(2031, 3, 31)
    lin = signed_in("lin")
    for path in ("/console/grants/", f"/console/grants/{grant.grant_id}/", f"/console/catalog/{entry.code}/"):
        page = lin.get(path).content.decode()
        assert "2031-03-31" in page, path
        assert "2031-04-01" not in page, path


def test_tables_say_words_and_not_codes(city, signed_in):
    entry = city.collected()
    grant = granted(entry)
    for who in ("lin", "li"):
        page = signed_in(who).get(f"/console/catalog/{entry.code}/").content.decode()
        row = page.split(f"/console/grants/{grant.grant_id}/")[1].split("</tr>")[0]
        assert "市住房和城乡建设局" in row
        assert "housing" not in row
        assert "查询" in row
        assert "query" not in row
    row = signed_in("lin").get("/console/grants/?lang=en").content.decode().split("<tbody>")[1]
    assert "Query" in row
    assert "Housing" in row
    assert purpose_text(purpose()).zh in signed_in("zhou").get(f"/console/grants/{grant.grant_id}/").content.decode()


def test_a_grant_past_its_term_is_expired_before_the_clock_marks_it(city, signed_in):
    entry = city.collected()
    grant = granted(entry)
    past = clock.now() - timedelta(hours=1)
    Grant.objects.filter(pk=grant.pk).update(valid_from=past - timedelta(days=9), valid_until=past)
    lin = signed_in("lin")
    assert "已到期" in lin.get("/console/grants/").content.decode().split("<tbody>")[1]
    row = lin.get(f"/console/catalog/{entry.code}/").content.decode().split(f"/console/grants/{grant.grant_id}/")[1]
    assert "已到期" in row.split("</tr>")[0]
    page = lin.get(f"/console/grants/{grant.grant_id}/").content.decode()
    assert "已到期" in page
    assert "怎样调用" not in page
    assert "撤销后使用方立即不能读取" not in page
    assert queries.grants(city.authority, status="active").count() == 0
    assert queries.grants(city.authority, status="expired").count() == 1


@pytest.mark.parametrize(("who", "side"), [("lin", "all"), ("shen", "all"), ("zhou", "held"), ("li", "held")])
def test_the_list_opens_where_its_reader_has_something_to_see(city, signed_in, who, side):
    page = signed_in(who).get("/console/grants/").content.decode()
    assert f'<a href="?side={side}" aria-current="page">' in page


def test_every_refusal_of_the_gateway_has_words():
    from gongshu.gateway.errors import TABLE

    assert {code for code in TABLE if acts.refusal(code).zh == code} == set()
    assert set(acts._REFUSALS) == set(TABLE)
    assert acts.refusal("") is None


def test_every_act_that_identity_records_has_words():
    import re
    from pathlib import Path

    import gongshu.identity.actions as module

    source = Path(module.__file__).read_text(encoding="utf-8")
    recorded = set(re.findall(r'(?:_about\(by, \w+|action=|_changed\(by, \w+),? ?"(identity\.\w+)"', source))
    assert len(recorded) > 8
    assert not [code for code in recorded if acts.act(code).zh == code]


def test_the_provider_sets_hours_and_limits_on_the_page(city, signed_in):
    grant = granted(city.collected())
    address = f"/console/grants/{grant.grant_id}/"
    wang = signed_in("wang")
    assert "时段和限额" in wang.get(address).content.decode()
    assert "时段和限额" not in signed_in("zhou").get(address).content.decode(), "not the holder's to set"
    asked = {"hours": "1-5 08:30-18:00；6 09:00-12:00", "rate_per_minute": "30", "daily_quota": ""}
    assert wang.post(f"{address}limit/", asked).status_code == 302
    page = wang.get(address).content.decode()
    assert "1-5 08:30-18:00" in page and "6 09:00-12:00" in page and "每分钟 30 次" in page
    for wrong in ({"hours": "every day"}, {"rate_per_minute": "²"}, {"daily_quota": "0"}, {"daily_quota": "9" * 30}):
        answer = wang.post(f"{address}limit/", {**asked, **wrong})
        assert answer.status_code == 400
    assert Grant.objects.get(pk=grant.pk).rate_per_minute == 30
    assert signed_in("zhou").post(f"{address}limit/", asked).status_code == 403
    assert acts.act("grant.limited").zh.endswith("设定时段和限额")
    assert acts.act("gateway.suspected").en == "Gateway: suspected probing"
