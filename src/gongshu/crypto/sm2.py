"""SM2 signatures (GB/T 32918.2-2016, curve of GB/T 32918.5-2017) through gmssl-pyx.

A private key is 32 bytes, a public key 64 bytes (x, y), a signature the DER of SEQUENCE {r, s} (GM/T 0009). The signer's
identity is the default of GM/T 0009: ``1234567812345678``. Signatures that come from outside are parsed here first,
strictly, so that the library below only sees well-formed ones and no signature has two spellings.
"""

from __future__ import annotations

import base64

import gmssl_pyx

ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
# SubjectPublicKeyInfo: id-ecPublicKey with the curve 1.2.156.10197.1.301, then the uncompressed point.
_SPKI_PREFIX = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")


def generate() -> tuple[bytes, bytes]:
    """A new pair: (private key, public key)."""
    public, private = gmssl_pyx.sm2_key_generate()
    return bytes(private), bytes(public)


def sign(private: bytes, public: bytes, message: bytes) -> bytes:
    """The DER signature of ``message`` (any length; SM3 with the identity's Z is applied here)."""
    return bytes(gmssl_pyx.sm2_sign(private, public, message))


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` is one of ``message`` by ``public``. Malformed keys and signatures are simply not."""
    if not _well_formed(signature):
        return False
    try:
        key = gmssl_pyx.normalize_sm2_public_key(public)
        return bool(gmssl_pyx.sm2_verify(key, message, signature))
    except gmssl_pyx.GmsslInnerError:
        return False


def public_pem(public: bytes) -> str:
    """The public key as PEM that ``openssl`` reads."""
    body = base64.b64encode(_SPKI_PREFIX + public).decode()
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


def _well_formed(signature: bytes) -> bool:
    """Strict DER of two integers in [1, order-1], nothing before, between or after them."""
    if len(signature) < 8 or signature[0] != 0x30 or signature[1] != len(signature) - 2 or signature[1] > 0x7F:
        return False
    position = 2
    for _ in range(2):
        if position + 2 > len(signature) or signature[position] != 0x02:
            return False
        length = signature[position + 1]
        value = signature[position + 2 : position + 2 + length]
        if length == 0 or len(value) != length or value[0] & 0x80:
            return False
        if length > 1 and value[0] == 0 and not value[1] & 0x80:
            return False
        if not 0 < int.from_bytes(value, "big") < ORDER:
            return False
        position += 2 + length
    return position == len(signature)
