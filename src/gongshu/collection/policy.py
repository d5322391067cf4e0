"""What collection forbids. ``check_…`` raises the user's sentence; ``can_…`` asks the same function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gongshu.catalog.states import EntryStatus
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.rules import Citation


def check_submit(by: Actor, provider: str) -> None:
    """A unit hands over its own data (xian-16, yongjia-12)."""
    if by.person_id == 0 and not by.is_anonymous:
        return
    if not by.has(Role.PROVIDER) or by.organization != provider:
        raise NotAllowed(
            "collection.not_provider",
            "只有该资源提供单位的“数据提供”角色可以提交数据。",
            "Only the provider role of the unit that provides the resource may hand over its data.",
        )


def can_submit(by: Actor, provider: str) -> bool:
    return _allowed(lambda: check_submit(by, provider))


def check_listed(status: str, title: str) -> None:
    """Only what the catalog lists is collected (xian-16): the entry must be published."""
    if status != EntryStatus.PUBLISHED:
        raise Conflict(
            "collection.not_published",
            f"目录“{title}”尚未发布，不能归集。请先完成目录审核。",
            f"The entry “{title}” is not published; have it reviewed before handing over data.",
        )


def check_not_again(uses: Sequence[Any], citations: Sequence[Citation]) -> None:
    """What another unit already provides is not collected again (luzhou-13, xian-16).

    ``uses`` are the entry's items (``catalog.datum_queries.collected_again``) whose source another unit holds.
    """
    if not uses:
        return
    first = uses[0]
    source = first.datum.entry
    titles = list(dict.fromkeys(one.item_title for one in uses))
    raise Conflict(
        "collection.collected_again",
        f"“{'、'.join(titles)}”已由其他单位提供：见{source.provider.name}的“{source.title}”（{source.code}，"
        f"{first.datum.number}），不得重复采集（{'；'.join(c.label('zh') for c in citations)}）。"
        "请申请共享并从本目录去掉该信息项；确需采集的，请报数据主管部门豁免。",
        f"“{', '.join(titles)}” is already provided: see “{source.title}” ({source.code}) of "
        f"{source.provider.say('en')}, {first.datum.number}. It may not be collected again "
        f"({'; '.join(c.label('en') for c in citations)}). Apply for it and take the item out of this entry, or ask the "
        "data authority for an exemption.",
        source=source.code,
        datum=first.datum.number,
    )


def check_see(by: Actor, provider: str) -> None:
    """Runs are seen by the providing unit, the data authority and the auditor."""
    if by.has(Role.DATA_AUTHORITY, Role.AUDITOR) or by.organization == provider:
        return
    if by.person_id == 0 and not by.is_anonymous:
        return
    raise NotAllowed(
        "collection.run_hidden",
        "只有提供单位、主管部门和审计人员可以查看归集记录。",
        "Runs are shown to the providing unit, the data authority and the auditor only.",
    )


def can_see(by: Actor, provider: str) -> bool:
    return _allowed(lambda: check_see(by, provider))


def check_see_rows(by: Actor, provider: str) -> None:
    """The text of a rejected row is the providing unit's own data: nobody else reads it here."""
    if by.organization == provider and by.has(Role.PROVIDER):
        return
    raise NotAllowed(
        "collection.rows_hidden",
        "未通过的数据行只有提供单位的“数据提供”角色可以查看。",
        "Rejected rows are shown to the provider role of the providing unit only.",
    )


def can_see_rows(by: Actor, provider: str) -> bool:
    return _allowed(lambda: check_see_rows(by, provider))


def _allowed(check: Callable[[], None]) -> bool:
    try:
        check()
    except GongshuError:
        return False
    return True
