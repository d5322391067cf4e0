"""The request signature: what is covered, what is refused, and that other tools compute the same."""

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.crypto import signing

SECRET = b"a client's secret"
NOW = 1_790_000_000
REQUEST = {"method": "POST", "path": "/v1/interfaces/person/query?x=1", "body": b'{"grant":"g"}'}


def signed(algorithm=signing.HMAC_SM3, **changes):
    return signing.sign(
        client_id="bureau-1",
        secret=SECRET,
        algorithm=algorithm,
        timestamp=NOW,
        nonce="nonce-0001",
        **REQUEST,
        **changes,
    )


def refusal(headers, now=NOW, secret=SECRET, **changes):
    with pytest.raises(signing.SignatureRefused) as caught:
        signing.verify(signing.read(headers), secret=secret, now=now, **{**REQUEST, **changes})
    assert caught.value.status == 401
    return caught.value.code


@pytest.mark.parametrize("algorithm", signing.ALGORITHMS)
def test_a_signed_request_is_accepted(algorithm):
    headers = signed(algorithm)
    assert set(headers) == set(signing.HEADERS)
    signing.verify(signing.read(headers), secret=SECRET, now=NOW, **REQUEST)
    lower = {name.lower(): value for name, value in headers.items()}
    signing.verify(signing.read(lower), secret=SECRET, now=NOW + 299, **REQUEST)
    signing.verify(signing.read(lower), secret=SECRET, now=NOW - 299, **REQUEST)


@pytest.mark.parametrize("algorithm", signing.ALGORITHMS)
@pytest.mark.parametrize(
    "change",
    [{"method": "GET"}, {"path": "/v1/interfaces/person/query?x=2"}, {"body": b""}, {"secret": b"another"}],
    ids=lambda change: next(iter(change)),
)
def test_every_part_is_covered(algorithm, change):
    assert refusal(signed(algorithm), **change) == "signature.mismatch"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (signing.CLIENT, "bureau-2"),
        (signing.TIMESTAMP, str(NOW + 1)),
        (signing.NONCE, "nonce-0002"),
        (signing.ALGORITHM, signing.HMAC_SHA256),
        (signing.SIGNATURE, "00" * 32),
        (signing.SIGNATURE, "签名"),
    ],
)
def test_every_header_is_covered(header, value):
    assert refusal({**signed(), header: value}) == "signature.mismatch"


@pytest.mark.parametrize("header", signing.HEADERS)
def test_a_missing_header_is_named(header):
    headers = signed()
    del headers[header]
    with pytest.raises(signing.SignatureRefused) as caught:
        signing.read(headers)
    assert caught.value.code == "signature.missing"
    assert header in caught.value.text.zh
    assert header in caught.value.text.en


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (signing.TIMESTAMP, "soon"),
        (signing.TIMESTAMP, "-1"),
        (signing.TIMESTAMP, "9" * 40),
        (signing.TIMESTAMP, "１７９"),
        (signing.NONCE, "short"),
        (signing.NONCE, "line\nbreak-in-nonce"),
        (signing.NONCE, "n" * 129),
        (signing.ALGORITHM, "none"),
        (signing.CLIENT, "a b"),
        (signing.CLIENT, "c" * 129),
    ],
)
def test_malformed_headers_are_refused_before_any_secret_is_looked_up(header, value):
    with pytest.raises(signing.SignatureRefused) as caught:
        signing.read({**signed(), header: value})
    assert caught.value.code == "signature.malformed"
    assert value not in str(caught.value)


def test_old_and_future_requests_are_refused():
    assert refusal(signed(), now=NOW + 301) == "signature.expired"
    assert refusal(signed(), now=NOW - 301) == "signature.expired"


@given(st.binary(max_size=200), st.text(st.characters(codec="ascii", exclude_characters="\n"), max_size=40))
def test_no_two_requests_share_a_string_to_sign(body, path):
    one = signing.string_to_sign(signing.HMAC_SM3, "POST", path, body, NOW, "nonce-0001", "c")
    assert one != signing.string_to_sign(signing.HMAC_SM3, "POST", path + "/", body, NOW, "nonce-0001", "c")
    assert one != signing.string_to_sign(signing.HMAC_SM3, "POST", path, body + b"\0", NOW, "nonce-0001", "c")
    assert one.count(b"\n") == 6


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")
@pytest.mark.parametrize(("algorithm", "name"), [(signing.HMAC_SM3, "SM3"), (signing.HMAC_SHA256, "SHA256")])
def test_a_client_with_only_openssl_signs_the_same(algorithm, name):
    def run(*arguments, data):
        return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True).stdout.decode()

    body_digest = run("dgst", f"-{name.lower()}", "-r", data=REQUEST["body"]).split()[0]
    text = "\n".join([algorithm, "POST", REQUEST["path"], body_digest, str(NOW), "nonce-0001", "bureau-1"])
    mac = run("mac", "-digest", name, "-macopt", f"hexkey:{SECRET.hex()}", "HMAC", data=text.encode())
    assert mac.strip().lower() == signed(algorithm)[signing.SIGNATURE]
