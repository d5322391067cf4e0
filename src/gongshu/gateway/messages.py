"""Requests as the gateway accepts them: strict, small, nothing beside what is written here."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from gongshu.gateway.errors import Refusal

BODY_LIMIT = 64 * 1024
DEFAULT_PAGE = 100
LARGEST_PAGE = 1000

Name = Annotated[str, Meta(min_length=1, max_length=64)]
Value = Annotated[str, Meta(max_length=512)] | int | float | bool


class Query(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """``key`` for one record; without it row after row (``limit``, ``after``), narrowed by equality
    ``filters``.
    """

    grant: Name
    purpose: Annotated[str, Meta(max_length=200)]
    key: Annotated[dict[Name, Value], Meta(max_length=8)] | None = None
    fields: Annotated[list[Name], Meta(min_length=1, max_length=256)] | None = None
    filters: Annotated[dict[Name, Value], Meta(max_length=16)] | None = None
    limit: Annotated[int, Meta(ge=1, le=LARGEST_PAGE)] = DEFAULT_PAGE
    after: Annotated[str, Meta(min_length=1, max_length=4096)] | None = None


class Verify(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Whether ``claims`` about the record with ``key`` are true; with ``proof`` the answer is signed."""

    grant: Name
    purpose: Annotated[str, Meta(max_length=200)]
    key: Annotated[dict[Name, Value], Meta(min_length=1, max_length=8)]
    claims: Annotated[dict[Name, Value], Meta(min_length=1, max_length=64)]
    proof: bool = False


_query = msgspec.json.Decoder(Query)
_verify = msgspec.json.Decoder(Verify)


def decode_query(body: bytes) -> Query:
    try:
        return _query.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal("body_malformed") from None


def decode_verify(body: bytes) -> Verify:
    try:
        return _verify.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal("body_malformed") from None
