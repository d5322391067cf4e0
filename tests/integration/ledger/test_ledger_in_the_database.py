"""The ledger joined to the database: an act and its entry stand or fall together, and every entry is sequenced once."""

import pytest
from django.db import IntegrityError, transaction

from gongshu import crypto
from gongshu.crypto import keys
from gongshu.errors import EnvironmentFault
from gongshu.home import Home
from gongshu.ledger import actions, entry, installation, postings, queries, sequencing, spool, tiles, verify
from gongshu.ledger.models import Chunk, Outbox, Posting, Record

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(tmp_path):
    place = Home(tmp_path / "home")
    keys.ensure(place)
    yield place
    crypto.forget()


def act(number=0, **fields):
    given = {"action": "grants.revoked", "actor": "lin", "organization": "housing", "resource": "city.person"}
    with transaction.atomic():
        return actions.record(**{**given, "details": {"n": number}, **fields})


def gateway(home, *leaves):
    writer = spool.Spool(home.spool / "gateway-1")
    for leaf in leaves:
        writer.append(leaf).result(10)
    writer.close()


def ids(home):
    size = installation.head(home).size
    return [entry.body(leaf)["id"] for _, leaf in tiles.Tiles(home.ledger, size).leaves(0, size)]


def intact(home):
    return verify.audit(home.ledger, installation.trusted(home)[0]).ok


def test_an_entry_is_recorded_sequenced_and_found(home):
    identifier = act(
        cites=["《西安市政务数据资源共享管理办法》第二十二条"],
        subject="hmac-sm3:" + "a" * 64,
        details={"items": ["name"]},
    )
    assert queries.waiting() == 1
    assert queries.size() == 0
    assert sequencing.run_once(home) == 1
    assert queries.waiting() == 0
    assert queries.size() == 1
    found = queries.record(identifier)
    assert found.index == 0
    assert found.cites == ["《西安市政务数据资源共享管理办法》第二十二条"]
    assert found.details == {"items": ["name"]}
    assert ids(home) == [identifier]
    assert intact(home)


def test_an_act_that_is_rolled_back_leaves_no_entry(home):
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.record(action="a.b", actor="lin", organization="housing")
        raise IntegrityError
    assert sequencing.run_once(home) == 0
    assert queries.waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_a_defect():
    with pytest.raises(RuntimeError, match="inside the transaction"):
        actions.record(action="a.b", actor="lin", organization="housing")


@pytest.mark.article("xian-36")
def test_a_personal_identifier_is_refused_and_nothing_is_written():
    with pytest.raises(entry.EntryRefused):
        act(details={"about": "11010119900307001X"})
    assert queries.waiting() == 0


def test_acts_and_calls_are_one_sequence(home):
    first = act()
    called, leaf = entry.build(action="gateway.query", actor="client", organization="housing", resource="city.person")
    gateway(home, leaf)
    assert sequencing.run_once(home) == 2
    assert set(ids(home)) == {first, called}
    assert sequencing.run_once(home) == 0


@pytest.mark.article("yongjia-25")
def test_a_provider_sees_who_read_what(home):
    read, leaf = entry.build(
        action="gateway.query", actor="housing-system", organization="housing", resource="city.person"
    )
    _, other = entry.build(action="gateway.query", actor="tax-system", organization="tax", resource="city.company")
    gateway(home, leaf, other)
    act()
    sequencing.run_once(home)
    assert [r.entry_id for r in queries.records(resource="city.person", action="gateway.")] == [read]
    assert {r.actor for r in queries.records(resource="city.person")} == {"housing-system", "lin"}
    assert [r.organization for r in queries.records(organization="tax")] == ["tax"]
    assert [r.actor for r in queries.records(actor="tax-system")] == ["tax-system"]
    assert dict(queries.counts_by_action(resource="city.person")) == {"gateway.query": 1, "grants.revoked": 1}


@pytest.mark.article("xian-36")
def test_who_read_about_this_person_is_answered_by_whoever_holds_the_salt(home):
    provider = crypto.provider(home)
    mine = provider.commit("11010119900307001X")
    _, leaf = entry.build(action="gateway.query", actor="c", organization="housing", subject=mine)
    gateway(home, leaf)
    sequencing.run_once(home)
    assert len(queries.records(subject=provider.commit("11010119900307001x"))) == 1
    assert not queries.records(subject=provider.commit("110101199003070028"))


