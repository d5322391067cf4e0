"""The SDK for systems that read data through the gateway.

::

    from gongshu.client import Client

    with Client("http://127.0.0.1:8001", "app_…", "the secret") as gateway:
        companies = gateway.interface("333004-000001", grant="grant_…", purpose="…")
        companies.verify({"uscc": "…"}, {"name": "…"}).answers      # {"name": "yes"}
        companies.query({"uscc": "…"}, ["name"])                    # {"name": "…"}, or None
        for row in companies.rows(): ...                            # every page, where the grant allows listing
        companies.deliver("companies.csv")                          # the prepared file, its digest checked

``AsyncClient`` is the same with ``await``. Requests are signed with HMAC-SM3, or HMAC-SHA256 where the client was
registered so. A refusal is ``Refused`` with the gateway's code and its sentence in Chinese and English; a gateway that
does not answer is ``Unreachable``. Needs httpx and no Django.
"""

from __future__ import annotations

from gongshu.client.aio import AsyncClient, AsyncInterface
from gongshu.client.sync import Client, Interface
from gongshu.client.wire import Changes, Page, Refused, Unreachable, Verified

__all__ = [
    "AsyncClient",
    "AsyncInterface",
    "Changes",
    "Client",
    "Interface",
    "Page",
    "Refused",
    "Unreachable",
    "Verified",
]
