"""Every address of the interface: the public part, and the part for which a token is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gongshu.web.api import (
    assets,
    catalog,
    collection,
    demands,
    disputes,
    duties,
    grants,
    imports,
    libraries,
    matters,
    objections,
    opening,
    operation,
    own,
    projects,
    public,
    requests,
    rulings,
    sharing,
    spaces,
)
from gongshu.web.api.access import AccessToken, by_token, without_token
from gongshu.web.api.base import api
from gongshu.web.permissions import declare_api

for prefix, router in (
    ("", public.router),
    ("/token", own.router),
    ("/catalog", catalog.router),
    ("/imports", imports.router),
    ("/demands", demands.router),
    ("/matters", matters.router),
    ("/objections", objections.router),
    ("/projects", projects.router),
    ("/assets", assets.router),
    ("/collection", collection.router),
    ("/spaces", spaces.router),
    ("/libraries", libraries.router),
    ("/sharing", sharing.router),
    ("/sharing", disputes.router),
    ("/opening", opening.router),
    ("/opening", requests.router),
    ("/operation", operation.router),
    ("/duties", duties.router),
    ("/notices", duties.news),
    ("/grants", grants.router),
    ("/ledger", grants.records),
    ("/rules", rulings.router),
):
    api.add_router(prefix, router)


@dataclass(frozen=True)
class Operation:
    """One operation as the reference page lists it; ``asks`` is None for the public part."""

    method: str
    path: str
    summary: str
    asks: AccessToken | None


def operations() -> Iterator[Operation]:
    """Every operation. ValueError for one that asks for anything but an access token."""
    for prefix, router in api._routers:
        for path, view in router.path_operations.items():
            for one in view.operations:
                asked = list(one.auth_callbacks)
                if len(asked) > 1 or any(not isinstance(each, AccessToken) for each in asked):
                    raise ValueError(f"{path}: an operation asks for one access token or for nothing")
                for method in one.methods:
                    yield Operation(method, f"{prefix}{path}", one.summary or "", asked[0] if asked else None)


def _open_paths() -> set[str]:
    """The addresses of the public part; one address is either public as a whole or not at all."""
    found: dict[str, set[bool]] = {}
    for one in operations():
        found.setdefault(one.path, set()).add(one.asks is None)
    mixed = [path for path, asks in found.items() if len(asks) > 1]
    if mixed:
        raise ValueError(f"public and private operations on one address: {mixed}")
    return {path for path, asks in found.items() if asks == {True}}


def _addresses() -> tuple[list[Any], str, str]:
    urls = api.urls
    private = {one.path.strip("/").replace("{", "<").replace("}", ">") for one in operations()} - {
        path.strip("/").replace("{", "<").replace("}", ">") for path in _open_paths()
    }
    for pattern in urls[0]:
        route = str(pattern.pattern)
        pattern.callback = (by_token if route in private else without_token)(pattern.callback)
        declare_api(pattern.callback, token=route in private)
    return urls


urls = _addresses()
