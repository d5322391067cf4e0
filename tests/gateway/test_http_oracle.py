"""What the gateway's own HTTP accepts, h11 (a parser that others wrote and keep) reads in the same way: no smuggling.

Requests are made of good and of hostile pieces. Whatever :func:`gongshu.gateway.http.parse` takes, h11 must take too, with
the same method, target and headers, and both must see the body end, and the next request begin, at the same byte
(RFC 9112, 11.2).
"""

from __future__ import annotations

import h11
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gongshu.gateway import http

NEXT = b"GET /next HTTP/1.1\r\nHost: n\r\n\r\n"
ODD = st.sampled_from(
    [b"", b" ", b"\t", b"\r", b"\n", b"\0", b"\x0b", b"\x7f", b"\x85", b":", b",", b";", b"\xe4\xb8\xad"]
)
METHODS = st.sampled_from([b"GET", b"POST", b"HEAD", b"PUT", b"post", b"PRI", b"G@T", b""])
TARGETS = st.sampled_from([b"/", b"/v1/a?x=%41", b"*", b"http://g/", b"/a b", b"/\xe4", b"//", b"/\\..", b"/#a", b""])
VERSIONS = st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/1.2", b"HTTP/2.0", b"http/1.1", b"HTTP/1.1 "])
NAMES = st.sampled_from(
    [b"Host", b"Content-Length", b"content-length", b"Content-Length ", b"Transfer-Encoding", b"Transfer\xffEncoding",
     b"Connection", b"Expect", b"X-Gongshu-Client", b"x-gongshu-nonce", b"X_Gongshu_Nonce", b"Anything", b" Folded",
     b"Upgrade"]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from([b"g", b"0", b"1", b"5", b"05", b"+5", b"-1", b"5, 5", b"0x5", b"5;", b"chunked", b"identity", b"close",
                     b"keep-alive", b"100-continue", b"a b", b""]),
    st.binary(max_size=6),
)  # fmt: skip
LINE = st.tuples(NAMES, ODD, VALUES, ODD).map(lambda p: p[0] + b":" + p[1] + p[2] + p[3])


@st.composite
def heads(draw):
    """A good head in most pieces, with up to two that are not, and now and then a byte put in or taken out anywhere."""
    bad = {draw(st.integers(0, 2)) for _ in range(draw(st.integers(0, 1)))}
    first = [
        draw(strategy) if n in bad else good
        for n, (good, strategy) in enumerate([(b"POST", METHODS), (b"/v1/a?x=%41", TARGETS), (b"HTTP/1.1", VERSIONS)])
    ]
    lines = [b"Host: g", b"Content-Length: " + draw(st.sampled_from([b"0", b"3", b"05", b"7"]))]
    lines = draw(st.permutations(lines + [draw(one) for one in [LINE] * draw(st.integers(0, 2))]))
    head = b"\r\n".join([b" ".join(first), *lines])
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(head)))
        head = head[:at] + draw(ODD) + head[at + draw(st.integers(0, 2)) :]
    return head


def read_by_h11(data):
    """Every request in ``data``: (method, target, headers, body)."""
    connection, found = h11.Connection(h11.SERVER), []
    connection.receive_data(data)
    while (event := connection.next_event()) is not h11.NEED_DATA:
        if event is h11.PAUSED:
            connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is not h11.DONE:
                break
            connection.start_next_cycle()
        elif isinstance(event, h11.Request):
            found.append([event.method, event.target, event.headers, b""])
        elif isinstance(event, h11.Data):
            found[-1][3] += bytes(event.data)
    return found


@settings(max_examples=3000)
@given(heads())
@example(b"POST / HTTP/1.1\r\nHost: g\r\nContent-Length: 05")
@example(b"GET / HTTP/1.1\r\nHost: g")
def test_what_we_accept_another_parser_reads_in_the_same_way(head):
    try:
        ours = http.parse(head)
    except http.Malformed:
        return
    body = b"x" * ours.length
    theirs = read_by_h11(head + b"\r\n\r\n" + body + (NEXT if ours.lasting else b""))
    method, target, headers, read = theirs[0]
    assert (method.decode(), target.decode()) == (ours.method, ours.target)
    assert read == body
    known = {name.decode(): value.decode("latin-1") for name, value in headers if name.decode() in ours.headers}
    assert known == ours.headers
    if ours.lasting:
        assert [one[1] for one in theirs[1:]] == [b"/next"], "the next request begins where we say"


def test_the_oracle_sees_good_requests():
    """So that the test above is not true of nothing."""
    head = b"POST /v1/a HTTP/1.1\r\nHost: g\r\nContent-Length: 3"
    assert http.parse(head).length == 3
    first, second = read_by_h11(head + b"\r\n\r\nabc" + NEXT)
    assert (first[1], first[3], second[1]) == (b"/v1/a", b"abc", b"/next")
