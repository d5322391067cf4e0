"""The words of notifications: ways out of the console, what a person prefers, how a delivery stands."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text


class Channel(StrEnum):
    EMAIL = "email"
    WEBHOOK = "webhook"


class EmailMode(StrEnum):
    """What a person wants by e-mail; the console always shows everything."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    NONE = "none"


EMAIL_MODE_LABELS: dict[EmailMode, Text] = {
    EmailMode.AT_ONCE: Text("随时", "At once"),
    EmailMode.DAILY: Text("每日汇总", "Daily digest"),
    EmailMode.NONE: Text("不发邮件", "No e-mail"),
}


TOPIC_LABELS: dict[str, Text] = {
    "duty": Text("时限", "Deadlines"),
    "sharing": Text("共享", "Sharing"),
    "opening": Text("开放", "Opening"),
    "catalog": Text("目录", "Catalog"),
    "collection": Text("归集", "Collection"),
    "demand": Text("数据需求", "Demands"),
    "ledger": Text("使用日志", "Log of use"),
    "objection": Text("数据异议", "Objections"),
    "libraries": Text("基础库与主题库", "Libraries"),
    "quality": Text("数据质量", "Quality"),
    "source": Text("一数一源", "One source"),
    "filings": Text("备案", "Filings"),
    "operation": Text("授权运营", "Authorised operation"),
    "supervision": Text("监督管理", "Supervision"),
    "spaces": Text("数据仓", "Data stores"),
}


def topic_of(kind: str) -> str:
    """What a notice is about: ``duty`` for ``duty.changed``."""
    return kind.partition(".")[0]


def topic_label(topic: str) -> Text:
    return TOPIC_LABELS.get(topic, Text(topic, topic))


class DeliveryStatus(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


DELIVERY_LABELS: dict[DeliveryStatus, Text] = {
    DeliveryStatus.QUEUED: Text("待发送", "Queued"),
    DeliveryStatus.SENT: Text("已发送", "Sent"),
    DeliveryStatus.FAILED: Text("发送失败", "Failed"),
}
