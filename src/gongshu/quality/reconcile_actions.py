"""Accepted proposals of a check against several sources become objections: the source answers for its own data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from gongshu.errors import GongshuError, NotAllowed
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.quality import actions
from gongshu.quality.models import Objection
from gongshu.quality.reconciling import Proposal
from gongshu.quality.report import Report
from gongshu.quality.states import Channel

MOST = 200  # at once; more are a case for a corrected file, not for objections one by one


@transaction.atomic
def object_to(
    *, by: Actor, code: str, keys: Sequence[str], source: int, proposals: Sequence[Proposal], channel: Channel
) -> list[Objection]:
    """Report every cell in which the entry ``code`` (number ``source`` among the sources) has another value.

    The authority does this (xian-5); the provider answers as to any objection. Raises GongshuError for too many.
    """
    if not by.has(Role.DATA_AUTHORITY):
        raise NotAllowed(
            "quality.reconcile_role",
            "多元校核的差异由数据主管部门转为数据异议。",
            "The data authority makes objections of what a check against several sources found.",
        )
    wrong = [one for one in proposals if source not in one.winner.sources and one.value_of(source) is not None]
    if len(wrong) > MOST:
        raise GongshuError(
            "quality.reconcile_many",
            f"差异 {len(wrong)} 处，超过一次可转的 {MOST} 处；请把差异清单交提供单位整体更正。",
            f"{len(wrong)} cells differ, more than the {MOST} for one time; hand the list to the provider instead.",
        )
    return [_objection(by, code, keys, source, one, channel) for one in wrong]


def _objection(by: Actor, code: str, keys: Sequence[str], source: int, found: Proposal, channel: Channel) -> Any:
    filed = Report(
        key=dict(zip(keys, found.key, strict=True)),
        item=found.column,
        seen=found.value_of(source) or "",
        right=found.winner.value,
        evidence=f"多元校核：{found.reason.zh}",
    )
    return actions.report(by=by, code=code, filed=filed, channel=channel, reconciled=True)
