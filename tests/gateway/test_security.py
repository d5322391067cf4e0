"""What must never happen, tried: every client on every interface for every item, forged requests, naughty strings."""

import json
import time
from urllib.parse import quote

import pytest

from gateway import world as worlds
from gateway.naughty import NAUGHTY
from gateway.world import ITEMS, PURPOSE, RESOURCE, code_of, content, person, query, secret_values
from gongshu.crypto import signing
from gongshu.gateway import errors
from gongshu.gateway.call import Call

pytestmark = pytest.mark.article("luzhou-24", "xian-20")

OTHER = "households"
NAMES = [item.name for item in ITEMS]


def test_every_client_on_every_interface_gets_its_items_and_no_other(run, world):
    """3 clients × 2 interfaces × 4 grants × every item and one that is none × query, claim, filter and listing."""
    worlds.publish(world.home, worlds.PEOPLE[:20], OTHER)
    world.client("app_tax", "tax")
    world.client("app_second")
    held = [
        world.grant(items=("name", "district"), masks={"name": "none"}, listing=True, rate_per_minute=None),
        world.grant(items=("phone",), organization="tax", masks={"phone": "none"}, listing=True, rate_per_minute=None),
        world.grant(items=("income", "birth"), resource=OTHER, listing=True, rate_per_minute=None),
        world.grant(items=("remark",), clients=("app_second",), masks={"remark": "none"}, listing=True,
                    rate_per_minute=None),
    ]  # fmt: skip
    organizations = {"app_1": "housing", "app_second": "housing", "app_tax": "tax"}
    row, cases, calls = person(3), [], []
    for client, organization in organizations.items():
        for resource in (RESOURCE, OTHER):
            for grant in held:
                own = (
                    grant.organization == organization
                    and grant.resource == resource
                    and (not grant.clients or client in grant.clients)
                )
                for item in [*NAMES, "salary"]:
                    claim = row.get(item, "1")
                    asked = [
                        ("query", query(grant, fields=[item])),
                        ("verify", {**query(grant), "claims": {item: claim if claim is not None else "x"}}),
                        ("query", {"grant": grant.grant_id, "purpose": PURPOSE, "fields": [item], "limit": 1}),
                        ("query", {"grant": grant.grant_id, "purpose": PURPOSE, "filters": {item: "x"}, "limit": 1}),
                    ]
                    for operation, body in asked:
                        cases.append((own and item in grant.items, own, item in NAMES, item, client, grant.grant_id))
                        calls.append(world.call(operation, body, client=client, resource=resource))
    run.gate.watch.refused = lambda *_: None  # so many in a minute would lock the clients (test_watch)
    answers = run.together(calls)
    assert len(answers) == 3 * 2 * 4 * 8 * 4
    given = 0
    for (allowed, own, exists, *case), answer in zip(cases, answers, strict=True):
        if allowed:
            assert answer.status == 200, (case, answer.body)
            given += 1
            continue
        expected = "grant_unknown" if not own else "item_not_granted" if exists else "item_unknown"
        assert code_of(answer) == expected, case
        assert not any(value in answer.body.decode() for value in secret_values(3)), case
    assert given == (2 * 4) * 2 + 1 * 4 + (2 * 4) * 2 + 1 * 4


def test_a_description_tells_nobody_of_others_grants(run, world):
    world.client("app_tax", "tax")
    ours, theirs = world.grant(items=("name",)), world.grant(items=("phone",), organization="tax")
    for operation in ("describe", "openapi"):
        for client, own, other in (("app_1", ours, theirs), ("app_tax", theirs, ours)):
            told = run.ask(world.get(operation, {}, client=client)).body.decode()
            assert own.grant_id in told and other.grant_id not in told
            refused = run.ask(world.get(operation, {"grant": other.grant_id}, client=client))
            assert code_of(refused) == "grant_unknown"


# --- forged, replayed, late ------------------------------------------------------------------------------------------


def forged(call, **changes):
    """The call with parts exchanged after it was signed."""
    parts = {
        "operation": call.operation, "resource": call.resource, "method": call.method, "target": call.target,
        "headers": dict(call.headers), "body": call.body,
    }  # fmt: skip
    headers = changes.pop("headers", {})
    parts |= changes
    parts["headers"] |= headers
    return Call(**parts)


