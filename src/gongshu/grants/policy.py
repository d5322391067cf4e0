"""What a grant may look like and who may end one.

``check_…`` raises the user's sentence; ``can_…`` asks the same.
"""

from __future__ import annotations

from gongshu.errors import GongshuError, NotAllowed
from gongshu.grants import masking
from gongshu.grants.scope import GrantScope
from gongshu.grants.states import Mode
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role

_MANY = {"in", "not_in"}
_NONE = {"is_null", "not_null"}


def check_scope(scope: GrantScope) -> None:
    """A grant says which items, for what, how and until when (luzhou-24, xian-20).

    It is never made wider by being vague.
    """
    if not scope.items or len(set(scope.items)) != len(scope.items) or not all(scope.items):
        raise GongshuError(
            "grants.items_invalid",
            "授权须至少列明一个数据项，且不得重复。",
            "A grant names at least one item, and each item once.",
        )
    if not scope.purpose.strip():
        raise GongshuError("grants.purpose_missing", "授权须写明使用目的。", "A grant states the purpose of the use.")
    if not scope.modes or not scope.modes <= set(Mode):
        raise GongshuError(
            "grants.modes_invalid",
            "提供方式须为核验、查询、批量中的一种或多种。",
            "The modes must be one or more of verify, query and batch.",
        )
    if scope.valid_until <= scope.valid_from:
        raise GongshuError(
            "grants.term_invalid",
            "授权的截止时间须晚于起始时间。",
            "The term of a grant must end after it begins.",
        )
    for item, mask in scope.masks.items():
        if item not in scope.items:
            raise GongshuError(
                "grants.mask_without_item",
                f"脱敏规则所指的数据项“{item}”不在授权范围内。",
                f"The mask names the item “{item}”, which is not in the grant.",
            )
        if mask not in masking.KINDS:
            raise GongshuError(
                "grants.mask_unknown",
                f"没有名为“{mask}”的脱敏方式，可用：{'、'.join(sorted(masking.KINDS))}。",
                f"There is no mask “{mask}”; choose one of: {', '.join(sorted(masking.KINDS))}.",
            )
    if "batch" in scope.modes and masking.SHIFT in scope.masks.values():
        raise GongshuError(
            "grants.mask_not_for_files",
            "日期平移按人计算，只用于查询，不能用于批量文件；请改用“仅年月”或去掉批量。",
            "Days are shifted by the subject, which works for queries and not in files; choose year and month, "
            "or leave the batch mode out.",
        )
    for predicate in scope.rows:
        many = isinstance(predicate.value, tuple)
        none = predicate.value is None
        if many != (predicate.op in _MANY) or none != (predicate.op in _NONE):
            takes = "no value" if predicate.op in _NONE else "a list" if predicate.op in _MANY else "one value"
            raise GongshuError(
                "grants.row_condition_invalid",
                f"对“{predicate.field}”的行条件不完整：{predicate.op} 的取值个数不符。",
                f"The row condition on “{predicate.field}” is not complete: {predicate.op} takes {takes}.",
            )
    for limit in (scope.rate_per_minute, scope.daily_quota):
        if limit is not None and limit < 1:
            raise GongshuError(
                "grants.limit_invalid",
                "频次和日限额须为正整数；不设限请留空。",
                "Rate and daily quota are positive numbers; leave them out to set none.",
            )


def check_revoke(by: Actor, *, organization: str, provider: str) -> None:
    """The data authority ends any grant, the provider those on its data, the holder its own."""
    if by.has(Role.DATA_AUTHORITY) or (not by.person_id and not by.is_anonymous):
        return
    if by.has(Role.PROVIDER) and by.organization == provider:
        return
    if by.has(Role.CONSUMER, Role.OPERATOR) and by.organization == organization:
        return
    raise NotAllowed(
        "grants.revoke_not_allowed",
        "只有数据主管部门、数据提供单位或被授权单位可以撤销授权。",
        "Only the data authority, the provider of the data or the holder may revoke this grant.",
    )


def check_verify(by: Actor, *, organization: str) -> None:
    """Who works for the holder of a grant and may use data asks under it (yongjia-16: log in and see the result)."""
    if by.has(Role.CONSUMER, Role.OPERATOR) and by.organization == organization:
        return
    raise NotAllowed(
        "grants.verify_not_allowed",
        "只有被授权单位的用数人员可以在页面上核验。",
        "Only people of the holder who may use data verify on the page.",
    )


def can_verify(by: Actor, *, organization: str) -> bool:
    try:
        check_verify(by, organization=organization)
    except GongshuError:
        return False
    return True


def check_limit(by: Actor, *, provider: str) -> None:
    """How often data are read is the concern of whoever governs and whoever provides them."""
    if by.has(Role.DATA_AUTHORITY) or (by.has(Role.PROVIDER) and by.organization == provider):
        return
    raise NotAllowed(
        "grants.limit_not_allowed",
        "只有数据主管部门或数据提供单位可以调整时段和限额。",
        "Only the data authority or the provider of the data sets hours and limits.",
    )


def can_limit(by: Actor, *, provider: str) -> bool:
    try:
        check_limit(by, provider=provider)
    except GongshuError:
        return False
    return True


def can_revoke(by: Actor, *, organization: str, provider: str) -> bool:
    try:
        check_revoke(by, organization=organization, provider=provider)
    except GongshuError:
        return False
    return True
