"""The one gate. Every call passes here, top to bottom, and nowhere else:

    authenticate → grant → items → rate and quota → look up → mask → ledger entry on the disk → answer

No framework: a ``Call`` comes in, an ``Answer`` goes out. Whatever is refused is refused by raising, so that
there is one place (``_refuse``) where a no is recorded and worded. Nothing here writes a value of the data
into an error or a log. Serves luzhou-24, xian-20 (no wider than granted), xian-36 (every operation recorded),
yongjia-32 (classified masking).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from gongshu import ids
from gongshu.crypto import Provider
from gongshu.gateway import changes, comparison, cursors, errors, handover, messages
from gongshu.gateway.authentication import authenticate
from gongshu.gateway.call import Answer, Call
from gongshu.gateway.control import Client, Control
from gongshu.gateway.deliveries import Deliveries
from gongshu.gateway.errors import Refusal
from gongshu.gateway.evidence import Evidence
from gongshu.gateway.interfaces import Interface, Interfaces
from gongshu.gateway.limits import DailyQuota, Rates
from gongshu.gateway.nonces import Nonces
from gongshu.gateway.watch import Pattern, Watch
from gongshu.grants import scope
from gongshu.grants import signed as signed_answers
from gongshu.grants.scope import GrantScope, OutOfScope
from gongshu.ledger import entry, note

log = logging.getLogger("gongshu.gateway")
_encode = msgspec.json.Encoder().encode

LARGEST_RECORDED_PAGE = 500  # rows of a page whose entry commits to each of them: an entry has at most 65,535 bytes
FORMS = 1000  # forms of entries kept for a grant on a snapshot
VERIFY_PER_SUBJECT = 30  # calls a minute by one client about one subject: trying values until one says yes
VERIFY_PER_CLIENT = 6000  # calls a minute by one client over all subjects: walking through the register


class Gate:
    def __init__(
        self,
        *,
        control: Control,
        interfaces: Interfaces,
        deliveries: Deliveries,
        evidence: Evidence,
        nonces: Nonces,
        quotas: DailyQuota,
        provider: Provider,
        signer: note.Signer,
        comparisons: changes.Comparisons,
    ) -> None:
        self.control = control
        self.interfaces = interfaces
        self.deliveries = deliveries
        self.evidence = evidence
        self.nonces = nonces
        self.quotas = quotas
        self.provider = provider
        self.signer = signer
        self.comparisons = comparisons
        self.stopping = False
        self.rates = Rates()
        self.watch = Watch()
        self._operations: dict[str, Callable[[Call], Awaitable[Answer]]] = {
            "query": self._query,
            "verify": self._verify,
            "deliver": partial(handover.deliver, self),
            "describe": partial(handover.describe, self),
            "openapi": partial(handover.openapi, self),
            "changes": partial(changes.tell, self),
        }

    async def handle(self, call: Call) -> Answer:
        """The answer to ``call``, a refusal included. Never raises."""
        try:
            return await self._operations[call.operation](call)
        except (Refusal, OutOfScope) as no:
            return await self._refuse(call, no)
        except Exception as error:
            # The type alone: a message or a traceback could quote a value.
            log.error("fault %s in %s request=%s", type(error).__name__, call.operation, call.request_id)
            return await self._refuse(call, Refusal("fault"))

    # --- looking up (files and descriptions: ``handover``) ---

    async def _query(self, call: Call) -> Answer:
        client = self.authenticate(call)
        request = messages.decode_query(call.body)
        grant = self.grant(call, client, request.grant, "query", request.purpose)
        interface = self.interface(call)
        fields = request.fields if request.fields is not None else list(grant.items)
        scope.check_items(grant, fields, interface.items, "fields")
        if request.key is None:
            return await self._list(call, client, grant, interface, fields, request)
        key = interface.key(request.key)
        self.count(call, client, grant)
        row = interface.find(key, fields, grant)
        if (seen := self._watched(call, client, grant, key, row is not None)) is not None:
            await self._suspect(call, client, seen, grant.grant_id)
        if row is None:
            count, result, answer = 0, "not_found", self.say(call, Refusal("record_not_found"))
        else:
            record = interface.present(row, fields, grant)
            count, result, answer = 1, "found", self.reply(call, interface, {"record": record})
        form = self._form(call, "gateway.query", grant, interface, fields, count, result)
        await self.evidence.fill(form, call.request_id, interface.subject(key))
        return answer

    async def _list(
        self,
        call: Call,
        client: Client,
        grant: GrantScope,
        interface: Interface,
        fields: list[str],
        request: messages.Query,
    ) -> Answer:
        if not grant.listing:
            raise Refusal("listing_not_granted")
        filters = request.filters or {}
        scope.check_items(grant, list(filters), interface.items, "filters")
        if any(interface.mask_kind(item, grant) != "none" for item in filters):
            raise Refusal("filter_not_granted")
        after = 0
        if request.after is not None:
            after = cursors.read(self.provider, grant.grant_id, interface.version, request.after)
        self.count(call, client, grant)
        limit = request.limit if grant.kind == "public" else min(request.limit, LARGEST_RECORDED_PAGE)
        page = await asyncio.to_thread(interface.page, grant, fields, after, limit, filters)
        records = [interface.present(row, fields, grant) for row in page.rows]
        following = (
            cursors.make(self.provider, grant.grant_id, interface.version, page.after)
            if page.after is not None
            else None
        )
        details = self.details(grant, interface, fields)
        details["count"] = len(records)
        details["result"] = "listed"
        if grant.kind != "public":
            details["subjects"] = [interface.subject(row) for row in page.rows]
        await self.record(call, "gateway.list", "", details)
        more = following is not None
        return self.reply(call, interface, {"records": records, "next": following, "truncated": more})

    async def _verify(self, call: Call) -> Answer:
        client = self.authenticate(call)
        request = messages.decode_verify(call.body)
        grant = self.grant(call, client, request.grant, "verify", request.purpose)
        interface = self.interface(call)
        fields = list(request.claims)
        scope.check_items(grant, fields, interface.items, "claims")
        key = interface.key(request.key)
        subject = interface.subject(key)
        self.rates.take(("verify", client.client_id), VERIFY_PER_CLIENT, call.moment)
        self.rates.take(("subject", client.client_id, subject), VERIFY_PER_SUBJECT, call.moment)
        self.count(call, client, grant)
        row = interface.find(key, fields, grant)
        if (seen := self._watched(call, client, grant, key, row is not None)) is not None:
            await self._suspect(call, client, seen, grant.grant_id)
        answers = comparison.answers(row, request.claims, interface.kinds)
        form = self._form(call, "gateway.verify", grant, interface, fields, 1, answers, signed=request.proof)
        await self.evidence.fill(form, call.request_id, subject)
        told: dict[str, Any] = {"answers": answers}
        if request.proof:
            told["proof"] = await asyncio.to_thread(self._signed, call, grant, interface, request, answers)
        return self.reply(call, interface, told)

    def _signed(
        self,
        call: Call,
        grant: GrantScope,
        interface: Interface,
        request: messages.Verify,
        answers: dict[str, str],
    ) -> dict[str, Any]:
        """The answer in a form that is checked without us (``grants.signed``)."""
        return signed_answers.make(
            self.signer,
            key=request.key,
            claims=request.claims,
            answers=answers,
            at=datetime.fromtimestamp(call.now, UTC).isoformat(timespec="seconds"),
            grant=grant.grant_id,
            organization=grant.organization,
            purpose=grant.purpose,
            request_id=call.request_id,
            resource=call.resource,
            title=grant.title,
            version=interface.version,
        )

    # --- the steps ---

    def authenticate(self, call: Call) -> Client:
        self._fresh()
        call.client = authenticate(
            self.control.known,
            self.nonces,
            method=call.method,
            target=call.target,
            headers=call.headers,
            body=call.body,
            now=call.now,
        )
        self.watch.admit(call.client.client_id, call.moment)
        return call.client

    def _fresh(self) -> None:
        if not self.control.fresh():
            raise Refusal("control_unavailable", retry_after=30)

    def grant(self, call: Call, client: Client, grant_id: str, mode: str, purpose: str | None) -> GrantScope:
        """The grant, when it allows this caller this. A delivery that states no purpose takes the grant's."""
        grant = self._own(call, client, grant_id)
        scope.check_use(grant, mode=mode, purpose=grant.purpose if purpose is None else purpose, at=call.now)
        return grant

    def held_for(
        self, call: Call, client: Client, grant_id: str, *, purpose: str | None, at: float | None = None
    ) -> GrantScope:
        """The grant, when it is the caller's and in force, whatever way of reading it allows."""
        grant = self._own(call, client, grant_id)
        scope.check_moment(grant, purpose=grant.purpose if purpose is None else purpose, at=at or call.now)
        return grant

    def _own(self, call: Call, client: Client, grant_id: str) -> GrantScope:
        grant = self.control.known.grants.get(grant_id)
        if grant is None:
            raise Refusal("grant_unknown")
        scope.check_holder(grant, organization=client.organization, client_id=client.client_id, resource=call.resource)
        call.grant = grant
        return grant

    def interface(self, call: Call) -> Interface:
        call.interface = self.interfaces.get(call.resource)
        if call.interface is None:
            raise Refusal("resource_not_served")
        return call.interface

    def count(self, call: Call, client: Client, grant: GrantScope) -> None:
        self.watch.pace(client.client_id, grant.grant_id, call.moment)
        if grant.rate_per_minute is not None:
            self.rates.take((grant.grant_id, client.client_id), grant.rate_per_minute, call.moment)
        if grant.daily_quota is not None:
            self.quotas.take(grant.grant_id, grant.daily_quota, call.now)

    @staticmethod
    def details(grant: GrantScope, interface: Interface, items: list[str]) -> dict[str, Any]:
        return {
            "grant": grant.grant_id,
            "purpose": grant.purpose,
            "items": items,
            "version": interface.version,
        }

    def _form(
        self,
        call: Call,
        action: str,
        grant: GrantScope,
        interface: Interface,
        fields: list[str],
        count: int,
        result: str | dict[str, str],
        *,
        signed: bool = False,
    ) -> entry.Form:
        """The entry of a look-up but for id, moment and subject: the rest is the same for the next such call."""
        assert call.client is not None  # noqa: S101 - every operation authenticates first
        outcome = result if isinstance(result, str) else tuple(result.items())
        likeness = (action, signed, call.client.client_id, call.client.organization, tuple(fields), outcome)
        forms = interface.plan(grant).forms
        form = forms.get(likeness)
        if form is None:
            details = self.details(grant, interface, fields)
            details["count"] = count
            details["result"] = result
            if signed:
                details["signed"] = True
            form = self.evidence.form(action, call.client.client_id, call.client.organization, call.resource, details)
            if len(forms) < FORMS:
                forms[likeness] = form
        return form

    def _watched(
        self, call: Call, client: Client, grant: GrantScope, key: Mapping[str, Any], found: bool
    ) -> Pattern | None:
        """Tell the watch of a look-up; what it notices goes to the ledger, and from there to the authority."""
        if grant.listing:
            return None
        *_, last = key.values()
        return self.watch.looked_up(client.client_id, grant.grant_id, str(last), found, call.moment)

    async def _suspect(self, call: Call, client: Client, pattern: Pattern, grant_id: str) -> None:
        log.warning("client %s: %s under %s", client.client_id, pattern, grant_id or "no grant")
        await self.evidence.record(
            "gateway.suspected",
            request_id=ids.new_id("call"),
            client_id=client.client_id,
            organization=client.organization,
            resource=call.resource if grant_id else "",
            details={"pattern": pattern, **({"grant": grant_id} if grant_id else {})},
        )

    async def record(self, call: Call, action: str, subject: str, details: Mapping[str, Any]) -> None:
        assert call.client is not None  # noqa: S101 - every operation authenticates first
        await self.evidence.record(
            action,
            request_id=call.request_id,
            client_id=call.client.client_id,
            organization=call.client.organization,
            resource=call.resource,
            subject=subject,
            details=details,
        )

    # --- words ---

    @staticmethod
    def reply(call: Call, interface: Interface, content: dict[str, Any]) -> Answer:
        head = {"request_id": call.request_id, "resource": call.resource, "version": interface.version}
        return Answer(200, _encode({**head, **content}))

    async def refuse_unread(self, code: str) -> Answer:
        """The answer to a request that could not be read as a whole: nobody is known, nothing is looked at."""
        return await self._refuse(Call("", "", "", "", {}), Refusal(code))

    def state(self) -> dict[str, object]:
        """What ``/readyz`` shows. ``lease_seconds`` is how long we go on without the control plane."""
        age = self.control.age()
        return {
            "ready": self.control.fresh() and not self.evidence.problem,
            "control": {
                "revision": self.control.known.revision,
                "heard_seconds_ago": round(age, 3) if age < 1e9 else None,
                "lease_seconds": self.control.lease,
                "problem": self.control.problem,
            },
            "ledger": {"problem": self.evidence.problem},
            "clients": len(self.control.known.clients),
            "grants": len(self.control.known.grants),
        }

    def gauges(self) -> dict[str, tuple[str, float]]:
        """Figures of the moment for ``metrics``: name → (what it is, value)."""
        age = self.control.age()
        return {
            "gongshu_gateway_ready": ("1 when calls are answered.", float(bool(self.state()["ready"]))),
            "gongshu_gateway_control_age_seconds": ("Since the control plane was heard.", min(age, 1e9)),
            "gongshu_gateway_control_lease_seconds": ("How long we go on without it.", self.control.lease),
            "gongshu_gateway_control_revision": ("Revision of the feed.", float(self.control.known.revision)),
            "gongshu_gateway_ledger_problem": (
                "1 while entries cannot be written.",
                float(bool(self.evidence.problem)),
            ),
            "gongshu_gateway_grants": ("Grants known, ended ones too.", float(len(self.control.known.grants))),
            "gongshu_gateway_clients": ("Clients known.", float(len(self.control.known.clients))),
            "gongshu_gateway_nonces": ("Nonces remembered.", float(self.nonces.count)),
        }

    async def _refuse(self, call: Call, no: Refusal | OutOfScope) -> Answer:
        if no.code not in ("ledger_unavailable", "overloaded"):
            client = call.client
            try:
                await self.evidence.refused(
                    no.code,
                    request_id=call.request_id,
                    client_id=client.client_id if client else getattr(no, "claimed", ""),
                    organization=client.organization if client else "",
                    resource=call.resource if call.grant or call.interface else "",
                    grant_id=call.grant.grant_id if call.grant else "",
                )
                if client and (seen := self.watch.refused(client.client_id, no.code, call.moment)):
                    await self._suspect(call, client, seen, call.grant.grant_id if call.grant else "")
            except Refusal as unrecorded:
                no = unrecorded
        return self.say(call, no)

    @staticmethod
    def say(call: Call, no: Refusal | OutOfScope) -> Answer:
        body = _encode(errors.body(no.code, call.request_id, no.where))
        answer = Answer(errors.TABLE[no.code].status, body, code=no.code)
        if answer.status == 401:
            answer.headers["WWW-Authenticate"] = "Gongshu-HMAC"
        if retry_after := getattr(no, "retry_after", 0):
            answer.headers["Retry-After"] = str(retry_after)
        return answer