def test_no_part_of_a_signed_request_can_be_exchanged(run, world):
    grant, other = world.grant(), world.grant()
    world.client("app_2")
    fresh = lambda **more: world.call("query", query(grant), **more)  # noqa: E731 - a new nonce each time
    now = int(time.time())
    exchanged = [
        forged(fresh(), body=json.dumps(query(other)).encode()),
        forged(fresh(), body=json.dumps(query(grant, 4)).encode()),
        forged(fresh(), body=b""),
        forged(fresh(), method="PUT"),
        forged(fresh(), target=f"/v1/interfaces/{RESOURCE}/verify", operation="verify"),
        forged(fresh(), target=f"/v1/interfaces/{RESOURCE}/query?x=1"),
        forged(fresh(), headers={"x-gongshu-client": "app_2"}),
        forged(fresh(), headers={"x-gongshu-nonce": "b" * 24}),
        forged(fresh(), headers={"x-gongshu-timestamp": str(now + 1)}),
        forged(fresh(timestamp=now - 4000), headers={"x-gongshu-timestamp": str(now)}),
        forged(fresh(), headers={"x-gongshu-algorithm": signing.HMAC_SHA256}),
    ]
    assert {code_of(answer) for answer in run.together(exchanged)} == {"signature_invalid"}


def test_no_other_spelling_of_a_signature_holds(run, world):
    grant = world.grant()
    spelled = []
    for at in range(64):
        call = world.call("query", query(grant))
        right = call.headers["x-gongshu-signature"]
        other = "0" if right[at] != "0" else "1"
        spelled.append(forged(call, headers={"x-gongshu-signature": right[:at] + other + right[at + 1 :]}))
    respell = [str.upper, lambda s: s[:-1], lambda s: s[:32], lambda s: s + "0", lambda s: f" {s}", lambda s: "é" + s[1:],
               lambda s: s + s, lambda s: "0" * 64, lambda s: "\u0660" + s[1:]]  # fmt: skip
    for change in respell:
        call = world.call("query", query(grant))
        right = call.headers["x-gongshu-signature"]
        if (other := change(right)) != right:
            spelled.append(forged(call, headers={"x-gongshu-signature": other}))
    assert {code_of(answer) for answer in run.together(spelled)} == {"signature_invalid"}


def test_a_replay_is_refused_however_often_and_in_whatever_order(run, world):
    grant = world.grant(rate_per_minute=None)
    calls = [world.call("query", query(grant, i)) for i in range(20)]
    assert {answer.status for answer in run.together(calls)} == {200}
    again = run.together([*reversed(calls), *calls])
    assert {code_of(answer) for answer in again} == {"nonce_replayed"}
    assert [e.action for e in run.entries()].count("gateway.query") == 20


def test_of_the_same_request_sent_many_times_at_once_one_is_answered(run, world):
    call = world.call("query", query(world.grant()))
    answers = run.together([forged(call) for _ in range(30)])
    assert sorted(answer.status for answer in answers) == [200] + [401] * 29


@pytest.mark.parametrize(("seconds", "code"), [(-301, "timestamp_out_of_window"), (302, "timestamp_out_of_window")])
def test_late_and_early_requests_are_refused_and_their_nonce_stays_free(run, world, seconds, code):
    grant, nonce = world.grant(), "n" * 20
    late = world.call("query", query(grant), timestamp=int(time.time()) + seconds, nonce=nonce)
    assert code_of(run.ask(late)) == code
    assert run.ask(world.call("query", query(grant), nonce=nonce)).status == 200


# --- naughty strings -------------------------------------------------------------------------------------------------


def whole(answer, label):
    """A known code, no fault of ours, nothing of anybody's data."""
    assert answer.status in (200, 400, 403, 404, 429), (label, answer.body)
    if answer.status != 200:
        assert code_of(answer) in errors.TABLE and code_of(answer) != "fault", label
    text = answer.body.decode()
    assert not any(value in text for i in range(5) for value in secret_values(i)), label
    return text


