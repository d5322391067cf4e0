"""The statutory clock in the console: the list, a duty's page, and changes of time that are shown before they are made."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import City, request
from gongshu import clock, deadlines, rules
from gongshu.duties import actions, queries
from gongshu.duties.models import Duty, DutyEvent, DutyStop
from gongshu.duties.states import DutyStatus, StopReason
from gongshu.errors import Text
from gongshu.identity.states import Role
from gongshu.ledger import sequencing
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices
from gongshu.rules import plain
from gongshu.sharing import actions as sharing


@pytest.fixture
def pack():
    usual = rules.active().id
    yield rules.configure
    rules.configure(usual)


@pytest.fixture
def yongjia(pack):
    pack("yongjia")


@pytest.fixture
def city(db):
    """Its people hold their roles since January, so that a test may play on any day of the year."""
    cache.clear()
    with at("2026-01-05"):
        return City()


def at(day, hour=10):
    return clock.frozen(datetime.combine(date.fromisoformat(day), time(hour), tzinfo=clock.SHANGHAI))


def owe(city, *, subject="YY-1", kind="objection.check", starts_on=None, organization="market", **changes):
    """The market bureau owes a check of a reported error, timed by the active pack."""
    found = rules.active().value("objection.check_deadline", on=clock.today())
    asked = {
        "title": Text("校核企业登记信息", "Check the company register"),
        "link": "/console/",
        "role": Role.PROVIDER,
        "pack": rules.active(),
        "citations": [c.as_json() for c in found.citations],
        "days": found.value.days,
        "words": found.value.words,
        "applicant": "市住房和城乡建设局",
        "concerned": "housing",
        "extension": plain(found.value.extension) if found.value.extension else None,
    }
    return actions.open_duty(
        by=city.consumer,
        kind=kind,
        subject=subject,
        starts_on=starts_on,
        organization=organization,
        **(asked | changes),
    )


def change(browser, duty, **typed):
    return browser.post(f"/console/duties/{duty.pk}/change/", typed)


def page_of(browser, duty):
    return browser.get(f"/console/duties/{duty.pk}/").content.decode()


def confirmed(browser, duty, **typed):
    """Look, then confirm what was shown, as the page's own form does it."""
    shown = change(browser, duty, **typed)
    assert shown.status_code == 200, shown.content.decode()
    seen = shown.content.decode().partition('name="seen" value="')[2].partition('"')[0].replace("&gt;", ">")
    return change(browser, duty, **typed, seen=seen, confirm="yes")


@pytest.mark.usefixtures("yongjia")
def test_the_list_shows_what_one_may_see_and_nothing_else(city, signed_in):
    owe(city)
    owe(city, subject="YY-2", organization="center", concerned="", role=Role.DATA_AUTHORITY)
    assert signed_in("li").get("/console/duties/").content.decode().count("YY-") == 1
    assert "YY-1" in signed_in("zhou").get("/console/duties/").content.decode(), "who waits sees what is owed"
    for sees_all in ("lin", "shen"):
        page = signed_in(sees_all).get("/console/duties/").content.decode()
        assert "YY-1" in page
        assert "YY-2" in page
    hidden = queries.owed(city.center).get(subject="YY-2")
    assert signed_in("li").get(f"/console/duties/{hidden.pk}/").status_code == 404
    assert change(signed_in("li"), hidden, act="stop", cause="supplement", reason="x").status_code == 404


