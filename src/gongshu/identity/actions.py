"""All writes of identity: keyword-only, ``by=``, one transaction with its ledger leaf."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from gongshu import clock, crypto, ids
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.identity import hooks, policy, queries, sessions
from gongshu.identity.actor import Actor
from gongshu.identity.hashed import Hashed
from gongshu.identity.models import APIClient, Membership, Organization, Person
from gongshu.identity.states import ADMINISTRATORS, LANGUAGES, WEAK, BodyKind, Office, Role
from gongshu.ledger import actions as ledger

PLATFORM = "platform"
PUBLIC = "public"  # where somebody stands who holds no role anywhere; no organisation of that code is needed
PORTAL_CLIENT = "portal"
SECRET_PURPOSE = "api-client"  # noqa: S105 - names what the wrapped bytes are for; it is not a secret


@transaction.atomic
def register_organization(
    *,
    by: Actor,
    code: str,
    name: str,
    name_en: str = "",
    office: Office = Office.DEPARTMENT,
    body_kind: BodyKind = BodyKind.GOVERNMENT_DEPARTMENT,
    uscc: str = "",
    parent: str = "",
    only_new: bool = False,
) -> Organization:
    """Enter an organisation into the tree, or bring its entry up to date unless ``only_new``. Codes never change."""
    if by.person_id:
        policy.check_keep_organizations(by, separation=queries.separation())
    policy.check_organization(code=code, name=name, uscc=uscc)
    if only_new and Organization.objects.filter(code=code).exists():
        raise Conflict(
            "identity.code_taken", "该机构代码已被使用，请换一个。", "That code is taken; choose another.", field="code"
        )
    above = queries.organization(parent) if parent else None
    policy.check_parent(code, queries.line_of(above))
    values = {
        "name": name,
        "name_en": name_en,
        "office": office,
        "body_kind": body_kind,
        "uscc": uscc,
        "parent": above,
    }
    organization, created = Organization.objects.update_or_create(
        code=code, defaults=values, create_defaults=values | {"created_at": clock.now()}
    )
    ledger.record(
        action="identity.organization_registered" if created else "identity.organization_changed",
        actor=by.ref,
        organization=by.organization,
        subject=code,
        details={"office": str(office), "body_kind": str(body_kind), "parent": parent},
    )
    return organization


@transaction.atomic
def register_person(
    *, by: Actor, username: str, display_name: str, password: str | Hashed, organization: str, roles: Sequence[Role]
) -> Person:
    """Someone who may sign in, with roles in one organisation. The name must be free and the password strong."""
    if by.person_id:
        policy.check_manage_people(by, separation=queries.separation())
    policy.check_username(username)
    person = Person(username=username, display_name=display_name.strip() or username)
    _check_password(password.password if isinstance(password, Hashed) else password, person)
    try:
        with transaction.atomic():
            if isinstance(password, Hashed):
                person.password = password.encoded
            else:
                person.set_password(password)
            person.save()
    except IntegrityError as error:
        raise Conflict(
            "identity.username_taken",
            "该用户名已被使用，请换一个。",
            "That user name is taken; choose another.",
            field="username",
        ) from error
    if roles or organization != PUBLIC:
        queries.organization(organization)
    _about(by, person, "identity.person_registered", organization=organization)
    for role in roles:
        grant_role(by=by, person=person, organization=organization, role=role)
    return person


@transaction.atomic
def register_oneself(
    *, by: Actor, username: str, display_name: str, password: str, email: str = "", language: str = "zh"
) -> Person:
    """A visitor, ``by``, makes an account of their own; it holds no role anywhere (luzhou-26)."""
    person = register_person(
        by=by, username=username, display_name=display_name, password=password, organization=PUBLIC, roles=[]
    )
    if email:
        person = change_email(by=by, username=username, email=email)
    if language in LANGUAGES:
        person.language = language
        person.save(update_fields=["language"])
    return person


@transaction.atomic
def change_email(*, by: Actor, username: str, email: str) -> Person:
    """Where notices to a person go; one's own, or anybody's for who keeps the people. Empty: nowhere."""
    person = Person.objects.select_for_update().filter(username=username).first()
    if person is None:
        raise NotFound("identity.person_unknown", "没有这个用户。", "There is no such user.")
    if by.person_id and by.person_id != person.pk:
        policy.check_manage_people(by, separation=queries.separation())
    try:
        if email:
            validate_email(email)
    except ValidationError as error:
        raise GongshuError(
            "identity.email", "邮箱地址格式不对。", "That is not an e-mail address.", field="email"
        ) from error
    person.email = email
    person.save(update_fields=["email"])
    ledger.record(
        action="identity.email_changed",
        actor=by.ref,
        organization=by.organization,
        subject=f"person:{person.pk}",
    )
    return person


@transaction.atomic
def grant_role(*, by: Actor, person: Person, organization: str, role: Role) -> Membership:
    """Give a role from today on; giving it twice changes nothing. The three administrations exclude every other role."""
    separation = queries.separation()
    if by.person_id:
        policy.check_manage_people(by, separation=separation)
    where = queries.organization(organization)
    Person.objects.select_for_update().get(pk=person.pk)  # two roles given at once must see each other
    held = {Role(word) for word in queries.held_today().filter(person=person).values_list("role", flat=True)}
    policy.check_grant_role(by, person_id=person.pk, role=role, held=held, separation=separation)
    membership, created = Membership.objects.get_or_create(
        person=person, organization=where, role=role, until=None, defaults={"since": clock.today()}
    )
    if created:
        _about(by, person, "identity.role_granted", organization=organization, role=str(role))
    return membership


@transaction.atomic
def end_role(*, by: Actor, membership_id: int) -> Membership:
    """End a role as of today; it stays in the history with both its days (xian-35, yongjia-43)."""
    separation = queries.separation()
    policy.check_manage_people(by, separation=separation)
    membership = queries.membership(membership_id)
    list(_holders(membership.role))  # locked: two who end the last two at once must not both succeed
    if membership.until is not None:
        raise _ended()
    others = _holders(membership.role).exclude(pk=membership.pk).count()
    policy.check_end_role(role=Role(membership.role), others=others, separation=separation)
    membership.until = clock.today()
    if not Membership.objects.filter(pk=membership.pk, until__isnull=True).update(until=membership.until):
        raise _ended()
    where = membership.organization.code
    _about(by, membership.person, "identity.role_ended", organization=where, role=membership.role)
    return membership


@transaction.atomic
def set_person_active(*, by: Actor, person_id: int, active: bool) -> Person:
    """Stop a person's sign-in, which ends their sessions, or restore it; the roles stay as they are."""
    policy.check_manage_people(by, separation=queries.separation())
    list(_holders(Role.DATA_AUTHORITY, *ADMINISTRATORS))
    person = queries.person(person_id)
    if person.is_active == active:
        return person
    if not active:
        policy.check_stop_person(by, person_id=person.pk, last_as=queries.last_as(person.pk))
        sessions.end(person)
    person.is_active = active
    person.save(update_fields=["is_active"])
    _about(by, person, "identity.person_restored" if active else "identity.person_stopped")
    return person


