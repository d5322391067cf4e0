"""The SDK against a gateway process: the same calls waiting and awaited, over HTTP, with either algorithm."""

import asyncio
import inspect
import ssl

import httpx
import pytest

from gateway import world as worlds
from gateway.processes import gateway
from gateway.world import PURPOSE, RESOURCE, SECRET, person
from gongshu.client import AsyncClient, AsyncInterface, Client, Interface, Refused, Unreachable
from gongshu.crypto import signing
from gongshu.errors import GongshuError
from gongshu.grants import signed
from gongshu.ledger import note


@pytest.fixture
def served(world):
    with gateway(world.home.root) as running:
        yield running


def key(i):
    return {"citizen_id": person(i)["citizen_id"]}


def opened(served, world, kind=Client, client="app_1", **more):
    more.setdefault("algorithm", world.clients[client])
    return kind(f"http://127.0.0.1:{served.port}", client, SECRET, **more)


def test_the_whole_of_it_waiting(served, world, tmp_path):
    world.client("app_sha", algorithm=signing.HMAC_SHA256)
    worlds.publish(world.home, worlds.PEOPLE[:7], "人口 库/甲")
    grant = world.grant(listing=True, rate_per_minute=None, masks={"name": "none"})
    strange = world.grant(resource="人口 库/甲")
    limited = world.grant(rate_per_minute=1)
    served.wait_for(world.revision)
    for client in ("app_1", "app_sha"):
        with opened(served, world, client=client) as caller:
            people = caller.interface(RESOURCE, grant=grant.grant_id, purpose=PURPOSE)
            found = people.verify(key(4), {"name": person(4)["name"], "income": 1})
            assert found.answers == {"name": "yes", "income": "no"} and found["name"] == "yes" and not found.all_hold
            assert people.query(key(4), ["name"]) == {"name": person(4)["name"]}
            assert people.query({"citizen_id": "990000190001010001"}) is None
            rows = list(people.rows(["income"], page_size=70))
            assert [row["income"] for row in rows] == [1000.5 + i for i in range(300)]
            assert len(list(people.rows(["district"], filters={"district": "330301"}))) == 150
            first = people.page(["income"], limit=3)
            assert (len(first.rows), first.version) == (3, 1) and first.following

            proof = people.verify(key(4), {"name": person(4)["name"]}, proof=True).proof
            trusted = note.parse_vkeys(caller.public_keys().splitlines())
            assert signed.check(proof, trusted).statement.answers == {"name": "yes"}

            target = tmp_path / f"{client}.csv"
            etag = people.deliver(target)
            assert target.read_text("utf-8-sig").count("\n") == 301 and etag
            assert people.deliver(target, etag=etag) is None
            assert [file.name for file in tmp_path.glob(".*.part")] == []

            assert people.describe()["grant"] == grant.grant_id
            assert people.openapi()["openapi"] == "3.1.0"
            odd = caller.interface("人口 库/甲", grant=strange.grant_id, purpose=PURPOSE)
            with pytest.raises(Refused) as refused:  # an encoded slash is no part of a resource's address
                odd.query(key(0))
            assert refused.value.code == "gateway.path_unknown"

    with opened(served, world) as caller:
        other = caller.interface(RESOURCE, grant=grant.grant_id, purpose="另作他用")
        with pytest.raises(Refused) as refused:
            other.query(key(4))
        no = refused.value
        assert (no.code, no.status) == ("gateway.purpose_mismatch", 403)
        assert no.text.zh.endswith("。") and no.text.en.endswith(".") and no.request_id.startswith("call_")
        narrow = caller.interface(RESOURCE, grant=limited.grant_id, purpose=PURPOSE)
        assert narrow.query(key(1), ["name"])
        with pytest.raises(Refused) as refused:
            narrow.query(key(1), ["name"])
        assert refused.value.code == "gateway.rate_exceeded" and 1 <= refused.value.retry_after <= 60
    with pytest.raises(Refused, match="signature_invalid"):
        Client(f"http://127.0.0.1:{served.port}", "app_1", "wrong").interface(
            RESOURCE, grant=grant.grant_id, purpose=PURPOSE
        ).query(key(4))


