"""The arithmetic against the standards' own examples, and against the openssl command as a second opinion."""

import hashlib
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.crypto import digests, sm2

openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")

# GB/T 32918.5-2017 annex A: key pair and signature of "message digest" under the default identity.
SM2_PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
SM2_PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
SM2_R = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
SM2_S = "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
SM2_SIGNATURE = bytes.fromhex(f"3046022100{SM2_R}022100{SM2_S}")


def test_sm3_gbt_32905_annex_a():
    assert digests.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert digests.sm3(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"


@given(st.binary(max_size=300), st.binary(max_size=150))
@settings(max_examples=60)
def test_both_sources_of_sm3_agree(data, key):
    """Python's OpenSSL and gmssl-pyx compute the same, so an installation without the one can use the other."""
    assert digests._gmssl_sm3(data) == digests.sm3(data)
    assert digests._gmssl_hmac_sm3(key, data) == digests.hmac_sm3(key, data)


def test_sm4_gbt_32907_annex_a():
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    assert encryptor.update(key).hex() == "681edf34d206965e86b3e94f536e4246"
    block = key
    rounds = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
    for _ in range(1_000_000):
        block = rounds.update(block)
    assert block.hex() == "595298c7c6fd271f0402f804c33d3f66"


def test_sm2_gbt_32918_5_annex_a():
    assert sm2.verify(SM2_PUBLIC, b"message digest", SM2_SIGNATURE)
    assert not sm2.verify(SM2_PUBLIC, b"message digesT", SM2_SIGNATURE)
    own = sm2.sign(SM2_PRIVATE, SM2_PUBLIC, b"message digest")
    assert sm2.verify(SM2_PUBLIC, b"message digest", own)


def test_sm2_refuses_every_other_spelling_of_a_signature():
    message = b"message digest"
    mutations = [
        b"",
        SM2_SIGNATURE + b"\0",
        SM2_SIGNATURE[:-1],
        b"\x30\x81" + SM2_SIGNATURE[1:],
        bytes.fromhex(SM2_R + SM2_S),
        b"\x30\x06\x02\x01\x00\x02\x01\x00",
        bytes.fromhex(f"30470222 0000{SM2_R}022100{SM2_S}".replace(" ", "")),
        b"\x30" + bytes([len(SM2_SIGNATURE)]) + SM2_SIGNATURE,
    ]
    assert not any(sm2.verify(SM2_PUBLIC, message, wrong) for wrong in mutations)
    assert not sm2.verify(b"\1" * 64, message, SM2_SIGNATURE), "a point that is not on the curve"
    assert not sm2.verify(b"", message, SM2_SIGNATURE)


@given(st.binary(max_size=80))
@settings(max_examples=200)
def test_sm2_never_accepts_or_crashes_on_noise(noise):
    assert not sm2.verify(SM2_PUBLIC, b"message digest", noise)


def test_unknown_algorithms_are_refused_by_name():
    with pytest.raises(ValueError, match="MD5"):
        digests.digest("MD5", b"")
    with pytest.raises(ValueError, match="MD5"):
        digests.hmac("MD5", b"", b"")
    assert digests.digest("SHA-256", b"abc") == hashlib.sha256(b"abc").digest()


@openssl
def test_openssl_agrees_on_sm3_and_its_hmac(tmp_path):
    file = tmp_path / "data"
    file.write_bytes("公共数据".encode() * 99)
    said = subprocess.run(["openssl", "dgst", "-sm3", "-r", file], capture_output=True, text=True, check=True)
    assert said.stdout.split()[0] == digests.sm3(file.read_bytes()).hex()
    said = subprocess.run(
        ["openssl", "mac", "-digest", "SM3", "-macopt", "hexkey:00ff10", "-in", file, "HMAC"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert said.stdout.strip().lower() == digests.hmac_sm3(bytes.fromhex("00ff10"), file.read_bytes()).hex()


@openssl
def test_openssl_accepts_our_sm2_signature_and_our_public_key_file(tmp_path):
    private, public = sm2.generate()
    (tmp_path / "data").write_bytes(b"checkpoint text\n")
    (tmp_path / "key.pem").write_text(sm2.public_pem(public))
    (tmp_path / "signature").write_bytes(sm2.sign(private, public, b"checkpoint text\n"))
    command = [
        "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-in", "data", "-rawin", "-digest", "sm3",
        "-pkeyopt", "distid:1234567812345678", "-sigfile", "signature",
    ]  # fmt: skip
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "data").write_bytes(b"checkpoint texT\n")
    assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode != 0
