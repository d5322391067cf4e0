"""The rules page: rules, articles with their state, two cities side by side, the year's duties."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gongshu import clock, rules
from gongshu.web.rulebook import GROUPS, rule_groups

VIEWS = ("rules", "articles", "compare", "calendar")


@pytest.fixture
def xian(monkeypatch):
    monkeypatch.setattr(rules, "_configured", "xian")


@pytest.fixture(params=["portal", "console"])
def look(request, xian, city, anybody, signed_in):
    """``look("?view=articles")`` is the rules page of the public portal, then of the console, as its text."""
    browser, address = (anybody, "/rules/") if request.param == "portal" else (signed_in("lin"), "/console/rules/")

    def get(query, status=200):
        response = browser.get(address + query)
        assert response.status_code == status
        return response.content.decode()

    return get


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_view_is_a_page_with_its_pack_and_its_tabs(look, view, language):
    page = look(f"?view={view}&lang={language}")
    assert page.count("<h1") == 1
    assert f'<a href="?view={view}" aria-current="page">' in page
    assert rules.active().title.say(language).replace("'", "&#x27;") in page
    for raw in ("Text(", "Deadline(", "Choice(", "Held(", "Step(", "None<"):
        assert raw not in page


def test_the_pack_says_whether_it_is_law_and_whom_it_binds(look):
    page = look("")
    assert "有效期已满" in page
    assert "政务部门、事业单位、社会组织" in page


def test_every_case_that_the_texts_tell_apart_is_shown(anybody, monkeypatch):
    """Yongjia's 7 working days hold only for data that are not collected yet."""
    monkeypatch.setattr(rules, "_configured", "yongjia")
    page = anybody.get("/rules/").content.decode()
    assert "7 个工作日" in page
    assert "尚未归集的数据" in page
    assert "collected=" not in page


@pytest.mark.parametrize("name", rules.available())
def test_every_group_of_parameters_has_a_title(name, monkeypatch):
    monkeypatch.setattr(rules, "_configured", name)
    groups = {definition.name.partition(".")[0] for definition in rules.active().parameters()}
    assert groups <= {group for group, _ in GROUPS}
    assert all(rows for _, rows in rule_groups("zh"))


def test_an_unknown_view_is_the_list_of_rules(look):
    assert "sharing.refusal_requires" in look("?view=nonsense")


def test_articles_are_filtered_by_state_and_capability(look):
    every = rules.articles(rules.active())
    page = look("?view=articles")
    assert all(f">{article.id}<" in page for article in every)
    page = look("?view=articles&state=enforced&capability=rules")
    shown = [article for article in every if f">{article.id}<" in page]
    assert shown
    assert shown == [a for a in every if a.state_of("rules") is rules.State.ENFORCED and "rules" in a.capabilities]
    assert any(a.state is rules.State.PLANNED for a in shown), (
        "a row that waits for another capability is found by this one"
    )
    assert "没有符合条件的条款" in look("?view=articles&state=recorded&capability=lake")


def test_two_cities_side_by_side_with_their_articles(look):
    page = look("?view=compare&left=xian&right=yongjia")
    assert "西安市政务数据资源共享管理办法》第十二条" in page
    assert "永嘉县公共数据共享开放管理暂行办法》第十一条" in page
    assert "有效期已于2023-11-08届满" in page
    assert "ledger.copies_included" in page
    same = look("?view=compare&left=xian&right=xian")
    assert "没有不同" in same
    assert "catalog.update_deadline" in look("?view=compare&left=xian&right=xian&all=1")


def test_a_city_without_a_pack_is_not_found(look):
    assert "rules.unknown_pack" in look("?view=compare&left=atlantis", status=404)
    assert "rules.unknown_pack" in look("?view=compare&left=../../etc", status=404)


def test_the_calendar_shows_this_year_and_the_next(anybody, xian):
    with clock.frozen(datetime(2026, 11, 21, tzinfo=UTC)):
        page = anybody.get("/rules/?view=calendar").content.decode()
    assert "年定期事项" in page
    assert page.count("2026-12-31") == page.count("2027-12-31") == 3
    assert "放假安排未公布" in page


def test_a_pack_without_a_register_says_so(anybody, monkeypatch):
    monkeypatch.setattr(rules, "_configured", "national")
    assert "没有条款登记" in anybody.get("/rules/?view=articles").content.decode()
    assert "没有定期事项" in anybody.get("/rules/?view=calendar").content.decode()
