"""From a decision to a grant: the one place where sharing hands over, whichever way the decision came about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from gongshu import clock, rules
from gongshu.catalog import queries as catalog
from gongshu.catalog.states import ShareType
from gongshu.grants import actions as grants
from gongshu.identity.actor import Actor
from gongshu.sharing import emergency_policy, policy
from gongshu.sharing.request import Request

if TYPE_CHECKING:
    from gongshu.catalog.models import Entry
    from gongshu.grants.models import Grant
    from gongshu.sharing.models import Application


def check_against_pack(request: Request, known: Sequence[str], *, purpose: str = "") -> None:
    """The request states what the pack of today asks for, of items that exist (``known``).

    With ``purpose`` (the number of an emergency) it is the only one, in place of the pack's list.
    """
    pack, day = rules.active(), clock.today()
    purposes = pack.find("sharing.purposes", on=day)
    policy.check_request(
        request,
        known_items=known,
        required=[str(name) for name in pack.application_fields(day)],
        purposes=[purpose] if purpose else [choice.id for choice in purposes.value] if purposes else (),
        today=day,
    )


def check_still_on(application: Application) -> None:
    """Where use ends with the emergency, nothing is granted under one that is over (luzhou-20)."""
    under = application.emergency
    if under is not None and under.ends_with_it:
        emergency_policy.check_live(number=under.number, live=under.is_live)


def share_type_for(entry: Entry, items: Sequence[str]) -> ShareType:
    """The share type that the items asked for have together: the strictest of theirs. Prohibited items are never had."""
    policy.check_items_shared([item.title for item in catalog.items(entry.code)
                               if item.name in items and item.share_type is ShareType.PROHIBITED])  # fmt: skip
    return catalog.share_type_of(entry, items)


def grant_access(
    *,
    by: Actor,
    organization: str,
    entry: Entry,
    items: Sequence[str],
    purpose: str,
    mode: str,
    valid_until: date,
    source: str,
    cites: Sequence[str],
    masked_only: bool = False,
    negotiated: bool = False,
) -> Grant:
    """Make the grant, with the catalog's masks on the items that have one.

    ``negotiated``: provider and consumer came to terms about data that are not shared otherwise (yongjia-20).
    """
    chosen = [item for item in catalog.items(entry.code) if item.name in items]
    if not negotiated:
        share_type_for(entry, items)  # the catalog may have closed an item since the application
    masks = {item.name: item.mask for item in chosen if item.mask != "none"}
    policy.check_masked(
        masked_only=masked_only, sensitive=[item.name for item in chosen if item.sensitive], masks=masks
    )
    return grants.create(
        by=by,
        organization=organization,
        provider=entry.provider.code,
        resource=entry.code,
        title=entry.title,
        items=items,
        masks=masks,
        purpose=purpose,
        # Being allowed to read a value includes being allowed to have it checked (yongjia-21 prefers verification).
        modes=["verify"] if mode == "verify" else ["verify", mode],
        valid_from=clock.now(),
        valid_until=valid_until,
        source=source,
        cites=cites,
    )
