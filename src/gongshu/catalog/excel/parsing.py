"""Rows to entries: forward fill of what is merged or left empty below, items under their entry, a finding for each doubt."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gongshu.catalog.excel import cells
from gongshu.catalog.excel.choices import Choices
from gongshu.catalog.excel.columns import CODE, COLUMNS, ITEM_NAME, ITEM_TITLE, PROVIDER, PROVIDER_NAME, TITLE, Part
from gongshu.catalog.excel.found import Block, CellFinding, Weight
from gongshu.catalog.excel.identifiers import identifier, items_named
from gongshu.catalog.excel.mapping import How, SheetMapping
from gongshu.catalog.excel.sheets import Sheet
from gongshu.catalog.shape import normal
from gongshu.catalog.terms import category_of
from gongshu.errors import Text

OWN_TERMS = (
    "share_type",
    "share_condition",
    "share_basis",
    "open_type",
    "open_condition",
    "open_basis",
    "update_cycle",
)
"""Entry columns of 1272's template that may differ from row to row: then the item has terms of its own."""
_WANTED = ("share_type", "update_cycle")


@dataclass(frozen=True)
class Options:
    """What the person chose: take all entries as the own unit's, adopt proposed themes, read items from summaries."""

    own_provider: bool = False
    adopt_themes: bool = False
    items_from_summary: bool = True


@dataclass
class Parsed:
    """All that a workbook says: entries in order, and findings that belong to no entry."""

    blocks: list[Block] = field(default_factory=list)
    findings: list[CellFinding] = field(default_factory=list)


def parse(
    sheets: Iterable[Sheet],
    mappings: Iterable[SheetMapping],
    *,
    choices: Choices,
    directory: cells.Directory,
    options: Options,
) -> Parsed:
    """Read every sheet that has a header by its mapping. Nothing is passed over in silence."""
    parsed = Parsed()
    by_name = {sheet.name: sheet for sheet in sheets}
    for mapping in mappings:
        sheet = by_name[mapping.sheet]
        if not mapping.row:
            parsed.findings.append(_no_header(mapping.sheet))
            continue
        parsed.findings += list(_unmapped(mapping, sheet))
        _Reader(sheet, mapping, choices, directory, options, parsed).run()
    _twins(parsed.blocks)
    return parsed