@transaction.atomic
def change_password(*, by: Actor, old: str, new: str) -> Person:
    """One's own password; the old one is asked for. Every other session of the person ends."""
    person = queries.person(by.person_id)
    if not person.check_password(old):
        raise NotAllowed(
            "identity.password_wrong", "原密码不正确，请重新输入。", "The old password is not right.", field="old"
        )
    _check_password(new, person)
    person.set_password(new)
    person.save(update_fields=["password"])
    _about(by, person, "identity.password_changed")
    return person


@transaction.atomic
def reset_password(*, by: Actor, person_id: int, password: str) -> Person:
    """A new first password for somebody who forgot theirs; their sessions end."""
    policy.check_manage_people(by, separation=queries.separation())
    person = queries.person(person_id)
    _check_password(password, person)
    person.set_password(password)
    person.save(update_fields=["password"])
    sessions.end(person)
    _about(by, person, "identity.password_reset")
    return person


@transaction.atomic
def choose_language(*, by: Actor, language: str) -> None:
    """The language of one's own pages: a preference of the reader, which leaves no leaf."""
    if language in LANGUAGES:
        Person.objects.filter(pk=by.person_id).update(language=language)


def check_keeps_people(*, by: Actor) -> None:
    """Raises NotAllowed unless ``by`` keeps the register of people today; for a page that is about to ask for input."""
    policy.check_manage_people(by, separation=queries.separation())


def check_keeps_organizations(*, by: Actor) -> None:
    """Raises NotAllowed unless ``by`` keeps the register of organisations today."""
    policy.check_keep_organizations(by, separation=queries.separation())


def _ended() -> Conflict:
    return Conflict("identity.role_ended", "该角色已经终止。", "That role has ended already.")


def _holders(*roles: str) -> QuerySet[Membership]:
    """The roles by which somebody can sign in and govern today, locked."""
    held = queries.held_today().filter(role__in=[str(role) for role in roles], person__is_active=True)
    return held.select_for_update(of=("self",)).order_by("pk")


def _about(by: Actor, person: Person, action: str, **details: str) -> None:
    """The leaf of what was done about ``person``: their number, never their name."""
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=f"person:{person.pk}",
        details=dict(details),
    )


