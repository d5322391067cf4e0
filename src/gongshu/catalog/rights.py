"""Rights in data as the city's rules give them (xian-6 to xian-9): whose they are by law, and which come by authorisation.

An entry names the holders that the law gives: the owner, and the providing unit for what its functions give it. Rights
that come with an authorisation alone (income) are never named by a compiler: they run with the grant and end with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from gongshu.catalog.draft import EntryData, RightData
from gongshu.errors import Text
from gongshu.rules import Citation, Pack

OWNERSHIP = "ownership"


@dataclass(frozen=True)
class RightRule:
    """One right under a city's rules. ``owner``: whose it is for all data; ``provider``: the providing unit has it by
    its functions; ``authorised``: others get it by an authorisation. ``citations`` are of the rule that gives it.
    """

    id: str
    label: Text
    owner: Text | None
    provider: bool
    authorised: bool
    citations: tuple[Citation, ...]

    @property
    def by_grant_only(self) -> bool:
        """Whether nobody holds it without an authorisation."""
        return self.authorised and not self.provider and self.owner is None


def rights_of(pack: Pack, on: date) -> tuple[RightRule, ...]:
    """The rights that the city's rules know, in their order; empty where they know none."""
    named = pack.find("catalog.rights", on=on)
    owner = pack.find("catalog.owner", on=on)
    by_law = pack.find("catalog.provider_rights", on=on)
    granted = pack.find("catalog.authorised_rights", on=on)
    rules = []
    for choice in named.value if named else ():
        owned = owner if choice.id == OWNERSHIP else None
        provided = by_law is not None and choice.id in {one.id for one in by_law.value}
        authorised = granted is not None and choice.id in {one.id for one in granted.value}
        source = owned or (by_law if provided else granted if authorised else named)
        rules.append(
            RightRule(
                choice.id, choice.label, owned.value if owned else None, provided, authorised,
                tuple(source.citations) if source else (),
            )
        )  # fmt: skip
    return tuple(rules)


def by_law(pack: Pack, on: date, provider: str) -> tuple[RightData, ...]:
    """The holders that the law itself names: the owner, and ``provider`` (the unit's name) for what it has by function."""
    held = []
    for right in rights_of(pack, on):
        if right.owner is not None:
            held.append(RightData(right.id, right.owner.zh))
        elif right.provider:
            held.append(RightData(right.id, provider))
    return tuple(held)


def named(data: EntryData, *, pack: Pack, on: date, provider: str) -> EntryData:
    """The entry with the law's holders where it names none at all; whatever it names stays as it is."""
    return data if data.rights else replace(data, rights=by_law(pack, on, provider))