@pytest.mark.usefixtures("yongjia")
def test_tabs_search_and_filters_narrow_the_list(city, signed_in):
    with at("2026-09-18"):
        plain_one = owe(city, subject="YY-PLAIN")
        done = owe(city, subject="YY-DONE")
        actions.close_duty(by=city.reviewer, duty_id=done.pk, outcome="agreed")
        stopped = owe(city, subject="YY-STOP")
        actions.stop(by=city.reviewer, duty_id=stopped.pk, reason=StopReason.SUPPLEMENT, note="补")
        extended = owe(city, subject="YY-EXT")
        actions.extend(by=city.reviewer, duty_id=extended.pk, days=10, reason="数据量大", head="王局长")
        owe(city, subject="YY-SURE", starts_on=date(2026, 12, 28), kind="opening.decide")
        urgent = owe(city, subject="YY-HURRY", kind="opening.request")
        actions.declare_emergency(
            by=city.authority,
            duty_id=owe(city, subject="YY-FLOOD", kind="opening.decide").pk,
            kind="public_health",
            reason="疫情",
        )
        DutyEvent.objects.create(duty=urgent, kind="shortened", at=clock.now(), by="person:1")
    with at("2026-09-28"):
        lin = signed_in("lin")

        def listed(query):
            page = lin.get(f"/console/duties/?{query}").content.decode()
            subjects = ("PLAIN", "DONE", "STOP", "EXT", "SURE", "HURRY", "FLOOD")
            return {one for one in subjects if f"YY-{one}" in page}

        assert listed("tab=done") == {"DONE"}
        assert listed("tab=owed") == {"PLAIN", "STOP", "EXT", "SURE", "HURRY", "FLOOD"}
        assert len(listed("tab=all")) == 7
        assert listed("q=yy-plain") == {"PLAIN"}
        assert listed("q=nothing-like-it") == set()
        assert listed("kind=opening.request") == {"HURRY"}
        assert listed("flag=overdue") == {"PLAIN", "HURRY", "FLOOD"}
        assert listed("flag=provisional") == {"SURE"}
        assert listed("flag=stopped") == {"STOP"}
        assert listed("flag=extended") == {"EXT"}
        assert listed("flag=urgent") == {"HURRY"}
        assert listed("flag=emergency") == {"FLOOD"}
        assert listed("organization=housing") == set()
        assert listed("tab=x&flag=y&order=z&page=99") == listed("tab=owed"), "unknown words ask for nothing"
        first = lin.get("/console/duties/?order=-due").content.decode()
        assert first.index("YY-SURE") < first.index("YY-PLAIN")
        assert plain_one.due_on == date(2026, 9, 24)
        assert "超期" in lin.get("/console/duties/?q=YY-PLAIN").content.decode()
        assert "没有符合条件的事项" in lin.get("/console/duties/?q=zzz").content.decode()


@pytest.mark.usefixtures("yongjia")
def test_a_duty_says_what_who_until_when_and_under_which_article(city, signed_in):
    with at("2026-09-18"):
        duty = owe(city)
        sequencing.run_once(_home())
        page = page_of(signed_in("zhou"), duty)
        own = page_of(signed_in("li"), duty)
    for said in (
        "校核企业登记信息",
        "2026-09-24",
        "5 个工作日",
        "第二十三条",
        "市市场监督管理局",
        "Wang",
        "Li",
        "数据提供",
    ):
        assert said in page, said
    assert "最多 10 个工作日" in page
    assert "合计不超过 15 个工作日" in page
    assert "本单位负责人" in page
    assert f"{duty.pack_version[:12]}" in page
    assert "更改计时" not in page, "who waits changes nothing"
    assert "中止计时" in own
    entry = queries.history(duty).get().entry_id
    assert f"/console/ledger/{entry}/" in own
    assert f"/console/ledger/{entry}/" not in page, "the ledger of another organisation is not offered"
    assert "存证记录" in signed_in("li").get(f"/console/ledger/{entry}/").content.decode()


def _home():
    from django.conf import settings

    return settings.HOME


