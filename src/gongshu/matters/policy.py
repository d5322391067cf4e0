"""Who may keep the register of matters, and what it needs. ``check_…`` raises the user's sentence; ``can_…`` is its twin."""

from __future__ import annotations

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.matters.states import Ground

KEEPERS = (Role.CONSUMER, Role.PROVIDER)
MOST_MATERIALS = 100  # of one matter; ours


def can_keep(by: Actor, organization: str) -> bool:
    """A unit keeps the register of its own matters, whether it uses shared data or provides some."""
    return by.organization == organization and by.has(*KEEPERS)


def check_keep(by: Actor, organization: str) -> None:
    if not can_keep(by, organization):
        raise NotAllowed(
            "matters.not_yours",
            "办理事项由办理单位自己登记，须有“数据使用”或“数据提供”角色。",
            "A unit registers its own matters; that takes the consumer or the provider role.",
        )


def can_see(by: Actor, organization: str) -> bool:
    return by.organization == organization or by.has(Role.DATA_AUTHORITY, Role.AUDITOR)


def can_disallow(by: Actor) -> bool:
    """The data authority looks over the reasons that units give."""
    return by.has(Role.DATA_AUTHORITY)


def check_disallow(by: Actor) -> None:
    if not can_disallow(by):
        raise NotAllowed(
            "matters.not_authority",
            "只有数据主管部门可以认定保留材料的理由不成立。",
            "Only the data authority finds that the reasons for keeping a material do not hold.",
        )


def check_text(value: str, zh: str, en: str, *, field: str, most: int, needed: bool = True) -> str:
    """A line as the table holds it."""
    text = " ".join(value.replace("\x00", " ").split())
    if needed and not text:
        raise GongshuError(f"matters.{field}_missing", f"请填写{zh}。", f"Fill in the {en}.", field=field)
    if len(text) > most:
        raise GongshuError(
            f"matters.{field}_long",
            f"{zh}不得超过 {most} 字。",
            f"The {en} has at most {most} characters.",
            field=field,
        )
    return text


def check_room(taken: int) -> None:
    """One more material fits."""
    if taken >= MOST_MATERIALS:
        raise GongshuError(
            "matters.materials_many",
            f"一个事项最多登记 {MOST_MATERIALS} 项材料。",
            f"A matter has at most {MOST_MATERIALS} materials.",
            field="materials",
        )


def check_active(active: bool) -> None:
    if not active:
        raise Conflict("matters.ended", "该事项已停办，不能再修改。", "The matter has ended; it cannot be changed.")


def check_ground(ground: str, reason: str) -> Ground:
    """Keeping what the platform has takes one of the known grounds and a sentence of its own."""
    if ground not in set(Ground):
        raise GongshuError(
            "matters.ground",
            f"请选择保留的理由类别：{'、'.join(Ground)}。",
            f"Choose why it is kept: {', '.join(Ground)}.",
            field="ground",
        )
    check_reason(reason)
    return Ground(ground)


def check_reason(reason: str) -> None:
    if not reason.strip():
        raise GongshuError("matters.reason_missing", "请写明理由。", "Say why.", field="reason")


def check_replaced(entry: str, reason: str) -> None:
    """What is struck is obtained from an entry, or not needed at all and the unit says so."""
    if not entry and not reason.strip():
        raise GongshuError(
            "matters.replaced_by",
            "请写明改由哪项目录获取；确已不需要该材料的，请说明。",
            "Name the entry from which it is obtained; where it is not needed at all, say so.",
            field="entry",
        )
