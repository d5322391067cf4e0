"""The form: what is exported is imported the same, whatever it holds; every column has one name and means one field."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import fields
from datetime import date
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongshu import rules
from gongshu.catalog.draft import EntryData, ItemData, RightData
from gongshu.catalog.excel import cells, choices, columns, drafting, identifiers, mapping, parsing, sheets, writing
from gongshu.catalog.states import Check, DataType, OpenType, ShareType, UpdateCycle
from gongshu.catalog.terms import BasisKind, FormatCategory, Grade, Level, Method, MethodCategory, ResourceKind

DAY = date(2026, 11, 22)
_SIGNS = st.characters(exclude_categories=("Cs", "Cc", "Cf"), exclude_characters="￾￿")
TEXT = st.text(alphabet=_SIGNS, max_size=10).map(str.strip)
LONG = st.text(alphabet=_SIGNS | st.sampled_from("\n\t"), max_size=12).map(str.strip)
SOME = TEXT.filter(bool)
LINE = (
    st.text(alphabet=st.sampled_from("所有权市财政局：a-1_x000D_=+"), min_size=1, max_size=8)
    .map(str.strip)
    .filter(bool)
)
NAME = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,8}\Z")
ITEM = st.builds(
    ItemData,
    name=NAME,
    title=SOME,
    data_type=st.sampled_from(DataType),
    length=st.none() | st.integers(1, 2**31 - 1),
    required=st.booleans(),
    is_key=st.booleans(),
    check=st.sampled_from(Check),
    mask=st.sampled_from(["none", "name", "id"]),
    sensitive=st.booleans(),
    sensitive_personal=st.booleans(),
    description=TEXT,
    share_type=st.none() | st.sampled_from(ShareType),
    share_condition=TEXT,
    share_basis=TEXT,
    share_basis_kind=st.sampled_from(BasisKind),
    open_type=st.none() | st.sampled_from(OpenType),
    open_condition=TEXT,
    open_basis=TEXT,
    update_cycle=st.none() | st.sampled_from(UpdateCycle),
    level=st.sampled_from(Level),
    grade=st.sampled_from(Grade),
    source_item=TEXT,
)


def entries(pack: rules.Pack) -> st.SearchStrategy[EntryData]:
    held = pack.find("catalog.rights", on=DAY)
    rights = [one.id for one in (held.value if held else None) or ()]
    barred = pack.find("catalog.unconditional_excludes", on=DAY)
    grounds = [one.id for one in (barred.value if barred else None) or ()]
    right = st.builds(RightData, right=st.sampled_from(rights or ["ownership"]), holder=LINE)
    return st.builds(
        EntryData,
        title=SOME,
        abstract=LONG,
        provider=st.just("market"),
        share_type=st.sampled_from(ShareType),
        share_condition=LONG,
        share_basis=LONG,
        open_type=st.sampled_from(OpenType),
        open_condition=LONG,
        update_cycle=st.sampled_from(UpdateCycle),
        theme=TEXT,
        business_name=TEXT,
        source_system=TEXT,
        format_type=TEXT,
        keywords=TEXT,
        items=st.lists(ITEM, max_size=4).map(tuple),
        kind=st.sampled_from(ResourceKind),
        division=TEXT,
        group=TEXT,
        subgroup=TEXT,
        lead_department=TEXT,
        format_category=st.sampled_from(FormatCategory),
        format_note=TEXT,
        encoding=TEXT,
        share_basis_kind=st.sampled_from(BasisKind),
        share_method_category=st.sampled_from(MethodCategory),
        share_method=st.sampled_from(Method),
        share_period=TEXT,
        open_basis=LONG,
        open_filing=TEXT,
        contains=st.lists(st.sampled_from(grounds or ["privacy"]), max_size=2).map(tuple),
        classified=st.booleans(),
        legal_basis=LONG,
        level=st.sampled_from(Level),
        grade=st.sampled_from(Grade),
        rights=st.lists(right, max_size=3).map(tuple),
        related=st.lists(LINE, max_size=2).map(tuple),
        contact_name=TEXT,
        contact_phone=TEXT,
    )


def read_again(path: Path, data: Iterable[EntryData], pack: rules.Pack) -> parsing.Parsed:
    words = choices.of(pack, DAY)
    listed = [writing.Listed("", "market", "市场监管局", one) for one in data]
    with path.open("wb") as out:
        assert writing.write(out, listed, choices=words, pack=pack, on=DAY) == len(listed)
    known = cells.Directory("market", {choices.fold("market"): "market", choices.fold("市场监管局"): "market"})
    read = sheets.listed(sheets.unpack(path))  # in this process: a new one for each example takes its time
    return parsing.parse(
        read,
        mapping.map_sheets(read),
        choices=words,
        directory=known,
        options=parsing.Options(items_from_summary=False),
    )


@pytest.mark.parametrize("city", ["xian", "yongjia"])
@pytest.mark.article("xian-11")
def test_an_export_is_imported_without_loss(city: str, tmp_path: Path) -> None:
    pack = rules.load(city)

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(entries(pack), min_size=3, max_size=12))
    def lossless(data: list[EntryData]) -> None:
        # Two entries in a row of one title are one entry of more items, as in 1272's template: titles are told apart.
        told = [
            EntryData(**{f.name: getattr(one, f.name) for f in fields(one)} | {"title": f"{n}号 {one.title}"})
            for n, one in enumerate(data)
        ]
        parsed = read_again(tmp_path / "round.xlsx", told, pack)
        assert [drafting.draft(block, None, "market") for block in parsed.blocks] == told
        wrong = {one.code for block in parsed.blocks for one in block.findings if one.weight == "error"}
        assert wrong <= {"title_twice"}
        assert not parsed.findings

    lossless()


def test_every_field_of_an_entry_has_a_column_and_every_header_one_meaning() -> None:
    wanted = {f.name for f in fields(EntryData)} - {"items"} | {f"item.{f.name}" for f in fields(ItemData)}
    form = [column.id for column in columns.FORM]
    assert set(form) - {"code", "provider_name"} == wanted
    assert len(form) == len(set(form))
    for column in columns.FORM:
        assert columns.SYNONYMS[columns.key(column.label.zh)] == column.id
    said: dict[str, str] = {}
    for column in columns.FORM + columns.NOTES:
        for word in column.synonyms:
            assert said.setdefault(columns.key(word), column.id) == column.id, f"{word} means two columns"


@pytest.mark.parametrize(
    ("name", "text", "meant"),
    [
        ("data_type", "字符串型C", "C"),
        ("data_type", "字符型 Ｃ", "C"),
        ("data_type", "c", "C"),
        ("data_type", "整形I", "I"),
        ("share_type", "有条件", "CONDITIONAL"),
        ("share_type", "受限共享类", "CONDITIONAL"),
        ("share_type", "非共享类", "PROHIBITED"),
        ("open_type", "授权开放", "CONDITIONAL"),
        ("open_type", "普遍开放", "UNCONDITIONAL"),
        ("open_type", "否", "PROHIBITED"),
        ("update_cycle", "每季", "QUARTERLY"),
        ("format_category", "电子表格", "SPREADSHEET"),
        ("level", "3级", "3"),
    ],
)
def test_old_labels_and_other_cities_words_are_understood(name: str, text: str, meant: str) -> None:
    for city in ("xian", "yongjia", "luzhou", "dazhou", "zaozhuang"):
        assert choices.of(rules.load(city), DAY).value(name, text) == meant


def test_the_template_offers_the_citys_words_and_names_the_articles(tmp_path: Path) -> None:
    pack = rules.load("yongjia")
    out = io.BytesIO()
    writing.write(out, (), choices=choices.of(pack, DAY), pack=pack, on=DAY)
    book = openpyxl.load_workbook(io.BytesIO(out.getvalue()))
    form, explained, offered = book.worksheets
    heads = {cell.value: cell for cell in form[1]}
    assert "Share type" in heads["共享类型"].comment.text
    assert "第十五条" in heads["含有情形"].comment.text
    assert offered.sheet_state == "hidden"
    column = next(c for c in offered.iter_cols(values_only=True) if c[0] == "share_type")
    assert [word for word in column[1:] if word] == ["无条件共享类", "受限共享类", "非共享类"]
    limited = {str(one.sqref).split(":")[0].rstrip("0123456789") for one in form.data_validations.dataValidation}
    listed = {c.column_letter for c in form[1] if columns.COLUMNS[columns.SYNONYMS[columns.key(c.value)]].words}
    assert limited >= listed - {heads["含有情形"].column_letter}
    assert any("第十条" in str(cell) for row in explained.iter_rows(values_only=True) for cell in row if cell)
    assert not mapping.map_sheets([sheets.Sheet("说明", [(1, [str(explained["A1"].value)])])])


def test_fields_that_a_summary_names_are_proposed_without_invisible_signs() -> None:
    said = "该数据是由某局提供的登记，包括\u200b主键、组织 id、状态（0：有效，1：删除）、是否结束等字段信息。"
    assert identifiers.items_named(said) == ["主键", "组织 id", "状态（0：有效，1：删除）", "是否结束"]
    assert identifiers.items_named("该数据集是社会组织年检信息") == []
    assert identifiers.identifier("组织 id", ["zu_zhi_id"]) == "zu_zhi_id_2"