@pytest.mark.article("yongjia-23")
@pytest.mark.usefixtures("yongjia")
def test_stop_and_resume_are_shown_before_they_are_made(city, signed_in):
    li = signed_in("li")
    with at("2026-09-18"):
        duty = owe(city)
    with at("2026-09-21"):
        leaves, told = Outbox.objects.count(), notices.of(city.consumer).count()
        typed = {"act": "stop", "cause": "third_party", "reason": "征求企业意见"}
        shown = change(li, duty, **typed).content.decode()
        assert "征求第三方意见" in shown
        assert "2026-09-28" in shown, "due 24 September; run again the same day it is one working day later"
        assert (Outbox.objects.count(), notices.of(city.consumer).count()) == (leaves, told), "nobody is told of a look"
        duty.refresh_from_db()
        assert duty.status == DutyStatus.OPEN
        assert not DutyStop.objects.exists()
        assert confirmed(li, duty, **typed).status_code == 302
        duty.refresh_from_db()
        assert (duty.status, duty.due_on) == (DutyStatus.STOPPED, None)
        stopped = page_of(li, duty)
        assert "征求企业意见" in stopped
        unknown = change(li, duty, act="forget")
        assert unknown.status_code == 400
        assert "没有这项办理" in unknown.content.decode()
        assert "恢复计时" in stopped
        assert 'value="extend"' not in stopped
    with at("2026-09-28"):
        assert "2026-10-09" in change(li, duty, act="resume").content.decode()
        done = li.post(
            f"/console/duties/{duty.pk}/change/", {"act": "resume", "seen": "something else", "confirm": "yes"}
        )
        assert "期限已有变化" in done.content.decode(), "what was confirmed is not what was shown"
        duty.refresh_from_db()
        assert duty.status == DutyStatus.STOPPED
        assert confirmed(li, duty, act="resume").status_code == 302
        duty.refresh_from_db()
        assert duty.due_on == date(2026, 10, 9)
        page = page_of(li, duty)
        assert "span-stop" in page
        assert "2026-09-21 – 2026-09-28" in page


@pytest.mark.article("yongjia-23")
@pytest.mark.usefixtures("yongjia")
def test_an_extension_asks_what_the_article_asks(city, signed_in):
    li = signed_in("li")
    with at("2026-09-18"):
        duty = owe(city)
        page = page_of(li, duty)
        assert "1 至 10 个工作日" in page
        assert "同意延长的本单位负责人" in page
        ask = {"act": "extend", "days": "11", "reason": "数据量大", "head": "王局长"}
        too_long = change(li, duty, **ask)
        assert too_long.status_code == 400
        assert "延长期限须在1至10个工作日之间" in too_long.content.decode()
        assert "数据量大" in too_long.content.decode(), "what was typed is kept"
        assert change(li, duty, **(ask | {"days": "5", "head": ""})).status_code == 400
        assert change(li, duty, **(ask | {"days": "²"})).status_code == 400
        assert change(li, duty, **(ask | {"days": "5", "reason": "x\0"})).status_code == 400
        shown = change(li, duty, **(ask | {"days": "10"})).content.decode()
        assert deadlines.due(date(2026, 9, 18), 15).on.isoformat() in shown
        assert "市住房和城乡建设局" in shown, "who is told"
        again = change(li, duty, **(ask | {"days": "10", "edit": "yes"})).content.decode()
        assert 'value="10"' in again
        assert confirmed(li, duty, **(ask | {"days": "10"})).status_code == 302
        page = page_of(li, duty)
        assert "延长 10 个工作日" in page
        assert "王局长" in page
        assert "span-extension" in page
        twice = change(li, duty, **(ask | {"days": "1"}))
        assert twice.status_code == 409
        assert "已延长过一次" in twice.content.decode()


