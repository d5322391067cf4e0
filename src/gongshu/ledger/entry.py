"""One entry: what happened, to which resource, by whom, on which article, and never a personal identifier.

The bytes of an entry (the leaf) are two lines: the body as canonical JSON (RFC 8785 for the values allowed here: keys
sorted, no blanks, UTF-8, strings, integers, booleans, lists and objects of them), then ``sm3:`` and the SM3 digest of
the first line in hex. ``head -1 FILE | tr -d '\\n' | openssl sm3`` repeats the check with other people's tools. A leaf
has at most 65,535 bytes (C2SP tlog-tiles length prefix).

Who the data are about is given as a commitment (``crypto.commit``); a text that looks like a citizen ID (GB 11643) or a
mobile number is refused here, whoever tries to write it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec

from gongshu import clock, ids
from gongshu.crypto import digests
from gongshu.errors import GongshuError

MAX_BYTES = 65_535
FORMAT = 1
_SEPARATOR = b"\nsm3:"
_TAIL = len(_SEPARATOR) + 64
_SAFE_INTEGER = 2**53 - 1

_encode = msgspec.json.Encoder(order="sorted").encode
_ID = re.compile(r"[A-Za-z]{1,16}_[0-9A-Z]{26}")
_COMMITMENT = re.compile(r"hmac-sm3:[0-9a-f]{64}")
_KEY = re.compile(r"[A-Za-z0-9_.\-]{1,64}")
_PERSONAL = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"  # GB 11643
    r"|1[3-9]\d{9}"  # mobile
    r")(?![0-9A-Za-z])"
)
_DIGITS = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))

Value = str | int | Sequence[Any] | Mapping[str, Any]


class Entry(NamedTuple):
    """An entry read back. ``at`` is aware, in UTC, to the millisecond."""

    id: str
    at: datetime
    action: str
    actor: str
    organization: str
    subject: str
    resource: str
    cites: tuple[str, ...]
    details: Mapping[str, Any]


class EntryRefused(GongshuError):
    """The entry may not be written as it is; ``where`` names the field."""


def build(
    *,
    action: str,
    actor: str,
    organization: str,
    subject: str = "",
    resource: str = "",
    cites: Sequence[str] = (),
    details: Mapping[str, Value] | None = None,
    entry_id: str = "",
) -> tuple[str, bytes]:
    """A new entry: (id, leaf). ``action`` is dotted (``grants.revoked``), ``actor`` a user or client name,
    ``organization`` a code, ``subject`` a commitment, ``resource`` a catalog code, ``cites`` the articles.

    EntryRefused for a personal identifier, a value that has no canonical form (float, date), or too many bytes.
    """
    identifier = entry_id or ids.new_id("entry")
    body: dict[str, Any] = {
        "action": action,
        "actor": actor,
        "at": _stamp_of(clock.milliseconds()).decode(),
        "id": identifier,
        "organization": organization,
        "v": FORMAT,
    }
    if subject:
        body["subject"] = subject
    if resource:
        body["resource"] = resource
    if cites:
        body["cites"] = list(cites)
    if details:
        body["details"] = _plain(details, "details")
    leaf = seal(body)
    if _suspicious(leaf):
        for field, value in body.items():
            if field not in {"organization", "at", "v"}:  # an organisation's code may be all digits
                _check_text(value, field)
        if "\0" in organization:
            raise _uncanonical("organization")
    return identifier, leaf


class Form:
    """An entry of which everything but id, moment and subject is known beforehand: judged and encoded once, so that a
    gateway pays for its thousandth call under a grant only what is new in it. ``fill`` gives what ``build`` would."""

    __slots__ = ("_after_at", "_after_id", "_before", "_rest")

    def __init__(
        self,
        *,
        action: str,
        actor: str,
        organization: str,
        resource: str = "",
        details: Mapping[str, Value] | None = None,
    ) -> None:
        """Raises what ``build`` raises."""
        _, leaf = build(action=action, actor=actor, organization=organization, resource=resource, details=details)
        known = body(leaf)
        first = {name: known[name] for name in ("action", "actor")}
        middle = {name: known[name] for name in ("details",) if name in known}
        last = {name: known[name] for name in ("organization", "resource") if name in known}
        self._before = _encode(first)[:-1] + b',"at":"'
        self._after_at = b'",' + (_encode(middle)[1:-1] + b"," if middle else b"") + b'"id":"'
        self._after_id = b'",' + _encode(last)[1:-1]
        self._rest = f',"v":{FORMAT}}}'.encode()

    def fill(self, entry_id: str, subject: str) -> bytes:
        """The leaf for one call, at this moment. ``entry_id`` is one of ``ids.new_id``, ``subject`` a commitment of
        ``crypto.commit`` or empty; EntryRefused for anything else, since these are the parts that nobody judged."""
        if not _ID.fullmatch(entry_id):
            raise _uncanonical("id")
        if not subject:
            about = b""
        elif _COMMITMENT.fullmatch(subject):
            about = b',"subject":"' + subject.encode() + b'"'
        else:
            raise _uncanonical("subject")
        at = _stamp_of(clock.milliseconds())
        line = b"".join([self._before, at, self._after_at, entry_id.encode(), self._after_id, about, self._rest])
        leaf = line + _SEPARATOR + digests.sm3(line).hex().encode()
        if len(leaf) > MAX_BYTES:
            raise _too_large()
        return leaf


def seal(body: Mapping[str, Any]) -> bytes:
    """The leaf of a body: canonical JSON, then its SM3."""
    try:
        line = _encode(body)
    except UnicodeEncodeError as error:  # half a surrogate pair has no UTF-8
        raise _uncanonical("text") from error
    leaf = line + _SEPARATOR + digests.sm3(line).hex().encode()
    if len(leaf) > MAX_BYTES:
        raise _too_large()
    return leaf


def intact(leaf: bytes) -> bool:
    """Whether ``leaf`` has the form of an entry and its SM3 digest is right."""
    return leaf[-_TAIL:-64] == _SEPARATOR and digests.sm3(leaf[:-_TAIL]).hex().encode() == leaf[-64:]


def body_bytes(leaf: bytes) -> bytes:
    """The body of an intact leaf as it is written; ValueError when it is not one."""
    if not intact(leaf):
        raise ValueError("the SM3 digest does not fit the entry")
    return leaf[:-_TAIL]


def body(leaf: bytes) -> dict[str, Any]:
    """The body of an intact leaf as JSON values; ValueError when it is not one."""
    found = msgspec.json.decode(body_bytes(leaf))
    if not isinstance(found, dict):
        raise ValueError("the entry is not an object")
    return found


def parse(leaf: bytes) -> Entry:
    """Read a leaf; ValueError when the digest is wrong or a field is missing."""
    fields = body(leaf)
    try:
        return Entry(
            id=str(fields["id"]),
            at=datetime.fromisoformat(str(fields["at"])).astimezone(UTC),
            action=str(fields["action"]),
            actor=str(fields["actor"]),
            organization=str(fields["organization"]),
            subject=str(fields.get("subject", "")),
            resource=str(fields.get("resource", "")),
            cites=tuple(str(cite) for cite in fields.get("cites", ())),
            details=dict(fields.get("details", {})),
        )
    except KeyError as error:
        raise ValueError(f"the entry has no {error.args[0]!r}") from error


def _stamp_of(milliseconds: int) -> bytes:
    """Unix milliseconds as RFC 3339 in UTC."""
    return b"%s.%03dZ" % (_second(milliseconds // 1000), milliseconds % 1000)


@lru_cache(maxsize=8)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()


def _plain(value: Any, field: str) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and abs(value) <= _SAFE_INTEGER:
        return int(value)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str) or not _KEY.fullmatch(key):
                raise _uncanonical(field)
        return {str(key): _plain(item, f"{field}.{key}") for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [_plain(item, field) for item in value]
    raise _uncanonical(field)


def _too_large() -> EntryRefused:
    return EntryRefused(
        "ledger.entry_too_large",
        f"账本条目超过 {MAX_BYTES} 字节。请把长内容存为文件，条目中只写其摘要。",
        f"The ledger entry has more than {MAX_BYTES} bytes. Keep long content in a file and write its digest here.",
    )


def _uncanonical(field: str) -> EntryRefused:
    return EntryRefused(
        "ledger.entry_uncanonical",
        f"账本条目的 {field} 只能是文本（不含 NUL）、整数、布尔值，或由它们组成的列表和对象（键为英文标识）。",
        f"{field} of a ledger entry can only be text (without NUL), whole numbers, booleans, and lists or objects of "
        "them (with ASCII keys).",
        field=field,
    )


def _suspicious(leaf: bytes) -> bool:
    """One quick look at all bytes: eleven digits in a row, full-width characters (digits among them), or NUL."""
    return b"0" * 11 in leaf[:-_TAIL].translate(_DIGITS) or b"\xef\xbc" in leaf or b"\\u0000" in leaf


def _check_text(value: Any, field: str) -> None:
    """Refuse personal identifiers and NUL (no database indexes it) in every text and key within ``value``."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            _check_text(key, field)  # before the key becomes part of a sentence
            _check_text(item, f"{field}.{key}")
    elif isinstance(value, list):
        for item in value:
            _check_text(item, field)
    elif isinstance(value, str):
        if "\0" in value:
            raise _uncanonical(field)
        if _PERSONAL.search(unicodedata.normalize("NFKC", value)):
            raise EntryRefused(
                "ledger.personal_identifier",
                f"账本条目的 {field} 含有形似公民身份号码或手机号码的内容。请改用 crypto.commit 的承诺值。",
                f"{field} of the ledger entry holds something like a citizen ID or a mobile number. "
                "Use the commitment of crypto.commit instead.",
                field=field,
            )
