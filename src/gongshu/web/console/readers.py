"""Who read a resource: calls in the ledger by organisation, the provider's right to know (yongjia-25, luzhou-38)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gongshu.errors import Text
from gongshu.identity import queries as identity
from gongshu.ledger import queries as ledger
from gongshu.web import acts
from gongshu.web.parts import purpose_words

LATEST = 12
UNKNOWN = Text("身份未确认", "not identified")
ACTIONS = {
    "gateway.query": Text("查询", "Query"),
    "gateway.list": Text("浏览", "List"),
    "gateway.verify": Text("核验", "Verify"),
    "gateway.delivery": Text("批量下载", "Delivery"),
    "gateway.describe": Text("查看说明", "Describe"),
    "gateway.refused": Text("被拒绝", "Refused"),
}


@dataclass(frozen=True)
class Reading:
    at: datetime
    organization: str
    system: str
    action: Text
    refused: bool
    purpose: Text
    count: int | None
    why: Text | None
    items: list[str]
    entry_id: str


def of(resource: str, language: str) -> list[Reading]:
    """The latest calls about ``resource``, newest first; never about whom."""
    found = ledger.records(resource=resource, action="gateway.", limit=LATEST)
    purposes = purpose_words()
    names = identity.names(record.organization for record in found)
    systems = identity.client_names(record.actor for record in found)
    return [
        Reading(
            at=record.at,
            organization=names.get(record.organization, UNKNOWN).say(language),
            system=systems.get(record.actor, record.actor),
            action=ACTIONS.get(record.action, Text(record.action, record.action)),
            refused=record.action.startswith("gateway.refused"),
            purpose=purposes.get(asked := str(record.details.get("purpose", "")), Text(asked, asked)),
            count=record.details.get("count"),
            why=acts.refusal(str(record.details.get("code", ""))),
            items=[str(item) for item in record.details.get("items", [])],
            entry_id=record.entry_id,
        )
        for record in found
    ]
