"""Writes on the versions of an entry's data: going back to one, fewer files, clearing old ones.

Each changes the lake first and the catalog after it. A process killed between the two is mended by doing the same again:
the run's name is made of what is to be done, so the lake recognises it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction

from gongshu import clock
from gongshu.catalog import actions as catalog_actions
from gongshu.catalog import queries as catalog
from gongshu.errors import Conflict, GongshuError
from gongshu.home import open_home
from gongshu.identity.actor import Actor
from gongshu.lake import serving, upkeep
from gongshu.lake.serving import ServedItem
from gongshu.lake.tables import Table, Version
from gongshu.lake.upkeep import Cleared
from gongshu.ledger import actions as ledger
from gongshu.quality import check_policy, policy, queries
from gongshu.spaces import actions as spaces
from gongshu.spaces import queries as stores
from gongshu.spaces.states import Right


def restore(*, by: Actor, code: str, version: int, reason: str) -> Version:
    """Go back: the content of ``version`` becomes the next version, is served, and the checks look at it again.

    Raises NotAllowed, NotFound when it was cleared, Conflict when the columns are no longer those of the catalog.
    """
    entry = _entry(by, code)
    policy.check_reason(reason)
    table = Table(open_home(), entry.code)
    latest = table.version()
    _check_columns(table, version, entry.code)
    run = f"restore-{latest.number}-{version}"
    room_for(by, entry, run)(table.version(version).rows)  # no file is copied, but it may have more rows
    done = upkeep.restore(table, version, run=run)
    details: dict[str, str | int] = {"restored": version, "reason": reason.strip()}
    return publish(by=by, entry=entry, version=done, word="version_restored", details=details, reserved=run)


def compact(*, by: Actor, code: str) -> Version | None:
    """Write the latest version into fewer files; None when there are as few as there can be."""
    entry = _entry(by, code)
    table = Table(open_home(), entry.code)
    latest = table.version()
    run = f"compact-{latest.number}"
    done = upkeep.compact(table, run=run, admit=room_for(by, entry, run))
    if done is None:
        return None
    details: dict[str, str | int] = {"compacted": latest.number}
    return publish(by=by, entry=entry, version=done, word="version_compacted", details=details, reserved=run)


def clear(*, by: Actor, code: str, keep_latest: int, days: int, dry: bool = True) -> Cleared:
    """Remove the files of versions older than ``days``, but never of the newest, or of one that an open case needs."""
    entry = _entry(by, code)
    if keep_latest < 1 or days < 0:
        raise GongshuError(
            "quality.clear_bounds", "至少保留最新一个版本，天数不为负。", "Keep one version at least; days from 0."
        )
    needed = {version for one in queries.open_cases(entry.code) for version in one if version is not None}
    keep = needed | ({entry.data_version} if entry.data_version is not None else set())
    table = Table(open_home(), entry.code)
    done = upkeep.clear(
        table, keep_latest=keep_latest, older_than=clock.now() - timedelta(days=days), keep=keep, dry=dry
    )
    if not dry and (done.files or done.abandoned):
        with transaction.atomic():
            _record(by, entry, "versions_cleared", {"versions": ",".join(map(str, done.versions)), "bytes": done.size})
            spaces.settle(by=by, code=entry.code)
    return done


def room_for(by: Actor, entry: Any, run: str) -> Callable[[int], None]:
    """Asks the entry's data store for room before ``run`` commits; ``publish`` gives the reservation back."""

    def admit(rows: int) -> None:
        spaces.reserve(by=by, code=entry.code, run=f"{entry.code}:{run}", rows=rows)

    return admit


def publish(
    *, by: Actor, entry: Any, version: Version, word: str, details: dict[str, str | int], reserved: str
) -> Version:
    """Serve a version that the platform itself made, and let the catalog and the ledger know.

    ``reserved`` is the run for which :func:`room_for` asked.
    """
    items = [
        ServedItem(item.name, item.title, str(item.data_type), item.is_key, item.mask)
        for item in catalog.items(entry.code)
    ]
    keys = [item.name for item in items if item.is_key]
    serving.publish(open_home(), entry.code, version, items=items, keys=keys)
    with transaction.atomic():
        catalog_actions.note_data_version(
            by=by, code=entry.code, version=version.number, rows=version.rows, at=version.committed_at
        )
        _record(by, entry, word, {"version": version.number, "digest": version.digest, **details})
        spaces.settle(by=by, code=entry.code, run=f"{entry.code}:{reserved}")
    return version


def _entry(by: Actor, code: str) -> Any:
    entry = catalog.entry(by, code)
    check_policy.check_write(by, entry.provider.code)
    stores.check_use(by, entry, Right.MANAGE)
    return entry


def _check_columns(table: Table, version: int, code: str) -> None:
    wanted = [item.name for item in catalog.items(code)]
    held = table.schema(version).names
    lacking = [name for name in wanted if name not in held]
    if lacking:
        raise Conflict(
            "quality.restore_columns",
            f"版本 {version} 没有现行目录的数据项：{'、'.join(lacking)}，不能恢复为当前版本。",
            f"Version {version} lacks items that the catalog lists now: {', '.join(lacking)}; it cannot become current.",
        )


def _record(by: Actor, entry: Any, word: str, details: dict[str, str | int]) -> None:
    ledger.record(
        action=f"quality.{word}",
        actor=by.ref,
        organization=by.organization,
        resource=entry.code,
        details=details,
    )
