"""Libraries: views over published entries, computed and served when a source changes, and not when one is broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import SEED, City, companies
from gongshu import clock, rules, wiring
from gongshu.catalog import actions as catalog
from gongshu.catalog.draft import EntryData, ItemData
from gongshu.catalog.models import Entry
from gongshu.catalog.states import Check, DataType, ShareType
from gongshu.catalog.terms import ResourceKind
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.errors import EnvironmentFault, GongshuError, NotAllowed, NotFound
from gongshu.home import Home, open_home
from gongshu.identity.states import Role
from gongshu.lake import views
from gongshu.lake.serving import Snapshot
from gongshu.lake.tables import Table
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.libraries import actions, queries
from gongshu.libraries.models import Build, Library, LibrarySource
from gongshu.libraries.states import BaseKind, Combine, Consent, LibraryKind, LibraryStatus
from gongshu.notifications import queries as notices
from gongshu.quality import check_queries

pytestmark = pytest.mark.django_db

KEY = ItemData("uscc", "统一社会信用代码", required=True, is_key=True, check=Check.USCC)
REP = ItemData("legal_rep", "法定代表人", mask="name", sensitive=True)
COMPANIES = """统一社会信用代码,企业名称,法定代表人
91330324MA2TE5T016,甲公司,张三
11510500MB0TE5T1XJ,乙公司,李四
"""
PERMITS = "信用代码,资质等级\n91330324MA2TE5T016,一级\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    home = open_home()
    for folder in home.folders:
        folder.mkdir()
    keys.ensure(home)
    return home


@pytest.fixture
def city(home: Home) -> Iterator[City]:
    usual = rules.active().id
    rules.configure("yongjia")
    wiring.connect()
    city = City()
    city.xu, city.gao = (city.person(name, "housing", Role.PROVIDER) for name in ("xu", "gao"))  # type: ignore[attr-defined]
    yield city
    rules.configure(usual)


def publish(city: City, data: EntryData) -> Entry:
    """By the people of the unit that provides it, and the center."""
    writer, reader = (city.xu, city.gao) if data.provider == "housing" else (city.compiler, city.reviewer)  # type: ignore[attr-defined]
    entry = catalog.create_entry(by=writer, data=data)
    catalog.submit_entry(by=writer, code=entry.code)
    catalog.record_secrecy_review(by=reader, code=entry.code)
    catalog.publish_entry(by=reader, code=entry.code)
    return catalog.publish_entry(by=city.center, code=entry.code)


def collect(city: City, entry: Entry, text: str) -> Any:
    by = city.xu if entry.provider.code == "housing" else city.compiler  # type: ignore[attr-defined]
    run = collection.submit_file(by=by, resource=entry.code, content=text.encode())
    done = collection.work_one(run=run.pk)
    assert done is not None
    assert done.version is not None, done.error_zh
    return done


class Town:
    """A register of companies and a list of permits, and the entry of the library over both."""

    def __init__(self, city: City, **permits: Any) -> None:
        self.city = city
        self.companies = publish(city, companies())
        items = (
            ItemData("code", "信用代码", required=True, is_key=True, check=Check.USCC),
            ItemData("level", "资质等级"),
        )
        asked: dict[str, Any] = {
            "title": "建筑业资质",
            "provider": "housing",
            "items": items,
            "contains": ("trade_secret",),
        }
        self.permits = publish(city, companies(**(asked | permits)))
        self.own = publish(
            city,
            companies(
                title="法人单位基础库",
                kind=ResourceKind.BASE,
                division="法人单位",
                lead_department="市市场监督管理局",
                items=(KEY, ItemData("name", "企业名称", required=True), REP, ItemData("level", "资质等级")),
            ),
        )

    def opened(self, **changes: Any) -> Library:
        asked: dict[str, Any] = {
            "code": self.own.code,
            "name": "法人单位基础库",
            "kind": LibraryKind.BASE,
            "about": BaseKind.LEGAL_PERSONS,
            "combine": Combine.JOIN,
        }
        return actions.open_library(by=changes.pop("by", self.city.center), **(asked | changes))

    def defined(self) -> Library:
        made = self.opened()
        parts = [
            (self.companies.code, {"uscc": "uscc", "name": "name", "legal_rep": "legal_rep"}),
            (self.permits.code, {"uscc": "code", "level": "level"}),
        ]
        return actions.define(by=self.city.compiler, number=made.number, parts=parts)

    def built(self) -> Library:
        collect(self.city, self.companies, COMPANIES)
        collect(self.city, self.permits, PERMITS)
        made = self.defined()
        if made.sources.filter(consent=Consent.ASKED).exists():
            actions.answer(by=self.city.xu, number=made.number, code=self.permits.code, agree=True)  # type: ignore[attr-defined]
        found = actions.build_one(by=SEED)
        assert found is not None
        assert found.status == LibraryStatus.IN_USE, found.troubles
        return found


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(GongshuError) as found:
        yield
    assert found.value.code == code, found.value


def rows(home: Home, entry: Entry) -> dict[str, dict[str, Any]]:
    with Snapshot.open(home, entry.code) as snapshot:
        return {str(row["uscc"]): row for row in snapshot.page(limit=100).rows}


def leaves() -> list[dict[str, Any]]:
    found = [ledger_entry.body(bytes(outbox.leaf)) for outbox in Outbox.objects.order_by("pk")]
    return [leaf for leaf in found if str(leaf["action"]).startswith("libraries.")]


@pytest.mark.article("yongjia-7", "yongjia-18")
def test_a_base_library_is_a_view_over_its_sources(city: City, home: Home) -> None:
    town = Town(city)
    found = town.built()
    served = rows(home, town.own)
    assert served["91330324MA2TE5T016"] == {
        "uscc": "91330324MA2TE5T016", "name": "甲公司", "legal_rep": "张三", "level": "一级",
    }  # fmt: skip
    assert served["11510500MB0TE5T1XJ"]["level"] is None
    assert Table(home, town.own.code).versions() == [], "no copy lies in the lake"
    town.own.refresh_from_db()
    assert (town.own.data_version, town.own.data_rows) == (1, 2)
    (build,) = Build.objects.all()
    assert [(one["code"], one["version"]) for one in build.sources] == [
        (town.companies.code, 1),
        (town.permits.code, 1),
    ]
    leaf = leaves()[-1]
    assert leaf["action"] == "libraries.library_built"
    assert leaf["resource"] == town.own.code
    assert f"{town.permits.code}@1" in leaf["details"]["sources"]
    assert any("第十八条" in cite for cite in leaf["cites"])
    with Snapshot.open(home, town.own.code) as snapshot:
        assert {item.name: item.mask for item in snapshot.manifest.items}["legal_rep"] == "name"
    assert found.troubles == []
    assert town.own.pk not in {one.pk for one in check_queries.due()}, "it is checked at its sources"
    assert actions.build_one(by=SEED) is None


def test_a_new_version_of_a_source_is_a_new_version_of_the_library(city: City, home: Home) -> None:
    town = Town(city)
    town.built()
    collect(city, town.permits, PERMITS.replace("一级", "特级"))
    found = actions.build_one(by=SEED)
    assert found is not None
    assert rows(home, town.own)["91330324MA2TE5T016"]["level"] == "特级"
    assert [one.number for one in queries.builds(found)] == [2, 1]
    town.own.refresh_from_db()
    assert town.own.data_version == 2
    Library.objects.update(due=True)  # nothing changed: looked at, and served as it is
    actions.build_one(by=SEED)
    assert queries.builds(found).count() == 2


@pytest.mark.article("yongjia-18")
def test_data_shared_on_conditions_are_used_when_their_provider_agrees(city: City, home: Home) -> None:
    town = Town(city)
    collect(city, town.companies, COMPANIES)
    collect(city, town.permits, PERMITS)
    made = town.defined()
    assert [one.consent for one in queries.sources(made)] == [Consent.GIVEN, Consent.ASKED]
    assert notices.of(city.xu).filter(kind="libraries.asked").count() == 1  # type: ignore[attr-defined]
    found = actions.build_one(by=SEED)
    assert found is not None
    assert "尚未取得提供单位同意" in found.troubles[0]["zh"]
    with pytest.raises(NotFound):
        Snapshot.open(home, town.own.code)
    with pytest.raises(NotAllowed):
        actions.answer(by=city.compiler, number=made.number, code=town.permits.code, agree=True)
    with refused("libraries.remark_missing"):
        actions.answer(by=city.xu, number=made.number, code=town.permits.code, agree=False)  # type: ignore[attr-defined]
    actions.answer(by=city.xu, number=made.number, code=town.permits.code, agree=True)  # type: ignore[attr-defined]
    actions.build_one(by=SEED)
    assert len(rows(home, town.own)) == 2
    actions.answer(by=city.gao, number=made.number, code=town.permits.code, agree=False, remark="用途已变")  # type: ignore[attr-defined]
    actions.build_one(by=SEED)
    made.refresh_from_db()
    assert made.status == LibraryStatus.BROKEN
    with pytest.raises(NotFound):
        Snapshot.open(home, town.own.code)


def test_unconditionally_shared_data_need_no_consent(city: City) -> None:
    town = Town(city, share_type=ShareType.UNCONDITIONAL, share_condition="", contains=())
    assert [one.consent for one in queries.sources(town.defined())] == [Consent.GIVEN, Consent.GIVEN]


@pytest.mark.article("yongjia-7")
def test_a_withdrawn_source_breaks_the_library_and_the_lead_is_told(city: City, home: Home) -> None:
    town = Town(city)
    made = town.built()
    catalog.withdraw_entry(by=city.gao, code=town.permits.code, remark="合并")  # type: ignore[attr-defined]
    found = actions.build_one(by=SEED)
    assert found is not None
    assert (found.pk, found.status) == (made.pk, LibraryStatus.BROKEN)
    assert "已下架" in found.troubles[0]["zh"]
    with pytest.raises(NotFound):
        Snapshot.open(home, town.own.code)
    told = notices.of(city.compiler).filter(kind="libraries.changed", zh__contains="暂停查询")
    assert told.count() == 1
    Library.objects.update(due=True)
    actions.build_one(by=SEED)
    assert told.count() == 1, "once"
    actions.define(by=city.compiler, number=made.number, parts=[(town.companies.code, None)])
    found = actions.build_one(by=SEED)
    assert found is not None
    assert "没有来源" in found.troubles[0]["zh"], "the item that came from the withdrawn source"


def test_an_item_that_its_source_loses_breaks_the_library(city: City, home: Home) -> None:
    town = Town(city)
    made = town.built()
    Entry.objects.get(pk=town.permits.pk).items.filter(name="level").delete()
    Library.objects.update(due=True)
    actions.build_one(by=SEED)
    made.refresh_from_db()
    assert made.status == LibraryStatus.BROKEN
    assert "已没有数据项" in made.troubles[0]["zh"]


@pytest.mark.parametrize(
    ("item", "word"),
    [
        (ItemData("legal_rep", "法定代表人", sensitive=True), "脱敏方式"),
        (ItemData("legal_rep", "法定代表人", mask="name"), "个人信息标记"),
        (ItemData("legal_rep", "法定代表人", DataType.I, mask="name", sensitive=True), "类型"),
        (
            ItemData("legal_rep", "法定代表人", mask="name", sensitive=True, share_type=ShareType.UNCONDITIONAL),
            "共享类型",
        ),
    ],
)
def test_a_library_never_gives_more_than_its_sources(city: City, item: ItemData, word: str) -> None:
    town = Town(city)
    made = town.opened()
    row = town.own.items.get(name="legal_rep")
    for name in ("mask", "sensitive", "data_type", "share_type"):
        setattr(row, name, getattr(item, name))
    row.save()
    with pytest.raises(GongshuError) as found:
        actions.define(by=city.compiler, number=made.number, parts=[(town.companies.code, None)])
    assert found.value.code == "libraries.definition"
    assert word in found.value.text.zh


def test_rows_of_several_districts_become_one_library(city: City, home: Home) -> None:
    """A union: of one key the first source counts."""
    first, second = (publish(city, companies(title=f"企业登记信息{name}")) for name in ("城区", "郊区"))
    collect(city, first, COMPANIES)
    collect(city, second, COMPANIES.replace("甲公司", "旧名") + "N2330324MF0TE5T22Q,丙合作社,王五\n")
    own = publish(city, companies(title="全市企业", kind=ResourceKind.THEME, division="信用体系"))
    made = actions.open_library(
        by=city.center, code=own.code, name="企业主题库", kind=LibraryKind.THEME, combine=Combine.UNION
    )
    actions.define(by=city.compiler, number=made.number, parts=[(first.code, None), (second.code, None)])
    actions.build_one(by=SEED)
    assert {key: row["name"] for key, row in rows(home, own).items()} == {
        "91330324MA2TE5T016": "甲公司", "11510500MB0TE5T1XJ": "乙公司", "N2330324MF0TE5T22Q": "丙合作社",
    }  # fmt: skip


def test_what_is_asked_for_must_make_sense(city: City) -> None:
    town = Town(city)
    with pytest.raises(NotAllowed):
        town.opened(by=city.authority)  # under these rules the center
    today = clock.today()
    for wrong, code in (
        ({"name": " "}, "libraries.name_wrong"),
        ({"about": None}, "libraries.about_wrong"),
        ({"kind": LibraryKind.TASK, "about": None}, "libraries.purpose_wrong"),
        ({"kind": LibraryKind.TASK, "about": None, "purpose": "清查"}, "libraries.ends_on_wrong"),
        ({"ends_on": today + timedelta(days=3)}, "libraries.ends_on_wrong"),
        ({"code": "333333-000009"}, "catalog.entry_unknown"),
    ):
        with refused(code):
            town.opened(**wrong)
    made = town.opened()
    with refused("libraries.exists"):
        town.opened()
    with pytest.raises(NotAllowed):
        actions.define(by=city.xu, number=made.number, parts=[])  # type: ignore[attr-defined]
    for parts, code in (
        ([(town.own.code, None)], "libraries.parts_wrong"),
        ([(town.companies.code, None)] * 2, "libraries.parts_wrong"),
        ([(town.companies.code, {"nothing": "uscc"})], "libraries.definition"),
        ([(town.companies.code, {"uscc": "nothing"})], "libraries.definition"),
        ([("x", None)], "catalog.entry_unknown"),
    ):
        with refused(code):
            actions.define(by=city.compiler, number=made.number, parts=parts)
    assert not LibrarySource.objects.exists()


def test_nobody_hands_over_a_file_for_a_library(city: City) -> None:
    town = Town(city)
    town.opened()
    with refused("libraries.no_file"):
        collection.submit_file(by=city.compiler, resource=town.own.code, content=COMPANIES.encode())


def test_a_task_library_ends_on_its_day(city: City, home: Home) -> None:
    town = Town(city)
    collect(city, town.companies, COMPANIES)
    own = publish(city, companies(title="企业清查"))
    made = actions.open_library(
        by=city.center,
        code=own.code,
        name="企业清查专题库",
        kind=LibraryKind.TASK,
        combine=Combine.UNION,
        purpose="年度清查",
        ends_on=clock.today() + timedelta(days=1),
    )
    actions.define(by=city.compiler, number=made.number, parts=[(town.companies.code, None)])
    actions.build_one(by=SEED)
    assert len(rows(home, own)) == 2
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert actions.end_due(by=SEED) == 0
    with clock.frozen(clock.now() + timedelta(days=2)):
        assert actions.end_due(by=SEED) == 1
    made.refresh_from_db()
    assert made.status == LibraryStatus.ENDED
    with pytest.raises(NotFound):
        Snapshot.open(home, own.code)


def test_a_fault_of_the_machine_is_tried_again_and_a_killed_worker_taken_up(
    city: City, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(city)
    collect(city, town.companies, COMPANIES)
    collect(city, town.permits, PERMITS)
    made = town.defined()
    actions.answer(by=city.xu, number=made.number, code=town.permits.code, agree=True)  # type: ignore[attr-defined]

    def full(*_: Any, **__: Any) -> int:
        raise EnvironmentFault("lake.disk", "磁盘已满。", "The disk is full.")

    with monkeypatch.context() as patched:
        patched.setattr(views, "publish", full)
        with pytest.raises(EnvironmentFault):
            actions.build_one(by=SEED)
    assert actions.build_one(by=SEED) is None, "it pauses"
    Library.objects.update(due=False)  # a worker took it and was killed: its lease runs out
    with clock.frozen(clock.now() + actions.LEASE + timedelta(seconds=1)):
        assert actions.build_one(by=SEED) is not None
    assert len(rows(home, town.own)) == 2


def test_a_list_of_libraries_takes_as_many_queries_as_one(city: City) -> None:
    town = Town(city)
    town.defined()
    with CaptureQueriesContext(connection) as few:
        assert [one.source_count for one in queries.search()] == [2]
    own = publish(city, companies(title="全市企业"))
    actions.open_library(by=city.center, code=own.code, name="企业库", kind=LibraryKind.THEME, combine=Combine.UNION)
    with CaptureQueriesContext(connection) as many:
        assert len(list(queries.search())) == 2
    assert len(many) == len(few) == 1
    assert [one.name for one in queries.search(text="法人")] == ["法人单位基础库"]
    assert queries.using(town.permits)[0].name == "法人单位基础库"


def test_a_run_that_waited_while_its_entry_became_a_library_commits_nothing(city: City, home: Home) -> None:
    town = Town(city)
    run = collection.submit_file(by=city.compiler, resource=town.own.code, content=COMPANIES.encode())
    town.opened()
    done = collection.work_one(run=run.pk)
    assert done is not None
    assert done.error_code in {"libraries.no_file", "collection.column_missing"}
    assert Table(home, town.own.code).latest() is None
