"""The gateway as callers meet it: a process behind HTTP."""

import hashlib
import hmac
import json
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from gateway.processes import PATIENCE, Gateway, gateway, raw_request, request_bytes
from gateway.world import PURPOSE, RESOURCE, SECRET, person, secret_values
from gongshu.ledger import entry, spool
from ports import free_port

PATH = f"/v1/interfaces/{RESOURCE}/query"


@pytest.fixture
def served(world):
    with gateway(world.home.root) as running:
        yield running


def asked(grant, i=3, **changes):
    return {"grant": grant.grant_id, "purpose": PURPOSE, "key": {"citizen_id": person(i)["citizen_id"]}, **changes}


def entries(world):
    found = []
    for path in sorted((world.home.spool / "test").glob("*.spool")):
        for batch in spool.read(path):
            found += [entry.parse(leaf) for leaf in batch.leaves]
    return found


def test_a_signed_call_is_answered_and_an_unsigned_one_is_not(served, world):
    grant = world.grant()
    served.wait_for(world.revision)
    status, body = served.ask(world, "query", asked(grant, fields=["name"]))
    assert (status, body["record"]) == (200, {"name": "张*"})
    status, headers, raw = served.send("POST", PATH, json.dumps(asked(grant)).encode())
    assert (status, json.loads(raw)["error"]["code"]) == (401, "header_missing")
    assert headers["cache-control"] == "no-store"


def by_openssl(algorithm, text, key):
    made = subprocess.run(
        ["openssl", "dgst", f"-{algorithm}", *(["-hmac", key] if key else [])],
        input=text,
        capture_output=True,
        check=True,
    )
    return made.stdout.decode().rsplit(" ", 1)[-1].strip()


def by_python(algorithm, text, key):
    if key:
        return hmac.new(key.encode(), text, algorithm).hexdigest()
    return hashlib.new(algorithm, text).hexdigest()


@pytest.mark.parametrize("tool", [by_openssl, by_python])
@pytest.mark.parametrize(("name", "algorithm"), [("HMAC-SM3", "sm3"), ("HMAC-SHA256", "sha256")])
def test_anyones_tools_can_sign(served, world, tool, name, algorithm):
    """Only what the interface guide says, without a line of ours."""
    world.client("app_theirs", algorithm=name)
    grant = world.grant()
    served.wait_for(world.revision)
    body = json.dumps(asked(grant), ensure_ascii=False).encode()
    timestamp, nonce = str(int(time.time())), secrets.token_hex(12)
    lines = [name, "POST", PATH, tool(algorithm, body, None), timestamp, nonce, "app_theirs"]
    headers = {
        "X-Gongshu-Client": "app_theirs",
        "X-Gongshu-Timestamp": timestamp,
        "X-Gongshu-Nonce": nonce,
        "X-Gongshu-Algorithm": name,
        "X-Gongshu-Signature": tool(algorithm, "\n".join(lines).encode(), SECRET),
    }
    status, _, raw = served.send("POST", PATH, body, headers)
    assert status == 200, raw


def code(body):
    return json.loads(body)["error"]["code"]


def test_malformed_requests_end_in_a_code(served, world):
    grant = world.grant()
    served.wait_for(world.revision)

    call = world.call("query", asked(grant))
    head, body = raw_request(served.port, request_bytes(call, [f"X-Gongshu-Client: {'app_2'}"]))
    assert (head.split()[1], code(body)) == (b"400", "header_duplicate")

    head, body = raw_request(served.port, f"POST {PATH} HTTP/1.1\r\nHost: g\r\nContent-Length: 70000\r\n\r\n".encode())
    assert (head.split()[1], code(body)) == (b"413", "body_too_large")

    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    chunked = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + chunk * 2
    head, body = raw_request(served.port, chunked)
    assert (head.split()[1], code(body)) == (b"411", "length_required")

    for method, path, status, expected in [
        ("GET", PATH, 405, "method_not_allowed"),
        ("POST", "/v1/deliveries/population", 405, "method_not_allowed"),
        ("GET", "/", 404, "path_unknown"),
        ("POST", "/v1/interfaces/a/../../etc/query", 404, "path_unknown"),
        ("POST", "/v1/interfaces/population/delete", 404, "path_unknown"),
    ]:
        got, _, raw = served.send(method, path, b"{}" if method == "POST" else b"")
        assert (got, code(raw)) == (status, expected), (method, path)

    changed = world.call("query", asked(grant))
    changed.body += b" "
    head, body = raw_request(served.port, request_bytes(changed))
    assert code(body) == "signature_invalid"

    moved = world.call("query", asked(grant))
    moved.target += "?debug=1"
    head, body = raw_request(served.port, request_bytes(moved))
    assert code(body) == "signature_invalid"
    assert served.ready()