PLACES = {
    "grant": lambda g, s: ("query", query(g, grant=s)),
    "purpose": lambda g, s: ("query", query(g, purpose=s)),
    "key value": lambda g, s: ("query", query(g, key={"citizen_id": s})),
    "key name": lambda g, s: ("query", query(g, key={s: "1"})),
    "field": lambda g, s: ("query", query(g, fields=[s])),
    "cursor": lambda g, s: ("query", {"grant": g.grant_id, "purpose": PURPOSE, "after": s, "limit": 1}),
    "filter value": lambda g, s: ("query", {"grant": g.grant_id, "purpose": PURPOSE, "filters": {"remark": s}}),
    "filter name": lambda g, s: ("query", {"grant": g.grant_id, "purpose": PURPOSE, "filters": {s: "1"}}),
    "claim value": lambda g, s: ("verify", {**query(g), "claims": {"name": s, "income": s, "birth": s}}),
    "claim name": lambda g, s: ("verify", {**query(g), "claims": {s: "1"}}),
    "verified key": lambda g, s: ("verify", {**query(g, key={"citizen_id": s}), "claims": {"name": "x"}}),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_naughty_string_is_answered_with_a_code_or_not_at_all_special(run, world, place):
    grant = world.grant(listing=True, items=("name", "remark", "income", "birth"), rate_per_minute=None)
    make = PLACES[place]
    calls = [world.call(*make(grant, text)) for text in NAUGHTY.values()]
    for label, text, answer in zip(NAUGHTY, NAUGHTY.values(), run.together(calls), strict=True):
        told = whole(answer, label)
        if answer.status != 200 and len(text) > 5:
            assert json.dumps(text, ensure_ascii=False)[1:-1] not in told, f"{label} was echoed"
        if place == "filter value" and answer.status == 200:
            assert content(answer)["records"] == [], label
        if place == "key value":
            assert answer.status in (400, 404), label
    ledger = json.dumps([entry._asdict() for entry in run.entries()], default=str, ensure_ascii=False)
    assert "DROP TABLE" not in ledger and "<script>" not in ledger


@pytest.mark.parametrize("operation", ["deliver", "describe", "openapi"])
def test_a_naughty_string_in_the_address(run, world, operation):
    world.grant()
    for label, text in NAUGHTY.items():
        place = "deliveries" if operation == "deliver" else "interfaces"
        for name in ("grant", "format", "purpose", text[:60]):
            path = f"/v1/{place}/{RESOURCE}?{quote(name)}={quote(text)}"
            call = Call(operation, RESOURCE, "GET", path, world.signed("app_1", "GET", path), b"", ((name, text),))
            whole(run.ask(call), f"{label} as {name}")
        path = f"/v1/{place}/{quote(text, safe='')}"
        call = Call(operation, text, "GET", path, world.signed("app_1", "GET", path))
        assert run.ask(call).status in (403, 429), label


def test_naughty_headers_are_refused_before_anything_is_done(run, world):
    call = world.call("query", query(world.grant()))
    for name in ("client", "timestamp", "nonce", "algorithm", "signature"):
        for label, text in NAUGHTY.items():
            answer = run.ask(forged(call, headers={f"x-gongshu-{name}": text}))
            assert answer.status in (400, 401), (name, label)
            assert code_of(answer) in errors.TABLE
    assert run.ask(call).status == 200, "none of them used the nonce up"


@pytest.mark.slow
def test_a_stopwatch_does_not_tell_existing_from_missing(run, world):
    """Verify about people who are there and who are not, in turns: how well the time sorts them, 0.5 being not at all."""
    grant = world.grant(rate_per_minute=None, daily_quota=None)
    run.gate.rates.take = lambda *a: None
    times = {True: [], False: []}
    for i in range(4000):
        there = bool(i % 2)
        key = {"citizen_id": person(i % 300)["citizen_id"] if there else f"990001196001{i:05d}X"}
        call = world.call(
            "verify", {**query(grant, key=key), "claims": {"name": "李四", "income": 3, "birth": "1950-01-01"}}
        )
        run.settle()
        began = time.perf_counter()
        answer = run.ask(call)
        times[there].append(time.perf_counter() - began)
        assert answer.status == 200
    ranked = sorted((seconds, there) for there, several in times.items() for seconds in several)
    ranks = sum(rank for rank, (_, there) in enumerate(ranked, 1) if there)
    n = len(times[True])
    separation = (ranks - n * (n + 1) / 2) / (n * len(times[False]))  # Mann-Whitney's U over its largest
    assert 0.45 < separation < 0.55, separation
