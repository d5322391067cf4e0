"""Keeping an entry as another system has it: create it, change it, or see that nothing changed. Calling twice is once.

An entry is found by its code, or by its provider and name. Who changes it says which revision was read, and is told when
somebody changed it meanwhile.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import transaction

from gongshu import clock, rules
from gongshu.catalog import actions, codes, policy, rights, rows, shape, steps
from gongshu.catalog.draft import EntryData
from gongshu.catalog.guard import check_revision
from gongshu.catalog.models import Entry
from gongshu.catalog.states import EntryStatus
from gongshu.errors import NotFound
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor


class Written(StrEnum):
    """What an upsert did."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@transaction.atomic
def put_entry(
    *, by: Actor, data: EntryData, code: str = "", expected: str = "", only_new: bool = False
) -> tuple[Entry, Written]:
    """Make the catalog say ``data``: (entry, what was done).

    With ``code`` the entry must exist unless ``only_new``; without, the one of that provider and name is meant. What is
    published stays as it is: the change is a revision beside it, which goes to review like any other. Raises
    Outdated where ``expected`` is not its revision, NotFound, and what creating or changing an entry raises.
    """
    policy.check_compile(by, data.provider)
    unit = identity.organization(data.provider)
    data = rights.named(data, pack=rules.active(), on=clock.today(), provider=unit.name)
    locked = Entry.objects.select_for_update(of=("self",)).select_related("provider")
    if code:
        found = locked.filter(code=codes.normalise(code), provider__code=data.provider).first()
    else:
        found = locked.filter(title_key=shape.normal(data.title), provider__code=data.provider).first()
    check_revision(found, expected=expected, only_new=only_new)
    if found is None:
        if code and not only_new:
            raise NotFound(
                "catalog.entry_unknown",
                "本单位没有这个资源代码的目录。新建时请不带代码，由平台编码。",
                "Your organisation has no entry with that code. Leave the code out to have one made.",
            )
        return actions.create_entry(by=by, data=data, code=code), Written.CREATED
    if rows.draft_of(found) == data:
        return found, Written.UNCHANGED
    if found.status == EntryStatus.PUBLISHED and steps.revision_of(found) is None:
        shape.check(data)
        actions.revise_entry(by=by, code=found.code)
    return actions.change_entry(by=by, code=found.code, data=data), Written.CHANGED
