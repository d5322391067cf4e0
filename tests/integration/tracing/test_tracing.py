"""The log of use reaches those whom it concerns: pushed every day, asked for a person, taken away as a file."""

import csv
import hashlib
import io
import json
from datetime import timedelta

import pytest
from django.conf import settings

from factories import City, companies
from gongshu import clock, crypto, rules
from gongshu.crypto import keys
from gongshu.errors import GongshuError, NotAllowed, NotFound
from gongshu.home import Home
from gongshu.identity.actor import Actor
from gongshu.ledger import entry, installation, sequencing, spool, verify
from gongshu.ledger.models import Outbox, Record
from gongshu.notifications.models import Notice
from gongshu.tracing import actions, queries
from gongshu.tracing.models import Digest
from gongshu.tracing.states import ACTS, Kind

pytestmark = pytest.mark.django_db(transaction=True)
BY = Actor.process("worker")


@pytest.fixture
def city():
    return City()


@pytest.fixture
def yesterday(city):
    """Housing's system read three of the market bureau's records yesterday, and police was refused."""
    code = city.published(companies()).code
    day = clock.today() - timedelta(days=1)
    person = crypto.commit("91110108MA01ABCDX3")
    writer = spool.Spool(settings.HOME.spool / "gateway-1")
    with clock.frozen(clock.now() - timedelta(days=1)):
        for name, fields in (
            ("gateway.query", {"organization": "housing", "subject": person}),
            ("gateway.list", {"organization": "housing"}),
            ("gateway.refused", {"organization": "police"}),
        ):
            details = {"purpose": "housing-support", "items": ["name"], "count": 1, "version": 3}
            if name == "gateway.list":
                details |= {"subjects": [person, crypto.commit("another")], "count": 2}
            leaf = entry.build(action=name, actor="app_1", resource=code, details=details, **fields)[1]
            writer.append(leaf).result(30)
    writer.close()
    sequencing.run_once(settings.HOME)
    return code, day, person


@pytest.mark.article("xian-36")
def test_yesterdays_log_is_pushed_to_provider_and_user_once(city, yesterday, rulepack):
    rulepack("xian")
    code, day, person = yesterday
    pushed = actions.push_daily(by=BY)
    found = {one.organization.code: one for one in Digest.objects.all()}
    assert pushed == len(found)
    assert found["market"].entries >= 3, "the provider sees what others did with its data"
    assert found["housing"].entries == 2, "the user sees what it did"
    for code_of, digest in found.items():
        text = "".join(queries.content(digest))
        assert hashlib.sha256(text.encode()).hexdigest() == digest.sha256
        lines = [json.loads(line) for line in text.splitlines()]
        assert len(lines) == digest.entries
        assert person not in text, "whom it was about is not told"
        if code_of == "market":
            calls = [line for line in lines if line["act"].startswith("gateway.")]
            assert {(line["organization"], line["system"], line["resource"]) for line in calls} == {
                ("housing", "app_1", code), ("police", "app_1", code),
            }  # fmt: skip
            assert calls[0]["details"]["purpose"] == "housing-support"
            assert {line["details"]["count"] for line in calls} == {1, 2}
    notice = Notice.objects.filter(kind="ledger.digest", recipient__memberships__organization__code="market").first()
    assert found["market"].sha256 in notice.zh
    assert notice.link == f"/console/ledger/daily/{day}.jsonl"
    assert actions.push_daily(by=BY) == 0, "twice changes nothing"
    sequencing.run_once(settings.HOME)
    recorded = Record.objects.filter(action="ledger.digest_pushed", organization="market").get()
    assert recorded.details["sha256"] == found["market"].sha256


def test_what_comes_in_later_does_not_change_the_file(city, yesterday, rulepack):
    rulepack("xian")
    code, day, _ = yesterday
    found = actions.push(by=BY, organization="housing", day=day)
    with clock.frozen(clock.now() - timedelta(days=1)):
        leaf = entry.build(action="gateway.query", actor="app_1", organization="housing", resource=code)[1]
    writer = spool.Spool(settings.HOME.spool / "gateway-2")
    writer.append(leaf).result(30)
    writer.close()
    assert sequencing.run_once(settings.HOME) >= 1
    assert hashlib.sha256("".join(queries.content(found)).encode()).hexdigest() == found.sha256


def test_a_city_that_does_not_ask_for_it_is_not_pushed_to(city, yesterday, rulepack):
    rulepack("national")
    assert actions.push_daily(by=BY) == 0
    assert not Digest.objects.exists()


@pytest.mark.article("xian-36")
def test_each_of_the_eight_kinds_has_acts_or_is_said_to_have_none():
    named = {choice.id for choice in rules.load("xian").value("ledger.traceable_operations", on=clock.today()).value}
    assert named == {str(kind) for kind in Kind}
    assert set(Kind) - set(ACTS) == {Kind.ANALYSIS}, "analysis comes with the sandbox"


@pytest.mark.article("yongjia-25")
def test_a_person_can_be_told_who_asked(city, yesterday, signed_in):
    code, _, person = yesterday
    shen = signed_in("shen")
    assert shen.post("/console/ledger/person/", {"identifier": "91110108MA01ABCDX3"}).status_code == 400
    answer = shen.post("/console/ledger/person/", {"identifier": "91110108MA01ABCDX3", "reason": "本人申请"})
    page = shen.get(answer.headers["Location"]).content.decode()
    assert "91110108MA01ABCDX3" not in page + answer.headers["Location"]
    assert page.count(code) >= 2, "the look-up and the list that had this person on it"
    assert "app_1" in page
    sequencing.run_once(settings.HOME)
    asked = Record.objects.get(action="ledger.person_asked")
    assert (asked.subject, asked.details["reason"]) == (person, "本人申请")
    assert signed_in("zhou").get("/console/ledger/person/").status_code == 403
    with pytest.raises(NotAllowed):
        actions.ask_for_person(by=city.consumer, identifier="x", reason="y")