def test_a_truncated_request_harms_nobody(served, world):
    grant = world.grant()
    served.wait_for(world.revision)
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", served.port)) as connection:
            connection.sendall(request_bytes(world.call("query", asked(grant)))[:-10])
    assert served.ask(world, "query", asked(grant))[0] == 200
    assert len([e for e in entries(world) if e.action == "gateway.query"]) == 1


def test_a_body_that_does_not_come_is_given_up(world, monkeypatch):
    """In this process, to shorten the patience."""
    import asyncio

    from gongshu.gateway import app, http, service

    monkeypatch.setattr(http, "REQUEST_SECONDS", 0.2)
    running = service.build(world.home, "test")

    async def main():
        server = http.Server(app.Shell(running.gate).answer)
        await server.start("127.0.0.1", 0)
        head = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\n\r\n12345".encode()
        answers = []
        for sent in (head, head[:30], b""):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(sent)
            async with asyncio.timeout(10):
                answers.append(await reader.read())
            writer.close()
            monkeypatch.setattr(http, "IDLE_SECONDS", 0.2)
        await server.stop(1)
        return answers

    try:
        late, *silent = asyncio.run(main())
    finally:
        running.close()
    head, _, body = late.partition(b"\r\n\r\n")
    assert b" 408 " in head and b"Connection: close" in head
    assert code(body) == "body_late"
    assert silent == [b"", b""], "half a head, and nothing at all: closed without a word"
    assert [e.details["code"] for e in entries(world)] == ["body_late"]


def test_a_resource_with_a_chinese_code(served, world):
    from urllib.parse import quote

    from gateway import world as worlds

    worlds.publish(world.home, worlds.PEOPLE[:10], "人口库")
    grant = world.grant(resource="人口库")
    served.wait_for(world.revision)
    path = f"/v1/interfaces/{quote('人口库')}/query"
    body = json.dumps(asked(grant)).encode()
    status, _, raw = served.send("POST", path, body, world.signed("app_1", "POST", path, body))
    assert status == 200, raw


def test_a_delivery_is_streamed_whole_and_revalidated(served, world):
    grant = world.grant(items=("name", "remark"))
    served.wait_for(world.revision)
    call = world.get("deliver", {"grant": grant.grant_id, "format": "csv"})
    status, headers, raw = served.send("GET", call.target, headers=dict(call.headers))
    assert status == 200
    assert len(raw) == int(headers["content-length"])
    assert hashlib.sha256(raw).hexdigest() == headers["x-gongshu-sha256"]
    assert raw.decode("utf-8-sig").count("\r\n") == 301
    call = world.get("deliver", {"grant": grant.grant_id, "format": "csv"}, headers={"If-None-Match": headers["etag"]})
    assert served.send("GET", call.target, headers=dict(call.headers))[0] == 304
    assert [e.details["result"] for e in entries(world)] == ["delivered", "not_modified"]


def test_revoking_takes_less_than_a_second(served, world):
    connection, delays = served.connect(), []
    for _ in range(5):
        grant = world.grant(rate_per_minute=None)
        served.wait_for(world.revision)
        assert served.ask(world, "query", asked(grant), on=connection)[0] == 200
        ended = time.monotonic()
        world.end(grant)
        while (answer := served.ask(world, "query", asked(grant), on=connection))[0] == 200:
            assert time.monotonic() - ended < PATIENCE
        delays.append(time.monotonic() - ended)
        assert answer[1]["error"]["code"] == "grant_revoked"
    assert min(delays) < 1.0  # the best of five: a busy machine may hold any single one up


def test_an_outage_of_the_control_plane_is_survived_and_shown(served, world):
    grant = world.grant()
    served.wait_for(world.revision)
    database = world.home.control_database
    away = database.with_name("away")
    shutil.move(database, away)
    until = time.monotonic() + PATIENCE
    while not (state := served.state())["control"]["problem"]:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert state["ready"] is True and state["control"]["lease_seconds"] == 900
    assert served.ask(world, "query", asked(grant))[0] == 200
    shutil.move(away, database)
    world.end(grant)
    served.wait_for(world.revision)
    assert served.state()["control"]["problem"] == ""
    assert served.ask(world, "query", asked(grant))[1]["error"]["code"] == "grant_revoked"


def load(served, world, grant, stop, answered, threads=6):
    """Call from several threads until ``stop``; the request ids of what was answered."""

    def work(seed):
        connection = served.connect()
        i = seed
        while not stop.is_set():
            i += threads
            try:
                status, body = served.ask(world, "query", asked(grant, i % 300), on=connection)
            except (OSError, ValueError):
                return
            except Exception as error:  # http.client raises many kinds when a peer dies
                assert type(error).__module__.startswith("http"), error
                return
            assert status == 200, body
            answered.append(body["request_id"])

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(threads)]
    for worker in workers:
        worker.start()
    return workers


