"""Importing a workbook: hand it over, say what its columns are, confirm, cancel, go on. Working it off: ``import_work``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO

from django.db import transaction

from gongshu import clock, ids
from gongshu.catalog import import_files, import_planning, policy
from gongshu.catalog.excel.columns import COLUMNS
from gongshu.catalog.excel.mapping import IGNORED
from gongshu.catalog.excel.parsing import Options
from gongshu.catalog.import_models import ImportLine, ImportMapping, ImportRun
from gongshu.catalog.import_states import IMPORT, ImportStatus, Outcome
from gongshu.errors import Conflict, GongshuError, NotFound
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor
from gongshu.ledger import actions as ledger

_BATCH = 200
_USUAL = Options()


def submit_workbook(
    *,
    by: Actor,
    content: Path | bytes | IO[bytes],
    filename: str = "",
    chosen: Mapping[str, str] | None = None,
    options: Options = _USUAL,
) -> ImportRun:
    """Read and check a workbook for the own organisation; nothing is written to the catalog before it is confirmed.

    ``chosen`` says for a header's key which column of the form it is (``-``: none). Raises NotAllowed, GongshuError.
    """
    policy.check_compile(by, by.organization)
    name = Path(filename or (content.name if isinstance(content, Path) else "")).name[:255] or "catalog.xlsx"
    run_id = ids.new_id("imp")
    size, sha256 = import_files.keep(run_id, content)
    try:
        read = import_planning.read(import_files.path(run_id))
        with transaction.atomic():
            run = ImportRun.objects.create(
                id=run_id,
                organization=identity.organization(by.organization),
                submitted_by_id=by.person_id or None,
                submitted_at=clock.now(),
                filename=name,
                size=size,
                sha256=sha256,
                source=import_planning.signature(read),
            )
            _plan(run, read, chosen or {}, options)
    except BaseException:
        import_files.discard(run_id)
        raise
    return run


def choose(*, by: Actor, run: str, chosen: Mapping[str, str], options: Options = _USUAL) -> ImportRun:
    """Say which column is which field; the workbook is read again, and the choice is remembered for its source."""
    _known(chosen)
    read = import_planning.read(_path(run))
    with transaction.atomic():
        found = _locked(by, run)
        _check_preview(found)
        if chosen:
            kept, _ = ImportMapping.objects.get_or_create(
                organization=found.organization, source=found.source, defaults={"changed_at": clock.now()}
            )
            kept.choices, kept.changed_at = {**kept.choices, **chosen}, clock.now()
            kept.save()
        found.lines.all().delete()
        _plan(found, read, chosen, options)
    return found


@transaction.atomic
def confirm(*, by: Actor, run: str) -> ImportRun:
    """Write what the preview showed: the worker does it, entry by entry. What is held back stays out."""
    found = _locked(by, run)
    found.status = IMPORT.check(ImportStatus(found.status), "confirm")
    for same in (Outcome.UNCHANGED, Outcome.HELD):
        found.lines.filter(planned=same).update(outcome=same)
    found.total = found.lines.filter(outcome=Outcome.WAITING).count()
    if not found.total and not found.lines.filter(outcome=Outcome.UNCHANGED).exists():
        raise Conflict(
            "catalog.import_nothing",
            "没有可以导入的目录：请按提示改正文件后重新上传。",
            "There is nothing to import: mend the file as the findings say and upload it again.",
        )
    found.confirmed_at = clock.now()
    found.save()
    _record(by, found, "confirmed", {"entries": found.total, "sha256": found.sha256})
    return found


@transaction.atomic
def cancel(*, by: Actor, run: str) -> ImportRun:
    """Give a preview up, or stop a run: what is written stays, entry by entry; the rest waits."""
    found = _locked(by, run)
    if found.status == ImportStatus.RUNNING:
        found.cancel_wanted = True
        found.save(update_fields=["cancel_wanted"])
        return found
    previewed = found.status == ImportStatus.PREVIEW
    found.status = IMPORT.check(ImportStatus(found.status), "discard" if previewed else "cancel")
    found.ended_at = clock.now()
    found.save()
    if previewed:
        transaction.on_commit(lambda: import_files.discard(found.pk))
    else:
        _record(by, found, "cancelled", {"done": found.done})
    return found


@transaction.atomic
def resume(*, by: Actor, run: str) -> ImportRun:
    """Go on with a failed or cancelled run where it stopped."""
    found = _locked(by, run)
    if found.confirmed_at is None:
        raise Conflict(
            "catalog.import_unconfirmed",
            "已放弃的预览不能继续，请重新上传。",
            "A preview given up is not taken up; upload again.",
        )
    failed = found.status == ImportStatus.FAILED
    found.status = IMPORT.check(ImportStatus(found.status), "retry" if failed else "resume")
    found.attempts, found.ended_at, found.not_before, found.cancel_wanted = 0, None, None, False
    found.error_code = found.error_zh = found.error_en = ""
    found.save()
    return found


def _plan(
    run: ImportRun, read: list[import_planning.sheets.Sheet], chosen: Mapping[str, str], options: Options
) -> None:
    own = run.organization.code
    kept = ImportMapping.objects.filter(organization=run.organization, source=run.source).first()
    made = import_planning.plan(read, own=own, chosen=chosen, remembered=kept.choices if kept else {}, options=options)
    for line in made.lines:
        line.run = run
    ImportLine.objects.bulk_create(made.lines, batch_size=_BATCH)
    run.sheets = import_planning.plain(made.mappings)
    run.findings = import_planning.plain(made.findings)
    run.options = import_planning.plain(options)
    run.total = sum(line.planned in {Outcome.CREATED, Outcome.CHANGED} for line in made.lines)
    run.save()


def _locked(by: Actor, run: str) -> ImportRun:
    found = ImportRun.objects.select_for_update(of=("self",)).select_related("organization").filter(pk=run).first()
    if found is None or found.organization.code != by.organization:
        raise NotFound("catalog.import_unknown", "没有这次导入。", "There is no such import.")
    policy.check_compile(by, found.organization.code)
    return found


def _path(run: str) -> Path:
    path = import_files.path(run)
    if not ids_only(run) or not path.is_file():
        raise NotFound("catalog.import_unknown", "没有这次导入。", "There is no such import.")
    return path


def ids_only(run: str) -> bool:
    """Whether a text can be an id: nothing that would lead elsewhere in the file system."""
    return run.isascii() and run.replace("_", "").replace("-", "").isalnum()


def _check_preview(run: ImportRun) -> None:
    if run.status != ImportStatus.PREVIEW:
        raise Conflict(
            "catalog.import_confirmed",
            "导入已确认，不能再改对应关系。",
            "The import is confirmed; its mapping is fixed.",
        )


def _known(chosen: Mapping[str, str]) -> None:
    for field in chosen.values():
        if field != IGNORED and field not in COLUMNS:
            raise GongshuError(
                "catalog.import_field",
                f"没有名为“{field[:40]}”的字段。",
                f"There is no field “{field[:40]}”.",
                field=field[:40],
            )


def _record(by: Actor, run: ImportRun, word: str, details: dict[str, str | int]) -> None:
    ledger.record(
        action=f"catalog.import_{word}",
        actor=by.ref,
        organization=by.organization,
        subject=run.pk,
        details=details,
    )
