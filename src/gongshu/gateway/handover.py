"""What is handed over whole: prepared files, and the description of what a caller's grants let it read.

The steps are the gate's own (``core``), in the same order: authenticate → grant → … → entry on the disk → answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from gongshu import clock
from gongshu.gateway import errors
from gongshu.gateway.call import Answer, Call
from gongshu.gateway.control import Client
from gongshu.gateway.deliveries import MEDIA
from gongshu.gateway.errors import Refusal
from gongshu.gateway.interfaces import Interface
from gongshu.grants import openapi as description
from gongshu.grants import scope
from gongshu.grants.openapi import Column, Held
from gongshu.grants.scope import GrantScope, OutOfScope

if TYPE_CHECKING:
    from gongshu.gateway.core import Gate

DESCRIBE_PER_MINUTE = 60


async def deliver(gate: Gate, call: Call) -> Answer:
    """The file of a grant for batch delivery; ``ETag`` and ``If-None-Match`` spare what the caller has."""
    client = gate.authenticate(call)
    asked = only(call, {"grant", "purpose", "format"})
    grant = gate.grant(call, client, asked.get("grant", ""), "batch", asked.get("purpose"))
    interface = gate.interface(call)
    form = asked.get("format", "csv")
    if form not in MEDIA:
        raise Refusal("format_unknown", "format")
    tag = gate.deliveries.tag(interface, grant, form)
    gate.count(call, client, grant)
    details = gate.details(grant, interface, list(grant.items))
    details["format"] = form
    if call.headers.get("if-none-match") == tag:
        details["count"] = 0
        details["result"] = "not_modified"
        await gate.record(call, "gateway.delivery", "", details)
        return Answer(304, headers={"ETag": tag})
    file = await gate.deliveries.prepare(interface, grant, form)
    details["count"] = file.rows
    details["result"] = "delivered"
    details["file_sha256"] = file.sha256
    await gate.record(call, "gateway.delivery", "", details)
    return Answer(200, headers={"ETag": tag, **file.headers(grant, interface.version, form)}, file=file)


async def describe(gate: Gate, call: Call) -> Answer:
    """What the caller's grants on this resource let it read."""
    held, interface = await _held(gate, call)
    return gate.reply(call, interface, {"grants": [interface.describe(grant) for grant in held]})


async def openapi(gate: Gate, call: Call) -> Answer:
    """The same as an OpenAPI 3.1 document, for tools that make clients."""
    held, interface = await _held(gate, call)
    document = description.document(
        resource=call.resource,
        title=held[0].title,
        version=interface.version,
        keys=[Column(name, interface.items[name].title, interface.items[name].type) for name in interface.keys],
        held=[_as_held(grant, interface) for grant in held],
        codes=errors.by_status(),
    )
    return Answer(200, msgspec.json.encode(document))


async def _held(gate: Gate, call: Call) -> tuple[list[GrantScope], Interface]:
    client = gate.authenticate(call)
    gate.rates.take(("describe", client.client_id), DESCRIBE_PER_MINUTE, clock.monotonic())
    wanted = only(call, {"grant"}).get("grant")
    held = [
        grant
        for grant in list(gate.control.known.grants.values())  # a copy: the follower may add one meanwhile
        if grant.resource == call.resource and (wanted is None or grant.grant_id == wanted)
        if _holds(grant, client, call.now)
    ]
    if not held:
        raise Refusal("grant_unknown")
    interface = gate.interface(call)
    await gate.record(call, "gateway.describe", "", {"grants": [grant.grant_id for grant in held]})
    return held, interface


def _as_held(grant: GrantScope, interface: Interface) -> Held:
    items = [
        Column(name, interface.items[name].title, interface.items[name].type, interface.mask_kind(name, grant))
        for name in grant.items
        if name in interface.items
    ]
    return Held(grant.grant_id, grant.purpose, grant.modes, grant.listing, tuple(items))


def only(call: Call, known: set[str]) -> dict[str, str]:
    """The query parameters, each of them known and given once: what is ignored in silence misleads."""
    asked: dict[str, str] = {}
    for name, value in call.parameters:
        if name not in known or name in asked:
            raise Refusal("parameter_invalid")
        asked[name] = value
    return asked


def _holds(grant: GrantScope, client: Client, at: float) -> bool:
    try:
        scope.check_holder(grant, organization=client.organization, client_id=client.client_id, resource=grant.resource)
        scope.check_term(grant, at)
    except OutOfScope:
        return False
    return True
