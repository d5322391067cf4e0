"""Subscribing: everything that changed under the grant is told once, in pages, after a wait, and nothing else is."""

import asyncio
import random
import threading

import pytest

from gateway import world as worlds
from gateway.processes import gateway
from gateway.world import PURPOSE, RESOURCE, SECRET, code_of, content, person
from gongshu.client import Client, Refused

ITEMS = ("citizen_id", "name", "phone", "district", "birth", "income", "remark")
PLAIN = {"citizen_id": "none"}


def look(run):
    for slot in run.gate.interfaces._slots.values():
        slot.look_at = 0.0


def ask(run, world, grant, **parameters):
    look(run)
    return run.ask(world.get("changes", {"grant": grant.grant_id, **parameters}))


def changed(people, **edits):
    """``people`` with rows edited by their number: a dict of items, or None to take the row away."""
    rows = []
    for i, row in enumerate(people):
        edit = edits.get(f"r{i}", {})
        if edit is not None:
            rows.append(tuple(edit.get(name, value) for name, value in zip(ITEMS, row, strict=True)))
    return rows


def told(answer):
    assert answer.status == 200, answer.body
    return {change["key"]["citizen_id"]: change["change"] for change in content(answer)["changes"]}


def citizen(i):
    return person(i)["citizen_id"]


NEW = ("990000200001010001", "赵六", "13900000000", "330324", "2000-01-01", 1.0, None)


def test_what_was_added_changed_and_removed_is_told_once(run, world):
    grant = world.grant(items=ITEMS, masks=PLAIN)
    start = content(ask(run, world, grant))
    assert (start["changes"], start["more"], start["version"]) == ([], False, 1)
    worlds.publish(world.home, [*changed(worlds.PEOPLE, r3={"income": 5.0}, r7=None), NEW])
    answer = ask(run, world, grant, after=start["next"])
    assert told(answer) == {citizen(3): "changed", citizen(7): "removed", NEW[0]: "added"}
    after = content(answer)
    assert (after["more"], after["version"]) == (False, 2)
    assert told(ask(run, world, grant, after=after["next"])) == {}
    assert told(ask(run, world, grant, after=start["next"])) == told(answer), "the same cursor tells the same"
    entries = [e for e in run.entries() if e.details.get("result") == "changes"]
    assert entries[1].details["subjects"] and entries[1].details["count"] == 3
    assert [e.action for e in entries] == ["gateway.list"] * 4


def test_only_what_the_grant_lets_through_is_told(run, world):
    rows = ({"field": "district", "op": "eq", "value": "330324"},)
    grant = world.grant(items=("citizen_id", "name"), masks=PLAIN, rows=rows)
    start = content(ask(run, world, grant))["next"]
    edited = changed(
        worlds.PEOPLE,
        r2={"income": 5.0},  # inside, but an item that is not granted
        r3={"name": "李四"},  # outside
        r4={"name": "李四"},  # inside
        r5={"district": "330324"},  # comes in
        r6={"district": "330301"},  # goes out
        r9=None,  # outside, and gone
    )
    worlds.publish(world.home, edited)
    answer = ask(run, world, grant, after=start)
    assert told(answer) == {citizen(4): "changed", citizen(5): "added", citizen(6): "removed"}
    assert citizen(2) not in answer.body.decode() and citizen(3) not in answer.body.decode()


def test_a_masked_key_stays_masked(run, world):
    grant = world.grant(items=ITEMS, masks={"citizen_id": "token"})
    start = content(ask(run, world, grant))["next"]
    worlds.publish(world.home, changed(worlds.PEOPLE, r3={"income": 5.0}))
    answer = ask(run, world, grant, after=start)
    assert citizen(3) not in answer.body.decode()
    (change,) = content(answer)["changes"]
    assert change["key"]["citizen_id"].startswith("tok_")


