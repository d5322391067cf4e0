"""What can be read: the serving snapshot of each resource, swapped without a failed call when a version is
published.

An ``Interface`` is one open snapshot with what the gate needs of it: keys, items, and for each grant its row
condition and masks, prepared once. Its own plan is dropped with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from gongshu import clock
from gongshu.crypto import Provider
from gongshu.gateway import comparison
from gongshu.gateway.errors import Refusal
from gongshu.grants import masking, scope
from gongshu.grants.keyed import Keyed
from gongshu.grants.scope import GrantScope
from gongshu.home import Home
from gongshu.lake import serving, values
from gongshu.lake.serving import ServedItem, Snapshot
from gongshu.ledger import entry

log = logging.getLogger("gongshu.gateway")

LOOK_EVERY = 0.25  # seconds between looks at a resource's pointer
KEEP_RETIRED = 120.0  # seconds that a replaced snapshot stays open for calls under way
_CHUNK = 1000
SCAN_LIMIT = 20_000  # rows that one page may look at before it answers with what it found and a cursor

Row = Mapping[str, Any]


class Plan(NamedTuple):
    """A grant applied to a snapshot. ``needs`` are the items that its row condition and its shifts of days
    read; ``forms`` the ledger entries
    that its calls leave, as far as they are alike."""

    grant: GrantScope
    needs: tuple[str, ...]
    keeps: Callable[[Row], bool] | None
    masks: dict[str, masking.Mask | None]
    shifts: Mapping[str, Callable[[str, str], str]]
    forms: dict[Hashable, entry.Form]


class Page(NamedTuple):
    rows: list[Row]
    after: int | None


class Interface:
    def __init__(self, folder: Path, provider: Provider) -> None:
        self.folder = folder
        self._provider = provider
        self._snapshot = Snapshot(folder)
        self._paging: Snapshot | None = None  # a connection of its own: a long scan must not hold up look-ups
        self._paging_lock = Lock()
        manifest = self._snapshot.manifest
        self.resource = manifest.resource
        self.version = manifest.version
        self.rows = manifest.rows
        self.keys = manifest.keys
        self._key_names = frozenset(manifest.keys)
        self.items: dict[str, ServedItem] = {item.name: item for item in manifest.items}
        self._key_types = [(name, self.items[name].type) for name in manifest.keys]
        self.kinds = {item.name: comparison.kind(item.type) for item in manifest.items}
        self._plans: dict[str, Plan] = {}

    def key(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """``given`` as it is stored, when it names exactly the key items: so that one record has one commitment."""
        if given.keys() != self._key_names:
            raise Refusal("key_incomplete", "key")
        key = {}
        for name, kind in self._key_types:
            stored = values.bind(kind, given[name])
            key[name] = given[name] if stored is None else stored
        return key

    def plan(self, grant: GrantScope) -> Plan:
        found = self._plans.get(grant.grant_id)
        if found is not None and found.grant is grant:
            return found
        conditions = dict.fromkeys(predicate.field for predicate in grant.rows)
        keyed = Keyed(self._provider, grant.organization, grant.purpose)
        if any(item not in self.items for item in (*conditions, *grant.items)):
            # The data no longer have what the grant speaks of: nothing can be given under it.
            raise Refusal("resource_not_served")
        kinds = {item: self.mask_kind(item, grant) for item in grant.items}
        masks = {
            item: masking.mask_for(kind, keyed.token, keyed.cipher(item) if kind == masking.CIPHER else None)
            for item, kind in kinds.items()
        }
        shifts = {item: keyed.shift for item, kind in kinds.items() if kind == masking.SHIFT}
        needs = tuple({**conditions, **(dict.fromkeys(self.keys) if shifts else {})})
        plan = Plan(grant, needs, scope.row_filter(grant.rows), masks, shifts, {})
        self._plans[grant.grant_id] = plan
        return plan

    def mask_kind(self, item: str, grant: GrantScope) -> str:
        """The mask's name: the grant's word, else the catalog's."""
        return grant.masks.get(item, self.items[item].mask) or "none"

    def find(self, key: Mapping[str, Any], fields: Sequence[str], grant: GrantScope) -> Row | None:
        """The record with ``key``, when the grant's row condition holds for it."""
        plan = self.plan(grant)
        row = self._snapshot.get(key, [*fields, *plan.needs] if plan.needs else fields)
        if row is None or (plan.keeps is not None and not plan.keeps(row)):
            return None
        return row

    @property
    def database(self) -> Path:
        return (self.folder / serving.DATABASE).absolute()

    def read(self, key: Mapping[str, Any], grant: GrantScope) -> Row | None:
        """As ``find``, with every granted item and the key; not from the event loop's thread alone."""
        return self.find(key, list(dict.fromkeys([*self.keys, *grant.items])), grant)

    def page(self, grant: GrantScope, fields: Sequence[str], after: int, limit: int, filters: Row) -> Page:
        """Up to ``limit`` rows behind ``after`` that satisfy the grant and ``filters``; runs in a thread.

        ``Page.after`` is None when there are no more rows. A page may be short, even empty, and still have
        more behind it: then the scan limit was reached.
        """
        plan = self.plan(grant)
        wanted = list(dict.fromkeys([*fields, *self.keys, *plan.needs]))
        snapshot = self._pager()
        if plan.keeps is None:
            page = snapshot.page(after, limit, filters or None, wanted)
            return Page(list(page.rows), page.after)
        found: list[Row] = []
        position: int | None = after
        scanned = 0
        while position is not None and len(found) < limit and scanned < SCAN_LIMIT:
            page = snapshot.page(position, _CHUNK, filters or None, wanted)
            kept = [index for index, row in enumerate(page.rows) if plan.keeps(row)]
            missing = limit - len(found)
            if len(kept) > missing:  # more than asked for: end the page at the last row that is given
                page = snapshot.page(position, kept[missing - 1] + 1, filters or None, wanted)
                kept = kept[:missing]
            found += [page.rows[index] for index in kept]
            scanned += len(page.rows)
            position = page.after
        return Page(found, position)

    def _pager(self) -> Snapshot:
        with self._paging_lock:
            if self._paging is None:
                self._paging = Snapshot(self.folder)
            return self._paging

    def present(self, row: Row, fields: Sequence[str], grant: GrantScope) -> dict[str, object]:
        """The granted part of ``row`` as the recipient may see it."""
        plan = self.plan(grant)
        masks = plan.masks
        shown = {item: masking.apply(row[item], masks[item]) for item in fields}
        for item, shift in plan.shifts.items():
            if shown.get(item) is not None:
                shown[item] = shift(str(row[item]), self.subject(row))
        return shown

    def subject(self, row: Row) -> str:
        """The commitment of whom or what a row is about: of its key's values, in the order of the key."""
        return self._provider.commit("|".join([str(row[name]) for name in self.keys]))

    def describe(self, grant: GrantScope) -> dict[str, object]:
        return {
            "grant": grant.grant_id,
            "purpose": grant.purpose,
            "modes": sorted(grant.modes),
            "listing": grant.listing,
            "valid_from": grant.valid_from,
            "valid_until": grant.valid_until,
            "rate_per_minute": grant.rate_per_minute,
            "daily_quota": grant.daily_quota,
            "hours": [scope.say_hours(span) for span in grant.hours],
            "key": [self._item(name) for name in self.keys],
            "items": [
                {**self._item(name), "mask": self.mask_kind(name, grant)} for name in grant.items if name in self.items
            ],
        }

    def _item(self, name: str) -> dict[str, str]:
        item = self.items[name]
        return {"name": item.name, "title": item.title, "type": item.type}

    def close(self) -> None:
        self._snapshot.close()
        if self._paging is not None:
            self._paging.close()


