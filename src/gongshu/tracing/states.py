"""The eight kinds of operation that must be traceable (xian-36), and which entries of the ledger are of which kind."""

from __future__ import annotations

from enum import StrEnum

from gongshu.identity.states import Role


class Kind(StrEnum):
    """The ids of ``ledger.traceable_operations`` in the rule packs."""

    COLLECTION = "collection"
    SHARING = "sharing"
    QUERY = "query"
    COMPARISON = "comparison"
    DOWNLOAD = "download"
    ANALYSIS = "analysis"
    ACCESS = "access"
    UPDATE = "update"


# A name ending in a dot means every act that begins so. Calls of the gateway work on serving copies of the data and
# batch files, so these acts trace copies as well: each entry names the copy by its version.
ACTS: dict[Kind, tuple[str, ...]] = {
    Kind.COLLECTION: ("collection.",),
    Kind.SHARING: ("sharing.", "grant.", "opening."),
    Kind.QUERY: ("gateway.query", "gateway.list"),
    Kind.COMPARISON: ("gateway.verify", "catalog.source_looked", "quality.compared"),
    Kind.DOWNLOAD: ("gateway.delivery",),
    Kind.ACCESS: ("gateway.describe", "gateway.refused", "gateway.refused_many"),
    Kind.UPDATE: ("collection.committed", "catalog.", "quality."),
}

INVESTIGATORS = (Role.DATA_AUTHORITY, Role.AUDITOR, Role.AUDIT_ADMIN)
"""Who may ask, for a person or in an audit, by whom that person's data were used."""

TOLD = (Role.PROVIDER, Role.STEWARD, Role.CONSUMER, Role.PRINCIPAL)
"""Who in an organisation is told that its daily log is there."""