def test_pages_lose_nothing_and_tell_nothing_twice_also_over_two_versions(run, world):
    grant = world.grant(items=ITEMS, masks=PLAIN, rate_per_minute=None)
    cursor = content(ask(run, world, grant))["next"]
    drawn = random.Random(5)
    first = {f"r{i}": {"income": float(i)} for i in drawn.sample(range(300), 120)}
    worlds.publish(world.home, changed(worlds.PEOPLE, **first))
    seen, pages, second = [], 0, drawn.sample(range(300), 60)
    while True:
        body = content(ask(run, world, grant, after=cursor, limit="25"))
        seen += [change["key"]["citizen_id"] for change in body["changes"]]
        cursor = body["next"]
        pages += 1
        if pages == 2:  # a newer version arrives in the middle of it
            both = {**first, **{f"r{i}": {"income": -1.0} for i in second}}
            worlds.publish(world.home, changed(worlds.PEOPLE, **both))
        if not body["more"] and body["version"] == 3 and not body["changes"]:
            break
    one = [citizen(int(name[1:])) for name in first]
    assert sorted(seen[: len(one)]) == sorted(one)
    assert sorted(seen[len(one) :]) == sorted(citizen(i) for i in second)


def test_a_cursor_of_somebody_else_of_long_ago_or_of_none(run, world):
    grant, other = world.grant(items=ITEMS, masks=PLAIN), world.grant(items=ITEMS, masks=PLAIN)
    start = content(ask(run, world, grant))["next"]
    assert code_of(ask(run, world, other, after=start)) == "cursor_invalid"
    for after in ("x", "", "AAAA", start[:-4]):
        assert code_of(ask(run, world, grant, after=after)) == "cursor_invalid"
    for _ in range(5):  # more versions than are kept
        worlds.publish(world.home, worlds.PEOPLE[: random.Random(_).randrange(100, 290)])
    old = run.gate.interfaces
    old._retired.clear()
    assert code_of(ask(run, world, grant, after=start)) == "cursor_outdated"


def test_revoked_while_waiting_nothing_is_told(run, world):
    grant = world.grant(items=ITEMS, masks=PLAIN)
    start = content(ask(run, world, grant))["next"]

    async def main():
        waiting = asyncio.create_task(
            run.gate.handle(world.get("changes", {"grant": grant.grant_id, "after": start, "wait": "60"}))
        )
        while not run.gate.comparisons.waiting:
            await asyncio.sleep(0.01)
        world.end(grant)
        while run.gate.control.known.revision < world.revision:
            await asyncio.sleep(0.01)
        worlds.publish(world.home, changed(worlds.PEOPLE, r3={"income": 5.0}))
        look(run)
        return await waiting

    assert code_of(asyncio.run(main())) == "grant_revoked"


def test_a_resource_without_a_key_has_no_changes(run, world, monkeypatch):
    grant = world.grant(items=ITEMS, masks=PLAIN)
    run.settle()
    assert ask(run, world, grant).status == 200
    monkeypatch.setattr(run.gate.interfaces._slots[RESOURCE].interface, "keys", ())
    assert code_of(ask(run, world, grant)) == "changes_not_offered"


def test_the_sdk_waits_for_a_new_version_and_a_stop_ends_the_wait(world):
    grant = world.grant(items=ITEMS, masks=PLAIN, rate_per_minute=None)
    with gateway(world.home.root) as running:
        running.wait_for(world.revision)
        with Client(f"http://127.0.0.1:{running.port}", "app_1", SECRET) as caller:
            people = caller.interface(RESOURCE, grant=grant.grant_id, purpose=PURPOSE)
            start = people.changes()
            found = []

            def follow():
                cursor = start.following
                while not found:
                    news = people.changes(cursor, wait=60)
                    found.extend(news.changes)
                    cursor = news.following

            waiting = threading.Thread(target=follow)
            waiting.start()
            worlds.publish(world.home, changed(worlds.PEOPLE, r3={"income": 5.0}))
            waiting.join(60)
            assert found == [{"change": "changed", "key": {"citizen_id": citizen(3)}}]
            with pytest.raises(Refused, match="cursor_invalid"):
                people.changes("x")
            last = people.changes(start.following)

            answered = []
            blocked = threading.Thread(target=lambda: answered.append(people.changes(last.following, wait=60)))
            blocked.start()
            running.wait_until(lambda: running.state()["in_flight"] > 0)
            assert running.stop() == 0
            blocked.join(60)
            assert answered and answered[0].changes == []