class _Slot:
    __slots__ = ("interface", "look_at")

    def __init__(self) -> None:
        self.interface: Interface | None = None
        self.look_at = 0.0


class Interfaces:
    """The snapshots in force. Used by one thread: the event loop's."""

    def __init__(self, home: Home, provider: Provider) -> None:
        self._home = home
        self._provider = provider
        self._slots: dict[str, _Slot] = {}
        self._retired: list[tuple[float, Interface]] = []

    def get(self, resource: str) -> Interface | None:
        """The snapshot of ``resource`` now in force, or None when there is none."""
        slot = self._slots.get(resource)
        if slot is None:
            slot = self._slots[resource] = _Slot()
        now = clock.monotonic()
        if now >= slot.look_at:
            slot.look_at = now + LOOK_EVERY
            self._look(resource, slot, now)
        return slot.interface

    def version(self, resource: str, number: int) -> Interface | None:
        """The snapshot of version ``number``, as long as it is kept; the one in force if it is that one."""
        slot = self._slots.get(resource)
        if slot is None or slot.interface is None:
            return None
        if slot.interface.version == number:
            return slot.interface
        soon = clock.monotonic() + KEEP_RETIRED / 2
        for until, interface in self._retired:
            if until > soon and interface.resource == resource and interface.version == number:
                return interface
        folder = serving.kept(slot.interface.folder.parent, number)
        if folder is None:
            return None
        try:
            found = Interface(folder, self._provider)
        except Exception as error:  # being taken away at this moment
            log.warning("snapshot of %s cannot be opened (%s)", resource, type(error).__name__)
            return None
        self._retired.append((clock.monotonic() + KEEP_RETIRED, found))
        return found

    def _look(self, resource: str, slot: _Slot, now: float) -> None:
        while self._retired and self._retired[0][0] < now:
            self._retired.pop(0)[1].close()
        try:
            folder = serving.current(self._home, resource)
            if slot.interface is not None and folder == slot.interface.folder:
                return
            fresh = Interface(folder, self._provider) if folder is not None else None
        except Exception as error:  # a snapshot that cannot be opened must not take the one in force away
            log.error("snapshot of %s cannot be opened (%s)", resource, type(error).__name__)
            return
        if slot.interface is not None:
            self._retired.append((now + KEEP_RETIRED, slot.interface))
        slot.interface = fresh
        if fresh is not None:
            log.info("serving %s version %d", resource, fresh.version)

    def close(self) -> None:
        for _, interface in self._retired:
            interface.close()
        for slot in self._slots.values():
            if slot.interface is not None:
                slot.interface.close()


def number(kind: str, value: object) -> object:
    """A cell of an export (decimals are text there) as a snapshot holds it, for row conditions."""
    return values.number(value) if kind in "NY" and isinstance(value, str) else value
