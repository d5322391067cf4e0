"""Searching the ledger: every question gives exactly what asking each entry would give, page by page."""

import csv
import io
import itertools
import json
import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from gongshu import crypto
from gongshu.errors import GongshuError
from gongshu.ledger import queries, search_queries
from gongshu.ledger.models import Mention, Record
from gongshu.ledger.search_queries import Question

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = [f"hmac-sm3:{n:064x}" for n in range(6)]


@pytest.fixture
def entries():
    """400 entries, some of them late, some at the same moment, some about several people."""
    draw = random.Random(4)
    made = []
    for index in range(400):
        subject = draw.choice(["", *PEOPLE])
        listed = draw.sample(PEOPLE, 2) if not subject and draw.random() < 0.3 else []
        row = Record(
            index=index, entry_id=f"call_{index}", at=BEGIN + timedelta(hours=index // 3 - draw.choice((0, 0, 0, 40))),
            action=draw.choice(["gateway.query", "gateway.list", "gateway.delivery", "grant.revoked"]),
            actor="app", organization=draw.choice(["housing", "police", "taxes"]), subject=subject,
            resource=draw.choice(["", "R-1", "R-2"]), details={"subjects": listed} if listed else {},
        )  # fmt: skip
        made.append((row, listed))
    Record.objects.bulk_create([row for row, _ in made])
    Mention.objects.bulk_create(
        Mention(subject=one, at=row.at, index=row.index) for row, listed in made for one in listed
    )
    return made


def expected(entries, asked):
    def fits(row, listed):
        return (
            asked.resource in ("", row.resource)
            and asked.organization in ("", row.organization)
            and (asked.action in ("", row.action) or (asked.action[-1:] == "." and row.action.startswith(asked.action)))
            and (not asked.subject or asked.subject == row.subject or asked.subject in listed)
            and (asked.since is None or row.at >= asked.since)
            and (asked.until is None or row.at < asked.until)
        )

    found = [row for row, listed in entries if fits(row, listed)]
    return [row.index for row in sorted(found, key=lambda row: (row.at, row.index), reverse=True)]


def test_every_combination_gives_what_looking_at_each_entry_gives(entries):
    choices = itertools.product(
        ("", "R-1", "R-9"), ("", "police"), ("", "gateway.query", "gateway.", "none."), ("", PEOPLE[2]),
        (None, BEGIN + timedelta(days=1)), (None, BEGIN + timedelta(days=2, hours=5)),
    )  # fmt: skip
    for resource, organization, action, subject, since, until in choices:
        asked = Question(resource, organization, action, subject, since, until)
        assert [row.index for row in search_queries.stream(asked)] == expected(entries, asked), asked


def test_pages_follow_each_other_without_gap_or_repetition(entries):
    asked, found, after = Question(organization="police", action="gateway."), [], ""
    while True:
        page = search_queries.search(asked, after=after, limit=7)
        assert len(page.rows) <= 7
        found += [row.index for row in page.rows]
        after = page.next
        if not after:
            break
        Record.objects.create(  # the ledger grows while somebody reads
            index=10_000 + len(found), entry_id="x", at=BEGIN + timedelta(days=90), action="gateway.query",
            actor="app", organization="police", resource="",
        )  # fmt: skip
    assert found == expected(entries, asked)


@pytest.mark.parametrize("place", ["x", "1", "1.", "1.x", "-1.2", "1.2.3", "9" * 19 + ".1", "٣.٤", f"{10**18 - 1}.1"])
def test_what_is_no_place_is_a_sentence(entries, place):
    with pytest.raises(GongshuError) as caught:
        search_queries.search(Question(), after=place)
    assert caught.value.code == "ledger.cursor"


def test_each_question_walks_an_index_of_its_own(entries):
    """No question reads the table from end to end, and none is sorted: asked of the database itself."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL reads a table of 400 rows whole, and is right")
    fields = {"resource": "R-1", "organization": "police", "action": "gateway.query", "subject": PEOPLE[0]}
    for number in range(5):
        for names in itertools.combinations(fields, number):
            asked = Question(**{name: fields[name] for name in names}, since=BEGIN)
            sql, values = search_queries._own_walk(asked, (BEGIN + timedelta(days=9), 99))
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {sql} LIMIT 50", values)
                plan = " ".join(str(row[-1]) for row in cursor.fetchall())
            assert "USING" in plan and "INDEX ledger_" in plan, (names, plan)
            assert "TEMP B-TREE" not in plan, (names, plan)


def test_the_list_of_acts_is_read_by_steps(entries):
    assert search_queries.acts() == ["gateway.delivery", "gateway.list", "gateway.query", "grant.revoked"]


def test_older_ways_of_asking_page_alike(entries):
    first = queries.records(organization="police", limit=10)
    second = queries.records(organization="police", before=first[-1].index, limit=500)
    assert [row.index for row in [*first, *second]] == expected(entries, Question(organization="police"))


def test_the_command_pages_and_exports(entries, monkeypatch, tmp_path, capsys):
    from gongshu.cli import ledger_search, session

    monkeypatch.setattr(session, "connect", lambda: None)
    everything: dict = {}
    everything |= dict(  # noqa: C408
        resource="", organization="police", action="gateway.", subject="", person_from=None, since="2026-11-02",
        until="2026-11-03", limit=5, after="", form="json", out=None,
    )  # fmt: skip
    asked = Question(
        organization="police", action="gateway.",
        since=datetime.fromisoformat("2026-11-02T00:00+08:00"), until=datetime.fromisoformat("2026-11-04T00:00+08:00"),
    )  # fmt: skip
    wanted = expected(entries, asked)
    ledger_search.search(**everything)
    said = json.loads(capsys.readouterr().out)
    assert [one["index"] for one in said["results"]] == wanted[:5]
    assert said["next"]
    for form in ("csv", "jsonl"):
        file = tmp_path / f"out.{form}"
        ledger_search.search(**everything | {"form": form, "out": file})
        text = file.read_text()
        rows = csv.DictReader(io.StringIO(text)) if form == "csv" else map(json.loads, text.splitlines())
        assert [int(row["index"]) for row in rows] == wanted
    ledger_search.search(**everything | {"form": "table"})
    assert "--after" in capsys.readouterr().err
    for wrong in ({"since": "yesterday"}, {"form": "xml"}):
        with pytest.raises(GongshuError):
            ledger_search.search(**everything | wrong)


def test_a_person_is_looked_for_without_a_name(entries, monkeypatch, tmp_path, capsys):
    from gongshu.cli import ledger_search, session

    monkeypatch.setattr(session, "connect", lambda: None)
    monkeypatch.setattr(crypto, "commit", lambda text: PEOPLE[1] if text == "110101199003077758" else "")
    file = tmp_path / "id"
    file.write_text("110101199003077758\n")
    ledger_search.search(
        resource="", organization="", action="", subject="", person_from=file, since="", until="", limit=500, after="",
        form="json", out=None,
    )  # fmt: skip
    said = capsys.readouterr().out
    assert [one["index"] for one in json.loads(said)["results"]] == expected(entries, Question(subject=PEOPLE[1]))
    assert "110101199003077758" not in said
