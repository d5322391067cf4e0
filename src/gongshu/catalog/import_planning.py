"""What an import would do: each entry of a workbook beside what the catalog has. Reads only; a few queries for any size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from django.db.models import Q

from gongshu import clock, rules
from gongshu.catalog import codes, guard, rights, rows, shape
from gongshu.catalog.draft import EntryData, as_plain
from gongshu.catalog.excel import choices, drafting, mapping, parsing, sheets
from gongshu.catalog.excel.cells import Directory
from gongshu.catalog.excel.choices import fold
from gongshu.catalog.excel.columns import CODE, TITLE
from gongshu.catalog.excel.found import Block, CellFinding, Weight
from gongshu.catalog.excel.mapping import SheetMapping
from gongshu.catalog.import_models import ImportLine
from gongshu.catalog.import_states import Outcome
from gongshu.catalog.models import Entry
from gongshu.catalog.states import EntryStatus, RevisionStatus
from gongshu.errors import Text
from gongshu.identity import queries as identity

_CHUNK = 400
_EDITABLE = {EntryStatus.DRAFT, EntryStatus.RETURNED, EntryStatus.PUBLISHED}


@dataclass(frozen=True)
class Plan:
    """The mapping, the findings of no entry, and a line (not stored yet) for each entry."""

    mappings: tuple[SheetMapping, ...]
    findings: list[CellFinding]
    lines: list[ImportLine]


def directory(own: str) -> Directory:
    """All units by name, code and credit code."""
    known: dict[str, str] = {}
    for one in identity.organizations():
        known |= {fold(word): one.code for word in (one.name, one.name_en, one.uscc, one.code) if word}
    return Directory(own, known)


def signature(read: list[sheets.Sheet]) -> str:
    """What the source of these sheets is known by."""
    return mapping.signature(mapping.map_sheets(read))


def plan(
    read: list[sheets.Sheet],
    *,
    own: str,
    chosen: Mapping[str, str],
    remembered: Mapping[str, str],
    options: parsing.Options,
) -> Plan:
    """What would be done with the workbook for the organisation ``own``."""
    pack, today = rules.active(), clock.today()
    mappings = mapping.map_sheets(read, chosen=chosen, remembered=remembered)
    words = choices.of(pack, today)
    parsed = parsing.parse(read, mappings, choices=words, directory=directory(own), options=options)
    catalog = _Catalog(parsed.blocks, own)
    unit = identity.organization(own).name
    lines = []
    for position, block in enumerate(parsed.blocks, start=1):
        found = catalog.match(block)
        base = rows.draft_of(found) if found else None
        data = rights.named(drafting.draft(block, base, own), pack=pack, on=today, provider=unit)
        previous = rows.data_of(found) if found and found.status == EntryStatus.PUBLISHED else None
        drafting.check(block, data, pack=pack, on=today, previous=previous, provider=unit)
        catalog.check(block, found, changed=data != base)
        lines.append(_line(position, block, found, base, data))
    return Plan(mappings, parsed.findings, lines)


def plain(value: Any) -> Any:
    """Mappings, findings and options as JSON knows them."""
    return msgspec.to_builtins(value)


def findings_of(stored: list[dict[str, Any]]) -> list[CellFinding]:
    return msgspec.convert(stored, list[CellFinding])


def mappings_of(stored: list[dict[str, Any]]) -> list[SheetMapping]:
    return msgspec.convert(stored, list[SheetMapping])


def read(path: Path) -> list[sheets.Sheet]:
    return sheets.read(path)


class _Catalog:
    """The entries that a workbook may mean, looked up at once."""

    def __init__(self, blocks: list[Block], own: str) -> None:
        self.own = own
        titles = sorted({shape.normal(block.title) for block in blocks if block.title})
        given = sorted({codes.normalise(block.code) for block in blocks if block.code})
        found: dict[int, Entry] = {}
        for wanted in (
            *(Q(title_key__in=part) for part in _parts(titles)),
            *(Q(code__in=part) for part in _parts(given)),
        ):
            known = Entry.objects.filter(wanted).select_related("provider", "revision").prefetch_related("items")
            found |= {entry.pk: entry for entry in known}
        self.by_code = {entry.code: entry for entry in found.values()}
        self.by_title = {entry.title_key: entry for entry in found.values()}
        self.drafted = {shape.normal(rows.draft_of(entry).title): entry for entry in found.values()}
        mine = Entry.objects.filter(provider__code=own).order_by("id").values_list("title", "code")
        self.close = {parsing.closely(title): (title, code) for title, code in mine}

    def match(self, block: Block) -> Entry | None:
        """The own entry that a block means: by its code, or else by its title."""
        found = self.by_code.get(codes.normalise(block.code)) if block.code else None
        key = shape.normal(block.title)
        found = found or (self.by_title.get(key) or self.drafted.get(key) if key else None)
        return found if found is not None and found.provider.code == self.own else None

    def check(self, block: Block, found: Entry | None, *, changed: bool) -> None:
        code = codes.normalise(block.code)
        if code and code not in self.by_code:
            self._new_code(block, code, found)
        elif code and self.by_code[code].provider.code != self.own:
            why = Text("这个资源代码是其他单位的目录。", "That code is another organisation's entry.")
            block.find(
                Weight.ERROR,
                "code_other",
                CODE,
                why,
                Text("请核对资源代码；新目录请留空。", "Check it; leave it empty for a new entry."),
            )
        holder = self.by_title.get(shape.normal(block.title)) if block.title else None
        if holder is not None and holder != found:
            why = Text("全市已有同名的信息资源。", "An entry of that name exists in the city already.")
            mend = Text("请换一个名称，或使用已有资源。", "Choose another name, or use the one there is.")
            block.find(Weight.ERROR, "title_taken", TITLE, why, mend)
        near = self.close.get(parsing.closely(block.title)) if found is None and holder is None else None
        if near and block.title:
            why = Text(
                f"与本单位目录“{near[0]}”（{near[1]}）的名称只差标点。",
                f"Only punctuation tells it from “{near[0]}” ({near[1]}).",
            )
            block.find(
                Weight.WARNING,
                "title_near",
                TITLE,
                why,
                Text("如是同一项，请改用原名称。", "Use that title if it is the same."),
            )
        if found is not None and changed and not _editable(found):
            beside = getattr(found, "revision", None)
            label = beside.status_label if beside else found.status_label
            why = Text(
                f"平台上的目录为“{label.zh}”，现在不能修改。",
                f"The entry is in state “{label.en}” and cannot be changed now.",
            )
            block.find(
                Weight.ERROR, "not_editable", TITLE, why, Text("请待审核结束后再导入。", "Import it when that is over.")
            )

    def _new_code(self, block: Block, code: str, found: Entry | None) -> None:
        if found is not None:
            why = Text(
                "资源代码与平台上的同名目录不同，按名称更新，代码不变。",
                "The code differs from that of the entry of this name; the entry keeps its own.",
            )
            block.find(Weight.WARNING, "code_differs", CODE, why, Text("请核对资源代码。", "Check the code."))
        elif not codes.is_code(code):
            why = Text("资源代码的格式不正确。", "The resource code is malformed.")
            mend = Text(
                "新目录请留空，由平台编码；或写作 333012/000007。",
                "Leave it empty for a new entry, or write it like 333012/000007.",
            )
            block.find(Weight.ERROR, "code_malformed", CODE, why, mend)


def _editable(entry: Entry) -> bool:
    beside = getattr(entry, "revision", None)
    if beside is not None:
        return beside.status in {RevisionStatus.DRAFT, RevisionStatus.RETURNED}
    return entry.status in _EDITABLE


def _line(position: int, block: Block, found: Entry | None, base: EntryData | None, data: EntryData) -> ImportLine:
    planned = Outcome.CREATED if found is None else Outcome.UNCHANGED if data == base else Outcome.CHANGED
    if block.held:
        planned = Outcome.HELD
    weights = [one.weight for one in block.findings]
    return ImportLine(
        position=position,
        sheet=block.sheet[:100],
        row=block.row,
        title=data.title[:200].replace("\x00", " "),
        code=found.code if found else codes.normalise(block.code)[:40].replace("\x00", " "),
        provider=data.provider,
        items=len(data.items),
        data={} if block.held else as_plain(data),
        expected=guard.revision(found) if found else "",
        planned=planned,
        findings=plain(block.findings),
        errors=weights.count(Weight.ERROR),
        warnings=weights.count(Weight.WARNING),
    )


def _parts(values: list[str]) -> Iterable[list[str]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
