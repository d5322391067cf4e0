"""Who may have an organisation's notices sent to a system, and to which address."""

from __future__ import annotations

from urllib.parse import urlsplit

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role

LONGEST_URL = 500
ALGORITHMS = ("HMAC-SM3", "HMAC-SHA256")


def check_manage_webhooks(by: Actor, organization: str) -> None:
    """Public bodies connect their own systems; the data authority may do it for any of them."""
    if by.has(Role.DATA_AUTHORITY):
        return
    if by.organization != organization or not by.has(Role.PROVIDER, Role.CONSUMER, Role.OPERATOR):
        raise NotAllowed(
            "notifications.not_yours",
            "只能为本单位设置通知推送。",
            "You can only have the notices of your own organisation sent on.",
        )


def can_manage_webhooks(by: Actor, organization: str) -> bool:
    try:
        check_manage_webhooks(by, organization)
    except GongshuError:
        return False
    return True


def check_in_use(*, active: bool, paused: bool = False) -> None:
    """A removed webhook stays removed; a paused one gets nothing until it goes on."""
    if not active:
        raise Conflict(
            "notifications.webhook_gone",
            "该推送已移除。如需恢复，请重新添加。",
            "This webhook was removed. Add it again if you need it.",
        )
    if paused:
        raise Conflict(
            "notifications.webhook_rests",
            "该推送已暂停，请先恢复推送。",
            "This webhook is paused; let it go on first.",
        )


def check_retry(*, sent: bool, tried: bool) -> None:
    """What arrived is not sent again, and what was not tried yet is on its way."""
    if sent or not tried:
        raise Conflict(
            "notifications.no_retry",
            "只有发送失败的推送可以重试。",
            "Only a call that failed can be tried again.",
        )


def check_webhook(url: str, algorithm: str) -> None:
    """An http(s) address with a host and without credentials in it; a signature that we can make."""
    if not _is_plain_address(url):
        raise GongshuError(
            "notifications.webhook_url",
            "推送地址须为 http:// 或 https:// 开头的完整地址，且不含用户名和密码。",
            "The address is a full http:// or https:// one, without a user name or password in it.",
            field="url",
        )
    if algorithm not in ALGORITHMS:
        raise GongshuError(
            "notifications.algorithm_unknown",
            "签名算法须为 HMAC-SM3 或 HMAC-SHA256。",
            "The signature algorithm must be HMAC-SM3 or HMAC-SHA256.",
            field="algorithm",
        )


def _is_plain_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets or a port that no address has
        return False
    printable = url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    return parts.scheme in {"http", "https"} and named and printable and not (parts.username or parts.password)
