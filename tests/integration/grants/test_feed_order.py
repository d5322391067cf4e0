"""Revisions become visible in the order of their numbers, however many write at once."""

import threading
from datetime import date

import pytest
from django.db import connection, connections, transaction

from gongshu.grants import actions
from gongshu.grants.models import FeedRow
from gongshu.identity.actor import Actor

BY = Actor.process("test")


def make(number):
    return actions.create(
        by=BY,
        organization="housing",
        provider="police",
        resource=f"r{number}",
        items=["name"],
        purpose="x",
        modes=["query"],
        valid_from=date(2026, 1, 1),
        valid_until=date(2099, 1, 1),
    )


@pytest.mark.django_db(transaction=True)
def test_a_reader_that_asks_for_what_is_above_misses_nothing():
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time; the order is PostgreSQL's question")
    writers, done, faults = 6, threading.Event(), []

    def write(number):
        try:
            for i in range(15):
                with transaction.atomic():
                    make(number * 100 + i)
        except Exception as error:
            faults.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    seen, last = set(), 0
    while True:
        finished = not any(thread.is_alive() for thread in threads)
        for row in FeedRow.objects.filter(revision__gt=last).order_by("revision"):
            seen.add(row.key)
            last = row.revision
        if finished:
            break
    done.set()
    assert not faults
    assert last == writers * 15
    assert seen == set(FeedRow.objects.values_list("key", flat=True)), "a revision appeared below one already read"


@pytest.mark.django_db(transaction=True)
def test_revisions_have_no_gaps_after_a_rollback():
    make(1)
    with pytest.raises(RuntimeError), transaction.atomic():
        make(2)
        raise RuntimeError
    make(3)
    assert sorted(FeedRow.objects.values_list("revision", flat=True)) == [1, 2]
