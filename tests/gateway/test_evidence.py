"""What stays behind in the ledger, and what happens when something of ours is broken."""

import json

import pytest

from gateway import world as worlds
from gateway.world import PURPOSE, RESOURCE, code_of, content, person, query, secret_values

pytestmark = pytest.mark.article("luzhou-24", "xian-20")


@pytest.mark.article("xian-36")
def test_the_entry_says_who_what_why_and_never_a_value(run, world):
    grant = world.grant()
    answer = content(run.ask(world.call("query", query(grant, fields=["name", "phone"]))))
    run.ask(world.call("verify", {**query(grant), "claims": {"name": "张三", "phone": "1"}}))
    asked, verified = run.entries()
    assert asked.id == answer["request_id"]
    assert (asked.action, asked.actor, asked.organization, asked.resource) == (
        "gateway.query",
        "app_1",
        "housing",
        RESOURCE,
    )
    assert asked.details == {
        "grant": grant.grant_id,
        "purpose": PURPOSE,
        "items": ["name", "phone"],
        "version": 1,
        "count": 1,
        "result": "found",
    }
    assert verified.details["result"] == {"name": "no", "phone": "no"}
    assert asked.subject == verified.subject == run.gate.provider.commit(person(3)["citizen_id"])
    told = json.dumps([entry._asdict() for entry in run.entries()], default=str, ensure_ascii=False)
    assert not any(value in told for value in secret_values(3))


def test_a_listing_commits_to_everyone_it_gave(run, world):
    grant = world.grant(listing=True)
    run.ask(world.call("query", {"grant": grant.grant_id, "purpose": PURPOSE, "limit": 3}))
    (entry,) = run.entries()
    assert entry.details["subjects"] == [run.gate.provider.commit(person(i)["citizen_id"]) for i in range(3)]


def test_a_large_listing_still_fits_its_entry(run, world):
    worlds.publish(world.home, [(f"99000019{i:010d}", *row[1:]) for i, row in enumerate(worlds.PEOPLE * 4)])
    asked = {"purpose": PURPOSE, "limit": 1000, "fields": ["remark"]}
    answer = content(run.ask(world.call("query", {"grant": world.grant(listing=True).grant_id, **asked})))
    assert (len(answer["records"]), answer["truncated"]) == (500, True)
    public = world.grant(listing=True, kind="public")
    answer = content(run.ask(world.call("query", {"grant": public.grant_id, **asked})))
    assert (len(answer["records"]), answer["truncated"]) == (1000, True)
    assert ["subjects" in entry.details for entry in run.entries()] == [True, False]


def test_one_record_has_one_commitment_however_its_key_is_written(run, world):
    grant = world.grant()
    for written in (person(3)["citizen_id"], f" {person(3)['citizen_id']} ", person(3)["citizen_id"].lower()):
        run.ask(world.call("query", query(grant, key={"citizen_id": written})))
    assert len({entry.subject for entry in run.entries()}) == 1


def test_an_unready_gateway_finds_out_by_itself_that_the_ledger_is_back(run, world):
    import asyncio

    run.settle()
    run.gate.evidence.problem = "OSError"
    assert run.gate.state()["ready"] is False
    asyncio.run(run.gate.evidence.flush())
    assert run.gate.state()["ready"] is True
    assert [entry.action for entry in run.entries()] == ["gateway.recovered"]


def test_an_anonymous_flood_cannot_fill_the_ledger(run, world):
    grant = world.grant()
    calls = [world.call("query", query(grant), client=f"app_no_{i}") for i in range(400)]
    answers = run.together(calls)
    assert {code_of(answer) for answer in answers} == {"client_unknown"}
    singly = [entry for entry in run.entries() if entry.action == "gateway.refused"]
    assert len(singly) == 60
    import asyncio

    asyncio.run(run.gate.evidence.flush())
    summed = [entry for entry in run.entries() if entry.action == "gateway.refused_many"]
    assert [entry.details["code.client_unknown"] for entry in summed] == [340]


def test_many_at_once_are_all_recorded_once(run, world):
    grant = world.grant(rate_per_minute=None)
    answers = run.together([world.call("query", query(grant, i % 300)) for i in range(1000)])
    assert {answer.status for answer in answers} == {200}
    ids = [entry.id for entry in run.entries()]
    assert sorted(ids) == sorted(content(answer)["request_id"] for answer in answers)
    assert len(set(ids)) == 1000


class BrokenSpool:
    def append(self, leaf):
        raise OSError(28, "No space left on device")


def test_without_the_ledger_there_is_no_data(run, world):
    from gongshu.gateway.evidence import Evidence

    grant = world.grant(listing=True)
    run.gate.evidence = Evidence(BrokenSpool(), "test")
    calls = [
        world.call("query", query(grant)),
        world.call("verify", {**query(grant), "claims": {"name": "张三"}}),
        world.call("query", {"grant": grant.grant_id, "purpose": PURPOSE}),
        world.get("deliver", {"grant": grant.grant_id}),
        world.get("describe", {}),
    ]
    for call in calls:
        answer = run.ask(call)
        assert (answer.status, code_of(answer)) == (503, "ledger_unavailable")
        assert answer.file is None
        assert not any(value in answer.body.decode() for value in secret_values(3))
    assert run.gate.state()["ready"] is False


def test_a_fault_tells_its_number_and_nothing_else(run, world, monkeypatch, caplog):
    def broken(*_args):
        raise ValueError(f"cannot digest {secret_values(3)}")

    grant = world.grant()
    run.settle()
    monkeypatch.setattr("gongshu.gateway.interfaces.Interface.find", broken)
    answer = run.ask(world.call("query", query(grant)))
    assert (answer.status, code_of(answer)) == (500, "fault")
    told = answer.body.decode() + caplog.text
    assert not any(value in told for value in secret_values(3))


def test_a_full_disk_for_nonces_or_quotas_closes_the_gate(run, world, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    run.settle()
    monkeypatch.setattr("gongshu.gateway.mapped.MappedFile.store", full)
    answer = run.ask(world.call("query", query(world.grant())))
    assert (answer.status, code_of(answer)) == (503, "storage_unavailable")


def test_nonces_have_a_bound(run, world):
    run.gate.nonces._limit = 1
    assert run.ask(world.call("query", query(world.grant()))).status == 200
    assert code_of(run.ask(world.call("query", query(world.grant())))) == "overloaded"


def test_beyond_the_lease_the_gate_closes(run, world):
    grant = world.grant()
    run.settle()
    run.gate.control.stop()
    run.gate.control.lease = 0.0
    answer = run.ask(world.call("query", query(grant)))
    assert (answer.status, code_of(answer)) == (503, "control_unavailable")
    assert run.gate.state()["ready"] is False
