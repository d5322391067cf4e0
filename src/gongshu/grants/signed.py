"""The signed answer: what a verification found, in a form that stands in for a paper proof and is checked offline.

It is a signed note (c2sp.org/signed-note) under the name of the installation's answers, with an Ed25519 and an SM2
line. Its text is the line ``gongshu/answer/v1`` and a line of canonical JSON: who asked, when, under which grant, of
which version, and for every key item and claim the SM3 digest of a salt and the value that the caller gave, with the
answer. The values and salts go beside it (``shown``): whoever presents the answer may leave some away, and the rest still
checks. No stored value is in it; a digest without its salt tells nothing about the value.

``pack`` makes the text of a QR code: ``GSA1:`` and, in base45 (RFC 9285), the deflated JSON of note and shown values.
"""

from __future__ import annotations

import base64
import json
import secrets
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from gongshu import crypto
from gongshu.crypto import digests
from gongshu.errors import GongshuError
from gongshu.home import Home
from gongshu.ledger import note

FIRST_LINE = "gongshu/answer/v1"
PACKED = "GSA1:"
LARGEST = 64 * 1024  # of a packed or plain signed answer; more is not one of ours
_BASE45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_encode = msgspec.json.Encoder(order="sorted").encode

Shown = dict[str, dict[str, list[Any]]]  # "key" or "claims" → item → [salt, value]


class SignedAnswer(NamedTuple):
    """``note`` is signed; ``shown`` are the values it speaks of, each with its salt."""

    note: str
    shown: Shown


class Statement(msgspec.Struct, frozen=True):
    """What was signed. ``at`` is RFC 3339 in UTC; ``key`` and ``claims`` hold digests, ``answers`` yes, no or unknown."""

    at: str
    answers: dict[str, str]
    claims: dict[str, str]
    grant: str
    key: dict[str, str]
    organization: str
    purpose: str
    request_id: str
    resource: str
    title: str
    version: int


class Checked(NamedTuple):
    """A signed answer that holds. ``key`` and ``claims`` have the values that were shown, and no others."""

    statement: Statement
    key: dict[str, Any]
    claims: dict[str, Any]
    signed_by: tuple[str, ...]


class NotGenuine(GongshuError):
    """The signed answer does not hold: it was changed, or the keys are another installation's."""


def signer(home: Home) -> note.Signer:
    """Signs answers as ``gongshu/<city>/answers/<8 digits of the key>``."""
    provider = crypto.answers_provider(home)
    fingerprint = digests.sha256(provider.ed25519_public()).hex()[:8]
    return note.Signer(f"gongshu/{home.city}/answers/{fingerprint}", provider)


def make(by: note.Signer, *, key: Mapping[str, Any], claims: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
    """The signed answer as it goes into the gateway's reply. ``facts`` are the other fields of ``Statement``."""
    shown: Shown = {"key": _salted(key), "claims": _salted(claims)}
    covered = {part: {item: _digest(item, *pair) for item, pair in pairs.items()} for part, pairs in shown.items()}
    text = f"{FIRST_LINE}\n{_encode({**facts, **covered}).decode()}\n"
    return {"note": by.sign(text), "shown": shown}


def check(answer: SignedAnswer, trusted: Sequence[note.Verifier]) -> Checked:
    """What the answer states, when every trusted key has signed it and the shown values fit; ``NotGenuine`` otherwise."""
    try:
        parsed = note.verify(answer.note, trusted)
        first, line, *rest = parsed.text.split("\n")
        if first != FIRST_LINE or rest != [""]:
            raise _not_genuine("form")
        statement = msgspec.json.decode(line, type=Statement)
    except (note.NoteError, ValueError, msgspec.MsgspecError) as error:
        raise _not_genuine("signature") from error
    values: dict[str, dict[str, Any]] = {"key": {}, "claims": {}}
    for part, covered in (("key", statement.key), ("claims", statement.claims)):
        for item, pair in answer.shown.get(part, {}).items():
            if not isinstance(pair, list) or len(pair) != 2 or covered.get(item) != _digest(item, *pair):
                raise _not_genuine("value")
            values[part][item] = pair[1]
    if statement.answers.keys() != statement.claims.keys():
        raise _not_genuine("form")
    return Checked(statement, values["key"], values["claims"], tuple(key.vkey for key in trusted))


def read(text: str) -> SignedAnswer:
    """A signed answer from what people keep: the gateway's reply, its ``proof`` alone, or the text of a QR code."""
    text = text.strip()
    try:
        if len(text) > LARGEST:
            raise ValueError("too long")
        found = json.loads(_unpacked(text) if text.startswith(PACKED) else text)
        if "proof" in found:
            found = found["proof"]
        shown = found.get("shown") or {}
        if not isinstance(found["note"], str) or not all(isinstance(part, dict) for part in shown.values()):
            raise ValueError("not a signed answer")
        return SignedAnswer(found["note"], shown)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, zlib.error) as error:
        raise GongshuError(
            "answer.unreadable",
            "这不是签名应答：须为网关的应答 JSON、其中的 proof，或二维码的文字。",
            "This is not a signed answer: give the gateway's reply as JSON, its proof, or the text of the QR code.",
        ) from error


def pack(answer: SignedAnswer) -> str:
    """The text for a QR code, in the alphabet that such codes hold most densely."""
    plain = json.dumps({"note": answer.note, "shown": answer.shown}, ensure_ascii=False, separators=(",", ":"))
    return PACKED + _base45(zlib.compress(plain.encode(), 9))


def _salted(values: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {item: [base64.urlsafe_b64encode(secrets.token_bytes(12)).decode(), value] for item, value in values.items()}


def _digest(item: str, salt: Any, value: Any) -> str:
    """SM3 over the canonical JSON of [salt, item, value]."""
    return digests.sm3(json.dumps([salt, item, value], ensure_ascii=False, separators=(",", ":")).encode()).hex()


def _base45(data: bytes) -> str:
    signs = []
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            signs.append(_BASE45[digit])
    return "".join(signs)


def _unpacked(text: str) -> str:
    """The JSON in the text of a QR code. ValueError or zlib.error for what is not whole."""
    signs = [_BASE45.index(sign) for sign in text.removeprefix(PACKED)]
    data = bytearray()
    for at in range(0, len(signs), 3):
        group = signs[at : at + 3]
        if len(group) == 1:
            raise ValueError("a group of one sign")
        number = sum(digit * 45**power for power, digit in enumerate(group))
        if number >= 256 ** (len(group) - 1):
            raise ValueError("a group beyond its bytes")
        data += number.to_bytes(len(group) - 1, "big")
    inflating = zlib.decompressobj()
    plain = inflating.decompress(bytes(data), LARGEST)
    if inflating.unconsumed_tail or not inflating.eof:
        raise ValueError("too long, or not whole")
    return plain.decode()


def _not_genuine(part: str) -> NotGenuine:
    return NotGenuine(
        "answer.not_genuine",
        "签名应答不成立：内容被改动过，或不是由所信任的密钥签名。请以网关公布的公钥重新校验。",
        "The signed answer does not hold: it was changed, or not signed by the keys you trust. "
        "Check it again with the keys that the gateway publishes.",
        part=part,
    )
