"""The resource code of a new entry: the one that was given, or the next of its classification (1272号 §信息资源代码)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gongshu.catalog import codes
from gongshu.catalog.draft import EntryData
from gongshu.catalog.models import Entry
from gongshu.errors import GongshuError

if TYPE_CHECKING:
    from gongshu.identity.models import Organization


def given_code(code: str) -> str:
    """A code as it was typed, normalised; empty when none was. Raises ``catalog.code_malformed``."""
    wanted = codes.normalise(code)
    if wanted and not codes.is_code(wanted):
        raise GongshuError(
            "catalog.code_malformed",
            "资源代码的格式不正确：应为“分类码/顺序码”，如 333012/000007。",
            "The resource code is malformed: it is a classification and a sequence number, like 333012/000007.",
            field="code",
        )
    return wanted


def next_code(provider: Organization, data: EntryData) -> str:
    """The next free code of the entry's classification."""
    scheme = codes.SCHEMES[codes.DEFAULT]
    classification = scheme.prefix(codes.Numbered(provider.pk, provider.uscc, data.kind, data.division))
    last = Entry.objects.filter(code__startswith=f"{classification}-").order_by("-code").values_list("code", flat=True)
    sequence = int(last[0].rsplit("-", 1)[1]) + 1 if last else 1
    return codes.number(classification, sequence)
