"""Writing to the ledger from the control plane: in the caller's own transaction, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from gongshu import clock, rules
from gongshu.errors import GongshuError
from gongshu.home import Home
from gongshu.ledger import durable, entry, installation, origin, pruning, sequencer
from gongshu.ledger.models import Outbox, Record


def record(
    *,
    action: str,
    actor: str,
    organization: str,
    subject: str = "",
    resource: str = "",
    cites: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
) -> str:
    """Leave an entry that becomes real with the caller's transaction; answer its id.

    ``subject`` is a commitment (``crypto.commit``), never an identifier. RuntimeError outside a transaction: an act and
    its entry must stand or fall together. EntryRefused as ``entry.build`` says.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("ledger.actions.record must be called inside the transaction of the act it records")
    if way := origin.via():
        details = {**(details or {}), "via": way}
    identifier, leaf = entry.build(
        action=action,
        actor=actor,
        organization=organization,
        subject=subject,
        resource=resource,
        cites=cites,
        details=details,
    )
    Outbox.objects.create(entry_id=identifier, leaf=leaf, created_at=clock.now())
    return identifier


def prune(*, by: str, organization: str, home: Home) -> int:
    """Let go of the entries that are older than the rules ask for, whole bundles from the beginning on; below which
    index entries are gone now. GongshuError when nothing has expired.

    What is done is an entry first, then a signed declaration, then the files: killed in between, the next call goes on.
    ``by`` is a person's reference.
    """
    from gongshu.ledger import postings, sequencing  # they compute with NumPy; whoever only writes needs none

    sequencing.run_once(home)
    term = rules.active().value("ledger.retention_years", on=clock.today())
    years = int(term.value.value)
    today = clock.today()
    before = clock.local(clock.now()).replace(year=today.year - years, day=min(today.day, 28))
    signer = installation.signer(home)
    declared = pruning.below(home.ledger, signer.verifiers)
    index = pruning.expired(home.ledger, installation.head(home).size, before)
    if index <= declared and not pruning.remove(home.ledger, signer.verifiers):
        raise GongshuError(
            "ledger.nothing_expired",
            f"没有整组超过保存期限（{years} 年）的条目，不需要清理。",
            f"No whole bundle of entries is older than they must be kept ({years} years); nothing to prune.",
        )
    if index > declared:
        with transaction.atomic():
            record(
                action="ledger.pruned",
                actor=by,
                organization=organization,
                cites=[citation.label("zh") for citation in term.citations],
                details={"below": index, "before": before.date().isoformat(), "years": years},
            )
        sequencing.run_once(home)
        with durable.exclusive(home.ledger / sequencer.LOCK, wait=10.0):
            pruning.declare(home.ledger, signer, index)
    with transaction.atomic():
        Record.objects.filter(index__lt=index).delete()
        postings.prune(index)
    pruning.remove(home.ledger, signer.verifiers)
    return index
