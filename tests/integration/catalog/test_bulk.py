"""Many entries at once: a dry run changes nothing and says what the deed will; reviewing stays one by one (xian-12)."""

from __future__ import annotations

import pytest

from factories import City, companies, stops
from gongshu import rules
from gongshu.catalog import actions, bulk, upkeep_actions
from gongshu.catalog.bulk import Operation
from gongshu.catalog.models import Entry
from gongshu.catalog.states import EntryStatus
from gongshu.errors import GongshuError
from gongshu.ledger.models import Outbox
from gongshu.notifications.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def xian():
    before = rules.active().id
    yield rules.configure("xian")
    rules.configure(before)


@pytest.fixture
def city() -> City:
    return City()


def run(by, operation: Operation, *entries: Entry, dry: bool = False, remark: str = ""):
    return bulk.run(by=by, operation=operation, codes=[one.code for one in entries], dry=dry, remark=remark)


def test_a_dry_run_changes_nothing_and_says_what_the_deed_will(city: City) -> None:
    good, bad = city.draft(), city.draft(stops(abstract=""))
    leaves, notices = Outbox.objects.count(), Notice.objects.count()
    dry = run(city.compiler, Operation.SUBMIT, good, bad, dry=True)
    assert [one.wrong is None for one in dry] == [True, False]
    assert (Outbox.objects.count(), Notice.objects.count()) == (leaves, notices)
    assert set(Entry.objects.values_list("status", flat=True)) == {EntryStatus.DRAFT}
    done = run(city.compiler, Operation.SUBMIT, good, bad)
    assert [(one.code, one.wrong and one.wrong.code) for one in done] == [
        (one.code, one.wrong and one.wrong.code) for one in dry
    ]
    assert Entry.objects.get(pk=good.pk).status == EntryStatus.SUBMITTED
    assert Entry.objects.get(pk=bad.pk).status == EntryStatus.DRAFT


def test_withdrawn_with_a_reason_by_who_may_and_compiled_again(city: City) -> None:
    first, second = city.published(), city.published(stops())
    assert {one.wrong.code for one in run(city.reviewer, Operation.WITHDRAW, first, second) if one.wrong} == {
        "catalog.remark_missing"
    }
    by_compiler = run(city.compiler, Operation.WITHDRAW, first, remark="职能划转")
    assert by_compiler[0].wrong is not None, "who compiled it does not withdraw it"
    assert [one.wrong for one in run(city.reviewer, Operation.WITHDRAW, first, second, remark="职能划转")] == [None] * 2
    assert [one.wrong for one in run(city.compiler, Operation.REOPEN, first)] == [None]
    assert Entry.objects.get(pk=first.pk).status == EntryStatus.DRAFT


@pytest.mark.article("xian-12")
def test_entries_are_reviewed_one_by_one(city: City) -> None:
    assert not {"publish", "return"} & set(Operation)


def test_confirmed_in_the_quarterly_upkeep_and_revisions_given_up(city: City) -> None:
    first, second = city.published(), city.published(stops())
    upkeep_actions.run_daily(by=city.authority)
    actions.revise_entry(by=city.compiler, code=second.code)
    found = run(city.compiler, Operation.CONFIRM, first, second)
    assert [one.wrong and one.wrong.code for one in found] == [None, "catalog.upkeep_revision"]
    assert run(city.compiler, Operation.DISCARD, second)[0].wrong is None
    assert run(city.compiler, Operation.CONFIRM, second)[0].wrong is None


def test_others_entries_and_too_many(city: City) -> None:
    hidden = city.draft(companies(title="内部"))
    (one,) = run(city.consumer, Operation.SUBMIT, hidden)
    assert (one.title, one.wrong is not None) == (hidden.code, True)
    with pytest.raises(GongshuError) as many:
        bulk.run(by=city.compiler, operation=Operation.SUBMIT, codes=[str(n) for n in range(501)], dry=True)
    assert many.value.code == "catalog.bulk_too_many"
