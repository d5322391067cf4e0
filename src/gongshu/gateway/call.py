"""A request on its way through the gate, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gongshu import clock, ids
from gongshu.gateway.control import Client
from gongshu.gateway.deliveries import File
from gongshu.gateway.interfaces import Interface
from gongshu.grants.scope import GrantScope

Parameters = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Call:
    """One request. ``target`` is the path with its query as sent; ``headers`` have lower-case names;
    ``parameters`` are those of the query, as often as they came.

    ``client``, ``grant`` and ``interface`` are filled in as they become known, for the record of a refusal; ``now`` is
    the moment (Unix seconds) at which the whole call is judged, ``moment`` the same on the monotonic clock.
    """

    operation: str
    resource: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    parameters: Parameters = ()
    request_id: str = field(default_factory=lambda: ids.new_id("call"))
    client: Client | None = None
    grant: GrantScope | None = None
    interface: Interface | None = None
    now: float = field(default_factory=clock.timestamp)
    moment: float = field(default_factory=clock.monotonic)


@dataclass(slots=True)
class Answer:
    """``file`` stands in for ``body`` when a prepared file is to be streamed; ``code`` is that of a refusal."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    file: File | None = None
    code: str = "ok"
