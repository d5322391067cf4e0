"""Many entries at once: first a dry run that says of each what would happen, then the deed, each entry on its own.

A dry run does the very act and undoes it, so that it cannot say anything else than the act will. Reviewing is not among the
operations: each entry is reviewed by itself (xian-12: 逐条审核).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from gongshu.catalog import actions, queries, upkeep_actions
from gongshu.errors import GongshuError, Text
from gongshu.identity.actor import Actor

MOST = 500


class Operation(StrEnum):
    SUBMIT = "submit"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
    REOPEN = "reopen"
    DISCARD = "discard"


OPERATION_LABELS: dict[Operation, Text] = {
    Operation.SUBMIT: Text("批量提交审核", "Submit for review"),
    Operation.CONFIRM: Text("批量确认无变化", "Confirm as unchanged"),
    Operation.WITHDRAW: Text("批量撤下", "Withdraw"),
    Operation.REOPEN: Text("批量重新编制", "Compile again"),
    Operation.DISCARD: Text("批量放弃修订", "Give up revisions"),
}
REASONED = frozenset({Operation.WITHDRAW})
"""Operations that need a remark."""


@dataclass(frozen=True)
class Outcome:
    """One entry: what kept it from the operation, or nothing. ``title`` is the code where the entry is not known."""

    code: str
    title: str
    wrong: GongshuError | None


class _DryRun(Exception):
    """Undoes what a dry run did."""


def run(*, by: Actor, operation: Operation, codes: Iterable[str], dry: bool, remark: str = "") -> list[Outcome]:
    """Carry ``operation`` out on each entry, or with ``dry`` only say what would happen. One that fails keeps no other.

    Raises GongshuError ``catalog.bulk_too_many`` above ``MOST`` entries.
    """
    chosen = list(dict.fromkeys(code.strip() for code in codes if code.strip()))
    if len(chosen) > MOST:
        raise GongshuError("catalog.bulk_too_many", f"一次最多 {MOST} 项。", f"At most {MOST} at once.", field="codes")
    act = _acts(by, remark)[operation]
    return [_one(by, code, act, dry=dry) for code in chosen]


def _one(by: Actor, code: str, act: Callable[[str], object], *, dry: bool) -> Outcome:
    title = code
    try:
        title = queries.entry(by, code).title
        with transaction.atomic():
            act(code)
            if dry:
                raise _DryRun
    except _DryRun:
        pass
    except GongshuError as wrong:
        return Outcome(code, title, wrong)
    return Outcome(code, title, None)


def _acts(by: Actor, remark: str) -> dict[Operation, Callable[[str], object]]:
    return {
        Operation.SUBMIT: lambda code: actions.submit_entry(by=by, code=code),
        Operation.CONFIRM: lambda code: upkeep_actions.confirm_entries(by=by, codes_of=[code], note=remark),
        Operation.WITHDRAW: lambda code: actions.withdraw_entry(by=by, code=code, remark=remark),
        Operation.REOPEN: lambda code: actions.reopen_entry(by=by, code=code),
        Operation.DISCARD: lambda code: actions.discard_revision(by=by, code=code),
    }