@pytest.mark.article("xian-36")
def test_killed_under_load_every_answered_call_is_in_the_spool_once(world):
    grant = world.grant(rate_per_minute=None, daily_quota=10**6)
    answered: list[str] = []
    quota = 0
    for _ in range(3):
        with gateway(world.home.root) as running:
            running.wait_for(world.revision)
            stop = threading.Event()
            workers = load(running, world, grant, stop, answered)
            running.wait_until(lambda enough=quota + 60: len(answered) > enough)
            running.stop(signal.SIGKILL)
            for worker in workers:
                worker.join()
            assert len(answered) > quota + 50
            quota = len(answered)
    recorded = [e.id for e in entries(world) if e.action == "gateway.query"]
    assert len(recorded) == len(set(recorded))
    assert set(answered) <= set(recorded)
    assert len(recorded) - len(answered) <= 3 * 6, "only what was under way may be recorded and not answered"


def test_a_stop_lets_calls_end_and_the_next_one_starts_at_once(world):
    grant = world.grant(rate_per_minute=None)
    port = free_port()
    first = Gateway(world.home.root, port)
    first.wait_for(world.revision)
    stop, answered = threading.Event(), []
    workers = load(first, world, grant, stop, answered)
    first.wait_until(lambda: len(answered) > 5)
    assert first.stop(signal.SIGTERM) == 0, first.log.read_text()
    for worker in workers:
        worker.join()
    assert set(answered) <= {e.id for e in entries(world)}
    second = Gateway(world.home.root, port)
    assert second.stop() == 0


def test_the_log_tells_no_value_and_is_json(served, world):
    grant = world.grant()
    served.wait_for(world.revision)
    for i in range(10):
        served.ask(world, "query", asked(grant, i))
        served.ask(world, "verify", {**asked(grant, i), "claims": {"name": "张三"}})
    served.stop()
    text = served.log.read_text()
    assert all(json.loads(line)["level"] for line in text.splitlines())
    assert not any(value in text for i in range(10) for value in secret_values(i))


def test_the_machine_in_the_way_is_said_in_a_sentence(gongshu, served, world, tmp_path):
    taken = gongshu("gateway", "serve", "--port", served.port, "--name", "x", home=world.home.root, language="en")
    assert taken.returncode == 4 and str(served.port) in taken.stderr and "Traceback" not in taken.stderr
    twice = gongshu("gateway", "serve", "--port", free_port(), "--name", "test", home=world.home.root, language="en")
    assert twice.returncode == 4 and "already running" in twice.stderr
    nowhere = gongshu("gateway", "serve", "--port", free_port(), home=tmp_path / "none", language="en")
    assert nowhere.returncode == 4 and "gongshu init" in nowhere.stderr
    assert not (tmp_path / "none").exists()


def test_the_command_line_calls_as_a_client_would(gongshu, served, world, tmp_path):
    grant = world.grant()
    served.wait_for(world.revision)
    common = [
        "gateway", "call", RESOURCE, "--client", "app_1", "--grant", grant.grant_id, "--url",
        f"http://127.0.0.1:{served.port}", "--key", f"citizen_id={person(4)['citizen_id']}",
    ]  # fmt: skip
    env = {"GONGSHU_CLIENT_SECRET": SECRET}
    read = gongshu(*common, "--purpose", PURPOSE, "--fields", "name, district", env=env)
    assert (read.returncode, json.loads(read.stdout)["record"]) == (0, {"name": "张*", "district": "330324"})
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n")
    checked = gongshu(
        *common, "--purpose", PURPOSE, "--verify", f"name={person(4)['name']}", "--secret-file", file, "--show-request"
    )
    assert json.loads(checked.stdout)["answers"] == {"name": "yes"}
    assert "X-Gongshu-Signature" in checked.stderr and SECRET not in checked.stderr
    refused = gongshu(*common, "--purpose", "x", env=env)
    assert refused.returncode == 3 and json.loads(refused.stdout)["error"]["code"] == "purpose_mismatch"
    for arguments, environment, words in [
        ([*common, "--purpose", PURPOSE], {}, "GONGSHU_CLIENT_SECRET"),
        ([*common, "--purpose", PURPOSE, "--key", "broken"], env, "name=value"),
        ([*common, "--purpose", PURPOSE, "--url", "http://127.0.0.1:1"], env, "--url"),
    ]:
        wrong = gongshu(*arguments, env=environment, language="en")
        assert wrong.returncode in (3, 4) and words in wrong.stderr and "Traceback" not in wrong.stderr
