"""Requests that no honest client sends, as bytes on a connection: each ends in a code or a closed connection, and the
gateway goes on."""

import json
import socket
from urllib.parse import quote

import pytest

from gateway.naughty import NAUGHTY
from gateway.processes import gateway, raw_request, request_bytes
from gateway.world import RESOURCE, query, secret_values
from gongshu.crypto import signing

PATH = f"/v1/interfaces/{RESOURCE}/query"


@pytest.fixture
def served(world):
    with gateway(world.home.root) as running:
        yield running


def refused(head, body, *, closed_too=True):
    """A 4xx, or (``closed_too``) no answer at all; never data."""
    told = body.decode("utf-8", "replace")
    assert not any(value in told for i in range(5) for value in secret_values(i))
    if not head:
        assert closed_too
        return ""
    status = int(head.split()[1])
    assert 400 <= status < 500, head
    return json.loads(body)["error"]["code"] if body.startswith(b'{"error"') else str(status)


def test_hostile_bytes_end_in_a_refusal_and_the_gateway_goes_on(served, world):
    grant = world.grant(rate_per_minute=None)
    served.wait_for(world.revision)

    def fresh():
        return world.call("query", query(grant))

    for name in signing.HEADERS:  # each header of the signature twice: the same value, and another one
        for value in (fresh().headers[name.lower()], "other-value"):
            assert (
                refused(*raw_request(served.port, request_bytes(fresh(), [f"{name}: {value}"]))) == "header_duplicate"
            )
            assert refused(*raw_request(served.port, request_bytes(fresh(), [f"{name.upper()}: {value}"])))

    call = fresh()  # a body shorter than announced, and then nothing more
    whole = request_bytes(call)
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(whole[:-10])
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(65536)
    assert b" 200 " not in answer[:20] and b"record" not in answer.split(b"\r\n\r\n")[-1][:12]

    call = fresh()  # a body longer than announced: what is over is another request, and none of ours
    longer = request_bytes(call).replace(f"Content-Length: {len(call.body)}".encode(), b"Content-Length: 10")
    assert refused(*raw_request(served.port, longer)) == "signature_invalid"

    both = request_bytes(fresh(), ["Transfer-Encoding: chunked"])  # which of the two decides? (RFC 9112, 6.1)
    refused(*raw_request(served.port, both))

    for extra in (["X: " + "a" * 200_000], [f"X-{i}: 1" for i in range(3000)], ["X-Gongshu-Nonce : a"], ["\x00: 1"],
                  [" folded"], ["X: a\nY: b"]):  # fmt: skip
        head, body = raw_request(served.port, request_bytes(fresh(), extra))
        told = body.decode("utf-8", "replace")
        assert head == b"" or head.split()[1] != b"500", extra[0][:20]
        assert "Traceback" not in told

    for line in ("GET http://127.0.0.1/v1/interfaces HTTP/1.1", "POST  HTTP/1.1", "POST * HTTP/1.1", "PRI * HTTP/2.0",
                 "CONNECT 127.0.0.1:1 HTTP/1.1", f"POST {PATH} HTTP/9.9", f"POST {PATH}\x00 HTTP/1.1",
                 f"POST {'/a' * 40000} HTTP/1.1", "\x16\x03\x01\x02\x00\x01\x00"):  # fmt: skip
        head, body = raw_request(served.port, f"{line}\r\nHost: g\r\nContent-Length: 0\r\n\r\n".encode())
        refused(head, body)

    for label, text in NAUGHTY.items():
        for path in (f"/{quote(text)}", f"/v1/interfaces/{quote(text, safe='')}/query", f"{PATH}?{quote(text)}=1"):
            status, _, raw = served.send("POST", path, b"{}")
            assert status in (400, 401, 404, 405), (label, path, raw)

    assert served.ask(world, "query", query(grant))[0] == 200


def test_a_second_request_in_the_same_breath_is_judged_by_itself(served, world):
    """Pipelined: the second one unsigned. What the first may, the second may not."""
    grant = world.grant()
    served.wait_for(world.revision)
    first = request_bytes(world.call("query", query(grant)))
    second = f"POST {PATH} HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode()
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(first + second)
        told = b""
        while piece := connection.recv(65536):
            told += piece
    assert told.count(b"HTTP/1.1 200") == 1 and told.count(b"HTTP/1.1 401") == 1