@pytest.mark.article("yongjia-25", "luzhou-38")
def test_a_provider_searches_and_exports_what_others_did_with_its_resource_but_not_about_whom(
    city, yesterday, signed_in
):
    code, _, person = yesterday
    li, zhou = signed_in("li"), signed_in("zhou")
    page = li.get(f"/console/ledger/?resource={code}&action=gateway.").content.decode()
    assert page.count("gateway.query") >= 1
    assert "housing" in page or "住房" in page
    assert person not in page
    rows = li.post("/console/ledger/export/", {"resource": code, "action": "gateway.", "format": "jsonl"})
    lines = [json.loads(line) for line in b"".join(rows).decode().splitlines()]
    assert [line["action"] for line in lines] == ["gateway.refused", "gateway.list", "gateway.query"]
    assert {line["subject"] for line in lines} == {""}, "never about whom"
    one = li.get(f"/console/ledger/{lines[-1]['entry']}/").content.decode()
    assert person not in one
    assert "核验通过" in one
    assert li.get(f"/console/ledger/?resource={code}&organization=market").status_code == 200
    others = zhou.post("/console/ledger/export/", {"resource": code, "format": "jsonl"})
    lines = [json.loads(line) for line in b"".join(others).decode().splitlines()]
    assert {line["organization"] for line in lines} == {"housing"}, "who uses a resource sees its own use only"
    assert person in {line["subject"] for line in lines}
    assert "gateway.query" not in li.get("/console/ledger/?action=gateway.").content.decode(), (
        "without the resource: own"
    )


def test_a_provider_cannot_look_for_a_person_through_its_resource(city, yesterday, signed_in):
    """Else whoever has a commitment learns who asked about that person (个人信息保护法 article 51)."""
    code, _, person = yesterday
    page = signed_in("li").get(f"/console/ledger/?resource={code}&subject={person}").content.decode()
    assert "gateway.query</span>" not in page


def test_the_log_is_taken_away_as_a_file_and_that_is_recorded(city, yesterday, signed_in):
    code, _, _ = yesterday
    shen, zhou = signed_in("shen"), signed_in("zhou")
    taken = shen.post("/console/ledger/export/", {"resource": code, "action": "gateway.", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(b"".join(taken).decode("utf-8-sig"))))
    assert [row["action"] for row in rows] == ["gateway.refused", "gateway.list", "gateway.query"]
    assert rows[1]["count"] == "2"
    taken = zhou.post("/console/ledger/export/", {"format": "jsonl"})
    lines = [json.loads(line) for line in b"".join(taken).decode().splitlines()]
    assert {line["organization"] for line in lines} == {"housing"}, "one's own only"
    sequencing.run_once(settings.HOME)
    assert Record.objects.filter(action="ledger.exported").count() == 2
    assert shen.get("/console/ledger/export/").status_code == 405


def test_the_daily_log_is_downloaded_by_whom_it_concerns(city, yesterday, signed_in, rulepack):
    rulepack("xian")
    _, day, _ = yesterday
    actions.push_daily(by=BY)
    zhou = signed_in("zhou")
    page = zhou.get("/console/ledger/daily/").content.decode()
    found = Digest.objects.get(organization__code="housing")
    assert found.sha256 in page
    file = zhou.get(f"/console/ledger/daily/{day}.jsonl")
    assert hashlib.sha256(b"".join(file)).hexdigest() == found.sha256 == file.headers["X-Content-SHA256"]
    for other in ("2001-01-01", "tomorrow"):
        assert zhou.get(f"/console/ledger/daily/{other}.jsonl").status_code == 404
    with pytest.raises(NotFound):
        queries.digest(city.consumer, day - timedelta(days=9))


@pytest.mark.article("xian-36")
def test_what_the_pack_still_wants_is_kept_and_the_rest_is_pruned_in_the_open(city, rulepack, tmp_path, monkeypatch):
    """Three years in Xi'an: entries of four years ago go, an entry says so, the ledger verifies."""
    rulepack("xian")
    home = Home(tmp_path / "home")
    keys.ensure(home)
    writer = spool.Spool(home.spool / "gateway-1")
    with clock.frozen(clock.now() - timedelta(days=4 * 366)):
        for n in range(300):
            leaf = entry.build(action="gateway.query", actor="app", organization="housing", details={"n": n})[1]
            ticket = writer.append(leaf)
    ticket.result(30)
    with clock.frozen(clock.now() - timedelta(days=2 * 366)):
        for n in range(300):
            leaf = entry.build(action="gateway.query", actor="app", organization="housing", details={"n": n})[1]
            ticket = writer.append(leaf)
    ticket.result(30)
    writer.close()
    Record.objects.all().delete()
    Outbox.objects.all().delete()  # what making the city left: this ledger begins with the old entries
    sequencing.run_once(home)
    with pytest.raises(NotAllowed):
        actions.prune(by=city.auditor, home=home)
    assert actions.prune(by=city.authority, home=home) == 256
    with pytest.raises(GongshuError) as caught:
        actions.prune(by=city.authority, home=home)
    assert caught.value.code == "ledger.nothing_expired"
    assert verify.audit(home.ledger, installation.trusted(home)[0]).ok
    assert not Record.objects.filter(index__lt=256).exists()
    said = Record.objects.get(action="ledger.pruned")
    assert said.details["below"] == 256
    assert "第三十六条" in said.cites[0]
    size = installation.head(home).size
    assert sequencing.reindex(home) == size
    assert Record.objects.count() == size - 256
