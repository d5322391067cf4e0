"""The gateway's own HTTP/1.1: what is well formed, what is refused, and what happens to the connection (RFC 9112)."""

import asyncio
import os

import pytest

from gongshu.gateway import http
from gongshu.gateway.call import Answer
from gongshu.gateway.deliveries import File

GOOD = b"POST /v1/a?x=%41 HTTP/1.1\r\nHost: g\r\nX-Gongshu-Nonce:\t n \r\nContent-Length: 2\r\nAnything: \xe4\xb8\xad"


def test_a_head_is_read():
    head = http.parse(GOOD)
    assert (head.method, head.target, head.length, head.lasting) == ("POST", "/v1/a?x=%41", 2, True)
    assert head.headers == {"host": "g", "x-gongshu-nonce": "n", "content-length": "2"}
    assert not http.parse(GOOD + b"\r\nConnection: Close").lasting
    assert not http.parse(GOOD.replace(b"1.1", b"1.0")).lasting


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (GOOD.replace(b"POST ", b"POST  "), "request_malformed"),
        (GOOD.replace(b"POST", b"post"), "request_malformed"),
        (GOOD.replace(b"/v1", b"http://g/v1"), "request_malformed"),
        (GOOD.replace(b"/v1/a", b"/v1/\xe4\xb8\xad"), "request_malformed"),
        (GOOD.replace(b"HTTP/1.1", b"HTTP/2.0"), "request_malformed"),
        (GOOD.replace(b"HTTP/1.1", b"HTTP/1.1 "), "request_malformed"),
        (GOOD.replace(b"Host: g\r\n", b""), "request_malformed"),
        (GOOD + b"\r\nHost: h", "header_duplicate"),
        (GOOD + b"\r\nCONTENT-LENGTH: 2", "header_duplicate"),
        (GOOD + b"\r\nx-gongshu-nonce: m", "header_duplicate"),
        (GOOD + b"\r\nTransfer-Encoding: chunked", "length_required"),
        (GOOD + b"\r\n folded", "request_malformed"),
        (GOOD + b"\r\nContent-Length : 3", "request_malformed"),
        (GOOD + b"\r\nX: a\nContent-Length: 3", "request_malformed"),
        (GOOD + b"\r\nX: a\rb", "request_malformed"),
        (GOOD + b"\r\nX: a\0b", "request_malformed"),
        (GOOD + b"\r\n: a", "request_malformed"),
        (GOOD + b"\r\nno colon", "request_malformed"),
        (GOOD.replace(b": 2", b": +2"), "header_malformed"),
        (GOOD.replace(b": 2", b": 2, 2"), "header_malformed"),
        (GOOD.replace(b": 2", b": \xb2"), "header_malformed"),
        (GOOD.replace(b": 2", b": " + b"1" * 13), "header_malformed"),
        (b"", "request_malformed"),
    ],
)
def test_what_is_not_plainly_well_formed_is_refused(changed, code):
    with pytest.raises(http.Malformed, match=f"^{code}$"):
        http.parse(changed)


async def echo(request):
    if request.fault:
        return Answer(400, request.fault.encode())
    return Answer(200, f"{request.method} {request.target} ".encode() + request.body)


def talk(*pieces, handler=echo, end=False, pause=0.02):
    """Send ``pieces`` one after the other on one connection; all that comes back until it is closed, or for a while."""

    async def main():
        server = http.Server(handler)
        await server.start("127.0.0.1", 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**20)
        told = b""
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause)
        if end:
            writer.write_eof()
        try:
            async with asyncio.timeout(1):
                while piece := await reader.read(2**20):
                    told += piece
            closed = True
        except TimeoutError:
            closed = False
        writer.close()
        await server.stop(1)
        assert not server.connections or not any(each.task for each in server.connections)
        return told, closed

    return asyncio.run(main())


def test_a_request_in_single_bytes_is_one_request():
    request = GOOD + b"\r\n\r\nhi"
    told, closed = talk(*[request[at : at + 1] for at in range(len(request))], pause=0)
    assert told.endswith(b"\r\n\r\nPOST /v1/a?x=%41 hi") and told.count(b"HTTP/1.1 200 OK\r\n") == 1 and not closed


def test_requests_sent_ahead_are_answered_in_their_order():
    order = []

    async def slow_first(request):
        await asyncio.sleep(0.05 if request.target == "/0" else 0)
        order.append(request.target)
        return Answer(200, request.target.encode())

    told, closed = talk(
        *[b"GET /%d HTTP/1.1\r\nHost: g\r\n\r\n" % i for i in range(4)],
        b"GET /4 HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\nGET /5 HTTP/1.1\r\nHost: g\r\n\r\n",
        handler=slow_first,
        pause=0,
    )  # fmt: skip
    assert order == ["/0", "/1", "/2", "/3", "/4"], "and what follows the last one is not looked at"
    assert closed and [told.index(b"\r\n\r\n/%d" % i) for i in range(5)] == sorted(
        told.index(b"\r\n\r\n/%d" % i) for i in range(5)
    )


def test_a_refusal_is_the_last_word():
    told, closed = talk(
        b"GET / HTTP/1.1\r\nHost: g\r\nHost: g\r\n\r\nGET / HTTP/1.1\r\nHost: g\r\n\r\n", b"x" * 300_000, end=True
    )
    assert (
        told.count(b"HTTP/1.1") == 1 and told.endswith(b"header_duplicate") and b"Connection: close" in told and closed
    )
    told, closed = talk(b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000)
    assert told.endswith(b"head_too_large")
    told, closed = talk(b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n")
    assert told.endswith(b"head_too_large")
    told, closed = talk(GOOD + b"\r\n\r\nh", end=True)
    assert told.endswith(b"body_malformed") and closed


def test_who_asks_whether_to_go_on_is_told_so_once():
    told, _ = talk(GOOD + b"\r\nExpect: 100-continue\r\n\r\n", b"h", b"i")
    assert told.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200") and told.count(b"100 Continue") == 1


def test_head_has_no_body_and_says_how_long_it_would_be():
    told, _ = talk(b"HEAD /abc HTTP/1.1\r\nHost: g\r\n\r\n")
    assert told.endswith(b"\r\n\r\n") and b"Content-Length: 10\r\n" in told


def test_a_file_is_sent_whole_and_the_connection_goes_on(tmp_path):
    content = os.urandom(3_000_000)
    path = tmp_path / "f"
    path.write_bytes(content)

    async def handler(_request):
        return Answer(200, headers={"Content-Length": str(len(content))}, file=File(path, len(content), 1, ""))

    get = b"GET / HTTP/1.1\r\nHost: g\r\n\r\n"
    told, closed = talk(get + get, handler=handler)
    assert told.count(content) == 2 and told.endswith(content) and not closed


def test_who_does_not_read_the_answer_is_let_go(monkeypatch):
    monkeypatch.setattr(http, "UNREAD_SECONDS", 0.1)
    monkeypatch.setattr(http, "REQUEST_SECONDS", 0.2)

    async def large(_request):
        return Answer(200, b"x" * 30_000_000)

    async def main():
        server = http.Server(large)
        await server.start("127.0.0.1", 0)
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.transport.pause_reading()
        writer.write(b"GET / HTTP/1.1\r\nHost: g\r\n\r\n")
        await asyncio.sleep(0.05)
        assert len(server.connections) == 1
        async with asyncio.timeout(10):
            while server.connections:
                await asyncio.sleep(0.05)
        writer.close()
        await server.stop(1)

    asyncio.run(main())
