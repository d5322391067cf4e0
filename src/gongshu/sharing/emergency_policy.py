"""Who declares and ends an emergency, and what may be filed under one."""

from __future__ import annotations

from collections.abc import Collection

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role

TITLE = 100  # characters; ours, not the law's


def check_authority(by: Actor) -> None:
    """The data authority declares an emergency and says when it is over (luzhou-20, yongjia-33)."""
    if not by.has(Role.DATA_AUTHORITY):
        raise NotAllowed(
            "sharing.emergency_authority",
            "只有数据主管部门可以宣布或结束突发事件。",
            "Only the data authority declares an emergency or ends it.",
        )


def can_declare(by: Actor) -> bool:
    return by.has(Role.DATA_AUTHORITY)


def check_declare(by: Actor, *, kind: str, kinds: Collection[str], title: str, description: str) -> None:
    """A kind that the pack lists, a name, and what happened."""
    check_authority(by)
    if kind not in kinds:
        raise GongshuError(
            "sharing.emergency_kind",
            "请选择本市规则列明的突发事件种类。",
            "Choose one of the kinds of emergencies that the city's rules list.",
            field="kind",
        )
    if not title.strip() or len(title.strip()) > TITLE:
        raise GongshuError(
            "sharing.emergency_title",
            f"请填写突发事件名称，不超过 {TITLE} 字。",
            f"Name the emergency in at most {TITLE} characters.",
            field="title",
        )
    if not description.strip():
        raise GongshuError(
            "sharing.emergency_description",
            "请写明发生了什么、由谁处置、需要哪些数据。",
            "Say what happened, who handles it, and what data are needed.",
            field="description",
        )


def check_end(by: Actor, reason: str) -> None:
    check_authority(by)
    if not reason.strip():
        raise GongshuError(
            "sharing.emergency_end_reason",
            "请写明结束的理由，例如应急响应已终止。",
            "Say why it is over, for example that the response has ended.",
            field="reason",
        )


def check_live(*, number: str, live: bool) -> None:
    """Nothing is filed or granted under an emergency that is over."""
    if not live:
        raise Conflict(
            "sharing.emergency_over",
            f"突发事件 {number} 已经结束，不能再据此申请或取得数据。",
            f"Emergency {number} is over; no data are asked for or granted under it any more.",
            field="emergency",
        )


def check_sharing_known(known: bool) -> None:
    """The pack must give applications a time of their own in emergencies."""
    if not known:
        raise Conflict(
            "sharing.no_emergency_sharing",
            "本市规则没有规定突发事件中的数据共享，请按一般程序申请。",
            "The city's rules do not provide for sharing in an emergency; apply in the ordinary way.",
            field="emergency",
        )
