"""What the project gate forbids. ``check_…`` raises the user's sentence; ``can_…`` asks the same function."""

from __future__ import annotations

from collections.abc import Sequence

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Office, Role
from gongshu.rules import Citation
from gongshu.supervision.project_gate import Reason, passes

MOST_LINES = 200
MOST_ITEMS = 300


def check_gate(known: bool, city: str) -> None:
    """Without rules on projects there is no gate to pass."""
    if not known:
        raise Conflict(
            "project.no_gate",
            f"本市规则（{city}）没有规定信息化项目的数据关口，平台不设此步骤。",
            "The city's rules have no gate for IT projects; the platform has no such step.",
        )


def check_register(by: Actor) -> None:
    """Whoever provides data for an organisation registers its projects."""
    if not by.has(Role.PROVIDER):
        raise NotAllowed(
            "project.not_provider",
            "登记信息化项目需要“数据提供”角色。",
            "Registering a project needs the role of data provider.",
        )


def can_register(by: Actor) -> bool:
    return by.has(Role.PROVIDER)


def check_own(by: Actor, organization: str) -> None:
    """The building organisation alone works on its project."""
    check_register(by)
    if by.organization != organization:
        raise NotAllowed(
            "project.not_yours",
            "只有建设单位的“数据提供”人员可以办理本项目。",
            "Only data providers of the organisation that builds it work on a project.",
        )


def can_own(by: Actor, organization: str) -> bool:
    return by.has(Role.PROVIDER) and by.organization == organization


def check_review(by: Actor, *, office: str, name: str, organization: str, citations: Sequence[Citation] = ()) -> None:
    """The office of the pack gives the verdict, never on a project of its own (xian-40, yongjia-42)."""
    if by.office != Office(office) or not by.has(Role.DATA_AUTHORITY):
        cites = "；".join(c.label("zh") for c in citations)
        raise NotAllowed(
            "project.not_reviewer",
            f"项目数据关口的审查由{name}办理{f'（{cites}）' if cites else ''}。",
            "Another office gives the verdict on projects under the city's rules.",
            office=office,
        )
    if by.organization == organization:
        raise NotAllowed(
            "project.own_project",
            "不能审查本单位的项目。",
            "An organisation does not give the verdict on its own project.",
        )


def can_review(by: Actor, *, office: str, organization: str) -> bool:
    return by.office == Office(office) and by.has(Role.DATA_AUTHORITY) and by.organization != organization


def check_passes(reasons: Sequence[Reason]) -> None:
    """What blocks cannot be waved through."""
    if not passes(reasons):
        listed = [reason for reason in reasons if reason.blocks]
        raise Conflict(
            "project.blocked",
            f"有 {len(listed)} 项不符合要求，不能通过。第一项：{listed[0].text.zh}",
            f"{len(listed)} points stand against it; it cannot be passed. The first: {listed[0].text.en}",
        )


def check_refusal(reasons: Sequence[Reason], remark: str) -> None:
    """A verdict of no has a reason: one that the gate found, or the reviewer's own."""
    if passes(reasons) and not remark.strip():
        raise GongshuError(
            "project.remark_missing",
            "平台没有发现不符合项；不予通过须写明理由。",
            "The platform found nothing against it; a refusal says why.",
            field="remark",
        )


def check_text(value: str, zh: str, en: str, *, field: str, most: int, needed: bool = True) -> str:
    """A text as the table holds it."""
    text = value.strip()
    if needed and not text:
        raise GongshuError(f"project.{field}_missing", f"请填写“{zh}”。", f"Fill in the {en}.", field=field)
    if len(text) > most or "\x00" in text:
        raise GongshuError(
            f"project.{field}_long",
            f"“{zh}”不得超过 {most} 字，也不得含有不可存储的字符。",
            f"The {en} has at most {most} characters and no NUL.",
            field=field,
        )
    return text


def check_items(titles: Sequence[str]) -> tuple[str, ...]:
    """The titles of a planned entry's items: at least one, each once, each short enough."""
    found = tuple(dict.fromkeys(title.strip() for title in titles if title.strip()))
    if not found or len(found) > MOST_ITEMS:
        raise GongshuError(
            "project.items",
            f"请列出数据项，每行一个，1 至 {MOST_ITEMS} 个。",
            f"List the items, one a line, 1 to {MOST_ITEMS} of them.",
            field="items",
        )
    for title in found:
        check_text(title, "数据项", "item", field="items", most=100)
    return found


def check_room(lines: int) -> None:
    if lines >= MOST_LINES:
        raise Conflict(
            "project.plan_full",
            f"一个项目的预编目录最多 {MOST_LINES} 条。",
            f"A project plans at most {MOST_LINES} entries.",
        )
