"""The words of filings: how a security filing stands on a day, and who answers for what is filed."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.identity.states import BodyKind, Office, Role


class Standing(StrEnum):
    """How the security grade of a system stands on a day."""

    UNFILED = "unfiled"
    VALID = "valid"
    ENDING = "ending"
    LAPSED = "lapsed"


STANDING_LABELS: dict[Standing, Text] = {
    Standing.UNFILED: Text("未备案", "Not filed"),
    Standing.VALID: Text("有效", "Valid"),
    Standing.ENDING: Text("即将到期", "Ending soon"),
    Standing.LAPSED: Text("已到期", "Lapsed"),
}

FILERS = (Role.STEWARD, Role.PROVIDER, Role.PRINCIPAL, Role.CONSUMER, Role.OPERATOR, Role.DATA_AUTHORITY)
"""Who files for an organisation, in the order in which a duty to file is given to one of these roles."""

OBLIGED = (Office.AUTHORITY, Office.CENTER, Office.DEPARTMENT)
"""Offices whose holders name all posts of the pack; posts that the pack gives to one office are that office's."""

EVERY_BODY = tuple(BodyKind)
"""Where a pack does not say which kinds of bodies it covers."""
