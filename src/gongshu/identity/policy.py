"""Who may change who is who. ``check_…`` raises the user's sentence; ``can_…`` asks the same function."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import ADMINISTRATORS, ROLE_LABELS, Role

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_USERNAME = re.compile(r"[\w.@+-]{2,150}")
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class Separation:
    """Which of the three administrations have somebody who can sign in; from then on their work is theirs alone."""

    system: bool = False
    security: bool = False
    audit: bool = False

    @property
    def complete(self) -> bool:
        return self.system and self.security and self.audit

    @property
    def keeps_organizations(self) -> Role:
        """Who keeps the register of organisations, and the settings of systems."""
        return Role.SYSTEM_ADMIN if self.system else Role.DATA_AUTHORITY

    @property
    def keeps_people(self) -> Role:
        """Who registers people, and gives and ends roles."""
        return Role.SECURITY_ADMIN if self.security else Role.DATA_AUTHORITY


UNSEPARATED = Separation()


def check_role(by: Actor, *roles: Role) -> None:
    """``by`` holds one of ``roles``, or is told which one is missing."""
    if by.has(*roles):
        return
    zh = "、".join(ROLE_LABELS[role].zh for role in roles)
    en = " or ".join(ROLE_LABELS[role].en.lower() for role in roles)
    raise NotAllowed(
        "identity.role_missing",
        f"此操作需要“{zh}”角色，您在{by.organization_name}没有该角色。请联系本单位管理员。",
        f"This needs the role of {en}, which you do not hold in {by.organization_name}. "
        "Ask your organisation's administrator.",
    )


def check_manage_clients(by: Actor, organization: str, *, separation: Separation = UNSEPARATED) -> None:
    """API clients belong to an organisation; its consumers and operators manage them, and who keeps the organisations."""
    if by.has(separation.keeps_organizations):
        return
    check_role(by, Role.CONSUMER, Role.OPERATOR)
    if by.organization != organization:
        raise NotAllowed(
            "identity.other_organization",
            "只能管理本单位的应用系统。",
            "You can only manage the systems of your own organisation.",
        )


def can_manage_clients(by: Actor, organization: str, *, separation: Separation = UNSEPARATED) -> bool:
    try:
        check_manage_clients(by, organization, separation=separation)
    except GongshuError:
        return False
    return True


def check_keep_organizations(by: Actor, *, separation: Separation = UNSEPARATED) -> None:
    """The system administrator keeps the register of organisations; until one is appointed, the data authority."""
    check_role(by, separation.keeps_organizations)


def can_keep_organizations(by: Actor, *, separation: Separation = UNSEPARATED) -> bool:
    return by.has(separation.keeps_organizations)


def check_manage_people(by: Actor, *, separation: Separation = UNSEPARATED) -> None:
    """The security administrator keeps people and their roles; until one is appointed, the data authority."""
    check_role(by, separation.keeps_people)


def can_manage_people(by: Actor, *, separation: Separation = UNSEPARATED) -> bool:
    return by.has(separation.keeps_people)


def check_grant_role(
    by: Actor, *, person_id: int, role: Role, held: Collection[Role], separation: Separation = UNSEPARATED
) -> None:
    """The three administrations watch each other: one of them excludes every other role; nobody gives roles to oneself.

    ``held`` are the roles that the person holds today, in whatever organisation. The second part holds once a security
    administrator is appointed: the first one has to come from somebody.
    """
    if separation.security and by.person_id and by.person_id == person_id:
        raise NotAllowed(
            "identity.grant_oneself",
            "不能给自己授予角色，请由另一位安全管理员办理。",
            "You cannot give a role to yourself; another security administrator must.",
        )
    other = next(
        (one for one in sorted(held) if one is not role and (role in ADMINISTRATORS or one in ADMINISTRATORS)), None
    )
    if other is None:
        return
    zh, en = ROLE_LABELS[role], ROLE_LABELS[other]
    raise Conflict(
        "identity.roles_exclude",
        f"系统、安全、审计三员分立：“{zh.zh}”与此人现任的“{en.zh}”不能由同一人担任。请另选一人，或先终止原角色。",
        f"The three administrations are kept apart: nobody is {zh.en.lower()} and {en.en.lower()} at once. "
        "Choose somebody else, or end the other role first.",
        field="role",
    )


def can_grant_role(
    by: Actor, *, person_id: int, role: Role, held: Collection[Role], separation: Separation = UNSEPARATED
) -> bool:
    try:
        check_grant_role(by, person_id=person_id, role=role, held=held, separation=separation)
    except GongshuError:
        return False
    return True


def is_guarded(role: Role, separation: Separation = UNSEPARATED) -> bool:
    """Whether the last one who can sign in with ``role`` keeps it: who gives roles, and the three administrations."""
    return role is separation.keeps_people or role in ADMINISTRATORS


def check_end_role(*, role: Role, others: int, separation: Separation = UNSEPARATED) -> None:
    """``others`` can sign in with the same role. The last of a guarded one keeps it, or nobody could give it again."""
    if is_guarded(role, separation) and others == 0:
        label = ROLE_LABELS[role]
        raise Conflict(
            "identity.last_authority",
            f"这是最后一个可登录的“{label.zh}”角色，请先授予另一人，再终止。",
            f"This is the last role of {label.en.lower()} that can sign in; give it to somebody else first.",
        )


def can_end_role(*, role: Role, others: int, separation: Separation = UNSEPARATED) -> bool:
    try:
        check_end_role(role=role, others=others, separation=separation)
    except GongshuError:
        return False
    return True


def check_stop_person(by: Actor, *, person_id: int, last_as: Role | None) -> None:
    """Nobody stops their own sign-in. ``last_as`` is the guarded role that only this person can sign in with, if any."""
    if by.person_id == person_id:
        raise NotAllowed(
            "identity.stop_oneself",
            "不能停用自己的账号，请由另一位管理人员办理。",
            "You cannot stop your own sign-in; another administrator must.",
        )
    if last_as is not None:
        check_end_role(role=last_as, others=0, separation=Separation(security=last_as is not Role.DATA_AUTHORITY))


def can_stop_person(by: Actor, *, person_id: int, last_as: Role | None) -> bool:
    try:
        check_stop_person(by, person_id=person_id, last_as=last_as)
    except GongshuError:
        return False
    return True


def check_organization(*, code: str, name: str, uscc: str) -> None:
    """The entry of an organisation has the right shape."""
    if not _CODE.fullmatch(code):
        raise GongshuError(
            "identity.code_shape",
            "机构代码须为小写字母、数字、连字符或下划线，以字母或数字开头，不超过 64 个字符。",
            "The code takes lower-case letters, digits, - and _, begins with a letter or digit, and has at most 64.",
            field="code",
        )
    if not name.strip():
        raise GongshuError("identity.name_missing", "请填写机构名称。", "Name the organisation.", field="name")
    if uscc and not is_uscc(uscc):
        raise GongshuError(
            "identity.uscc_wrong",
            "统一社会信用代码不正确：应为 18 位，且末位校验码相符。请核对登记证书。",
            "The unified social credit code is not right: 18 signs whose last one checks the others.",
            field="uscc",
        )


def is_uscc(code: str) -> bool:
    """Whether ``code`` is a unified social credit code by form and check sign (GB 32100-2015, 5.5)."""
    if len(code) != 18 or any(sign not in _USCC for sign in code):
        return False
    total = sum(_USCC.index(sign) * pow(3, place, 31) for place, sign in enumerate(code[:17]))
    return _USCC[-total % 31] == code[17]


def check_parent(code: str, above: Sequence[str]) -> None:
    """``above`` are the codes from the new parent to the root: an organisation cannot stand under itself."""
    if code in above:
        raise Conflict(
            "identity.parent_below",
            "上级机构不能是本机构或其下级，请另选。",
            "The parent cannot be the organisation itself or one below it.",
            field="parent",
        )


def check_username(username: str) -> None:
    if not _USERNAME.fullmatch(username):
        raise GongshuError(
            "identity.username_shape",
            "用户名须为 2 至 150 个字母、数字或 . @ + - _，不含空格。",
            "A user name has 2 to 150 letters, digits or . @ + - _ and no spaces.",
            field="username",
        )