class _Reader:
    """One sheet, row by row."""

    def __init__(
        self,
        sheet: Sheet,
        mapping: SheetMapping,
        choices: Choices,
        directory: cells.Directory,
        options: Options,
        parsed: Parsed,
    ) -> None:
        self.sheet, self.mapping, self.places = sheet, mapping, mapping.places
        self.choices, self.directory, self.options, self.parsed = choices, directory, options, parsed
        self.entry_fields = [one for one in self.places if COLUMNS[one].part is Part.ENTRY]
        self.item_fields = [one for one in self.places if COLUMNS[one].part is Part.ITEM]
        self.has_items = ITEM_TITLE in self.places
        self.dates = [one.column for one in mapping.columns if one.how is How.NOTE and one.field == "note.date"]

    def run(self) -> None:
        block: Block | None = None
        first: dict[str, str] = {}
        for number, texts in self.sheet.rows:
            if number <= self.mapping.row:
                continue
            row = {one: texts[place] if place < len(texts) else "" for one, place in self.places.items()}
            self._dates(number, texts)
            if not any(text.strip() for text in row.values()):
                continue
            if block is not None and self._continues(row, first):
                self._differing(block, row, first, number)
            elif row[TITLE].strip() or not self.has_items or block is None:
                self._finish(block)
                block, first = self._begin(row, number), row
            else:
                self._finish(block)
                block, first = self._begin(row, number), row
            if self.has_items:
                self._item(block, row, first, number)
        self._finish(block)

    def _continues(self, row: Mapping[str, str], first: Mapping[str, str]) -> bool:
        """Another item of the entry above: its title is merged, repeated, or empty beside an item."""
        if not self.has_items:
            return False
        if not row[TITLE].strip():
            return bool(row[ITEM_TITLE].strip())
        same = normal(row[TITLE]) == normal(first[TITLE])
        codes = (row.get(CODE, "").strip(), first.get(CODE, "").strip())
        return same and (not codes[0] or codes[0] == codes[1])

    def _begin(self, row: Mapping[str, str], number: int) -> Block:
        block = Block(self.sheet.name, number, self.places, items=[] if self.has_items else None)
        block.title = row[TITLE].strip()
        if not block.title:
            block.find(
                Weight.ERROR,
                "title_empty",
                TITLE,
                Text("信息资源名称为空，这一行未读成目录。", "There is no title, so the row makes no entry."),
                Text(
                    "请填写名称；若是上一项目录的信息项，请填写信息项名称。",
                    "Fill in the title, or the item's name if it belongs above.",
                ),
            )
        block.code = row.get(CODE, "").strip()
        block.provider = self._provider(block, row)
        for one in self.entry_fields:
            if one not in {CODE, PROVIDER, PROVIDER_NAME}:
                value = self._read(block, one, row[one], number)
                if value is not cells.KEPT:
                    block.values[one] = value
        self._theme(block)
        self._format(block, row)
        for one in _WANTED:
            if one in row and not row[one].strip():
                _empty(block, one)
        return block

    def _read(self, block: Block, one: str, text: str, number: int) -> Any:
        try:
            return cells.read(COLUMNS[one], text, self.choices)
        except cells.Unreadable as wrong:
            block.find(Weight.ERROR, wrong.code, one, wrong.why, wrong.mend, number, wrong.proposal)
            return cells.KEPT

    def _provider(self, block: Block, row: Mapping[str, str]) -> str:
        named = [(one, row[one].strip()) for one in (PROVIDER, PROVIDER_NAME) if row.get(one, "").strip()]
        found = [(one, text, self.directory.find(text)) for one, text in named]
        codes = {code for _, _, code in found if code}
        if not named or codes == {self.directory.own}:
            return self.directory.own
        one, text, code = next((each for each in found if each[2] != self.directory.own), found[0])
        if self.options.own_provider:
            block.find(
                Weight.WARNING,
                "provider_taken",
                one,
                Text(
                    f"文件写明提供方是“{text[:40]}”，按您的选择归入本单位。",
                    f"The file names “{text[:40]}”; it is taken as your own, as you chose.",
                ),
                Text("请确认本单位确实负责这项数据。", "Make sure that your organisation answers for these data."),
            )
            return self.directory.own
        why = (
            Text(
                f"提供方“{text[:40]}”不是本单位，只能编制本单位的目录。",
                f"“{text[:40]}” is another organisation; you compile your own catalog only.",
            )
            if code
            else Text(f"平台没有名为“{text[:40]}”的单位。", f"The platform knows no unit “{text[:40]}”.")
        )
        mend = Text(
            "请改为本单位，由该单位自行导入，或选择“全部归入本单位”。",
            "Name your own, let that unit import it, or choose “take all as ours”.",
        )
        block.find(Weight.ERROR, "provider", one, why, mend)
        return code or self.directory.own

    def _theme(self, block: Block) -> None:
        text = block.values.get("theme", "")
        if not text:
            return
        proposal = self.choices.theme(text)
        if proposal == text:
            return
        if proposal and self.options.adopt_themes:
            block.values["theme"] = proposal
            why = Text(
                f"主题“{text[:30]}”已按规范写法改为“{proposal}”。",
                f"The theme “{text[:30]}” was taken as “{proposal}”.",
            )
            block.find(
                Weight.NOTE, "theme_adopted", "theme", why, Text("无须处理。", "Nothing to do."), proposal=proposal
            )
            return
        why = Text(f"主题“{text[:30]}”不是规范写法。", f"“{text[:30]}” is not a theme of the platform.")
        mend = (
            Text(
                f"建议改为“{proposal}”，或选择“采用建议的主题”。",
                f"Write “{proposal}”, or choose “adopt the proposed themes”.",
            )
            if proposal
            else Text("请改为平台的数据领域之一。", "Choose one of the platform's themes.")
        )
        block.find(Weight.WARNING, "theme_variant", "theme", why, mend, proposal=proposal or "")

    def _format(self, block: Block, row: Mapping[str, str]) -> None:
        text = row.get("format_type", "").strip()
        if text and "format_note" not in self.places:
            chosen, whole = cells.several_formats(text)
            block.values["format_type"] = chosen
            if whole:
                block.values["format_note"] = whole[:200]
                why = Text(
                    f"写有多种格式，取“{chosen}”为格式类型，其余记入格式描述。",
                    f"Several formats: “{chosen}” is taken, all are kept as the note.",
                )
                block.find(
                    Weight.NOTE,
                    "formats",
                    "format_type",
                    why,
                    Text("如不合适请只写一种。", "Write one only if that is wrong."),
                )
        if "format_category" not in self.places and (category := category_of(block.values.get("format_type", ""))):
            block.values["format_category"] = str(category)

    def _differing(self, block: Block, row: Mapping[str, str], first: Mapping[str, str], number: int) -> None:
        """Entry cells in a later row that say something else than the first one."""
        for one in self.entry_fields:
            text = row[one].strip()
            if not text or text == first[one].strip() or one == TITLE or self._own_term(one):
                continue
            why = Text(
                f"“{COLUMNS[one].label.zh}”与本目录第 {block.row} 行的不同。",
                f"“{COLUMNS[one].label.en}” differs from the entry's row {block.row}.",
            )
            mend = Text(
                "一项目录只能有一个值；若是另一项目录，请填写其名称。",
                "An entry has one value; if this is another entry, give its title.",
            )
            block.find(Weight.ERROR, "conflict", one, why, mend, number)

    def _own_term(self, one: str) -> bool:
        return one in OWN_TERMS and f"item.{one}" not in self.places

    def _item(self, block: Block, row: Mapping[str, str], first: Mapping[str, str], number: int) -> None:
        texts = {one: row[one] for one in self.item_fields}
        if not any(text.strip() for text in texts.values()):
            return
        assert block.items is not None  # noqa: S101 - sheets with items begin blocks with a list
        item: dict[str, Any] = {}
        for one in self.item_fields:
            value = self._read(block, one, texts[one], number)
            if value is not cells.KEPT:
                item[COLUMNS[one].field] = value
        for one in self.entry_fields:
            if self._own_term(one) and row[one].strip() and row[one].strip() != first[one].strip():
                value = self._read(block, one, row[one], number)
                if value is not cells.KEPT:
                    item[one] = value
        if not texts[ITEM_TITLE].strip():
            why = Text("信息项名称为空。", "The item has no name.")
            block.find(
                Weight.ERROR, "item_title_empty", ITEM_TITLE, why, Text("请填写信息项名称。", "Fill it in."), number
            )
        if "item.data_type" in self.places and not texts["item.data_type"].strip():
            why = Text("数据类型为空，暂按字符型。", "There is no data type; text is assumed.")
            block.find(
                Weight.WARNING, "type_empty", "item.data_type", why, Text("请选择数据类型。", "Choose one."), number
            )
        block.items.append(item)
        block.item_rows.append(number)

    def _finish(self, block: Block | None) -> None:
        if block is None:
            return
        if block.items is None and self.options.items_from_summary:
            names = items_named(str(block.values.get("abstract", "")))
            if names:
                block.items, block.proposed = [{"title": name} for name in names], True
                block.item_rows = [block.row] * len(names)
                why = Text(
                    f"摘要中写有 {len(names)} 个字段，提出为信息项。",
                    f"The summary names {len(names)} fields; they are proposed as items.",
                )
                mend = Text("导入后请核对名称、类型和长度。", "Check names, types and lengths after the import.")
                block.find(Weight.WARNING, "items_proposed", "abstract", why, mend)
            else:
                why = Text("没有信息项，摘要中也未写明字段。", "There are no items, and the summary names no fields.")
                block.find(
                    Weight.WARNING,
                    "items_none",
                    "abstract",
                    why,
                    Text("请在导入后补充信息项。", "Add the items after the import."),
                )
        elif block.items == []:
            why = Text("没有信息项。", "There are no items.")
            block.find(Weight.WARNING, "items_none", ITEM_TITLE, why, Text("请补充信息项。", "Add the items."))
        _name(block)
        self.parsed.blocks.append(block)

    def _dates(self, number: int, texts: list[str]) -> None:
        for place in self.dates:
            text = texts[place].strip() if place < len(texts) else ""
            if text and not cells.is_date(text):
                why = Text(f"“{text[:20]}”不是有效日期。", f"“{text[:20]}” is not a date.")
                mend = Text(
                    "日期写作 2026-11-22；此列只核对，不导入。",
                    "Write 2026-11-22; this column is checked, not imported.",
                )
                self.parsed.findings.append(
                    CellFinding(self.sheet.name, number, place, Weight.WARNING, "date", why, mend)
                )


