"""Which ledger entries a person may look at, and the evidence of one; for the pages and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.errors import EnvironmentFault, GongshuError, NotFound, Text
from gongshu.home import Home
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.ledger import bundle, cosigning, inspection, installation, queries
from gongshu.web import proof_drawing


def confined_to(actor: Actor) -> str:
    """The authority and those who audit search all of the ledger (empty), others what their own organisation did."""
    return "" if actor.has(Role.DATA_AUTHORITY, Role.AUDITOR, Role.AUDIT_ADMIN) else actor.organization


def find(actor: Actor, entry_id: str) -> Any:
    """The entry, for who may see it: also a provider what others did with its resource."""
    found = queries.record(entry_id)
    own = confined_to(actor)
    if found is None or (own and found.organization != own and not provides(actor, found.resource)):
        raise NotFound(
            "ledger.record_unknown",
            "没有这条存证记录，或它尚未入账。",
            "There is no such entry, or it is not in the log yet.",
        )
    return found


def at(actor: Actor, index: int) -> Any:
    """The entry at a place in the ledger, for who may see it."""
    found = queries.at(index)
    return find(actor, found.entry_id if found else "")


def looked_at(home: Home, index: int) -> dict[str, Any]:
    """The entry at ``index`` checked at this moment, for ``parts/proof_seen.html``."""
    began = clock.monotonic()
    try:
        keys, policy = installation.trusted(home)[0], cosigning.policy_of(home)
        seen = inspection.of_log(home.ledger, index, keys, policy)
    except GongshuError as error:
        return {"trouble": error.text, "pruned": error.code == "ledger.entry_pruned", "standings": standings(home)}
    return shown(seen) | {"standings": standings(home), "took": f"{(clock.monotonic() - began) * 1000:.1f}"}


def shown(seen: inspection.Inspection) -> dict[str, Any]:
    """What was found out about an entry, as pages show it."""
    return {
        "seen": seen,
        "steps": {str(step.name): step for step in seen.steps},
        "picture": proof_drawing.draw(seen) if seen.size and seen.fingerprint else None,
        "rungs": [(number, rung, rung.end - rung.begin) for number, rung in enumerate(seen.rungs, 1)],
        "fingerprint": seen.fingerprint.hex(),
        "root": seen.root.hex(),
        "reached": seen.reached.hex(),
        "signers": [(signer.kind, signer.key_id.hex()) for signer in seen.signers],
        "signed": [(one, datetime.fromtimestamp(one.at, UTC) if one.at else None) for one in seen.witnesses],
        "checked_at": clock.now(),
    }


def of(home: Home, found: Any) -> str:
    """The evidence file of an entry, as JSON."""
    return bundle.make(home.ledger, found.index, installation.trusted(home)[0], cosigning.policy_of(home))


@dataclass(frozen=True)
class Standing:
    """A witness of the policy, as a page shows it: up to which entry it has signed and when, and what is in the way."""

    name: str
    key_name: str
    size: int
    at: datetime | None
    fault: Text | None
    refuses: bool


FAULTS = {
    "unreachable": Text("暂时联系不上，系统会继续尝试", "cannot be reached just now; it is tried again"),
    "no_address": Text("尚未启动", "has not started yet"),
    "odd_answer": Text("应答不合约定，系统会继续尝试", "answers strangely; it is tried again"),
    "wrong_key": Text("签名与登记的公钥不符", "signs with another key than the one on record"),
    "unknown_log": Text("尚未登记本账本", "does not serve this ledger yet"),
    "untrusted": Text("不认可本账本的公钥", "does not trust this ledger's key"),
    "ahead": Text("见过更长的账本：本账本可能被恢复成旧的", "has seen a longer ledger: this one may be an old copy"),
    "fork": Text("拒绝签名：账本与它见过的不一致", "refuses to sign: the ledger is not the one it has seen"),
}


def standings(home: Home) -> list[Standing]:
    """How the witnesses of the policy stand; none where there is no policy that can be read."""
    try:
        policy = cosigning.policy_of(home)
    except EnvironmentFault:
        return []
    known = cosigning.load(home.ledger).standings
    found = []
    for one in policy.witnesses if policy else ():
        standing = known.get(one.verifier.vkey, cosigning.Standing())
        at = datetime.fromtimestamp(standing.at, UTC) if standing.at else None
        fault = FAULTS.get(standing.fault)
        refuses = standing.fault in cosigning.REFUSED
        found.append(Standing(one.name, one.verifier.name, standing.size, at, fault, refuses))
    return found


def public_keys(home: Home) -> str:
    """The ledger's verifier keys, one a line; empty where they cannot be read."""
    try:
        return "\n".join(one.vkey for one in installation.trusted(home)[0])
    except EnvironmentFault:
        return ""


def provides(actor: Actor, resource: str) -> bool:
    """Whether the actor's organisation provides that resource, and so may know who read it (yongjia-25, luzhou-38)."""
    return bool(resource) and catalog.visible(actor).filter(code=resource, provider__code=actor.organization).exists()
