"""Searching the ledger: every question gives exactly what asking each entry would give, page by page."""

import csv
import io
import itertools
import json
import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from django.db import connection

from gongshu import crypto
from gongshu.errors import GongshuError
from gongshu.ledger import groups, packing, postings, queries, search_queries
from gongshu.ledger.models import Chunk, Posting, Record
from gongshu.ledger.search_queries import Question

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
PEOPLE = [f"hmac-sm3:{n:064x}" for n in range(6)]


# Leaves in a chunk, chunks in a group, and how many leaves make a word frequent there: one in so many.
FORMS = {
    "all open": (0, 0, 0),
    "chunks of 64": (64, 1000, 32),
    "one chunk": (400, 1000, 32),
    "groups of two chunks, hardly a word rare": (64, 2, 32),
    "a group and loose chunks, some words rare": (64, 4, 5),
}


@pytest.fixture(params=FORMS.values(), ids=FORMS.keys())
def entries(request, monkeypatch):
    """400 entries, some of them late, some at the same moment, some about several people; packed or not."""
    size, chunks, often = request.param
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
    if size:
        monkeypatch.setattr(postings, "SIZE", size)
        monkeypatch.setattr(groups, "CHUNKS", chunks)
        monkeypatch.setattr(groups, "OFTEN", often)
        postings.pack(400)
        assert Chunk.objects.count() == 400 // size
        assert len(groups.numbers()) == 400 // size // chunks
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


def test_a_page_of_what_is_frequent_opens_few_chunks(entries, monkeypatch):
    """Newest first means: as soon as nothing behind can be newer, no further chunk is read."""
    if Chunk.objects.count() < 6 or groups.numbers():
        pytest.skip("only where there are many chunks")
    asked = []
    real = postings.matching
    monkeypatch.setattr(postings, "matching", lambda words, numbers: (asked.extend(numbers), real(words, numbers))[1])
    search_queries.search(Question(organization="police"), limit=3)
    assert len(asked) < Chunk.objects.count()
    asked.clear()
    search_queries.search(Question(resource="R-9"), limit=3)
    assert sorted(asked) == list(range(Chunk.objects.count())), "to know that there is none, all are asked"


def test_what_is_rare_or_absent_asks_few_rows_however_long_the_ledger_is(entries, django_assert_max_num_queries):
    """One row a group, and one more for its head."""
    asked = []
    with (
        django_assert_max_num_queries(30),
        connection.execute_wrapper(
            lambda run, sql, params, many, context: (asked.append((sql, params)), run(sql, params, many, context))[1]
        ),
    ):
        assert search_queries.search(Question(resource="R-9", subject=PEOPLE[0])).rows == []
    keys = [key for sql, params in asked if "ledger_posting" in sql and " IN (" in sql for key in params]
    loose = [
        number
        for number in Chunk.objects.values_list("number", flat=True)
        if number // groups.CHUNKS not in groups.numbers()
    ]
    heads = {number // groups.CHUNKS for number in Chunk.objects.values_list("number", flat=True)}
    assert len(keys) <= 2 * len(loose) + 3 * len(heads) + 6


def test_a_chunk_that_goes_into_its_group_while_somebody_searches_is_not_missed(entries, monkeypatch):
    number = len(groups.numbers())
    if not number:
        pytest.skip("only where there are groups")
    postings.forget()
    with monkeypatch.context() as patch:
        patch.setattr(postings, "_group", lambda: None)
        postings.pack(400)
    real = groups.matching

    def meanwhile(words, wanted, size):
        answer = real(words, wanted, size)
        for group in set(range(number)) - groups.numbers():
            groups.make(group, size)
        return answer

    monkeypatch.setattr(groups, "matching", meanwhile)
    asked = Question(resource="R-1", organization="police")
    assert [row.index for row in search_queries.stream(asked)] == expected(entries, asked)
    assert len(groups.numbers()) == number


def test_an_index_of_an_older_release_is_put_into_groups_little_by_little(entries, monkeypatch):
    if len(groups.numbers()) < 2:
        pytest.skip("only where there are several groups")
    with monkeypatch.context() as patch:
        patch.setattr(postings, "_group", lambda: None)
        postings.forget()
        postings.pack(300)
    assert not groups.numbers()
    postings.pack(400)
    assert 1 <= len(groups.numbers()) <= 4
    asked = Question(organization="police")
    assert [row.index for row in search_queries.stream(asked)] == expected(entries, asked)


def test_words_of_one_digest_are_told_apart_by_the_rows(entries, monkeypatch):
    few = lambda column, values: np.array([7 << 56 | len(one) % 2 for one in values], dtype="<u8")  # noqa: E731
    monkeypatch.setattr(packing, "digests", few)
    postings.forget()
    postings.pack(400)
    for asked in (Question(resource="R-1", action="gateway."), Question(subject=PEOPLE[2], organization="police")):
        assert [row.index for row in search_queries.stream(asked)] == expected(entries, asked)


def test_what_was_pruned_is_found_no_more(entries):
    Record.objects.filter(index__lt=150).delete()
    postings.prune(150)
    kept = [(row, listed) for row, listed in entries if row.index >= 150]
    for asked in (Question(), Question(resource="R-1"), Question(subject=PEOPLE[0])):
        assert [row.index for row in search_queries.stream(asked)] == expected(kept, asked)
    first = min(Chunk.objects.values_list("number", flat=True), default=0)
    places = list(Posting.objects.values_list("place", flat=True))
    assert not [place for place in places if place >> 32 < 512 and place & 0xFFFFFFFF < first]
    assert not [place for place in places if place >> 32 >= 512 and place & 0xFFFFFFFF < first // groups.CHUNKS]
    Record.objects.filter(index__lt=400).delete()
    postings.prune(400)
    assert list(search_queries.stream(Question())) == []


def test_a_day_s_uses_are_counted_over_chunks_and_rows(entries):
    since = BEGIN + timedelta(hours=30)
    counted = {}
    for row, _ in entries:
        if row.resource == "R-1" and row.action in ("gateway.query", "gateway.list") and row.at >= since:
            key = ((row.at + timedelta(hours=8)).date(), row.action)
            counted[key] = counted.get(key, 0) + 1
    found = queries.daily(resource="R-1", actions=["gateway.query", "gateway.list"], since=since)
    assert found == [(day, action, n) for (day, action), n in sorted(counted.items())]


def test_what_is_done_by_some_people_is_found(entries):
    Record.objects.filter(index__in=(3, 200, 399)).update(actor="lin")
    if Chunk.objects.exists():
        postings.forget()
        postings.pack(400)
    found = [row.index for row in queries.records(actors=["lin", "nobody"])]
    assert sorted(found) == [3, 200, 399]
    assert queries.records(actors=[]) == []


def test_who_read_about_a_person_is_found_oldest_first(entries):
    person = PEOPLE[1]
    wanted = [
        row.index for row, listed in entries
        if row.resource == "R-1" and (
            row.action == "gateway.delivery"
            or (row.action in ("gateway.query", "gateway.list") and (row.subject == person or person in listed))
        )
    ]  # fmt: skip
    assert [row.index for row in queries.reads_about(resource="R-1", subject=person)] == wanted


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