@pytest.mark.usefixtures("yongjia")
def test_who_does_not_hold_the_office_is_refused_in_a_sentence(city, signed_in):
    with at("2026-09-18"):
        duty = owe(city)
        stop = {"act": "stop", "cause": "supplement", "reason": "x"}
        extend = {"act": "extend", "days": "3", "reason": "x", "head": "王"}
        for who, typed, sentence in (
            ("zhou", stop, "该事项由另一单位或另一角色办理"),
            ("shen", stop, "该事项由另一单位或另一角色办理"),
            ("zhou", {"act": "shorten", "days": "1", "reason": "急"}, "只有数据主管部门可以"),
            ("li", {"act": "emergency"}, "现在不能对该事项作这样的更改"),
            ("lin", {"act": "shorten", "days": "1", "reason": "急"}, "没有规定此类事项可以因业务紧急缩短期限"),
        ):
            refused = change(signed_in(who), duty, **typed)
            assert refused.status_code in (403, 409), (who, typed)
            assert sentence in refused.content.decode()
        assert change(signed_in("zhou"), duty, **extend).status_code == 403
        assert change(signed_in("li"), duty, act="fly").status_code == 400
        assert signed_in("li").get(f"/console/duties/{duty.pk}/change/").status_code == 405
    with at("2026-09-25"):
        late = change(signed_in("li"), duty, **stop)
        assert late.status_code == 409
        assert "期限已过" in late.content.decode()
    assert [event.kind for event in queries.history(duty)] == ["opened"]


@pytest.mark.article("luzhou-31")
def test_in_luzhou_the_authority_shortens_urgent_business(pack, city, signed_in):
    pack("luzhou")
    with at("2026-09-18"):
        duty = owe(city)
        lin = signed_in("lin")
        assert "业务紧急，缩短期限" in page_of(lin, duty)
        assert "业务紧急，缩短期限" not in page_of(signed_in("li"), duty)
        assert "2026-09-20" in change(lin, duty, act="shorten", days="1", reason="窗口等候").content.decode()
        assert change(lin, duty, act="shorten", days="9999999", reason="窗口等候").status_code == 400
        assert confirmed(lin, duty, act="shorten", days="1", reason="窗口等候").status_code == 302
        assert "第三十一条" in page_of(lin, duty)
        assert "届满" in page_of(lin, duty), "the pack has lapsed, and the page says so"
        assert "YY-1" in lin.get("/console/duties/?flag=urgent").content.decode()


@pytest.mark.article("yongjia-33")
@pytest.mark.usefixtures("yongjia")
def test_an_emergency_makes_it_due_at_once(city, signed_in):
    with at("2026-09-18"):
        duty = owe(city, kind="opening.decide")
        lin = signed_in("lin")
        assert change(lin, duty, act="emergency", kind="traffic_jam", reason="堵车").status_code == 400
        typed = {"act": "emergency", "kind": "public_health", "reason": "疫情防控"}
        assert "今日到期" in change(lin, duty, **typed).content.decode()
        assert confirmed(lin, duty, **typed).status_code == 302
        duty.refresh_from_db()
        assert duty.due_on == date(2026, 9, 18)
        assert "疫情防控" in page_of(lin, duty)


@pytest.mark.usefixtures("yongjia")
def test_a_deadline_in_a_year_without_calendar_is_called_provisional(city, signed_in):
    with at("2026-12-20"):
        duty = owe(city, starts_on=date(2026, 12, 28))
        assert duty.provisional
        page = page_of(signed_in("li"), duty)
        assert "期限为暂定" in page
        assert "2027-01-05" in page
        assert "暂定" in signed_in("li").get("/console/duties/").content.decode()
        file = signed_in("li").get("/console/duties/calendar.ics").content.decode()
        assert "STATUS:TENTATIVE" in file
        assert "（期限暂定）校核企业登记信息" in file.replace("\r\n ", "")


