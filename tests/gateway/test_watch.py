"""Guessing, counting up and probing are noticed, slowed down or locked, told of, and forgotten; honest work is not."""

import random

import pytest

from gateway.world import code_of, content, person, query
from gongshu.gateway.errors import Refusal
from gongshu.gateway.watch import GUESSES, LOCK_SECONDS, RUN, SLOW_PER_MINUTE, SLOW_SECONDS, Watch


def noticed(watch, calls, start=0.0):
    """The patterns noticed when ``calls`` of (key, found) come, one a tenth of a second."""
    seen = [watch.looked_up("app", "g", key, found, start + i / 10) for i, (key, found) in enumerate(calls)]
    return [pattern for pattern in seen if pattern]


def citizen(n):
    return f"33032419{60 + n % 40}01{n % 28 + 1:02d}{n % 1000:03d}X"


def test_guessing_is_noticed_and_a_few_misses_are_not():
    drawn = random.Random(3)
    guesses = [(citizen(drawn.randrange(10**6)), False) for _ in range(GUESSES)]
    assert noticed(Watch(), guesses) == ["guessing"]
    honest = [(citizen(drawn.randrange(10**6)), drawn.random() > 0.3) for _ in range(2000)]
    assert noticed(Watch(), honest) == []


def test_counting_up_or_down_is_noticed_also_with_gaps_and_check_characters():
    for step in (1, -1, 2, 3):
        keys = [(f"{500_000 + step * i:06d}", True) for i in range(RUN + 1)]
        assert noticed(Watch(), keys) == ["counting"]
    numbers = [(f"33032419600101{i:03d}{i * 7 % 10}", True) for i in range(RUN + 1)]
    assert noticed(Watch(), numbers) == ["counting"]


@pytest.mark.parametrize(
    "keys",
    [
        [str(n * 17) for n in range(500)],
        ["330324196001010031"] * 500,
        [f"A-{'xyz'[n % 3]}" for n in range(500)],
        [str(n // 10 * 1000 + n % 10) for n in range(500)],
    ],
    ids=["steps of 17", "the same again", "no numbers", "runs of ten"],
)
def test_honest_orders_are_not_taken_for_counting(keys):
    assert noticed(Watch(), [(key, True) for key in keys]) == []


def test_who_was_noticed_is_slow_for_ten_minutes_under_that_grant_only():
    watch = Watch()
    noticed(watch, [(str(n), False) for n in range(GUESSES)])
    now, answered = 10.0, 0
    while now < 130:
        try:
            watch.pace("app", "g", now)
            answered += 1
        except Refusal as no:
            assert no.code == "enumeration_suspected" and no.retry_after > 0
        now += 0.5
    assert answered <= SLOW_PER_MINUTE * 3
    for _ in range(100):
        watch.pace("app", "another", 11.0)
        watch.pace("other", "g", 11.0)
        watch.pace("app", "g", 10.0 + SLOW_SECONDS)


def test_probing_locks_for_five_minutes_and_only_what_is_probing():
    watch = Watch()
    assert [watch.refused("app", "item_not_granted", i / 100) for i in range(100)].count("probing") == 1
    with pytest.raises(Refusal, match="client_locked"):
        watch.admit("app", 2.0)
    watch.admit("other", 2.0)
    watch.admit("app", 2.0 + LOCK_SECONDS)
    assert not any(watch.refused("app2", "record_not_found", i / 100) for i in range(500))


def test_through_the_gate_guessing_leaves_an_entry_and_slows(run, world):
    grant = world.grant(rate_per_minute=None)
    nobody = [
        query(grant, key={"citizen_id": f"9900001960{i * 7919 % 10000:04d}{i:03d}X"}) for i in range(GUESSES + 20)
    ]
    answers = [run.ask(world.call("query", body)) for body in nobody]
    codes = [code_of(answer) for answer in answers]
    assert codes[:GUESSES] == ["record_not_found"] * GUESSES
    assert "enumeration_suspected" in codes and answers[-1].headers["Retry-After"]
    (told,) = [entry for entry in run.entries() if entry.action == "gateway.suspected"]
    assert (told.actor, told.details) == ("app_1", {"pattern": "guessing", "grant": grant.grant_id})
    assert run.ask(world.call("query", query(world.grant()))).status == 200, "another grant is not slowed down"


def test_verify_is_watched_as_query_is_and_a_listing_is_not(run, world):
    grant = world.grant(rate_per_minute=None)
    for i in range(GUESSES):
        body = {
            **query(grant, key={"citizen_id": f"990000196{i * 7919 % 100000:05d}{i:03d}X"}),
            "claims": {"name": "x"},
        }
        assert run.ask(world.call("verify", body)).status == 200
    assert [e.action for e in run.entries()].count("gateway.suspected") == 1
    world.client("app_tax", "tax")
    open_to_all = world.grant(listing=True, organization="tax", rate_per_minute=None)
    for i in range(RUN + 5):
        assert run.ask(world.call("query", query(open_to_all, i), client="app_tax")).status == 200


def test_through_the_gate_probing_locks(run, world):
    grant = world.grant(items=("name",), rate_per_minute=None)
    for _ in range(61):
        assert code_of(run.ask(world.call("query", query(grant, fields=["income"])))) == "item_not_granted"
    locked = run.ask(world.call("query", query(grant)))
    assert (locked.status, code_of(locked)) == (429, "client_locked") and int(locked.headers["Retry-After"]) <= 300
    told = [entry for entry in run.entries() if entry.action == "gateway.suspected"]
    assert [entry.details["pattern"] for entry in told] == ["probing"]


def test_forged_calls_lock_nobody_out(run, world):
    grant = world.grant(rate_per_minute=None)
    for _ in range(100):
        assert code_of(run.ask(world.call("query", query(grant), secret=b"guess"))) == "signature_invalid"
    assert run.ask(world.call("query", query(grant))).status == 200


def test_hours_and_keyed_masks_through_the_gate(run, world):
    from gongshu.grants.scope import Hours

    never = world.grant(hours=(Hours((1,), 0, 1),), valid_from=1)
    call = world.call("query", query(never), timestamp=1_700_000_000)
    call.now = 1_700_000_000.0  # a Wednesday
    assert code_of(run.ask(call)) == "outside_hours"
    keyed = world.grant(masks={"phone": "cipher", "birth": "shift", "income": "rough", "district": "division"})
    records = []
    for i in (4, 4, 6):
        answer = run.ask(world.call("query", query(keyed, i)))
        assert answer.status == 200, answer.body
        records.append(content(answer)["record"])
    assert records[0] == records[1] != records[2]
    assert records[0]["income"] == "1000" and records[0]["district"] == "330324"
    assert len(records[0]["phone"]) == 11 and records[0]["phone"] != person(4)["phone"]
    assert records[0]["birth"] != person(4)["birth"] and len(records[0]["birth"]) == 10
