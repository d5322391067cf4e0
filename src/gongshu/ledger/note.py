"""Signed notes (c2sp.org/signed-note) and the checkpoints that are made of them (c2sp.org/tlog-checkpoint).

A checkpoint of this ledger has two signature lines under one key name, the log's origin: Ed25519 (type 0x01), which
third-party verifiers understand, and SM2 with SM3 (type 0xff followed by ``SM2_TYPE``; public key as the 65-byte
uncompressed point, signature as DER), which they skip as unknown. Our own verification wants every trusted key's line.
Below them come the witnesses' lines (c2sp.org/tlog-cosignature, type 0x04): a moment, and an Ed25519 signature over
that moment and the text.
"""

from __future__ import annotations

import base64
import binascii
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from gongshu.crypto import Provider, sm2
from gongshu.crypto.provider import ed25519_verify

ED25519 = "Ed25519"
SM2 = "SM2"
COSIGNATURE = "cosignature/v1"
SM2_TYPE = b"gongshu/sm2-sm3/v1"
MAX_SIGNATURES = 64
MAX_BYTES = 1 << 20
_DASH = "\u2014 "
_ALGORITHM = {ED25519: b"\x01", SM2: b"\xff" + SM2_TYPE, COSIGNATURE: b"\x04"}
_MOMENT = struct.Struct(">Q")


class NoteError(ValueError):
    """The note is malformed or not signed as it must be."""


class Verifier(NamedTuple):
    """A public key that is trusted to sign notes under ``name``; ``public`` is 32 bytes (Ed25519, also a witness's) or 64
    (SM2)."""

    name: str
    kind: str
    public: bytes

    @property
    def encoded(self) -> bytes:
        """Signature type and public key, as the key id and the verifier key contain them."""
        return _ALGORITHM[self.kind] + (b"\x04" if self.kind == SM2 else b"") + self.public

    @property
    def key_id(self) -> bytes:
        return sha256(self.name.encode() + b"\n" + self.encoded).digest()[:4]

    @property
    def vkey(self) -> str:
        """``<name>+<key id in hex>+<base64>``, the form in which verifier keys are handed around."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.encoded).decode()}"

    def accepts(self, text: str, signature: bytes) -> bool:
        if self.kind == COSIGNATURE:
            return cosigned_at(self, text, signature) is not None
        if self.kind == ED25519:
            return ed25519_verify(self.public, text.encode(), signature)
        return sm2.verify(self.public, text.encode(), signature)


class Signature(NamedTuple):
    name: str
    key_id: bytes
    signature: bytes


class Note(NamedTuple):
    """``text`` ends in a newline and is what the signatures cover."""

    text: str
    signatures: tuple[Signature, ...]


class Checkpoint(NamedTuple):
    """The tree's size (leaves) and root (32 bytes) under the log's name."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The three lines that are signed; a log of ours has no extension lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


class Signer:
    """Signs notes as ``origin`` with both keys of a provider."""

    def __init__(self, origin: str, provider: Provider) -> None:
        check_name(origin)
        self.origin = origin
        self._provider = provider
        self._ed25519 = Verifier(origin, ED25519, provider.ed25519_public())
        self._sm2 = Verifier(origin, SM2, provider.sm2_public())

    @property
    def verifiers(self) -> tuple[Verifier, Verifier]:
        return self._ed25519, self._sm2

    def sign(self, text: str) -> str:
        """The signed note for ``text``."""
        data = text.encode()
        lines = [
            _line(self._ed25519, self._provider.ed25519_sign(data)),
            _line(self._sm2, self._provider.sm2_sign(data)),
        ]
        return f"{text}\n{''.join(lines)}"