def test_the_whole_of_it_awaited(served, world, tmp_path):
    grant = world.grant(listing=True, rate_per_minute=None)
    served.wait_for(world.revision)

    async def main():
        async with opened(served, world, AsyncClient) as caller:
            people = caller.interface(RESOURCE, grant=grant.grant_id, purpose=PURPOSE)
            answers = await asyncio.gather(*(people.verify(key(i), {"income": 1000.5 + i}) for i in range(40)))
            assert {found["income"] for found in answers} == {"yes"}
            assert [row["income"] async for row in people.rows(["income"], page_size=100)] == [
                1000.5 + i for i in range(300)
            ]
            assert await people.query({"citizen_id": "990000190001010001"}) is None
            assert await people.deliver(tmp_path / "people.json", form="json")
            assert (await people.describe())["purpose"] == PURPOSE
            assert (await people.openapi())["paths"]
            assert len(note.parse_vkeys((await caller.public_keys()).splitlines())) == 2
            with pytest.raises(Refused, match="item_unknown"):
                await people.query(key(1), ["salary"])

    asyncio.run(main())


@pytest.mark.parametrize(("waits", "awaits"), [(Client, AsyncClient), (Interface, AsyncInterface)])
def test_both_clients_offer_the_same(waits, awaits):
    names = {name for name in vars(waits) if not name.startswith("_")}
    assert names == {name for name in vars(awaits) if not name.startswith("_")}
    for name in names:
        ours, theirs = inspect.signature(getattr(waits, name)), inspect.signature(getattr(awaits, name))
        assert list(ours.parameters) == list(theirs.parameters)


def replying(*replies):
    """A transport that gives one reply after the other, and what it was asked."""
    waiting, seen = list(replies), []

    def handle(request):
        seen.append(request)
        status, headers, body = waiting.pop(0)
        return httpx.Response(status, headers=headers, content=body)

    return httpx.MockTransport(handle), seen


BUSY = (503, {"Retry-After": "0"}, b'{"error":{"code":"overloaded","zh":"z","en":"e","request_id":"r"}}')


def test_patience_waits_and_signs_anew(monkeypatch):
    slept = []
    monkeypatch.setattr("gongshu.client.sync.time.sleep", slept.append)
    busy = (503, {"Retry-After": "2"}, BUSY[2])
    good = (200, {}, b'{"record":{"a":1},"request_id":"r","resource":"x","version":1}')
    transport, seen = replying(busy, busy, good)
    caller = Client("http://gateway", "app_1", "s", transport=transport, patience=5)
    assert caller.interface("x", grant="g", purpose="p").query({"k": 1}) == {"a": 1}
    assert slept == [2, 2] and len({request.headers[signing.NONCE] for request in seen}) == 3
    transport, _ = replying(busy, busy, busy, good)
    caller = Client("http://gateway", "app_1", "s", transport=transport, patience=5)
    with pytest.raises(Refused, match="overloaded"):
        caller.interface("x", grant="g", purpose="p").query({"k": 1})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"error":[]}', b'{"error":{"code":"x"}}', b"\xff"])
@pytest.mark.parametrize("status", [200, 404, 502])
def test_a_stranger_at_the_address_is_named(status, body):
    transport, _ = replying((status, {}, body))
    caller = Client("http://gateway", "app_1", "s", transport=transport)
    with pytest.raises(Unreachable):
        caller.interface("x", grant="g", purpose="p").query({"k": 1})


def test_a_gateway_that_is_not_there_and_a_file_that_is_cut(tmp_path):
    with pytest.raises(Unreachable) as found:
        Client("http://127.0.0.1:1", "app_1", "s").interface("x", grant="g", purpose="p").query({"k": 1})
    assert "127.0.0.1:1" in found.value.text.en and found.value.text.zh.endswith("。")
    transport, _ = replying((200, {"X-Gongshu-SHA256": "0" * 64, "ETag": '"a"'}, b"half a fi"))
    caller = Client("http://gateway", "app_1", "s", transport=transport)
    with pytest.raises(GongshuError, match="file_damaged"):
        caller.interface("x", grant="g", purpose="p").deliver(tmp_path / "file.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["", "gateway", "ftp://gateway", "http://", "http://gateway?x=1"])
def test_an_address_that_is_none_is_refused_at_once(url):
    with pytest.raises(ValueError, match="url"):
        Client(url, "app_1", "s")
    with pytest.raises(ValueError, match="algorithm"):
        Client("http://gateway", "app_1", "s", algorithm="MD5")


def test_a_context_of_tls_is_taken():
    Client("https://gateway", "app_1", "s", verify=ssl.create_default_context()).close()
