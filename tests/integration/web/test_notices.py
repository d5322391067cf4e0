"""Notices and webhooks in the console: the inbox, e-mail by topic, and systems that are told as well."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import SEED
from gongshu import clock
from gongshu.errors import Text
from gongshu.home import Mail
from gongshu.identity.models import Person
from gongshu.identity.states import Role
from gongshu.ledger.models import Outbox
from gongshu.notifications import actions, queries
from gongshu.notifications.models import Delivery, Notice, Preference, Webhook
from gongshu.notifications.states import DeliveryStatus, EmailMode

HOOKS = "/console/notices/webhooks/"


def tell(kind="duty.changed", zh="期限已延长", organization="market", link="/console/duties/"):
    return actions.notify(
        by=SEED, organization=organization, roles=(Role.PROVIDER,), kind=kind, text=Text(zh, f"en {zh}"), link=link
    )


def text(response):
    return response.content.decode()


def test_unread_notices_come_first_and_are_counted_in_the_masthead(city, signed_in):
    tell(zh="第一条")
    tell(zh="第二条", kind="sharing.answer")
    li = signed_in("li")
    first = Notice.objects.get(recipient_id=city.reviewer.person_id, zh="第一条")
    assert "通知，2 条未读" in text(li.get("/console/"))
    assert li.post("/console/notices/read/", {"notice": first.pk, "next": "/console/notices/"}).status_code == 302
    tell(zh="第三条")
    page = text(li.get("/console/notices/"))
    assert page.index("第三条") < page.index("第二条") < page.index("第一条")
    assert "通知，2 条未读" in page
    assert "第一条" not in text(li.get("/console/notices/?unread=1"))
    assert "第二条" not in text(li.get("/console/notices/?topic=duty"))
    assert "没有符合条件的通知" in text(li.get("/console/notices/?topic=x"))
    assert "第二条" not in text(signed_in("zhou").get("/console/notices/")), "told to the market bureau alone"
    for _ in range(120):
        tell()
    assert "99+ 条未读" in text(li.get("/console/"))
    li.post("/console/notices/read/", {})
    assert queries.unread_count(city.reviewer) == 0
    assert queries.unread_count(city.compiler) == 123, "another's notices stay unread"
    assert "条未读" not in text(li.get("/console/"))


def test_a_notice_leads_to_its_case_and_never_elsewhere(city, signed_in):
    tell(link="/console/duties/")
    tell(zh="外链", link="https://evil.example/")
    li, mine = signed_in("li"), Notice.objects.filter(recipient_id=city.reviewer.person_id)
    for notice, to in ((mine.get(zh="期限已延长"), "/console/duties/"), (mine.get(zh="外链"), "/console/notices/")):
        gone = li.post("/console/notices/read/", {"notice": notice.pk, "open": "yes"})
        assert gone.headers["Location"] == to
    others = Notice.objects.filter(recipient_id=city.compiler.person_id).first()
    assert li.post("/console/notices/read/", {"notice": others.pk, "open": "yes"}).status_code == 404
    others.refresh_from_db()
    assert others.read_at is None
    for broken in ("x", "²", "9" * 30, "-1"):
        assert li.post("/console/notices/read/", {"notice": broken}).headers["Location"] == "/console/notices/"
    assert li.get("/console/notices/read/").status_code == 405


@pytest.mark.parametrize("path", ["/console/notices/", HOOKS])
def test_the_lists_ask_the_database_a_fixed_number_of_times(city, signed_in, path):
    lin = signed_in("lin")
    pinned = {"/console/notices/": 8, HOOKS: 8}[path]

    def grow(n):
        actions.notify(
            by=SEED, organization="authority", roles=(Role.DATA_AUTHORITY,), kind="duty.x", text=Text("一", "one")
        )
        actions.add_webhook(by=city.authority, organization="market", url=f"http://127.0.0.1:1/{n}")

    def asked():
        lin.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert lin.get(path).status_code == 200
        return len(seen)

    grow(0)
    few = asked()
    for n in range(1, 6):
        grow(n)
    assert asked() == few == pinned


def test_e_mail_is_chosen_for_all_and_topic_by_topic(city, signed_in):
    li = signed_in("li")
    page = text(li.get("/console/notices/preferences/"))
    assert "尚未配置发信服务器" in page
    saved = li.post(
        "/console/notices/preferences/",
        {"address": "li@jianglin.example", "email": "daily", "topic-duty": "at_once", "topic-catalog": "none"},
    )
    assert saved.status_code == 302
    chosen = Preference.objects.get(person_id=city.reviewer.person_id)
    assert (chosen.email, chosen.topics) == ("daily", {"duty": "at_once", "catalog": "none"})
    assert chosen.mode_for("duty.changed") is EmailMode.AT_ONCE
    assert chosen.mode_for("sharing.answer") is EmailMode.DAILY
    assert Person.objects.get(username="li").email == "li@jianglin.example"
    page = text(li.get("/console/notices/preferences/"))
    assert 'value="li@jianglin.example"' in page
    assert '<option value="none" selected' in page
    for wrong in ({"address": "nobody", "email": "daily"}, {"address": "", "email": "hourly"}, {}):
        refused = li.post("/console/notices/preferences/", wrong)
        assert refused.status_code == 400
        assert 'class="wrong"' in text(refused)
    chosen.refresh_from_db()
    assert chosen.email == "daily", "a form that is refused changes nothing"


def test_letters_and_digest_follow_the_topics(city, settings):
    settings.HOME = replace(settings.HOME, mail=Mail(host="127.0.0.1", port=9, tls="none"))
    Person.objects.filter(username="li").update(email="li@jianglin.example")
    morning = clock.local(clock.now()).replace(hour=9, minute=0)
    with clock.frozen(morning):
        actions.prefer(
            by=city.reviewer,
            email=EmailMode.NONE,
            topics={"duty": EmailMode.AT_ONCE, "sharing": EmailMode.DAILY, "catalog": EmailMode.NONE},
        )
        assert Preference.objects.get().topics == {"duty": "at_once", "sharing": "daily"}, (
            "what is as usual is no exception"
        )
        for kind in ("duty.changed", "sharing.answer", "catalog.review"):
            tell(kind=kind, zh=kind)
    (letter,) = Delivery.objects.all()
    assert letter.body["lines"][0]["zh"] == "duty.changed"
    with clock.frozen(morning + timedelta(days=1)):
        assert actions.queue_digests(by=SEED) == 1
        assert actions.queue_digests(by=SEED) == 0
    digest = Delivery.objects.get(body__digest=True)
    assert [line["zh"] for line in digest.body["lines"]] == ["sharing.answer"]
    actions.prefer(by=city.reviewer, email=EmailMode.DAILY)
    assert Preference.objects.get().topics == {"duty": "at_once", "sharing": "daily"}, "not asked, not changed"


def add(browser, **changes):
    typed = {"url": "https://oa.jianglin.example/hook", "algorithm": "HMAC-SM3"}
    return browser.post(f"{HOOKS}new/", typed | changes)


def test_a_webhook_is_added_and_its_secret_is_shown_once(city, signed_in):
    li = signed_in("li")
    made = add(li)
    assert "离开本页后不再显示" in text(made)
    assert "no-store" in made.headers["Cache-Control"]
    secret = text(made).split('<code id="secret">')[1].split("<")[0]
    assert len(secret) > 30
    hook = Webhook.objects.get()
    for path in (HOOKS, f"{HOOKS}{hook.pk}/"):
        page = text(li.get(path))
        assert "oa.jianglin.example" in page
        assert secret not in page
    for url in (
        "ftp://x/",
        "http://u:p@x/",
        "http://[",
        "http://x:99999/",
        "http://x/ y",
        "http://x/" + "a" * 500,
        "",
        "http://x\0",
    ):
        refused = add(li, url=url)
        assert refused.status_code == 400, url
        assert "推送地址须为" in text(refused)
    assert add(li, algorithm="MD5").status_code == 400
    assert Webhook.objects.count() == 1


def test_webhooks_are_managed_by_their_own_organisation_and_the_data_authority(city, signed_in):
    hook, _ = actions.add_webhook(by=city.reviewer, organization="market", url="http://127.0.0.1:1/hook")
    page = f"{HOOKS}{hook.pk}/"
    assert signed_in("zhou").get(page).status_code == 404
    assert signed_in("zhou").post(f"{page}change/", {"do": "remove"}).status_code == 404
    city.person("steward", "market", Role.STEWARD)
    assert signed_in("steward").get(HOOKS).status_code == 403
    assert add(signed_in("steward")).status_code == 403
    assert "系统推送" not in text(signed_in("steward").get("/console/notices/"))
    shen = signed_in("shen")
    assert "发送测试" not in text(shen.get(page)), "the auditor looks and does not touch"
    shen.post(f"{page}change/", {"do": "remove"})
    assert add(shen).status_code == 403
    hook.refresh_from_db()
    assert hook.active
    assert add(signed_in("zhou"), organization="market").status_code == 200
    assert Webhook.objects.filter(organization__code="housing").count() == 1, "the own one, whatever is sent"
    assert add(signed_in("lin"), organization="market").status_code == 200
    assert Webhook.objects.filter(organization__code="market").count() == 2
    assert add(signed_in("lin"), organization="nowhere").status_code == 404


def test_a_paused_webhook_gets_nothing_until_it_goes_on(city, signed_in):
    hook, _ = actions.add_webhook(by=city.reviewer, organization="market", url="http://127.0.0.1:1/hook")
    li, page = signed_in("li"), f"{HOOKS}{hook.pk}/"
    tell(zh="之前")
    before = Outbox.objects.count()
    assert "已暂停" in text(li.post(f"{page}change/", {"do": "pause"}, follow=True))
    tell(zh="之间")
    assert Outbox.objects.count() == before + 1
    assert [call.body["zh"] for call in queries.calls(hook)] == ["之前"]
    assert actions.claim(by=SEED, channel="webhook") is None
    assert "请先恢复推送" in text(li.post(f"{page}change/", {"do": "test"}, follow=True))
    li.post(f"{page}change/", {"do": "resume"})
    assert actions.claim(by=SEED, channel="webhook").body["zh"] == "之前"
    gone = text(li.post(f"{page}change/", {"do": "remove"}, follow=True))
    assert "已移除" in gone
    assert "该推送已移除" in text(li.post(f"{page}change/", {"do": "resume"}, follow=True))
    assert li.post(f"{page}change/", {"do": "explode"}).status_code == 400


def test_a_test_is_sent_and_what_failed_is_tried_again(city, signed_in):
    hook, _ = actions.add_webhook(by=city.reviewer, organization="market", url="http://127.0.0.1:1/hook")
    li, page = signed_in("li"), f"{HOOKS}{hook.pk}/"
    assert "还没有推送" in text(li.get(page))
    assert "测试推送已排队" in text(li.post(f"{page}change/", {"do": "test"}, follow=True))
    call = queries.calls(hook).get()
    assert call.body["kind"] == "notifications.test"
    assert f"{page}{call.pk}/retry/" not in text(li.get(page)), "it is on its way"
    assert "只有发送失败的推送可以重试" in text(li.post(f"{page}{call.pk}/retry/", follow=True))
    claimed = actions.claim(by=SEED, channel="webhook")
    actions.settle(by=SEED, delivery_id=claimed.pk, attempt=claimed.attempts, problem="HTTP 500", for_good=True)
    shown = text(li.get(page))
    assert "HTTP 500" in shown
    assert "发送失败" in shown
    assert f"{page}{call.pk}/retry/" in shown
    assert signed_in("zhou").post(f"{page}{call.pk}/retry/").status_code == 404
    other, _ = actions.add_webhook(by=city.reviewer, organization="market", url="http://127.0.0.1:1/other")
    assert li.post(f"{HOOKS}{other.pk}/{call.pk}/retry/").status_code == 404
    assert "已重新排队" in text(li.post(f"{page}{call.pk}/retry/", follow=True))
    again = actions.claim(by=SEED, channel="webhook")
    assert (again.pk, again.attempts, again.key) == (call.pk, 2, call.key)
    actions.settle(by=SEED, delivery_id=again.pk, attempt=2)
    call.refresh_from_db()
    assert call.status == DeliveryStatus.SENT
    assert "已发送" in text(li.get(page))


def test_who_has_no_console_reads_notices_on_the_account_page(city, signed_in):
    sun = city.person("sun", "platform")
    actions.tell_person(
        by=SEED,
        person_id=sun.person_id,
        kind="opening.request",
        text=Text("已同意", "Approved"),
        link="/requests/SQ-1/",
    )
    browser = signed_in("sun")
    page = text(browser.get("/account/"))
    assert 'href="/requests/SQ-1/"' in page
    assert 'href="/account/#notices"' in page
    assert "通知，1 条未读" in page
    assert browser.get("/console/notices/").status_code == 403
    assert browser.post("/account/notices/read/").headers["Location"] == "/account/#notices"
    assert "条未读" not in text(browser.get("/account/"))
    assert 'id="notices"' not in text(signed_in("li").get("/account/"))
