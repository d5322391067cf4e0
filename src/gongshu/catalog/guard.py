"""Which state of an entry somebody read, so that nobody writes over another's change without knowing."""

from __future__ import annotations

from gongshu import crypto
from gongshu.catalog import rows
from gongshu.catalog.models import Entry
from gongshu.errors import GongshuError

ANY = "*"


class Outdated(GongshuError):
    """The entry is not the one that the caller read."""

    status = 412


def revision(entry: Entry) -> str:
    """A short name for all that is being worked on, its state included: another one after every change."""
    beside = getattr(entry, "revision", None)
    said = f"{rows.digest(rows.draft_of(entry))} {entry.status} {entry.version} {beside.status if beside else ''}"
    return crypto.provider().digest_sm3(said.encode("utf-8")).hex()[:32]


def check_revision(entry: Entry | None, *, expected: str, only_new: bool = False) -> None:
    """``expected`` is a revision, ``*`` for any entry that exists, or empty for no expectation."""
    if only_new and entry is not None:
        raise Outdated(
            "catalog.exists",
            "该目录已存在（资源代码或名称相同），未作改动。",
            "The entry exists already (by code or by name); nothing was changed.",
        )
    if expected and (entry is None or expected not in {ANY, revision(entry)}):
        raise Outdated(
            "catalog.revision_changed",
            "该目录在您读取之后已被修改。请重新读取，核对后再提交。",
            "The entry was changed since you read it. Read it again, compare, and send your change once more.",
        )
