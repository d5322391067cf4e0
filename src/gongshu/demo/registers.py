"""The rows of Jianglin's four registers, generated from a seed, with dirt planted on purpose.

Every planted fault sits in a row of its own, so a collection that works finds exactly ``Delivery.rejected``
rows and keeps the rest; the full-width rows are careless but right, and must be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gongshu.demo import files, numbers

Rows = NDArray[np.int64]

_SAMPLES = 5
DISTRICTS = {990102: "临江区", 990103: "望湖区", 990104: "东渡区", 990105: "云岭县", 990106: "石桥县"}
_SURNAMES = [
    *"王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕",
    "欧阳",
    "司徒",
    "诸葛",
]
_GIVEN = [*"伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建文辉力宁志鹏晨宇欣雨佳子涵梓浩然思睿嘉怡诗琪安若"]
_ROADS = [
    "滨江路",
    "桂花街",
    "文昌路",
    "东渡大道",
    "石桥巷",
    "望湖路",
    "云岭街",
    "老码头路",
    "书院街",
    "青禾路",
]
_TRADES = ["食品", "建材", "物流", "纺织", "软件", "餐饮", "医药", "机械", "印刷", "园艺", "家具", "汽修"]
_WORDS = [
    "临远",
    "望湖",
    "东渡",
    "青禾",
    "云岭",
    "石桥",
    "桂花",
    "文昌",
    "滨江",
    "鸿运",
    "顺安",
    "恒信",
    "明达",
]
_PERMITS = [
    "食品经营许可",
    "公共场所卫生许可",
    "道路运输经营许可",
    "建筑施工许可",
    "药品经营许可",
    "特种行业许可",
]
_STOPS = [
    "市民中心",
    "老码头",
    "书院",
    "人民医院",
    "火车站",
    "望湖公园",
    "东渡口",
    "云岭山门",
    "石桥",
    "桂花园",
    "体育馆",
]
_DIRECTIONS = ["东", "西", "南", "北"]


@dataclass(frozen=True)
class Size:
    """How many rows each register has."""

    population: int = 200_000
    companies: int = 20_000
    permits: int = 3_000
    stops: int = 800


SMALL = Size(population=2_000, companies=1_000, permits=400, stops=200)


@dataclass(frozen=True)
class Delivery:
    """One file as a department hands it over, with what a correct collection must find in it."""

    register: str
    filename: str
    content: bytes
    rows: int
    rejected: Mapping[str, int]  # fault → rows that must end in quarantine
    careless: int  # rows with full-width digits, which must be accepted
    samples: tuple[Mapping[str, str], ...]  # some sound rows, by title: somebody to ask the gateway about

    @property
    def accepted(self) -> int:
        return self.rows - sum(self.rejected.values())


class _Picker:
    """Hands out row numbers, none twice, so that no row carries two faults."""

    def __init__(self, rng: np.random.Generator, count: int) -> None:
        self._order: Rows = rng.permutation(count).astype(np.int64)
        self._next = 0

    def take(self, count: int) -> Rows:
        taken = self._order[self._next : self._next + count]
        if len(taken) < count:
            raise ValueError("the register is too small for the faults planted in it")
        self._next += count
        return taken


def _choose(rng: np.random.Generator, choices: list[str], count: int) -> pl.Series:
    return pl.Series(choices).gather(rng.integers(0, len(choices), count))


def _days(rng: np.random.Generator, first: str, last: str, count: int) -> NDArray[np.datetime64]:
    start = np.datetime64(first, "D")
    span = int((np.datetime64(last, "D") - start).astype(np.int64)) + 1
    days: NDArray[np.datetime64] = start + rng.integers(0, span, count)
    return days


def _compact(days: NDArray[np.datetime64]) -> Rows:
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    months = days.astype("datetime64[M]").astype(np.int64) % 12 + 1
    in_month = (days - days.astype("datetime64[M]")).astype(np.int64) + 1
    compact: Rows = years * 10_000 + months * 100 + in_month
    return compact


def _put(column: pl.Series, rows: Rows, value: str | pl.Series | None) -> pl.Series:
    values = column.to_frame("v").with_row_index("i")
    new = pl.DataFrame({"i": rows.astype(np.uint32)}).with_columns(pl.lit(value, pl.String).alias("new"))
    if isinstance(value, pl.Series):
        new = new.with_columns(value.alias("new"))
    joined = values.join(new.with_columns(pl.lit(True).alias("hit")), on="i", how="left", maintain_order="left")
    return joined.select(pl.when(pl.col("hit")).then(pl.col("new")).otherwise(pl.col("v")).alias("v"))["v"]


def _widen(column: pl.Series, rows: Rows) -> pl.Series:
    wide = column.gather(rows).to_frame("v").select(numbers.full_width(pl.col("v")))["v"]
    return _put(column, rows, wide)


def _addresses(rng: np.random.Generator, districts: Rows, count: int) -> pl.Series:
    names = pl.Series(list(DISTRICTS.values())).gather(districts)
    doors = pl.Series(rng.integers(1, 400, count)).cast(pl.String)
    roads = _choose(rng, _ROADS, count)
    return pl.select(pl.concat_str(pl.lit("江临市"), names, roads, doors, pl.lit("号")).alias("a"))["a"]


def _people_names(rng: np.random.Generator, count: int) -> pl.Series:
    second = _choose(rng, ["", *_GIVEN], count)
    return pl.select(pl.concat_str(_choose(rng, _SURNAMES, count), _choose(rng, _GIVEN, count), second).alias("n"))["n"]


def population(rng: np.random.Generator, count: int) -> Delivery:
    """人口基本信息: gzip, UTF-8, no title rows."""
    codes = np.array(list(DISTRICTS), dtype=np.int64)
    keys: Rows = np.empty(0, dtype=np.int64)
    first = np.datetime64("1936-01-01", "D")
    span = int((np.datetime64("2025-12-31", "D") - first).astype(np.int64)) + 1
    while len(keys) < count:  # district × birth date × order must not repeat, or the IDs would
        drawn = rng.integers(0, len(codes) * span * 999, count + count // 20 + 10)
        keys = rng.permutation(np.unique(np.concatenate([keys, drawn]))).astype(np.int64)
    keys = keys[:count]
    orders = keys % 999 + 1
    days = first + (keys // 999) % span
    districts = keys // (999 * span)
    dates = _compact(days)
    picker = _Picker(rng, count)
    faults = {
        "check_digit": picker.take(40),
        "impossible_id_date": picker.take(25),
        "impossible_date": picker.take(20),
        "required": picker.take(30),
        "duplicate_key": picker.take(35),
        "ragged": picker.take(10),
    }
    dates[faults["impossible_id_date"]] = dates[faults["impossible_id_date"]] // 10_000 * 10_000 + 230
    matrix = numbers.citizen_ids(codes[districts], dates, orders)
    numbers.spoil_check(matrix, faults["check_digit"])
    matrix[faults["duplicate_key"]] = matrix[picker.take(35)]
    careless = picker.take(60)
    births = pl.Series(days.astype("datetime64[D]")).cast(pl.String)
    registered = pl.Series(_days(rng, "2010-01-01", "2026-06-30", count)).cast(pl.String)
    phones = pl.Series(15_400_000_000 + rng.integers(0, 100_000_000, count)).cast(pl.String)
    marital = _choose(rng, ["未婚", "已婚", "已婚", "已婚", "离婚", "丧偶"], count)
    sexes = pl.Series(np.where(orders % 2 == 1, "男", "女"))
    frame = pl.DataFrame(
        {
            "公民身份号码": _widen(numbers.as_strings(matrix), careless),
            "姓名": _put(_people_names(rng, count), faults["required"], ""),
            "性别": sexes,
            "出生日期": _put(births, faults["impossible_date"], "1988-02-30"),
            "婚姻状况": _put(marital, np.flatnonzero(days > np.datetime64("2004-06-30")), "未婚"),
            "户籍地址": _addresses(rng, districts, count),
            "联系电话": phones,
            "登记日期": registered,
        }
    )
    content = files.delimited(frame, ragged=faults["ragged"].tolist(), gzipped=True)
    return _delivery("population", "人口基本信息.csv.gz", content, frame, faults, careless, picker)


def _codes(rng: np.random.Generator, count: int) -> tuple[numbers.Digits, Rows]:
    districts = rng.integers(0, len(DISTRICTS), count)
    serials = rng.choice(90_000_000, size=count, replace=False) + 10_000_000
    return numbers.credit_codes(np.array(list(DISTRICTS), dtype=np.int64)[districts], serials), districts


def companies(rng: np.random.Generator, count: int) -> Delivery:
    """企业登记信息: GB18030 with two title rows above the header."""
    matrix, districts = _codes(rng, count)
    picker = _Picker(rng, count)
    faults = {
        "check_digit": picker.take(12),
        "impossible_date": picker.take(7),
        "required": picker.take(8),
        "duplicate_key": picker.take(6),
        "number": picker.take(4),
        "ragged": picker.take(5),
    }
    numbers.spoil_check(matrix, faults["check_digit"])
    matrix[faults["duplicate_key"]] = matrix[picker.take(6)]
    careless = picker.take(10)
    serial = pl.Series(np.arange(1, count + 1)).cast(pl.String)
    names = pl.select(
        pl.concat_str(
            pl.lit("江临市"),
            _choose(rng, _WORDS, count),
            serial,
            pl.lit("号"),
            _choose(rng, _TRADES, count),
            pl.lit("有限公司"),
        ).alias("n")
    )["n"]
    capital = pl.Series(rng.integers(10, 5_000, count)).cast(pl.String) + ".00"
    founded = pl.Series(_days(rng, "1998-01-01", "2026-03-31", count)).cast(pl.String)
    frame = pl.DataFrame(
        {
            "统一社会信用代码": _widen(numbers.as_strings(matrix), careless),
            "企业名称": _put(names, faults["required"], ""),
            "法定代表人": _people_names(rng, count),
            "注册资本(万元)": _put(capital, faults["number"], "约一百"),
            "成立日期": _put(founded, faults["impossible_date"], "2021-02-30"),
            "登记状态": _choose(rng, ["存续", "存续", "存续", "存续", "迁出", "吊销", "注销"], count),
            "行业门类": _choose(rng, ["批发和零售业", "制造业", "住宿和餐饮业", "建筑业", "信息技术服务业"], count),
            "住所": _addresses(rng, districts, count),
            "联系电话": pl.Series(15_400_000_000 + rng.integers(0, 100_000_000, count)).cast(pl.String),
        }
    )
    content = files.delimited(
        frame,
        title_rows=["江临市企业登记信息表", "填报单位:江临市市场监督管理局,,制表日期:2026年6月30日"],
        encoding="gb18030",
        ragged=faults["ragged"].tolist(),
    )
    return _delivery("companies", "企业登记信息.csv", content, frame, faults, careless, picker)


def permits(rng: np.random.Generator, count: int) -> Delivery:
    """行政许可信息: a workbook with one title row."""
    matrix, _ = _codes(rng, count)
    picker = _Picker(rng, count)
    faults = {
        "check_digit": picker.take(3),
        "impossible_date": picker.take(5),
        "required": picker.take(4),
        "duplicate_key": picker.take(2),
    }
    numbers.spoil_check(matrix, faults["check_digit"])
    serial = pl.Series(np.arange(1, count + 1)).cast(pl.String).str.zfill(6)
    keys = pl.select(pl.concat_str(pl.lit("江临许可〔2026〕"), serial, pl.lit("号")).alias("k"))["k"]
    keys = _put(keys, faults["duplicate_key"], keys.gather(picker.take(2)))
    frame = pl.DataFrame(
        {
            "许可文书号": keys,
            "许可事项": _put(_choose(rng, _PERMITS, count), faults["required"], ""),
            "持证主体代码": numbers.as_strings(matrix),
            "有效期自": _put(
                pl.Series(_days(rng, "2023-01-01", "2025-12-31", count)).cast(pl.String),
                faults["impossible_date"],
                "2024-13-01",
            ),
            "有效期至": pl.Series(_days(rng, "2026-01-01", "2030-12-31", count)).cast(pl.String),
            "许可机关": _choose(rng, ["江临市市场监督管理局", "江临市交通运输局", "江临市住房和城乡建设局"], count),
        }
    )
    content = files.workbook(frame, sheet="行政许可", title_rows=["江临市行政许可信息公示表"])
    return _delivery("permits", "行政许可信息.xlsx", content, frame, faults, np.empty(0, dtype=np.int64), picker)


def stops(rng: np.random.Generator, count: int) -> Delivery:
    """公交站点信息: UTF-8 with a byte order mark; WGS-84 coordinates on the high seas."""
    picker = _Picker(rng, count)
    faults = {"number": picker.take(2), "required": picker.take(3), "duplicate_key": picker.take(1)}
    serial = pl.Series(np.arange(1, count + 1)).cast(pl.String)
    keys = pl.select(pl.concat_str(pl.lit("JL"), serial.str.zfill(5)).alias("k"))["k"]
    keys = _put(keys, faults["duplicate_key"], keys.gather(picker.take(1)))
    names = pl.select(
        pl.concat_str(_choose(rng, _STOPS, count), _choose(rng, _DIRECTIONS, count), serial, pl.lit("站")).alias("n")
    )["n"]
    east = pl.Series(np.round(150.0 + rng.normal(0, 0.09, count), 6)).cast(pl.String)
    north = pl.Series(np.round(30.0 + rng.normal(0, 0.07, count), 6)).cast(pl.String)
    lines = pl.Series(rng.integers(1, 9, count)).cast(pl.String)
    frame = pl.DataFrame(
        {
            "站点编码": keys,
            "站点名称": _put(names, faults["required"], ""),
            "所在区县": _choose(rng, list(DISTRICTS.values()), count),
            "经度": _put(east, faults["number"], "东经一百五十度"),
            "纬度": north,
            "途经线路数": lines,
            "启用日期": pl.Series(_days(rng, "2005-01-01", "2026-01-31", count)).cast(pl.String),
        }
    )
    content = files.delimited(frame, encoding="utf-8-sig")
    return _delivery("stops", "公交站点信息.csv", content, frame, faults, np.empty(0, dtype=np.int64), picker)


def _delivery(
    register: str,
    filename: str,
    content: bytes,
    frame: pl.DataFrame,
    faults: Mapping[str, Rows],
    careless: Rows,
    picker: _Picker,
) -> Delivery:
    rejected = {fault: len(rows) for fault, rows in faults.items()}
    samples = tuple(frame[picker.take(_SAMPLES)].to_dicts())
    return Delivery(register, filename, content, frame.height, rejected, len(careless), samples)


def generate(seed: int = 20260701, size: Size | None = None) -> dict[str, Delivery]:
    """All four deliveries by register; the same seed and size give the same bytes."""
    chosen = size or Size()
    makers: list[tuple[Callable[[np.random.Generator, int], Delivery], int]] = [
        (population, chosen.population),
        (companies, chosen.companies),
        (permits, chosen.permits),
        (stops, chosen.stops),
    ]
    streams = np.random.default_rng(seed).spawn(len(makers))
    deliveries = [make(stream, count) for (make, count), stream in zip(makers, streams, strict=True)]
    return {delivery.register: delivery for delivery in deliveries}
