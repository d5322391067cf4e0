"""What an entry must say, and what it may not say at once: a table of named checks, each with its source.

Forms show the findings beside the fields, submission stops at an error, reviewers see the warnings. Numbers and lists
of the law come from the rule pack; what the national guide (发改高技〔2017〕1272号 §1.3 to §1.7) fixes for everybody
stands in the table. Pure: no database, no clock.
"""

from __future__ import annotations

from datetime import date

from gongshu.catalog import checks_entry, checks_items, checks_rights, checks_terms
from gongshu.catalog.checking import Case, ConsistencyCheck, Finding, Severity
from gongshu.catalog.draft import EntryData
from gongshu.rules import Pack

__all__ = ["CHECKS", "ConsistencyCheck", "Finding", "Severity", "check_complete", "errors", "findings"]

CHECKS: tuple[ConsistencyCheck, ...] = (
    checks_entry.CHECKS + checks_rights.CHECKS + checks_terms.CHECKS + checks_items.CHECKS
)


def findings(
    data: EntryData, *, pack: Pack, on: date, previous: EntryData | None = None, provider: str = ""
) -> tuple[Finding, ...]:
    """All that the checks find, errors first, in the order of the table.

    ``previous`` is the published version, ``provider`` the name of the providing unit where it is known.
    """
    case = Case(data, pack, on, previous, provider)
    found = [finding for check in CHECKS for finding in check.run(case)]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))


def errors(
    data: EntryData, *, pack: Pack, on: date, previous: EntryData | None = None, provider: str = ""
) -> tuple[Finding, ...]:
    """Only what keeps the entry out of the catalog."""
    found = findings(data, pack=pack, on=on, previous=previous, provider=provider)
    return tuple(one for one in found if one.severity is Severity.ERROR)


def check_complete(
    data: EntryData, *, pack: Pack, on: date, previous: EntryData | None = None, provider: str = ""
) -> None:
    """Raise the first error as the refusal ``catalog.<code>``; ``where`` holds field and row."""
    for found in errors(data, pack=pack, on=on, previous=previous, provider=provider):
        raise found.error()
