"""Who calls: the signature of ``gongshu.crypto.signing``, checked against the clients that the control plane
knows.

An unknown client costs the same work as a known one, and a nonce is remembered only after its signature held,
so that nobody else can use up a client's nonces.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from gongshu.crypto import signing
from gongshu.gateway.control import Client, Known
from gongshu.gateway.errors import Refusal
from gongshu.gateway.nonces import Nonces

_CODES = {
    "signature.missing": "header_missing",
    "signature.malformed": "header_malformed",
    "signature.mismatch": "signature_invalid",
    "signature.expired": "timestamp_out_of_window",
}
_NOBODY = Client("", "", "", secrets.token_bytes(32), False)


class Unauthenticated(Refusal):
    """Refused before we knew who calls.

    ``claimed`` is the client id, given only when such a client exists.
    """

    def __init__(self, code: str, where: str = "", claimed: str = "", retry_after: int = 0) -> None:
        super().__init__(code, where, retry_after)
        self.claimed = claimed


def authenticate(
    known: Known, nonces: Nonces, *, method: str, target: str, headers: Mapping[str, str], body: bytes, now: float
) -> Client:
    """The client that signed this request, or ``Unauthenticated``. ``headers`` have lower-case names."""
    try:
        claim = signing.read(headers)
    except signing.SignatureRefused as refused:
        raise Unauthenticated(_CODES[refused.code], str(refused.where.get("header", ""))) from None
    client = known.clients.get(claim.client_id, _NOBODY)
    failed = ""
    try:
        signing.verify(claim, secret=client.secret, method=method, path=target, body=body, now=now)
    except signing.SignatureRefused as refused:
        failed = _CODES[refused.code]
    if client is _NOBODY:
        raise Unauthenticated("client_unknown")
    if failed:
        raise Unauthenticated(failed, claimed=client.client_id)
    if claim.algorithm != client.algorithm:
        raise Unauthenticated("algorithm_unknown", signing.ALGORITHM, client.client_id)
    if not client.active:
        raise Unauthenticated("client_inactive", claimed=client.client_id)
    try:
        nonces.use(client.client_id, claim.nonce, claim.timestamp, now)
    except Refusal as refused:
        raise Unauthenticated(refused.code, claimed=client.client_id, retry_after=refused.retry_after) from None
    return client
