"""Where a national and a local time limit both bind, the stricter one is kept and both are cited.

Only verified national numbers in force take part (a number that nobody compared with its text decides nothing), and only
those whose source binds the kind of body asked about: the regulations of 2025 on sharing bind government departments, so
a water company keeps its city's own limit.
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from gongshu.rules.answers import Value
from gongshu.rules.shapes import Deadline, ExtensionRule

ORDINARY_BODY = "government_department"
"""Whom a question without ``body_kind`` is about."""


def binds(value: Value, body_kind: str | None) -> bool:
    """Whether the texts behind ``value`` bind a body of ``body_kind``."""
    return not value.binds or (body_kind or ORDINARY_BODY) in value.binds


def stricter(local: Value, national: Value) -> Value:
    """The stricter of two values of shape ``deadline``, with the citations of both.

    Fewer days are stricter; a number is stricter than none (及时); of two equal terms the one that can be extended less.
    What remains can never be extended beyond the longest term that the other allows.
    """
    ours: Deadline = local.value
    theirs: Deadline = national.value
    if theirs.days is None:
        return local
    wins = ours.days is not None and (ours.days, _longest(ours)) <= (theirs.days, _longest(theirs))
    winner, other = (local, national) if wins else (national, local)
    kept: Deadline = winner.value
    cap = _longest(other.value)
    if kept.extension is not None and cap is not None and (_longest(kept) or 0) > cap:
        days = kept.days or 0
        rule = ExtensionRule(cap, "total", kept.extension.consent) if cap > days else None
        kept = msgspec.structs.replace(kept, extension=rule)
    known = {citation.id for citation in winner.citations}
    citations = (*winner.citations, *(one for one in other.citations if one.id not in known))
    same = ours.days == theirs.days
    return replace(
        winner, value=kept, citations=citations, binding=winner.binding or (same and other.binding), verified=True
    )


def _longest(rule: Deadline) -> int | None:
    """The days of the term with its whole extension; None where there is no number."""
    if rule.days is None or rule.extension is None:
        return rule.days
    extra = rule.extension
    return max(rule.days, extra.days) if extra.counts == "total" else rule.days + extra.days
