"""Who acts: a person in one organisation with the roles held there. Every action takes one as ``by=``."""

from __future__ import annotations

from dataclasses import dataclass

from gongshu.errors import Text
from gongshu.identity.states import Office, Role


@dataclass(frozen=True)
class Actor:
    """``organization`` is its code. ``ref`` is what the ledger keeps: stable, and not a name."""

    person_id: int
    username: str
    display_name: str
    organization: str
    organization_name: str
    office: Office
    roles: frozenset[Role]
    organization_name_en: str = ""

    @property
    def where(self) -> Text:
        """The organisation's name in both languages, as far as it has two."""
        return Text(self.organization_name, self.organization_name_en or self.organization_name)

    @property
    def ref(self) -> str:
        return f"person:{self.person_id}" if self.person_id else f"process:{self.username}"

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds any of ``roles``."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_anonymous(self) -> bool:
        return self.person_id == 0 and self.username == "anonymous"

    @classmethod
    def process(cls, name: str) -> Actor:
        """One of our own processes acting by rule, for example the worker that runs the clock."""
        return cls(0, name, name, "platform", "平台", Office.CENTER, frozenset())

    @classmethod
    def anonymous(cls) -> Actor:
        """Anybody on the portal who did not sign in."""
        return cls(0, "anonymous", "访客", "public", "社会公众", Office.PUBLIC, frozenset({Role.PUBLIC}))