def _check_password(password: str, person: Person) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise GongshuError("identity.password_weak", WEAK.zh, WEAK.en, field="password") from error


@transaction.atomic
def create_client(
    *, by: Actor, organization: str, name: str, algorithm: str = "HMAC-SM3", client_id: str = ""
) -> tuple[APIClient, str]:
    """A system that may call the gateway, and its secret: the only time that anyone sees it."""
    if by.person_id:
        policy.check_manage_clients(by, organization, separation=queries.separation())
    if algorithm not in {"HMAC-SM3", "HMAC-SHA256"}:
        raise GongshuError(
            "identity.algorithm_unknown",
            "签名算法须为 HMAC-SM3 或 HMAC-SHA256。",
            "The signature algorithm must be HMAC-SM3 or HMAC-SHA256.",
        )
    secret = secrets.token_urlsafe(32)
    moment = clock.now()
    client = APIClient.objects.create(
        client_id=client_id or ids.new_id("app"),
        organization=Organization.objects.get(code=organization),
        name=name,
        algorithm=algorithm,
        secret_wrapped=_wrap(secret),
        created_at=moment,
        changed_at=moment,
    )
    _changed(by, client, "identity.client_created")
    return client, secret


@transaction.atomic
def rotate_client_secret(*, by: Actor, client_id: str) -> tuple[APIClient, str]:
    """A new secret; the old one stops working as soon as the gateways have seen the change."""
    client = APIClient.objects.select_for_update(of=("self",)).select_related("organization").get(client_id=client_id)
    policy.check_manage_clients(by, client.organization.code, separation=queries.separation())
    secret = secrets.token_urlsafe(32)
    client.secret_wrapped = _wrap(secret)
    client.changed_at = clock.now()
    client.save()
    _changed(by, client, "identity.client_secret_rotated")
    return client, secret


@transaction.atomic
def set_client_active(*, by: Actor, client_id: str, active: bool) -> APIClient:
    """Stop a system, or let it go on."""
    client = APIClient.objects.select_for_update(of=("self",)).select_related("organization").get(client_id=client_id)
    policy.check_manage_clients(by, client.organization.code, separation=queries.separation())
    client.active = active
    client.changed_at = clock.now()
    client.save()
    _changed(by, client, "identity.client_activated" if active else "identity.client_stopped")
    return client


def reveal_secret(*, by: Actor, client_id: str) -> str:
    """The secret of one of the platform's own clients (the portal), for the process that signs with it."""
    if by.person_id:
        raise Conflict(
            "identity.secret_shown_once",
            "密钥只在创建时显示一次；如遗失请重置。",
            "A secret is shown once, when it is made; if it is lost, rotate it.",
        )
    client = APIClient.objects.get(client_id=client_id)
    return crypto.provider().unwrap(base64.b64decode(client.secret_wrapped), SECRET_PURPOSE).decode("ascii")


def _wrap(secret: str) -> str:
    return base64.b64encode(crypto.provider().wrap(secret.encode("ascii"), SECRET_PURPOSE)).decode("ascii")


def _changed(by: Actor, client: APIClient, action: str) -> None:
    ledger.record(
        action=action,
        actor=by.ref,
        organization=by.organization,
        subject=client.client_id,
        details={"organization": client.organization.code, "algorithm": client.algorithm},
    )
    change = hooks.ClientChange(
        client_id=client.client_id,
        organization=client.organization.code,
        algorithm=client.algorithm,
        secret_wrapped=client.secret_wrapped,
        active=client.active,
    )
    for tell in hooks.on_client_changed:
        tell(change)


@transaction.atomic
def ensure_pages_client(*, by: Actor, organization: str) -> tuple[APIClient, bool]:
    """The system with which the platform's own pages ask in the name of an organisation; whether it was made just now."""
    client_id = f"pages_{organization}"
    found = APIClient.objects.filter(client_id=client_id).first()
    if found is not None:
        return found, False
    made, _ = create_client(by=by, organization=organization, name="平台页面", client_id=client_id)
    return made, True


@transaction.atomic
def ensure_platform(*, by: Actor) -> APIClient:
    """The platform's own organisation and the portal's client, made once by ``gongshu init``."""
    register_organization(
        by=by, code=PLATFORM, name="公共数据平台", name_en="Public data platform", office=Office.PUBLIC
    )
    client = APIClient.objects.filter(client_id=PORTAL_CLIENT).first()
    if client is None:
        client, _ = create_client(by=by, organization=PLATFORM, name="开放门户", client_id=PORTAL_CLIENT)
    return client