def _name(block: Block) -> None:
    """An identifier for each item that has none."""
    taken = [str(item.get("name") or "") for item in block.items or ()]
    for position, item in enumerate(block.items or ()):
        if not item.get("name"):
            item["name"] = identifier(str(item.get("title", "")), (one for one in taken if one))
            taken[position] = item["name"]
            block.named.add(position)
    if block.named and not block.proposed:
        why = Text(
            f"{len(block.named)} 个信息项没有标识，已按拼音提出。",
            f"{len(block.named)} items have no identifier; one is proposed from the pinyin.",
        )
        mend = Text(
            "如系统中另有字段名，请在“信息项标识”列填写。", "Give the field's real name in the column of identifiers."
        )
        block.find(Weight.NOTE, "names_proposed", ITEM_NAME if ITEM_NAME in block.places else ITEM_TITLE, why, mend)


def _empty(block: Block, one: str) -> None:
    label = COLUMNS[one].label
    why = Text(f"“{label.zh}”为空。", f"“{label.en}” is empty.")
    block.find(
        Weight.WARNING,
        "empty",
        one,
        why,
        Text("请填写；留空时保留原值或默认值。", "Fill it in; the present or usual value stays."),
    )


def _no_header(sheet: str) -> CellFinding:
    why = Text(
        f"工作表“{sheet}”中没有找到表头，整张未读。",
        f"No header was found in the sheet “{sheet}”; nothing of it was read.",
    )
    mend = Text(
        "表头须有“信息资源名称”等列名；与目录无关的工作表可不理会。",
        "A header needs a column of titles; a sheet about something else may stay.",
    )
    return CellFinding(sheet, 0, -1, Weight.WARNING, "no_header", why, mend)


