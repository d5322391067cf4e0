"""What the gateway tells the ledger: an entry per call, on the disk before the reply (xian-36, luzhou-46).

An entry names client, organisation, grant, purpose, items, number of records and the outcome; about whom is a
commitment; never a value. Refused calls leave an entry too. A flood of refusals, which anybody can cause, is
counted: the first ones of each minute singly, the rest as one sum, so that it cannot fill the disk.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from gongshu import clock, ids
from gongshu.gateway.errors import Refusal
from gongshu.gateway.limits import Rates
from gongshu.ledger import entry

Details = Mapping[str, str | int | Sequence[str] | Mapping[str, str]]
REFUSALS_PER_MINUTE = 60  # single entries, for each client and for all unknown callers together


class Spool(Protocol):
    """The part of ``gongshu.ledger.spool.Spool`` that is used here: done when all leaves are on the disk."""

    def extend(self, leaves: Sequence[bytes], /) -> Awaitable[object]: ...


class Gathering:
    """Hands leaves to the spool in batches: what arrives while one batch is on its way to the disk goes with the next.

    So the disk is never asked twice at once, and the more callers there are the less each of them costs. Each caller has
    a future of its own: one who leaves does not disturb the others.
    """

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._leaves: list[bytes] = []
        self._futures: list[asyncio.Future[None]] = []
        self._writer: asyncio.Task[None] | None = None

    def append(self, leaf: bytes) -> asyncio.Future[None]:
        """Done when ``leaf`` is on the disk; raises what the spool raised."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._leaves.append(leaf)
        self._futures.append(future)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return future

    async def _write(self) -> None:
        while leaves := self._leaves:
            futures = self._futures
            self._leaves, self._futures = [], []
            fault: Exception | None = None
            try:
                await self._spool.extend(leaves)
            except Exception as error:
                fault = error
            for future in futures:
                if future.done():  # its caller went away
                    continue
                if fault is None:
                    future.set_result(None)
                else:
                    future.set_exception(fault)
        self._writer = None


class Evidence:
    def __init__(self, spool: Spool, name: str) -> None:
        self._spool = Gathering(spool)
        self._name = name
        self._rates = Rates()
        self._uncounted: Counter[tuple[str, str, str]] = Counter()  # client, organisation, code → calls
        self.problem = ""

    async def record(
        self,
        action: str,
        *,
        request_id: str,
        client_id: str,
        organization: str,
        resource: str = "",
        subject: str = "",
        details: Details,
    ) -> None:
        """Return when the entry is on the disk; ``Refusal("ledger_unavailable")`` when it cannot be."""
        with self._or_unavailable():
            _, leaf = entry.build(
                action=action,
                actor=client_id or "unknown",
                organization=organization,
                subject=subject,
                resource=resource,
                details=details,
                entry_id=request_id,
            )
            await self._spool.append(leaf)

    def form(self, action: str, client_id: str, organization: str, resource: str, details: Details) -> entry.Form:
        """The form of entries that differ in id, moment and subject only."""
        with self._or_unavailable():
            return entry.Form(
                action=action, actor=client_id, organization=organization, resource=resource, details=details
            )

    async def fill(self, form: entry.Form, request_id: str, subject: str) -> None:
        """As ``record``, for an entry whose form is known."""
        try:  # not the context manager: this is on every call's way
            await self._spool.append(form.fill(request_id, subject))
        except Exception as error:
            self.problem = type(error).__name__
            raise Refusal("ledger_unavailable", retry_after=5) from error
        self.problem = ""

    @contextmanager
    def _or_unavailable(self) -> Iterator[None]:
        """Whatever goes wrong: without an entry there is no answer."""
        try:
            yield
        except Exception as error:
            self.problem = type(error).__name__
            raise Refusal("ledger_unavailable", retry_after=5) from error
        self.problem = ""

    async def refused(
        self,
        code: str,
        *,
        request_id: str,
        client_id: str = "",
        organization: str = "",
        resource: str = "",
        grant_id: str = "",
    ) -> None:
        """An entry for a refused call, or one more in the sum of this minute."""
        if self._rates.wait(client_id, REFUSALS_PER_MINUTE, clock.monotonic()):
            self._uncounted[client_id, organization, code] += 1
            return
        details = {"code": code, "grant": grant_id} if grant_id else {"code": code}
        await self.record(
            "gateway.refused",
            request_id=request_id,
            client_id=client_id,
            organization=organization,
            resource=resource,
            details=details,
        )

    async def flush(self) -> None:
        """Write the sums of refusals since the last time; the gateway calls it every few seconds and at its end.

        After a failure it also tries whether the spool takes entries again, since nobody calls a gateway that is not
        ready.
        """
        if self.problem:
            with suppress(Refusal):
                await self.record(
                    "gateway.recovered",
                    request_id=ids.new_id("call"),
                    client_id=self._name,
                    organization="",
                    details={"gateway": self._name},
                )
        waiting, self._uncounted = self._uncounted, Counter()
        by_client: dict[tuple[str, str], dict[str, int]] = {}
        for (client_id, organization, code), calls in waiting.items():
            by_client.setdefault((client_id, organization), {})[code] = calls
        for (client_id, organization), codes in by_client.items():
            try:
                await self.record(
                    "gateway.refused_many",
                    request_id=ids.new_id("call"),
                    client_id=client_id,
                    organization=organization,
                    details={"gateway": self._name, **{f"code.{code}": calls for code, calls in codes.items()}},
                )
            except Refusal:
                for code, calls in codes.items():  # try again with the next sum
                    self._uncounted[client_id, organization, code] += calls
