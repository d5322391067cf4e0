"""The pure rules of the register: each ``check_`` and its ``can_`` twin, credit codes, codes and names."""

from __future__ import annotations

import pytest

from gongshu.errors import GongshuError
from gongshu.identity import policy
from gongshu.identity.actor import Actor
from gongshu.identity.states import ADMINISTRATORS, Office, Role


def actor(*roles, person_id=1):
    return Actor(person_id, "a", "A", "authority", "数据局", Office.AUTHORITY, frozenset(roles))


@pytest.mark.parametrize("role", Role)
def test_only_the_data_authority_keeps_the_register(role):
    assert policy.can_manage_people(actor(role)) is (role is Role.DATA_AUTHORITY)
    assert policy.can_keep_organizations(actor(role)) is (role is Role.DATA_AUTHORITY)


APPOINTED = policy.Separation(system=True, security=True, audit=True)


@pytest.mark.parametrize("role", Role)
def test_once_the_three_are_appointed_each_keeps_its_own(role):
    by = actor(role)
    assert policy.can_manage_people(by, separation=APPOINTED) is (role is Role.SECURITY_ADMIN)
    assert policy.can_keep_organizations(by, separation=APPOINTED) is (role is Role.SYSTEM_ADMIN)
    elsewhere = policy.can_manage_clients(by, "housing", separation=APPOINTED)
    assert elsewhere is (role is Role.SYSTEM_ADMIN)
    assert not policy.can_manage_people(actor(Role.AUDIT_ADMIN)), "an audit administrator never does"


@pytest.mark.parametrize("held", Role)
@pytest.mark.parametrize("role", Role)
def test_the_three_administrations_exclude_every_other_role(role, held):
    may = policy.can_grant_role(actor(Role.DATA_AUTHORITY), person_id=2, role=role, held={held})
    assert may is (role is held or not {role, held} & set(ADMINISTRATORS))


def test_nobody_gives_a_role_to_oneself_once_a_security_administrator_is_there():
    by = actor(Role.SECURITY_ADMIN)
    assert not policy.can_grant_role(by, person_id=1, role=Role.PROVIDER, held=set(), separation=APPOINTED)
    assert policy.can_grant_role(by, person_id=2, role=Role.PROVIDER, held=set(), separation=APPOINTED)
    first = actor(Role.DATA_AUTHORITY)
    assert policy.can_grant_role(first, person_id=1, role=Role.PROVIDER, held={Role.DATA_AUTHORITY})
    with pytest.raises(GongshuError) as refused:
        policy.check_grant_role(first, person_id=1, role=Role.AUDIT_ADMIN, held={Role.DATA_AUTHORITY})
    assert refused.value.code == "identity.roles_exclude"
    assert "三员分立" in refused.value.text.zh
    assert "审计管理员" in refused.value.text.zh


@pytest.mark.parametrize(
    ("role", "others", "may"),
    [
        (Role.DATA_AUTHORITY, 0, False),
        (Role.DATA_AUTHORITY, 1, True),
        (Role.PROVIDER, 0, True),
        (Role.STEWARD, 0, True),
        (Role.SYSTEM_ADMIN, 0, False),
        (Role.AUDIT_ADMIN, 0, False),
        (Role.AUDIT_ADMIN, 1, True),
    ],
)
def test_the_last_one_keeps_the_role(role, others, may):
    assert policy.can_end_role(role=role, others=others) is may


def test_the_last_data_authority_may_go_once_a_security_administrator_can_name_another():
    assert policy.can_end_role(role=Role.DATA_AUTHORITY, others=0, separation=APPOINTED)
    assert not policy.can_end_role(role=Role.SECURITY_ADMIN, others=0, separation=APPOINTED)


@pytest.mark.parametrize(
    ("person", "last_as", "may"),
    [
        (1, None, False),
        (2, None, True),
        (2, Role.DATA_AUTHORITY, False),
        (2, Role.SECURITY_ADMIN, False),
        (2, Role.SYSTEM_ADMIN, False),
    ],
)
def test_nobody_stops_themselves_or_the_last_one(person, last_as, may):
    by = actor(Role.DATA_AUTHORITY)
    assert policy.can_stop_person(by, person_id=person, last_as=last_as) is may


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("91350100M000100Y43", True),  # the example of GB 32100-2015
        ("91350100M000100Y44", False),
        ("91350100m000100Y43", False),
        ("91350100M000100Y4", False),
        ("91350100MI00100Y43", False),
        ("", False),
    ],
)
def test_credit_codes_are_checked_by_form_and_sign(code, right):
    assert policy.is_uscc(code) is right


@pytest.mark.parametrize(
    ("code", "name", "uscc", "wrong"),
    [
        ("tax", "市税务局", "", None),
        ("Tax", "市税务局", "", "identity.code_shape"),
        ("-tax", "市税务局", "", "identity.code_shape"),
        ("t" * 65, "市税务局", "", "identity.code_shape"),
        ("tax", "  ", "", "identity.name_missing"),
        ("tax", "市税务局", "123", "identity.uscc_wrong"),
    ],
)
def test_the_entry_of_an_organisation(code, name, uscc, wrong):
    if wrong is None:
        policy.check_organization(code=code, name=name, uscc=uscc)
        return
    with pytest.raises(GongshuError) as refused:
        policy.check_organization(code=code, name=name, uscc=uscc)
    assert refused.value.code == wrong


@pytest.mark.parametrize(
    ("username", "right"), [("gao", True), ("高明", True), ("g", False), ("gao ming", False), ("", False)]
)
def test_user_names(username, right):
    if right:
        policy.check_username(username)
    else:
        with pytest.raises(GongshuError):
            policy.check_username(username)