def _unmapped(mapping: SheetMapping, sheet: Sheet) -> Iterator[CellFinding]:
    for one in mapping.columns:
        if one.how is How.UNKNOWN:
            why = Text(
                f"列“{one.header[:40]}”没有识别，未导入。",
                f"The column “{one.header[:40]}” was not recognised; it is not imported.",
            )
            mend = Text(
                "请在对应关系中指定字段，或选择不导入。",
                "Choose its field in the mapping, or say that it is not imported.",
            )
        elif one.how is How.TWICE:
            why = Text(
                f"列“{one.header[:40]}”与另一列是同一字段，未导入。",
                f"Another column is the field of “{one.header[:40]}” already.",
            )
            mend = Text("请在对应关系中改选，或选择不导入。", "Choose another field for it, or none.")
        elif one.how is How.NOTE:
            why = COLUMNS[one.field].help
            yield CellFinding(
                mapping.sheet,
                mapping.row,
                one.column,
                Weight.NOTE,
                "column_known",
                why,
                Text("无须处理。", "Nothing to do."),
            )
            continue
        else:
            continue
        yield CellFinding(mapping.sheet, mapping.row, one.column, Weight.WARNING, f"column_{one.how}", why, mend)
    headed = {one.column for one in mapping.columns}
    bare = sorted({
        place for number, texts in sheet.rows if number > mapping.row
        for place, text in enumerate(texts) if text and place not in headed
    })  # fmt: skip
    for place in bare:
        yield CellFinding(
            mapping.sheet, mapping.row, place, Weight.WARNING, "column_bare",
            Text("此列有内容但没有表头，未导入。", "The column has content and no header; it is not imported."),
            Text("请补上列名。", "Give it a header."),
        )  # fmt: skip


def closely(title: str) -> str:
    """A title with punctuation gone too: two that agree in it are probably one."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", title)).casefold()


def _twins(blocks: list[Block]) -> None:
    seen: dict[str, Block] = {}
    for block in blocks:
        if not block.title:
            continue
        first = seen.setdefault(closely(block.title), block)
        if first is block:
            continue
        exact = normal(first.title) == normal(block.title)
        where = f"“{first.sheet}”第 {first.row} 行", f"row {first.row} of “{first.sheet}”"
        why = Text(
            f"名称与{where[0]}{'重复（忽略空格与全半角）' if exact else '只差标点'}。",
            f"The title is that of {where[1]}, {'spaces and width aside' if exact else 'punctuation aside'}.",
        )
        mend = Text(
            "全市目录不得重名：请合并，或改为能区分的名称。",
            "No two entries bear one name: merge them, or tell them apart.",
        )
        block.find(Weight.ERROR if exact else Weight.WARNING, "title_twice", TITLE, why, mend)