def test_pages_of_records_meet_without_gap_or_overlap(home):
    for number in range(25):
        act(number)
    sequencing.run_once(home)
    seen, before = [], None
    while page := queries.records(limit=10, before=before):
        seen += [record.index for record in page]
        before = page[-1].index
    assert seen == list(range(24, -1, -1))


class Crash(BaseException):
    pass


@pytest.mark.parametrize("where", ["before the index", "inside the index", "after the index"])
def test_a_crash_between_log_and_database_doubles_nothing(home, monkeypatch, where):
    wanted = [act(number) for number in range(5)]
    real_index, real_forget = sequencing._index, sequencing._forget

    def stop_at_growth(home, size):
        if size and where == "before the index":
            raise Crash
        real_index(home, size)
        if size:
            raise Crash

    def stop_inside(entry_ids):
        raise Crash

    with monkeypatch.context() as patch:
        if where == "inside the index":
            patch.setattr(sequencing, "_forget", stop_inside)
        else:
            patch.setattr(sequencing, "_index", stop_at_growth)
        with pytest.raises(Crash):
            sequencing.run_once(home)
    assert sequencing._forget is real_forget
    assert installation.head(home).size == 5
    wanted.append(act(99))
    assert sequencing.run_once(home) == 1
    assert ids(home) == wanted
    assert queries.waiting() == 0
    assert list(Record.objects.order_by("index").values_list("entry_id", flat=True)) == wanted
    assert intact(home)


def test_more_than_one_round_of_outbox(home, monkeypatch):
    monkeypatch.setattr(sequencing, "OUTBOX_ROUND", 7)
    monkeypatch.setattr(sequencing, "INDEX_ROUND", 3)
    wanted = [act(number) for number in range(30)]
    assert sequencing.run_once(home) == 30
    assert ids(home) == wanted
    assert queries.size() == 30


def test_the_index_can_be_made_anew_from_the_log(home):
    for number in range(12):
        act(number)
    sequencing.run_once(home)
    before = list(Record.objects.order_by("index").values())
    Record.objects.all().delete()
    act(12)
    assert sequencing.run_once(home) == 1, "a lost index is caught up before anything is added"
    assert list(Record.objects.order_by("index").values())[:12] == before
    Record.objects.filter(index__gt=3).update(actor="forged")
    assert sequencing.reindex(home) == 13
    assert list(Record.objects.order_by("index").values())[:12] == before


def test_chunks_are_packed_as_they_fill_and_anew_from_the_log(home, monkeypatch):
    monkeypatch.setattr(postings, "SIZE", 8)
    monkeypatch.setattr(sequencing, "INDEX_ROUND", 5)
    for number in range(20):
        act(number, subject=f"XQ-{number % 3}")
        if number in (6, 12):
            sequencing.run_once(home)
    sequencing.run_once(home)

    def packed():
        return [list(model.objects.order_by("pk").values()) for model in (Chunk, Posting)]

    before = packed()
    assert [chunk["number"] for chunk in before[0]] == [0, 1]
    assert [row.index for row in queries.records(subject="XQ-1")] == [19, 16, 13, 10, 7, 4, 1]
    sequencing.reindex(home)
    assert packed() == before
    postings.forget()
    act(20)
    sequencing.run_once(home)
    assert packed() == before, "what an older release left unpacked is packed by the next run"


def test_a_ledger_folder_older_than_the_database_is_noticed(home, tmp_path):
    act()
    sequencing.run_once(home)
    older = Home(tmp_path / "older")
    keys.ensure(older)
    act(2)
    with pytest.raises(EnvironmentFault) as caught:
        sequencing.run_once(older)
    assert caught.value.code == "ledger.rolled_back"
    assert queries.waiting() == 1


def test_an_outbox_row_that_rotted_is_replaced_once_and_leaves(home):
    identifier = act()
    Outbox.objects.update(leaf=b"rot")
    assert sequencing.run_once(home) == 1
    found = queries.record(identifier)
    assert found.action == "ledger.unreadable_entry"
    assert sequencing.run_once(home) == 0
    assert queries.waiting() == 0


def test_looking_for_work_when_there_is_none_costs_little(home, django_assert_num_queries):
    act()
    sequencing.run_once(home)
    with django_assert_num_queries(2):
        assert sequencing.run_once(home) == 0