def test_the_calendar_is_one_s_own_and_well_formed(city, signed_in):
    with at("2026-09-18"):
        number = sharing.apply(by=city.consumer, code=city.collected().code, request=request()).number
        answer = signed_in("li").get("/console/duties/calendar.ics")
        text = answer.content.decode()
        assert answer.headers["Content-Type"].startswith("text/calendar")
        assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
        assert "\n" not in text.replace("\r\n", "")
        assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == 1
        duty = queries.of_subject(number).get()
        assert f"DTSTART;VALUE=DATE:{duty.due_on:%Y%m%d}" in text
        assert f"http://testserver/console/duties/{duty.pk}/" in text.replace("\r\n ", "")
        assert "BEGIN:VEVENT" not in signed_in("zhou").get("/console/duties/calendar.ics").content.decode()


def test_the_list_leaves_as_csv_with_the_page_s_filters(city, signed_in):
    sharing.apply(by=city.consumer, code=city.collected().code, request=request())
    owe(city, subject="YY-1", title=Text("=HYPERLINK(1)", "x"))
    answer = signed_in("lin").get("/console/duties/export.csv?tab=owed")
    text = b"".join(answer).decode()
    assert text.startswith("\ufeff编号,")
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 2
    assert {row["办理单位"] for row in rows} == {"市市场监督管理局"}
    assert next(row for row in rows if row["事项编号"] == "YY-1")["事项"] == "'=HYPERLINK(1)"
    only = b"".join(signed_in("lin").get("/console/duties/export.csv?q=YY-1")).decode()
    assert only.count("\r\n") == 2


def test_case_pages_show_the_same_time(city, signed_in):
    with at("2026-09-18"):
        application = sharing.apply(by=city.consumer, code=city.collected().code, request=request())
        duty = queries.of_subject(application.number).get()
        actions.stop(by=city.reviewer, duty_id=duty.pk, reason=StopReason.THIRD_PARTY, note="征求意见")
        page = signed_in("zhou").get(f"/console/applications/{application.number}/").content.decode()
    assert "已中止计时" in page
    assert "征求第三方意见" in page
    assert f'href="/console/duties/{duty.pk}/"' in page


@pytest.mark.parametrize("path", ["/console/duties/?tab=all", "page"])
def test_pages_ask_the_database_a_fixed_number_of_times(city, signed_in, path):
    lin = signed_in("lin")
    duty = owe(city, days=60)
    pinned = {"/console/duties/?tab=all": 9, "page": 13}[path]
    address = f"/console/duties/{duty.pk}/" if path == "page" else path

    def grow(n):
        with at("2026-09-21"):
            for _ in range(2):
                actions.stop(by=city.reviewer, duty_id=duty.pk, reason=StopReason.SUPPLEMENT, note="补")
                actions.resume(by=city.reviewer, duty_id=duty.pk)
            other = owe(city, subject=f"YY-N{n}", days=60)
            actions.stop(by=city.reviewer, duty_id=other.pk, reason=StopReason.SUPPLEMENT, note="补")

    def asked():
        lin.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert lin.get(address).status_code == 200
        return len(seen)

    grow(0)
    few = asked()
    for n in range(1, 5):
        grow(n)
    assert asked() == few == pinned


@pytest.mark.usefixtures("yongjia")
def test_a_long_list_has_pages(city, signed_in):
    for n in range(25):
        owe(city, subject=f"YY-{n:02}")
    first = signed_in("li").get("/console/duties/").content.decode()
    assert first.count('<th scope="row"') == 20
    assert "page=2" in first
    assert signed_in("li").get("/console/duties/?page=2").content.decode().count('<th scope="row"') == 5


@pytest.mark.usefixtures("yongjia")
def test_a_late_answer_stays_visible_as_late(city, signed_in):
    with at("2026-09-18"):
        duty = owe(city)
    with at("2026-09-29"):
        actions.close_duty(by=city.reviewer, duty_id=duty.pk, outcome="agreed")
        page = page_of(signed_in("li"), duty)
        assert "逾期办结" in page
        assert "span-late" in page
        assert "更改计时" not in page
    assert Duty.objects.get(pk=duty.pk).closed_late
    assert clock.today() - duty.starts_on > timedelta(0)
    assert isinstance(city, City)
