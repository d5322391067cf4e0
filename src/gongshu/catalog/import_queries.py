"""Reads of imports, exports and the template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO

from django.db.models import Count, QuerySet

from gongshu import clock, rules
from gongshu.catalog import import_files, import_planning, policy, rows
from gongshu.catalog.excel import choices, marking, writing
from gongshu.catalog.excel.found import CellFinding
from gongshu.catalog.excel.mapping import SheetMapping
from gongshu.catalog.excel.parsing import Options
from gongshu.catalog.import_models import ImportLine, ImportRun
from gongshu.catalog.import_states import UNDER_WAY, ImportStatus, Outcome
from gongshu.catalog.models import Entry
from gongshu.errors import NotFound
from gongshu.identity.actor import Actor

_CHUNK = 200


def runs(by: Actor) -> QuerySet[ImportRun]:
    """The imports of the own organisation, newest first."""
    return ImportRun.objects.filter(organization__code=by.organization).select_related("submitted_by", "organization")


def run(by: Actor, run_id: str) -> ImportRun:
    """One import of the own organisation. Raises NotFound, NotAllowed."""
    policy.check_compile(by, by.organization)
    found = runs(by).filter(pk=run_id).first()
    if found is None:
        raise NotFound("catalog.import_unknown", "没有这次导入。", "There is no such import.")
    return found


def current(run_id: str) -> ImportRun:
    """The run as it stands now."""
    return ImportRun.objects.get(pk=run_id)


def unfinished(by: Actor, sha256: str) -> ImportRun | None:
    """A confirmed import of the same file that has not come to its end."""
    waiting = (*UNDER_WAY, ImportStatus.FAILED, ImportStatus.CANCELLED)
    return runs(by).filter(sha256=sha256, status__in=waiting, confirmed_at__isnull=False).first()


def lines(found: ImportRun, outcome: str = "") -> QuerySet[ImportLine]:
    """The entries of an import in the order of the file; ``outcome`` is what became of them or is planned."""
    every = found.lines.defer("data", "expected")
    if not outcome:
        return every
    return every.filter(outcome=outcome) if found.confirmed_at else every.filter(planned=outcome)


def counts(found: ImportRun) -> dict[str, int]:
    """How many entries have each outcome, or are planned to have it before the import is confirmed."""
    column = "outcome" if found.confirmed_at else "planned"
    counted = found.lines.order_by().values(column).annotate(n=Count("pk"))
    return {row[column] or str(Outcome.WAITING): row["n"] for row in counted}


def mappings(found: ImportRun) -> list[SheetMapping]:
    return import_planning.mappings_of(found.sheets)


def options(found: ImportRun) -> Options:
    return Options(**found.options)


def findings(found: ImportRun) -> Iterator[CellFinding]:
    """Everything that was found, in the order of the file: of no entry first."""
    yield from import_planning.findings_of(found.findings)
    for stored in found.lines.order_by("position").values_list("findings", flat=True).iterator(_CHUNK):
        yield from import_planning.findings_of(stored)


def marked(found: ImportRun, target: IO[bytes], *, language: str) -> None:
    """The user's own file with every finding marked. Raises NotFound when the file is gone."""
    path = import_files.path(found.pk)
    if not path.is_file():
        raise NotFound(
            "catalog.import_file_gone",
            "原文件已不在平台上，请重新上传。",
            "The file is no longer kept; upload it again.",
        )
    marking.mark(path, target, findings(found), language=language)


def template(target: IO[bytes]) -> None:
    """The empty form in the city's words."""
    pack, today = rules.active(), clock.today()
    writing.write(target, (), choices=choices.of(pack, today), pack=pack, on=today)


def exportable(by: Actor, codes: Iterable[str] | None = None) -> QuerySet[Entry]:
    """The entries of the own organisation, all or those named, in the order of their codes."""
    policy.check_compile(by, by.organization)
    found = Entry.objects.filter(provider__code=by.organization).order_by("code")
    return found if codes is None else found.filter(code__in=[code.strip().replace("/", "-") for code in codes])


def export(by: Actor, target: IO[bytes], codes: Iterable[str] | None = None) -> int:
    """Write entries as they are being worked on (a revision where there is one) into the form; answers how many."""
    pack, today = rules.active(), clock.today()
    found = exportable(by, codes).select_related("provider", "revision").prefetch_related("items")
    listed = (
        writing.Listed(
            entry.resource_code, entry.provider.uscc or entry.provider.code, entry.provider.name, rows.draft_of(entry)
        )
        for entry in found.iterator(_CHUNK)
    )
    return writing.write(target, listed, choices=choices.of(pack, today), pack=pack, on=today)
