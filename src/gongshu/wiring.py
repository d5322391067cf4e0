"""The one list of "when X happens below, call Y above". ``gongshu.web.apps`` connects it once per process.

Libraries and supervision compute on data: they are imported when they are called. Polars, pyarrow, DuckDB and what else they
stand on would be two fifths of the start of every command.
"""

from __future__ import annotations

from gongshu.catalog import demand_actions as demands
from gongshu.catalog import hooks as catalog_hooks
from gongshu.catalog import mandate_actions as mandates
from gongshu.catalog import source_actions as sources
from gongshu.catalog import upkeep_actions as upkeep
from gongshu.collection import paper_actions as paper
from gongshu.collection import queries as collection
from gongshu.duties import hooks as duty_hooks
from gongshu.errors import Text
from gongshu.grants import actions as grants
from gongshu.identity import hooks
from gongshu.identity.actor import Actor
from gongshu.matters import followers as matters
from gongshu.opening import actions as opening
from gongshu.opening import hooks as opening_hooks
from gongshu.opening import type_actions as open_types
from gongshu.operation import actions as operation
from gongshu.operation import governance_actions as governance
from gongshu.operation import terms
from gongshu.sharing import actions as sharing
from gongshu.sharing import emergency_queries
from gongshu.sharing import followers as sharing_followers
from gongshu.sharing import hooks as sharing_hooks


def connect() -> None:
    """Connect everything; connecting twice changes nothing."""
    _once(hooks.on_client_changed, grants.publish_client)  # an API client changed: the gateways must know
    for package in (demands, sharing, opening, operation, governance):  # a due date changed: the case shows the same
        _once(duty_hooks.on_due_changed, package.follow_duty)
    _once(duty_hooks.on_due_changed, _supervision_due)
    _once(duty_hooks.on_day, _catalog_day)  # where files and catalog differ, the catalog is to be kept up
    _once(duty_hooks.on_day, _operation_day)  # terms of agreements: renewal opens, the end comes
    _once(duty_hooks.on_day, _supervision_day)  # what the detectors see today, what of the assets waits
    _once(catalog_hooks.on_entry_changed, sharing_followers.follow_entry)  # those who depend on an entry are told
    _once(catalog_hooks.on_entry_changed, open_types.follow_entry)  # published with the type that was agreed
    _once(catalog_hooks.on_entry_changed, sources.follow_entry)  # what it no longer holds is no source, nor owed
    _once(catalog_hooks.on_entry_changed, _libraries_entry)  # views over it are computed again
    _once(catalog_hooks.on_entry_changed, paper.follow_entry)  # what was digitised for it is done
    _once(catalog_hooks.on_entry_changed, matters.follow_entry)  # what it replaced may be asked for again
    _once(opening_hooks.find_emergency, _emergency_for_opening)  # sharing keeps them, opening acts under them
    _once(sharing_hooks.on_emergency_ended, _withdraw_under)  # use ended with it: what was opened in it closes


def _emergency_for_opening(number: str) -> opening_hooks.Emergency:
    found, deadline, citations = emergency_queries.open_under(number)
    return opening_hooks.Emergency(
        found.number, found.kind, deadline.days, deadline.words, tuple(c.as_json() for c in citations)
    )


def _catalog_day(by: Actor) -> dict[str, int]:
    sign = Text("文件的列与目录不一致", "columns of the file differ from the catalog")
    return {
        "maintenance": sum(upkeep.owe_maintenance(by=by, code=code, sign=sign) for code in collection.misfits()),
        "mandates": mandates.owe_registers(by=by),
    }


def _operation_day(by: Actor) -> dict[str, int]:
    return terms.run_day(by=by)


def _supervision_day(by: Actor) -> dict[str, int]:
    from gongshu.supervision import actions as supervision
    from gongshu.supervision import handover_actions as assets

    return supervision.detect(by=by) | assets.run_day(by=by)


def _supervision_due(change: duty_hooks.DueChange) -> None:
    from gongshu.supervision import actions as supervision

    supervision.follow_duty(change)


def _libraries_entry(change: catalog_hooks.EntryChange) -> None:
    from gongshu.libraries import actions as libraries

    libraries.follow_entry(change)


def _withdraw_under(by: Actor, number: str, reason: str) -> None:
    opening.withdraw_under(by=by, emergency=number, reason=reason)


def _once(listeners: list, listener: object) -> None:  # type: ignore[type-arg]
    if listener not in listeners:
        listeners.append(listener)
