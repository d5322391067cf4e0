"""What the catalog forbids. ``check_…`` raises the user's sentence; ``can_…`` asks the same function."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from gongshu.errors import GongshuError, NotAllowed, Text
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role


@dataclass(frozen=True)
class Turn:
    """The office whose review is next where the pack orders several (永嘉11): its organisation's code and name."""

    office: str
    organization: str
    name: Text
    role: Role
    last: bool


def check_compile(by: Actor, provider: str) -> None:
    """A unit compiles its own catalog (luzhou-11, xian-12)."""
    if by.person_id == 0 and not by.is_anonymous:
        return
    if not by.has(Role.PROVIDER):
        raise NotAllowed(
            "catalog.not_compiler",
            "编制目录需要本单位的“数据提供”角色。",
            "Compiling the catalog needs the provider role in your organisation.",
        )
    if by.organization != provider:
        raise NotAllowed(
            "catalog.other_organization",
            "只能编制本单位的数据目录。",
            "You can only compile the catalog of your own organisation.",
        )


def can_compile(by: Actor, provider: str) -> bool:
    return _allowed(lambda: check_compile(by, provider))


def check_review(by: Actor, provider: str, compilers: Collection[int], turn: Turn | None = None) -> None:
    """The reviewer wrote nothing of what is reviewed, and is of the same unit or of the data authority.

    ``compilers`` are all who wrote since the last publication, not only the last of them (xian-12, yongjia-11).
    ``turn``: where the pack orders the offices that review, only the one whose turn it is may (yongjia-11).
    """
    if turn is not None:
        if by.organization != turn.organization or not by.has(turn.role):
            raise NotAllowed(
                "catalog.other_turn",
                f"现在应由{turn.name.zh}审核，请等待其审核。",
                f"It is the turn of {turn.name.en} to review this entry; wait for them.",
            )
    elif not (by.has(Role.DATA_AUTHORITY) or (by.has(Role.PROVIDER) and by.organization == provider)):
        raise NotAllowed(
            "catalog.not_reviewer",
            "审核目录需要数据主管角色，或提供单位的“数据提供”角色。",
            "Reviewing needs the data authority's role, or the provider role in the unit that compiled the entry.",
        )
    if by.person_id in compilers:
        raise NotAllowed(
            "catalog.same_person",
            "编制人不能审核自己编制的目录，请由另一人审核。",
            "The compiler may not review their own entry; another person must.",
        )


def can_review(by: Actor, provider: str, compilers: Collection[int], turn: Turn | None = None) -> bool:
    return _allowed(lambda: check_review(by, provider, compilers, turn))


def check_secrecy(by: Actor, provider: str, compilers: Collection[int]) -> None:
    """The secrecy review is the providing unit's own, by somebody who did not compile (xian-34, yongjia-39)."""
    if not (by.has(Role.PROVIDER) and by.organization == provider):
        raise NotAllowed(
            "catalog.not_secrecy_reviewer",
            "保密审查由提供单位负责，需要该单位的“数据提供”角色。",
            "The secrecy review is the providing unit's: it needs the provider role there.",
        )
    if by.person_id in compilers:
        raise NotAllowed(
            "catalog.same_person",
            "编制人不能对自己编制的目录作保密审查，请由另一人审查。",
            "Who compiled the entry may not review its secrecy; another person must.",
        )


def can_review_secrecy(by: Actor, provider: str, compilers: Collection[int]) -> bool:
    return _allowed(lambda: check_secrecy(by, provider, compilers))


def check_remark(remark: str, zh: str, en: str) -> None:
    """Some steps need words: why an entry is sent back, withdrawn, revised."""
    if not remark.strip():
        raise GongshuError("catalog.remark_missing", zh, en, field="remark")


def check_criteria(confirmed: Collection[str], required: Collection[str]) -> None:
    """Publishing says that every criterion of the city's rules is met (xian-12)."""
    if set(required) - set(confirmed):
        raise GongshuError(
            "catalog.criteria_open",
            "请逐项确认审核标准后再发布；有不符合的，请退回。",
            "Confirm each criterion before publishing; if one is not met, send the entry back.",
            field="criteria",
        )


def _allowed(check: Callable[[], None]) -> bool:
    try:
        check()
    except GongshuError:
        return False
    return True