def parse(note: str) -> Note:
    """Split a note into text and signatures, strictly; NoteError says what is wrong with it."""
    if len(note) > MAX_BYTES or any(ord(c) < 0x20 and c != "\n" for c in note):
        raise NoteError("a note has no control characters and at most a megabyte")
    body, separator, tail = note.rpartition("\n\n")
    if not separator or not body or not tail.endswith("\n"):
        raise NoteError("a note is a text, an empty line, and signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError("the note has too many signatures")
    return Note(body + "\n", tuple(_signature(line) for line in lines))


def verify(note: str, trusted: Sequence[Verifier]) -> Note:
    """The parsed note, when every trusted key has signed it; lines of other keys are ignored. NoteError otherwise."""
    parsed = parse(note)
    for verifier in trusted:
        mine = [s for s in parsed.signatures if (s.name, s.key_id) == (verifier.name, verifier.key_id)]
        if len(mine) != 1:
            raise NoteError(f"{len(mine)} {verifier.kind} signatures by {verifier.name} where one must be")
        if not verifier.accepts(parsed.text, mine[0].signature):
            raise NoteError(f"the {verifier.kind} signature by {verifier.name} does not fit the text")
    if not trusted:
        raise NoteError("no key to trust was given")
    return parsed


def read_checkpoint(note: str, trusted: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint in a note that every trusted key has signed; NoteError otherwise."""
    checkpoint = parse_checkpoint(verify(note, trusted).text)
    if checkpoint.origin != trusted[0].name:
        raise NoteError("the checkpoint is another log's")
    return checkpoint


def cosigned_at(witness: Verifier, text: str, signature: bytes) -> int | None:
    """The Unix second at which ``witness`` cosigned ``text``; None when the signature does not say so."""
    if len(signature) != _MOMENT.size + 64:
        return None
    (moment,) = _MOMENT.unpack_from(signature)
    if not 0 < moment < 1 << 63:
        return None
    fits = ed25519_verify(witness.public, cosigned_message(text, moment), signature[_MOMENT.size :])
    return moment if fits else None


def cosigned_message(text: str, moment: int) -> bytes:
    """What a cosignature/v1 signs."""
    return f"{COSIGNATURE}\ntime {moment}\n{text}".encode()


def cosignature_line(witness: Verifier, moment: int, signature: bytes) -> str:
    """The note line of a cosignature."""
    return _line(witness, _MOMENT.pack(moment) + signature)


def cosignatures(note: str, witnesses: Iterable[Verifier]) -> dict[str, int]:
    """Which of ``witnesses`` have cosigned the note: verifier key to Unix second. What does not fit does not count."""
    parsed = parse(note)
    found = {}
    for witness in witnesses:
        for line in parsed.signatures:
            if (line.name, line.key_id) == (witness.name, witness.key_id):
                moment = cosigned_at(witness, parsed.text, line.signature)
                if moment is not None:
                    found[witness.vkey] = moment
    return found


def parse_checkpoint(text: str, *, extended: bool = False) -> Checkpoint:
    """Read a checkpoint's text; NoteError when it is not one. Extension lines, which our logs do not have, are refused
    unless ``extended``: then they are skipped, since a witness serves other people's logs too."""
    lines = text.split("\n")
    if extended and len(lines) > 4 and all(lines[3:-1]):
        lines = [*lines[:3], lines[-1]]
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteError("a checkpoint is three lines: origin, size, root")
    origin, size, root = lines[:3]
    if not size.isascii() or not size.isdecimal() or (size[0] == "0" and size != "0") or len(size) > 18:
        raise NoteError("the size is not a decimal number")
    hashed = decode(root)
    if len(hashed) != 32:
        raise NoteError("the root is not a SHA-256 hash")
    return Checkpoint(origin, int(size), hashed)


def parse_vkey(text: str) -> Verifier:
    """Read ``<name>+<key id>+<base64>``; NoteError for an unknown algorithm or a key id that does not fit."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise NoteError("a verifier key is name+id+base64")
    name, key_id, encoded = parts
    check_name(name)
    data = decode(encoded)
    if data[:1] == _ALGORITHM[ED25519] and len(data) == 33:
        verifier = Verifier(name, ED25519, data[1:])
    elif data[:1] == _ALGORITHM[COSIGNATURE] and len(data) == 33:
        verifier = Verifier(name, COSIGNATURE, data[1:])
    elif data.startswith(_ALGORITHM[SM2] + b"\x04") and len(data) == len(_ALGORITHM[SM2]) + 65:
        verifier = Verifier(name, SM2, data[-64:])
    else:
        raise NoteError("the verifier key has an unknown algorithm")
    if verifier.key_id.hex() != key_id:
        raise NoteError("the verifier key's id does not fit its key")
    return verifier


def parse_vkeys(lines: Iterable[str]) -> tuple[Verifier, ...]:
    """The verifier keys among ``lines``; blank lines and ``#`` comments aside."""
    return tuple(parse_vkey(line) for line in lines if line.strip() and not line.lstrip().startswith("#"))


def check_name(name: str) -> None:
    """NoteError unless ``name`` can be a key name: not empty, no white space, no control character, no plus."""
    if not name or "+" in name or any(c.isspace() or unicodedata.category(c) == "Cc" for c in name):
        raise NoteError("a key name is not empty and has neither blanks nor '+'")


def _line(verifier: Verifier, signature: bytes) -> str:
    return f"{_DASH}{verifier.name} {base64.b64encode(verifier.key_id + signature).decode()}\n"


def _signature(line: str) -> Signature:
    parts = line.removeprefix(_DASH).split(" ")
    if not line.startswith(_DASH) or len(parts) != 2:
        raise NoteError("a signature line is an em dash, a name, and base64")
    check_name(parts[0])
    data = decode(parts[1])
    if len(data) < 5:
        raise NoteError("a signature is too short")
    return Signature(parts[0], data[:4], data[4:])


def decode(text: str) -> bytes:
    """Base64, in the one spelling that encoding gives."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise NoteError("not canonical base64")
    return data
