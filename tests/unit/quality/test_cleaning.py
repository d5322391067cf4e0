"""Cleaning steps over small tables: what each writes, what it leaves, and what stands beside it afterwards."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gongshu.errors import Conflict, GongshuError
from gongshu.lake.tables import RAW_TYPE
from gongshu.quality.checking import Source
from gongshu.quality.cleaning import apply, from_text, preview
from gongshu.quality.prefixes import places, plain
from shared_data import shared


def source(folder: Path, columns: dict[str, list[Any]], raw: list[Any] | None = None, name: str = "t") -> Source:
    rows = len(next(iter(columns.values())))
    fields = [pa.field(column, pa.string()) for column in columns]
    schema = pa.schema([*fields, pa.field("_row", pa.int64()), pa.field("_raw", RAW_TYPE)])
    arrays = [pa.array(values, pa.string()) for values in columns.values()]
    arrays += [pa.array(range(2, rows + 2), pa.int64()), pa.array(raw or [None] * rows, RAW_TYPE)]
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(arrays, schema=schema), path)
    return Source([path], schema)


def steps(*bodies: str) -> str:
    return "steps:\n" + "\n".join(f"- {body}" for body in bodies)


def cleaned(recipe: str, own: Source, *, lists: dict[str, Source] | None = None, **bounds: Any) -> list[dict[str, Any]]:
    bounds = {"keys": (), "required": ()} | bounds

    def take(batches: Any, schema: pa.Schema) -> list[dict[str, Any]]:
        table = pa.Table.from_batches(list(batches), schema=schema)
        assert table.schema.equals(own.schema)
        return table.to_pylist()

    return list(apply(from_text(recipe), own, lists or {}, take=take, **bounds))


SPEC = [
    ("{step: width, columns: [x]}", ["ＡＢ１２－（", "已", None, "　a"], ["AB12-(", "已", None, " a"]),
    ("{step: blanks, columns: [x]}", [" a b　", "\t", None], ["a b", "", None]),
    ("{step: blanks, columns: [x], inside: true}", [" 张　三 \n"], ["张三"]),
    ("{step: empty, columns: [x], values: [无, '-']}", ["无", "-", "无锡"], [None, None, "无锡"]),
    ("{step: case, columns: [x], to: upper}", ["91x", "é"], ["91X", "É"]),
    ("{step: remove, columns: [x], signs: '- '}", ["138-1234 5678"], ["13812345678"]),
    ("{step: separators, columns: [x], from: [、, ；, '|'], to: ','}", ["a、b；c|d"], ["a,b,c,d"]),
    ("{step: dates, columns: [x]}",
     ["2026年1月2日", "2026/1/2", "20260102", "２０２６．１．２", "2026-02-30", "昨天", "2026-1", None],
     ["2026-01-02", "2026-01-02", "2026-01-02", "2026-01-02", "2026-02-30", "昨天", "2026-1", None]),
    ("{step: codes, columns: [x], map: {在营: '1', 2: 注销}}", ["在营", "2", "3"], ["1", "注销", "3"]),
]  # fmt: skip


@pytest.mark.article("luzhou-33")
@pytest.mark.parametrize(("step", "before", "after"), SPEC)
def test_what_a_step_writes(step: str, before: list[Any], after: list[Any], tmp_path: Path) -> None:
    own = source(tmp_path, {"x": before, "y": before})
    rows = cleaned(steps(step), own)
    assert [row["x"] for row in rows] == after
    assert [row["y"] for row in rows] == before, "other columns stay"
    changed = [(b, a) for b, a in zip(before, after, strict=True) if a != b]
    told = [dict(row["_raw"])["x"] for row in rows if row["_raw"]]
    assert told == [b for b, _ in changed], "what stood there is kept beside it"
    seen = preview(from_text(steps(step)), own, {})
    assert (seen.rows, seen.changed_rows) == (len(before), len(changed))
    assert seen.by_column == ({"x": len(changed)} if changed else {})
    assert [(one.before, one.after) for one in seen.examples] == changed
    again = source(tmp_path, {"x": [row["x"] for row in rows], "y": before}, name="again")
    assert preview(from_text(steps(step)), again, {}).changed_rows == 0, "done twice it changes nothing"


def test_steps_follow_one_another_and_the_oldest_text_stays(tmp_path: Path) -> None:
    own = source(tmp_path, {"x": [" ａ-1 "], "y": ["ok"]}, raw=[[("x", "first"), ("y", "Y")]])
    recipe = steps(
        "{step: width, columns: [x]}", "{step: blanks, columns: [x]}", "{step: case, columns: [x], to: upper}"
    )
    [row] = cleaned(recipe, own)
    assert row["x"] == "A-1"
    assert dict(row["_raw"]) == {"x": "first", "y": "Y"}


def test_rows_keep_their_order_and_number(tmp_path: Path) -> None:
    count = 150_000  # more than a batch
    own = source(tmp_path, {"x": [f"ａ{n}" for n in range(count)]})
    rows = cleaned(steps("{step: width, columns: [x]}"), own)
    assert [row["_row"] for row in rows] == list(range(2, count + 2))
    assert rows[-1]["x"] == f"a{count - 1}"


def test_keys_that_would_meet_and_values_that_would_be_lost_stop_it(tmp_path: Path) -> None:
    own = source(tmp_path, {"k": ["a", "A"], "v": ["无", "x"]})
    with pytest.raises(Conflict) as met:
        cleaned(steps("{step: case, columns: [k], to: upper}"), own, keys=("k",))
    assert met.value.code == "quality.clean_key"
    with pytest.raises(Conflict) as lost:
        cleaned(steps("{step: empty, columns: [v], values: [无]}"), own, required=("v",))
    assert lost.value.code == "quality.clean_required"


DIVISIONS = {
    "code": ["330000", "330300", "330324", "330302", "330324101", "340000", "340302", "110100"],
    "name": ["浙江省", "温州市", "永嘉县", "鹿城区", "南城街道", "安徽省", "鹿城区", "市辖区"],
}


def test_an_address_goes_to_the_division_it_begins_with(tmp_path: Path) -> None:
    table = source(tmp_path, DIVISIONS, name="divisions")
    told = {
        "浙江省温州市永嘉县南城街道1号": "330324101",
        "温州市永嘉县上塘": "330324",
        "永嘉县": "330324",
        "浙江省杭州市": "330000",
        "温州市鹿城区1号": "330302",
        "鹿城区1号": None,  # two places of that name
        "安徽省鹿城区": "340302",
        "市辖区": None,
        "不详": None,
    }
    own = source(tmp_path, {"address": [*told, "永嘉县"], "area": [None] * len(told) + ["999999"]})
    recipe = steps("{step: division, columns: [address], list: L, into: area}")
    rows = cleaned(recipe, own, lists={"L": table})
    assert [row["area"] for row in rows] == [*told.values(), "999999"], "what was there is not written over"
    assert [row["address"] for row in rows] == [*told, "永嘉县"]
    assert all(row["_raw"] is None for row in rows), "nothing stood there before"
    with pytest.raises(GongshuError):
        cleaned(recipe, own)


NAMES = st.sampled_from(["甲", "乙", "甲乙", "丙", "甲丙"])


@settings(max_examples=50, deadline=None)
@given(names=st.dictionaries(st.sampled_from(["11", "1101", "110101", "110102", "12", "1201"]), NAMES), tail=NAMES)
def test_beginnings_are_what_a_plain_search_finds(names: dict[str, str], tail: str) -> None:
    found = dict(zip(*places(list(names.items())).to_pydict().values(), strict=True))
    chains: dict[str, set[str]] = {}
    for code, title in names.items():
        above = [names[code[:n]] for n in (2, 4) if n < len(code) and code[:n] in names]
        for start in range(len(above) + 1):
            chains.setdefault("".join(above[start:]) + title, set()).add(code)
    assert found == {prefix: codes.copy().pop() if len(codes) == 1 else "" for prefix, codes in chains.items()}
    assert tail


def test_the_real_list_leads_addresses_to_counties() -> None:
    listed: list[tuple[str, str]] = []
    for name in ("provinces.csv", "cities.csv", "areas.csv"):
        with shared(f"divisions/{name}").open(encoding="utf-8") as file:
            listed += [(row["code"], row["name"]) for row in csv.DictReader(file)]
    found = dict(zip(*places(listed).to_pydict().values(), strict=True))
    assert found["浙江省温州市永嘉县"] == found["永嘉县"] == "330324"
    assert found["北京市东城区"] == "110101", "the list's order names stand in no address"
    assert found["鼓楼区"] == "", "several cities have one"
    assert found["江苏省南京市鼓楼区"] == "320106"
    assert [plain(code) for code in ("110000", "110100", "110101000", "110101000000", "330324101")] == [
        "11", "1101", "110101", "110101", "330324101",
    ]  # fmt: skip


BAD = [
    ("steps: []", "1 至"),
    ("steps: [{step: magic, columns: [x]}]", "step 须为"),
    ("steps: [{step: width}]", "columns"),
    ("steps: [{step: width, columns: [x], to: y}]", "没有参数 to"),
    ("steps: [{step: codes, columns: [x]}]", "缺少参数 map"),
    ("steps: [{step: case, columns: [x], to: title}]", "upper"),
    ("steps: [{step: division, columns: [x, y], list: L, into: z}]", "一个地址列"),
    ("steps: [", "YAML"),
]


@pytest.mark.parametrize(("recipe", "says"), BAD)
def test_faulty_steps_are_refused(recipe: str, says: str) -> None:
    with pytest.raises(GongshuError) as refused:
        from_text(recipe)
    assert says in refused.value.text.zh


def test_only_texts_are_cleaned_and_steps_survive_their_yaml(tmp_path: Path) -> None:
    own = source(tmp_path, {"x": ["a"]})
    for column in ("_row", "_raw", "nowhere"):
        with pytest.raises(GongshuError):
            preview(from_text(steps(f"{{step: width, columns: [{column}]}}")), own, {})
    recipe = from_text(steps(*(step for step, _, _ in SPEC)))
    assert from_text(recipe.as_yaml()) == recipe
    assert from_text(recipe.canonical()) == recipe
