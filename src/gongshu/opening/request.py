"""What a member of the public fills in to ask for data. Pages, the API and the command line hand it to the actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from gongshu.errors import Text

ASK_FIELDS: dict[str, Text] = {
    "purpose": Text("利用目的", "purpose"),
    "scope": Text("使用范围", "scope of use"),
    "confidentiality": Text("保密条件", "confidentiality terms"),
    "security_capability": Text("安全保障能力", "security capability"),
}


@dataclass(frozen=True)
class AccessAsk:
    """``applicant_kind`` is one of the pack's; ``applicant_name`` the person or body that will use the data."""

    applicant_kind: str
    applicant_name: str
    purpose: str = ""
    scope: str = ""
    confidentiality: str = ""
    security_capability: str = ""
    items: tuple[str, ...] = ()  # empty: all
    registration: Mapping[str, str] = field(default_factory=dict)  # by id of the pack's opening.registration_requires


@dataclass(frozen=True)
class AccessRefusal:
    """What a refusal states besides its reasons: one of the pack's grounds, and the legal basis where it is demanded."""

    ground: str = ""
    basis_kind: str = ""
    basis: str = ""
