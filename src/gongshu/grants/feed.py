"""What the control plane tells the gateways: one row per client and per grant, each with a growing revision.

A row's body is JSON made by msgspec. A client's secret in it stays wrapped by the installation's key; the
gateway unwraps it in memory. Rows are replaced, never deleted: a revoked grant goes on saying that it was
revoked.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from gongshu.grants.scope import GrantScope

TABLE = "grants_feedrow"
CHANNEL = "gongshu_feed"  # PostgreSQL NOTIFY


class Kind(StrEnum):
    CLIENT = "client"
    GRANT = "grant"


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A system that may call.

    ``secret_wrapped`` is base64 of what ``crypto.provider().wrap`` gave for the purpose.
    """

    client_id: str
    organization: str
    algorithm: str
    secret_wrapped: str
    active: bool = True


_encoder = msgspec.json.Encoder(order="deterministic")
_grant_decoder = msgspec.json.Decoder(GrantScope)
_client_decoder = msgspec.json.Decoder(Client)


def encode(body: GrantScope | Client) -> str:
    return _encoder.encode(body).decode("utf-8")


def decode_grant(body: str | bytes) -> GrantScope:
    """Raises ``msgspec.DecodeError`` for a body that is not a grant's."""
    return _grant_decoder.decode(body)


def decode_client(body: str | bytes) -> Client:
    """Raises ``msgspec.DecodeError`` for a body that is not a client's."""
    return _client_decoder.decode(body)
