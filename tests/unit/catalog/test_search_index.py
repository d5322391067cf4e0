"""Question → what must be found, and what must come first. A real index of a small catalog; no Django."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongshu.catalog.search.question import Question, Scope
from gongshu.catalog.search.reader import Reader
from gongshu.catalog.search.record import Record
from gongshu.catalog.search.store import Store
from gongshu.catalog.search.synonyms import SEED, Synonyms

UNITS = {
    "transport": "江临市交通运输局",
    "civil": "江临市民政局",
    "market": "江临市市场监督管理局",
    "water": "江临市水务局",
}


def record(pk, title, unit, *items, abstract="", status="published", theme="", **more):
    facets = {"provider": unit, "status": status, "theme": theme, "open": "UNCONDITIONAL"}
    named = tuple((f"field_{n}", item) if isinstance(item, str) else item for n, item in enumerate(items))
    return Record(pk, f"333004-{pk:06d}", title, abstract, UNITS[unit], "", theme, named, facets, **more)


CATALOG = [
    record(1, "公交站点信息", "transport", "站点名称", "经度", "纬度", theme="交通运输", updated=10),
    record(2, "公交线路信息", "transport", "线路名称", "途经公交站点", theme="交通运输", updated=30),
    record(3, "养老机构名录", "civil", "机构名称", "床位数", "联系电话", theme="社会救助", updated=20),
    record(
        4,
        "企业登记信息",
        "market",
        "法定代表人",
        ("uscc", "统一社会信用代码"),
        ("entity_name", "企业名称"),
        theme="市场监管",
    ),
    record(5, "公交站点改造计划", "transport", "站点名称", "改造年度", status="draft", theme="交通运输"),
    record(6, "王小明烈士事迹陈列", "civil", "展品名称"),
    record(7, "道路停车泊位", "transport", "泊位编号", abstract="含公交专用道旁的临时泊位", theme="交通运输"),
    record(8, "供水管网水质监测", "water", "监测点", "余氯", theme="资源能源"),
    record(9, "银行网点分布", "market", "网点名称", "地址"),
    record(10, "站点名称", "transport", "编号"),
]
ALL = Scope(everything=True)
PUBLIC = Scope()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    made = Store(tmp_path_factory.mktemp("search"))
    with made.writing() as mine:
        assert mine
        made.rebuild(CATALOG, dictionary=UNITS.values(), names="x")
    return made


@pytest.fixture(scope="module")
def reader(store):
    return Reader(store.open(), Synonyms.of(SEED))


@pytest.mark.parametrize(
    ("text", "first", "also"),
    [
        ("公交", (1, 2), {7}),  # titles before the summary
        ("公交站点", (1,), {2}),  # the title before an item
        ("站点名称", (10,), {1}),  # the whole title before a whole item
        ("养老", (3,), set()),
        ("敬老院", (3,), set()),  # a synonym
        ("床位数", (3,), set()),
        ("法定代表人", (4,), set()),
        ("法人", (4,), set()),
        ("市场主体", (4,), set()),
        ("uscc", (4,), set()),
        ("entity", (4,), set()),
        ("小明", (6,), set()),
        ("王小明", (6,), set()),
        ("水质", (8,), set()),
        ("水", (8,), set()),  # one character
        ("网水", (8,), set()),  # across the words of the dictionary
        ("管水", (), set()),
        ("gjzd", (1,), set()),
        ("gongjiao", (1, 2), set()),
        ("yljg", (3,), set()),
        ("qydj", (4,), set()),
        ("yinhang", (9,), set()),
        ("公交战点", (1,), set()),  # one character wrong
        ("公站点", (1,), {2}),  # one missing
        ("敬劳院", (), set()),  # the catalog has no 敬老院: nothing to take it for
        ("养劳机构", (3,), set()),
        ("gongjaio", (1, 2), set()),  # letters swapped
        ("entiti_name", (4,), set()),
        ("333004-000004", (4,), set()),
        ("333004/000004", (4,), set()),
        ("市民政局", (3, 6), set()),
        ("公交 床位数", (1, 2, 3, 7), set()),  # no entry has both
        ("火箭", (), set()),
        ("！！！", (), set()),
    ],
)
def test_what_is_found_and_what_comes_first(reader, text, first, also):
    found = reader.search(Question(text))
    assert set(found.pks[: len(first)]) <= set(first) if len(first) > 1 else found.pks[: len(first)] == first
    assert set(first) | also <= set(found.pks)
    if not first:
        assert found.pks == ()
    assert found.total == len(found.pks)


@pytest.mark.parametrize(
    ("text", "loosened", "corrected", "similar"),
    [
        ("公交站点", False, (), False),
        ("公交 床位数", True, (), False),
        ("公交战点", False, (("公交战点", "公交站点"),), False),
        ("gongjaio", False, (), True),
        ("火箭", False, (), False),
    ],
)
def test_the_reader_is_told_what_was_done(reader, text, loosened, corrected, similar):
    found = reader.search(Question(text))
    assert (found.loosened, found.corrected, found.similar) == (loosened, corrected, similar)


def test_drafts_are_found_by_their_own_unit_and_by_who_sees_everything(reader):
    facets = ("status", "theme", "provider")
    public = reader.search(Question("公交站点", facets=facets))
    assert 5 not in public.pks
    assert ("draft", 1) not in public.facets["status"]
    assert dict(public.facets["theme"])["交通运输"] == 2
    own = reader.search(Question("公交站点", scope=Scope(organization="transport"), facets=facets))
    assert 5 in own.pks
    assert dict(own.facets["status"])["draft"] == 1
    other = reader.search(Question("公交站点", scope=Scope(organization="civil"), facets=facets))
    assert (other.pks, other.facets) == (public.pks, public.facets)
    assert 5 in reader.search(Question("公交站点", scope=ALL)).pks
    assert not reader.search(Question("改造年度")).pks
    assert reader.search(Question("公交站点改造计化")).corrected == (), "no draft lends its words to a correction"
    assert reader.names("title", "公交站点改造", PUBLIC, 5) == []
    assert reader.names("item", "改造", PUBLIC, 5) == []
    assert reader.names("item", "站点", PUBLIC, 5) == [("站点名称", 1)]
    assert reader.names("item", "站点", ALL, 5) == [("站点名称", 2)]


def test_facets_count_with_the_other_filters_in_force(reader):
    asked = Question(filters={"theme": ("交通运输",)}, facets=("theme", "provider"))
    found = reader.search(asked)
    assert set(found.pks) == {1, 2, 7}
    assert dict(found.facets["provider"]) == {"transport": 3}
    assert dict(found.facets["theme"])["社会救助"] == 1, "other themes stay choosable"


def test_orders_and_paging(reader):
    by_date = reader.search(Question("公交", order="updated")).pks
    assert by_date[:2] == (2, 1)
    by_title = reader.search(Question(order="title", limit=3)).pks
    rest = reader.search(Question(order="title", limit=100, offset=3)).pks
    assert len(set(by_title) | set(rest)) == 9
    titles = {one.pk: one.title for one in CATALOG}
    assert [titles[pk] for pk in by_title + rest] == sorted(titles[pk] for pk in by_title + rest)


def test_saved_questions_match_strictly(reader):
    assert reader.matching(Question("公交站点"), [1, 3, 5]) == (1,)
    assert reader.matching(Question("公交 床位数"), [1, 2, 3]) == ()
    assert set(reader.matching(Question(filters={"theme": ("交通运输",)}), [1, 3, 7])) == {1, 7}
    assert reader.matching(Question("！！"), [1, 2]) == ()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.text(max_size=120), st.text(alphabet="公交站点战信息养老 gjzd*?\"'()[]{}^~:\\+-/&|的x1_", max_size=60))
)
def test_no_question_is_too_strange(reader, text):
    found = reader.search(Question(text, facets=("theme",)))
    assert found.total >= len(found.pks)
    assert 5 not in found.pks
    reader.names("item", text, PUBLIC, 3)
    reader.matching(Question(text), [1, 2])


def test_changes_replace_and_remove(tmp_path):
    store = Store(tmp_path)
    with store.writing():
        store.rebuild(CATALOG, dictionary=[], names="x")
        open_before = store.open()
        reader = Reader(open_before)
        assert set(reader.search(Question("站点")).pks) >= {1, 2}
        store.apply([record(2, "地铁线路", "transport"), record(99, "站点客流", "transport")], gone=[1])
    assert store.open() is open_before, "the build is the same; only what it holds changed"
    assert 99 in reader.search(Question("站点")).pks
    assert not {1, 2} & set(reader.search(Question("站点")).pks)
    assert reader.search(Question("地铁")).total == 1, "replaced, not added"


def test_one_writer_at_a_time_and_readers_do_not_wait(tmp_path):
    one, other = Store(tmp_path), Store(tmp_path)
    with one.writing() as mine:
        assert mine
        with other.writing() as theirs:
            assert not theirs
        assert other.open() is None
        one.rebuild(CATALOG, dictionary=[], names="x")
        assert Reader(other.open()).search(Question("公交")).total == 3


def test_a_damaged_or_foreign_index_is_as_good_as_none(tmp_path):
    store = Store(tmp_path)
    assert store.open() is None
    with store.writing():
        stamp = store.rebuild(CATALOG, dictionary=[], names="x")
    (tmp_path / "current.json").write_text(json.dumps({**stamp.__dict__, "version": -1}))
    assert Store(tmp_path).open() is None
    (tmp_path / "current.json").write_text("not json")
    assert Store(tmp_path).open() is None
    with store.writing():
        stamp = store.rebuild(CATALOG, dictionary=[], names="x")
    (tmp_path / stamp.folder / "meta.json").write_text("{}")
    damaged = Store(tmp_path)
    assert damaged.open() is None
    with damaged.writing():
        damaged.rebuild(CATALOG, dictionary=[], names="x")
    assert damaged.open() is not None
    assert len(list(tmp_path.glob("index_*"))) == 1, "builds that nothing names are swept away"


def _build_and_die(folder, ready):
    def records():
        for n in range(20_000):
            if n == 1500:
                ready.set()
                signal.pause()
            yield record(n + 1, f"第{n}号目录", "transport")

    store = Store(folder)
    with store.writing():
        store.rebuild(records(), dictionary=[], names="y")


def test_a_build_that_is_killed_leaves_the_old_index(tmp_path):
    store = Store(tmp_path)
    with store.writing():
        store.rebuild(CATALOG, dictionary=[], names="x")
    start = multiprocessing.get_context("spawn")
    ready = start.Event()
    child = start.Process(target=_build_and_die, args=(tmp_path, ready))
    child.start()
    try:
        assert ready.wait(60)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    fresh = Store(tmp_path)
    assert Reader(fresh.open()).search(Question("公交")).total == 3
    with fresh.writing() as mine:
        assert mine, "the lock died with its holder"
        fresh.apply([record(50, "公交车辆", "transport")])
        assert Reader(fresh.open()).search(Question("公交")).total == 4
        fresh.rebuild(CATALOG, dictionary=[], names="x")
    assert len(list(tmp_path.glob("index_*"))) == 1


def _apply_for_ever(folder, ready):
    store = Store(folder)
    with store.writing():
        n = 100
        while True:
            n += 1
            store.apply([record(n, f"公交车辆{n}", "transport")])
            if n == 103:
                ready.set()


def test_a_change_that_is_killed_leaves_the_index_before_or_after_it(tmp_path):
    store = Store(tmp_path)
    with store.writing():
        store.rebuild(CATALOG, dictionary=[], names="x")
    start = multiprocessing.get_context("spawn")
    ready = start.Event()
    child = start.Process(target=_apply_for_ever, args=(tmp_path, ready))
    child.start()
    try:
        assert ready.wait(60)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    fresh = Store(tmp_path)
    before = Reader(fresh.open()).search(Question("公交", limit=1000))
    assert before.total >= 6
    assert len(set(before.pks)) == before.total
    with fresh.writing() as mine:
        assert mine
        fresh.apply([record(1, "公交站点信息", "transport")])
    assert Reader(fresh.open()).search(Question("公交")).total == before.total
