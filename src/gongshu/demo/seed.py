"""Fills an installation with the city: its bodies, its people. Each part may be done twice."""

from __future__ import annotations

import contextlib

from gongshu.demo import city
from gongshu.errors import Conflict
from gongshu.identity import actions, queries
from gongshu.identity.actor import Actor
from gongshu.identity.hashed import hashed_once


def data_store() -> None:
    """A data store for the market bureau, with ample room; where it is there already nothing happens."""
    from gongshu.spaces import actions as spaces
    from gongshu.spaces.states import SpaceKind

    by = Actor.process("demo")
    with contextlib.suppress(Conflict):  # another run opened it
        spaces.open_space(
            by=by,
            organization="market",
            name="市场监管局数据仓",
            kind=SpaceKind.DEPARTMENT,
            quota_bytes=200_000_000,
            quota_rows=200_000,
        )


def library(own: str, source: str) -> None:
    """A theme library under the entry ``own`` over the register ``source``; the worker computes it. Once is enough."""
    from gongshu.libraries import actions as libraries
    from gongshu.libraries import queries as known
    from gongshu.libraries.states import Combine, LibraryKind

    by = Actor.process("demo")
    found = known.of_entry(own)
    if found is None:
        found = libraries.open_library(
            by=by, code=own, name="出行服务主题库", kind=LibraryKind.THEME, combine=Combine.UNION
        )
    if not known.sources(found):
        libraries.define(by=by, number=found.number, parts=[(source, None)])


def bodies_and_people() -> None:
    """Register the organisations and accounts of :mod:`gongshu.demo.city` that are not there yet."""
    by = Actor.process("demo")
    registered = {organization.code for organization in queries.organizations()}
    for body in city.BODIES:
        if body.code not in registered:
            actions.register_organization(
                by=by,
                code=body.code,
                name=body.name,
                name_en=body.name_en,
                parent=body.parent,
                office=body.office,
                body_kind=body.kind,
            )
    known = {person.username for person in queries.people()}
    new = [account for account in city.ACCOUNTS if account.username not in known]
    password = hashed_once(city.PASSWORD) if new else ""
    for account in new:
        try:
            actions.register_person(
                by=by,
                username=account.username,
                display_name=account.name,
                password=password,
                organization=account.organization,
                roles=list(account.roles),
            )
        except Conflict:  # another run registered it meanwhile
            continue
