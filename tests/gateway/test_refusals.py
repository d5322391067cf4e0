"""Every refusal has its code, tells no value and leaves an entry; what is used up or too often is refused."""

import json

import pytest

from gateway.world import PURPOSE, code_of, content, query, secret_values
from gongshu.crypto import signing
from gongshu.gateway import errors

pytestmark = pytest.mark.article("luzhou-24", "xian-20")


def _resigned(world, change):
    """A call whose signed headers are changed afterwards."""

    def make(world_, grant):
        call = world_.call("query", query(grant))
        headers = dict(call.headers)
        change(headers)
        call.headers = headers
        return call

    return make


def _late(seconds):
    def make(world, grant):
        from gongshu import clock

        return world.call("query", query(grant), timestamp=int(clock.now().timestamp()) + seconds)

    return make


REFUSALS = {
    "no_signature": ("header_missing", _resigned(None, lambda h: h.pop("x-gongshu-signature"))),
    "odd_nonce": ("header_malformed", _resigned(None, lambda h: h.update({"x-gongshu-nonce": "a b"}))),
    "odd_algorithm": ("header_malformed", _resigned(None, lambda h: h.update({"x-gongshu-algorithm": "MD5"}))),
    "wrong_signature": ("signature_invalid", _resigned(None, lambda h: h.update({"x-gongshu-signature": "0" * 64}))),
    "wrong_secret": ("signature_invalid", lambda w, g: w.call("query", query(g), secret=b"another")),
    "nobody": ("client_unknown", lambda w, g: w.call("query", query(g), client="app_nobody")),
    "stopped": ("client_inactive", lambda w, g: w.call("query", query(g), client="app_stopped")),
    "other_algorithm": (
        "algorithm_unknown",
        lambda w, g: w.call("query", query(g), algorithm=signing.HMAC_SHA256),
    ),
    "too_old": ("timestamp_out_of_window", _late(-301)),
    "too_early": ("timestamp_out_of_window", _late(+305)),
    "not_json": ("body_malformed", lambda w, g: w.call("query", b"{")),
    "not_utf8": ("body_malformed", lambda w, g: w.call("query", b'{"grant":"\xff"}')),
    "deep": ("body_malformed", lambda w, g: w.call("query", b"[" * 60000)),
    "extra_field": ("body_malformed", lambda w, g: w.call("query", query(g, sql="1"))),
    "wrong_type": ("body_malformed", lambda w, g: w.call("query", query(g, fields="name"))),
    "no_fields": ("body_malformed", lambda w, g: w.call("query", query(g, fields=[]))),
    "page_too_large": ("body_malformed", lambda w, g: w.call("query", query(g, limit=1001))),
    "no_grant": ("grant_unknown", lambda w, g: w.call("query", query(g, grant="grant_x"))),
    "their_grant": ("grant_unknown", lambda w, g: w.call("query", query(g), client="app_tax")),
    "other_resource": ("grant_unknown", lambda w, g: w.call("query", query(g), resource="companies")),
    "other_system": ("grant_unknown", lambda w, g: w.call("query", query(w.grant(clients=("app_9",))))),
    "revoked": ("grant_revoked", lambda w, g: w.call("query", query(w.end(g)))),
    "expired": ("grant_expired", lambda w, g: w.call("query", query(w.grant(valid_from=1, valid_until=2)))),
    "marked_expired": ("grant_expired", lambda w, g: w.call("query", query(w.end(g, "expired")))),
    "not_yet": (
        "grant_not_yet_valid",
        lambda w, g: w.call("query", query(w.grant(valid_from=2**33, valid_until=2**34))),
    ),
    "no_query": ("mode_not_granted", lambda w, g: w.call("query", query(w.grant(modes=frozenset({"verify"}))))),
    "purpose": ("purpose_mismatch", lambda w, g: w.call("query", query(g, purpose="好奇"))),
    "outside": (
        "item_not_granted",
        lambda w, g: w.call("query", query(w.grant(items=("name",)), fields=["name", "phone"])),
    ),
    "outside_claim": (
        "item_not_granted",
        lambda w, g: w.call("verify", {**query(w.grant(items=("name",))), "claims": {"phone": "1"}}),
    ),
    "no_such_item": ("item_unknown", lambda w, g: w.call("query", query(g, fields=["salary"]))),
    "half_key": ("key_incomplete", lambda w, g: w.call("query", query(g, key={"name": "张三"}))),
    "long_key": ("key_incomplete", lambda w, g: w.call("query", query(g, key={"citizen_id": "1", "name": "张三"}))),
    "nothing_there": ("record_not_found", lambda w, g: w.call("query", query(g, key={"citizen_id": "1"}))),
    "no_listing": ("listing_not_granted", lambda w, g: w.call("query", {"grant": g.grant_id, "purpose": PURPOSE})),
    "odd_cursor": (
        "cursor_invalid",
        lambda w, g: w.call("query", {"grant": w.grant(listing=True).grant_id, "purpose": PURPOSE, "after": "%%%"}),
    ),
    "masked_filter": (
        "filter_not_granted",
        lambda w, g: w.call(
            "query", {"grant": w.grant(listing=True).grant_id, "purpose": PURPOSE, "filters": {"name": "张三"}}
        ),
    ),
    "not_served": (
        "resource_not_served",
        lambda w, g: w.call("query", query(w.grant(resource="companies")), resource="companies"),
    ),
    "items_gone": ("resource_not_served", lambda w, g: w.call("query", query(w.grant(items=("name", "gone"))))),
    "odd_format": ("format_unknown", lambda w, g: w.get("deliver", {"grant": g.grant_id, "format": "exe"})),
    "no_changes": (
        "changes_not_granted",
        lambda w, g: w.get("changes", {"grant": w.grant(modes=frozenset({"query"})).grant_id}),
    ),
    "key_not_given": ("item_not_granted", lambda w, g: w.get("changes", {"grant": g.grant_id})),
    "odd_wait": ("parameter_invalid", lambda w, g: w.get("changes", {"grant": g.grant_id, "wait": "-1"})),
    "no_batch": (
        "mode_not_granted",
        lambda w, g: w.get("deliver", {"grant": w.grant(modes=frozenset({"query"})).grant_id}),
    ),
    "odd_parameter": ("parameter_invalid", lambda w, g: w.get("deliver", {"grant": g.grant_id, "debug": "1"})),
    "nothing_described": ("grant_unknown", lambda w, g: w.get("openapi", {}, client="app_tax")),
    "nothing_held": ("grant_unknown", lambda w, g: w.get("describe", {}, client="app_tax")),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_every_refusal_has_its_code_and_tells_no_value(run, world, case):
    code, make = REFUSALS[case]
    world.client("app_tax", "tax")
    world.client("app_stopped", active=False)
    answer = run.ask(make(world, world.grant()))
    assert code_of(answer) == code
    assert answer.status == errors.TABLE[code].status
    error = content(answer)["error"]
    assert (error["zh"], error["en"]) == tuple(errors.TABLE[code].text)
    told = answer.body.decode() + json.dumps([entry._asdict() for entry in run.entries()], default=str)
    assert not any(value in told for value in secret_values(3))
    assert "salary" not in told and "好奇" not in told, "what the caller wrote must not be echoed"


@pytest.mark.parametrize("case", REFUSALS)
def test_every_refusal_leaves_an_entry(run, world, case):
    code, make = REFUSALS[case]
    world.client("app_tax", "tax")
    world.client("app_stopped", active=False)
    answer = run.ask(make(world, world.grant()))
    entries = run.entries()
    assert len(entries) == 1
    entry = entries[0]
    if code == "record_not_found":
        assert entry.action == "gateway.query" and entry.details["result"] == "not_found"
    else:
        assert entry.action == "gateway.refused"
        assert entry.details["code"] == code
    assert entry.id == content(answer)["error"]["request_id"]


def test_the_table_of_codes_is_covered():
    by_shell = {
            "header_duplicate", "body_too_large", "body_late", "path_unknown", "method_not_allowed", "request_malformed",
            "head_too_large", "length_required",
        }  # fmt: skip
    elsewhere = {
        "nonce_replayed", "rate_exceeded", "quota_exceeded", "overloaded", "ledger_unavailable", "control_unavailable",
        "storage_unavailable", "cursor_outdated", "fault", "outside_hours", "enumeration_suspected", "client_locked",
        "changes_not_offered", "sheet_full",
    }  # fmt: skip
    assert {code for code, _ in REFUSALS.values()} | by_shell | elsewhere == set(errors.TABLE)


def test_a_call_is_answered_once(run, world):
    call = world.call("query", query(world.grant()))
    assert run.ask(call).status == 200
    assert code_of(run.ask(call)) == "nonce_replayed"


def test_a_replay_is_refused_after_a_restart_too(run, world):
    from gateway.conftest import Run

    call = world.call("query", query(world.grant()))
    assert run.ask(call).status == 200
    run.running.close()
    again = Run(world)
    try:
        assert code_of(again.ask(call)) == "nonce_replayed"
    finally:
        again.running.close()


def test_a_nonce_is_not_used_up_by_somebody_else(run, world):
    nonce = "a" * 20
    forged = world.call("query", query(world.grant()), nonce=nonce, secret=b"guess")
    assert code_of(run.ask(forged)) == "signature_invalid"
    assert run.ask(world.call("query", query(world.grant()), nonce=nonce)).status == 200


def test_the_rate_of_a_grant(run, world):
    grant = world.grant(rate_per_minute=5)
    answers = [run.ask(world.call("query", query(grant, i))) for i in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert code_of(answers[5]) == "rate_exceeded"
    assert 1 <= int(answers[5].headers["Retry-After"]) <= 12


def test_the_daily_quota_survives_a_restart(run, world):
    from gateway.conftest import Run

    grant = world.grant(daily_quota=3)
    assert [run.ask(world.call("query", query(grant, i))).status for i in range(2)] == [200, 200]
    run.running.close()
    again = Run(world)
    try:
        answers = [again.ask(world.call("query", query(grant, i))) for i in range(2)]
        assert [answer.status for answer in answers] == [200, 429]
        assert code_of(answers[1]) == "quota_exceeded"
    finally:
        again.running.close()


def test_trying_values_about_one_person_is_slowed_down(run, world):
    grant = world.grant()
    tries = [
        run.ask(world.call("verify", {**query(grant, 5), "claims": {"phone": f"1380000{i:04d}"}})) for i in range(31)
    ]
    assert [answer.status for answer in tries] == [200] * 30 + [429]
    assert run.ask(world.call("verify", {**query(grant, 6), "claims": {"phone": "1"}})).status == 200
