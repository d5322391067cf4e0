"""The gateway as whoever runs it meets it: figures, several of one installation, outages, busy hours, new versions."""

import asyncio
import json
import shutil
import threading
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway import world as worlds
from gateway.processes import gateway
from gateway.world import RESOURCE, query, secret_values
from gongshu.gateway import metrics
from gongshu.gateway.app import Shell
from gongshu.gateway.http import Request
from ports import free_port


def figures(port):
    """Sample name and labels → value, as Prometheus's own parser reads the page."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    text = opener.open(f"http://127.0.0.1:{port}/metrics", timeout=10).read().decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, *sorted(sample.labels.items())] = sample.value
    return text, found


def test_the_figures_count_and_tell_no_data(world):
    grant, port = world.grant(rate_per_minute=None), free_port()
    with gateway(world.home.root, "--metrics-port", str(port)) as running:
        running.wait_for(world.revision)
        for i in range(5):
            assert running.ask(world, "query", query(grant, i))[0] == 200
        assert running.ask(world, "query", query(grant, purpose="另作他用"))[0] == 403
        assert running.ask(world, "verify", {**query(grant), "claims": {"name": "x"}})[0] == 200
        text, found = figures(port)
        calls = "gongshu_gateway_calls_total"
        assert found[calls, ("code", "ok"), ("operation", "query")] == 5
        assert found[calls, ("code", "purpose_mismatch"), ("operation", "query")] == 1
        assert found["gongshu_gateway_call_seconds_count", ("operation", "query")] == 6
        assert found["gongshu_gateway_call_seconds_bucket", ("le", "+Inf"), ("operation", "verify")] == 1
        assert found[("gongshu_gateway_ready",)] == 1 and found[("gongshu_gateway_in_flight",)] == 0
        assert found[("gongshu_gateway_control_revision",)] == world.revision
        assert found[("process_resident_memory_bytes",)] > 1e6
        for word in (grant.grant_id, RESOURCE, "app_1", "housing", "另作他用", *secret_values(0), *secret_values(3)):
            assert word not in text
        assert running.send("GET", "/metrics")[0] == 404, "not on the port that callers reach"
        with pytest.raises(OSError, match="404"):
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/", timeout=10)


def test_a_page_of_figures_is_well_formed_before_the_first_call():
    found = list(text_string_to_metric_families(metrics.Metrics().render({"x": ("Something.", 1.0)})))
    assert {"x", "process_cpu_seconds", "gongshu_gateway_calls"} <= {family.name for family in found}


def test_two_gateways_follow_one_control_plane_and_keep_books_of_their_own(world):
    with gateway(world.home.root, name="east") as east, gateway(world.home.root, name="west") as west:
        grant = world.grant(rate_per_minute=None)
        for running in (east, west):
            running.wait_for(world.revision)
            assert running.ask(world, "query", query(grant))[0] == 200
        world.end(grant)
        for running in (east, west):
            running.wait_for(world.revision)
            assert running.ask(world, "query", query(grant))[1]["error"]["code"] == "grant_revoked"
    from gongshu.ledger import entry, spool

    told = {}
    for name in ("east", "west"):
        files = sorted((world.home.spool / name).glob("*.spool"))
        leaves = [entry.parse(leaf) for path in files for batch in spool.read(path) for leaf in batch.leaves]
        told[name] = [each.action for each in leaves]
    assert told == {name: ["gateway.query", "gateway.refused"] for name in ("east", "west")}


def test_what_one_gateway_answered_another_refuses_as_a_replay(world):
    """Two processes of one node, and a third that was not running yet; each refuses what the others answered."""
    grant = world.grant(rate_per_minute=None)
    with gateway(world.home.root, name="east") as east:
        with gateway(world.home.root, name="west") as west:
            for running in (east, west):
                running.wait_for(world.revision)
            calls = [world.call("query", query(grant, i)) for i in range(40)]

            def send(running, call):
                status, _, body = running.send("POST", call.target, call.body, dict(call.headers))
                return json.loads(body).get("error", {}).get("code", status)

            assert [send((east, west)[i % 2], call) for i, call in enumerate(calls)] == [200] * 40
            assert {send((west, east)[i % 2], call) for i, call in enumerate(calls)} == {"nonce_replayed"}
            assert {send((east, west)[i % 2], call) for i, call in enumerate(calls)} == {"nonce_replayed"}
            once = [world.call("query", query(grant, i)) for i in range(60)]
            told = {"east": [], "west": []}
            threads = [
                threading.Thread(target=lambda name=name, to=to: told[name].extend(send(to, call) for call in once))
                for name, to in (("east", east), ("west", west))
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            pairs = list(zip(told["east"], told["west"], strict=True))
            assert {frozenset(pair) for pair in pairs} == {frozenset({200, "nonce_replayed"})}, "at once: one of them"
            west.stop(9)
        with gateway(world.home.root, name="south") as south:
            south.wait_for(world.revision)
            assert {send(running, call) for running in (east, south) for call in once[:20]} == {"nonce_replayed"}
            assert south.ask(world, "query", query(grant))[0] == 200


def test_without_the_control_plane_calls_go_on_for_the_lease_and_no_longer(world):
    grant = world.grant(rate_per_minute=None)
    database = world.home.control_database
    with gateway(world.home.root, "--lease", "8") as running:
        running.wait_for(world.revision)
        for path in world.home.root.glob(f"{database.name}*"):
            shutil.move(path, world.home.root / f"away-{path.name}")
        running.wait_until(lambda: running.state()["control"]["problem"])
        status, body = running.ask(world, "query", query(grant))
        state = running.state()
        if state["ready"]:  # a very busy machine may have slept through the lease
            assert status == 200, body
        running.wait_until(lambda: not running.state()["ready"])
        status, body = running.ask(world, "query", query(grant))
        assert (status, body["error"]["code"]) == (503, "control_unavailable")
        assert state["control"]["lease_seconds"] == 8
        for path in world.home.root.glob(f"away-{database.name}*"):
            shutil.move(path, world.home.root / path.name.removeprefix("away-"))
        running.wait_until(lambda: running.state()["ready"])
        assert running.ask(world, "query", query(grant))[0] == 200


def test_a_new_version_under_load_fails_no_call(world):
    grant = world.grant(rate_per_minute=None)
    with gateway(world.home.root) as running:
        running.wait_for(world.revision)
        stop, seen, wrong = threading.Event(), [], []

        def work(seed):
            connection = running.connect()
            i = seed
            while not stop.is_set():
                i += 4
                status, body = running.ask(world, "query", query(grant, i % 50), on=connection)
                (seen if status == 200 else wrong).append(body.get("version", body))

        workers = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
        for worker in workers:
            worker.start()
        try:
            for people in (worlds.PEOPLE[:100], worlds.PEOPLE[:50], worlds.PEOPLE):
                number = worlds.publish(world.home, people)
                running.wait_until(lambda number=number: number in seen)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        assert wrong == [] and set(seen) == {1, 2, 3, 4}


def test_beyond_the_bound_a_call_is_told_to_come_again(run, world):
    """Two calls are held at the spool; the third is turned away at the door, and the two are answered."""
    grant = world.grant(rate_per_minute=None)
    run.settle()
    shell = Shell(run.gate, limit=2)
    hold, answers = asyncio.Event(), []
    real = run.gate.evidence._spool.append

    def held(leaf):
        async def later():
            await hold.wait()
            await real(leaf)

        return later()

    async def one(i):
        call = world.call("query", query(grant, i))
        answer = await shell.answer(Request("POST", call.target, dict(call.headers), call.body))
        answers.append((answer.status, answer.headers, answer.body))

    async def main():
        run.gate.evidence._spool.append = held
        waiting = [asyncio.create_task(one(i)) for i in range(2)]
        while shell.in_flight < 2:
            await asyncio.sleep(0)
        await one(2)
        hold.set()
        await asyncio.gather(*waiting)

    asyncio.run(main())
    (status, headers, body), *others = answers
    assert (status, headers["Retry-After"]) == (503, "1") and json.loads(body)["error"]["code"] == "overloaded"
    assert [status for status, *_ in others] == [200, 200]
    assert 'code="overloaded"} 1' in shell.exposition()


def test_time_and_codes_are_noted_for_what_could_not_be_read(run, world):
    shell = Shell(run.gate)
    path = f"/v1/interfaces/{RESOURCE}/query"
    asyncio.run(shell.answer(Request("POST", path, {}, fault="body_malformed")))
    assert 'operation="query",code="body_malformed"} 1' in shell.exposition()
