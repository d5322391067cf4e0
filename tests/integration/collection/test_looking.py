"""A file is shown before it is committed; how it was read is remembered; what it holds of persons is kept with the run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from factories import City
from gongshu import clock
from gongshu.catalog.models import Entry
from gongshu.collection import actions, queries, scanning
from gongshu.collection.options import Options
from gongshu.collection.states import RunStatus
from gongshu.crypto import keys
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.home import Home, open_home
from gongshu.lake.tables import Table

pytestmark = pytest.mark.django_db

GOOD = """统一社会信用代码,企业名称,法定代表人
91330324MA2TE5T016,甲公司,张三
11510500MB0TE5T1XJ,乙公司,李四
N2330324MF0TE5T22Q,丙合作社,王五
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    home = open_home()
    for folder in home.folders:
        folder.mkdir()
    keys.ensure(home)
    return home


@pytest.fixture
def city(home: Home) -> City:
    return City()


@pytest.fixture
def entry(city: City) -> Entry:
    return city.published()


def hand_over(city: City, entry: Entry, text: str, **more: object):  # type: ignore[no-untyped-def]
    return actions.submit_file(by=city.compiler, resource=entry.code, content=text.encode(), filename="a.csv", **more)


def test_nothing_is_committed_before_a_person_says_so(city: City, entry: Entry, home: Home) -> None:
    """1 handed over to be looked at, 2 shown, 3 looked at again read otherwise, 4 confirmed, 5 committed."""
    run = hand_over(city, entry, GOOD.replace(",", ";"), look=True)
    shown = actions.work_one()
    assert shown is not None
    assert (shown.pk, shown.status, shown.version) == (run.pk, RunStatus.SHOWN, None)
    assert shown.preview["detection"]["delimiter"] == ";"
    assert shown.preview["columns"][0]["found"] == "统一社会信用代码"
    assert (shown.preview["looked_at"], shown.preview["accepted"], shown.preview["problem"]) == (3, 3, None)
    assert "张三" not in str(shown.preview)
    assert Table(home, entry.code).versions() == []
    assert actions.work_one() is None, "it waits"

    actions.confirm(by=city.compiler, run=run.pk, options=Options(delimiter=","), look=True)
    again = actions.work_one()
    assert again is not None
    assert (again.status, again.preview["problem"]["code"]) == (RunStatus.SHOWN, "collection.header_missing")

    actions.confirm(by=city.compiler, run=run.pk, options=Options(delimiter=";"))
    done = actions.work_one()
    assert done is not None
    assert (done.status, done.version, done.accepted) == (RunStatus.COMMITTED, 1, 3)
    with pytest.raises(Conflict):
        actions.confirm(by=city.compiler, run=run.pk, options=Options())


@pytest.mark.article("xian-16")
def test_columns_that_the_catalog_does_not_list_are_offered_as_items(city: City, entry: Entry, home: Home) -> None:
    text = (
        GOOD.replace("\n", ",注册资本(元)\n", 1)
        .replace("张三\n", "张三,12.50\n")
        .replace("四\n", "四,8\n")
        .replace("五\n", "五,\n")
    )
    hand_over(city, entry, text, look=True)
    shown = actions.work_one()
    assert shown is not None
    assert shown.preview["problem"]["code"] == "collection.column_unlisted"
    assert [(one["title"], one["type"]) for one in shown.preview["offers"]] == [("注册资本(元)", "N")]
    actions.confirm(by=city.compiler, run=shown.pk, options=Options(drop_unlisted=True))
    done = actions.work_one()
    assert done is not None
    assert (done.status, done.detection["dropped"]) == (RunStatus.COMMITTED, ["注册资本(元)"])
    assert queries.remembered(entry.code) == Options(), "leaving columns out is said anew each time"


def test_how_a_file_was_read_is_remembered_and_differences_are_shown(city: City, entry: Entry) -> None:
    hand_over(city, entry, "题\n题\n" + GOOD, options=Options(header_row=3))
    actions.work_one()
    assert queries.remembered(entry.code) == Options(header_row=3)
    hand_over(city, entry, "题\n" + GOOD)
    refused = actions.work_one()
    assert refused is not None
    assert (refused.options, refused.error_code) == ({"header_row": 3}, "collection.header_missing")
    hand_over(city, entry, "题\n" + GOOD.replace(",", ";"), options=Options(), look=True)
    shown = actions.work_one()
    assert shown is not None
    assert queries.changed_since_last(shown) == {"delimiter": (",", ";"), "header_row": (3, 2)}


def test_who_may_confirm_and_give_up(city: City, entry: Entry, home: Home) -> None:
    run = hand_over(city, entry, GOOD, look=True)
    actions.work_one()
    with pytest.raises(NotAllowed):
        actions.confirm(by=city.authority, run=run.pk, options=Options())
    gone = actions.cancel(by=city.compiler, run=run.pk)
    assert gone.status == RunStatus.CANCELLED


def test_what_is_never_confirmed_is_not_kept_for_ever(city: City, entry: Entry, home: Home) -> None:
    run = hand_over(city, entry, GOOD, look=True)
    actions.work_one()
    assert (home.inbox / run.pk / "content").is_file()
    actions.work_one(now=clock.now() + timedelta(days=6))
    assert queries.current(run.pk).status == RunStatus.SHOWN
    actions.work_one(now=clock.now() + timedelta(days=8))
    assert queries.current(run.pk).status == RunStatus.CANCELLED
    assert not (home.inbox / run.pk).exists()


def test_a_preview_needs_the_right_to_hand_over_and_keeps_nothing(city: City, entry: Entry, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(GOOD, encoding="utf-8")
    found = queries.look(city.compiler, entry.code, path, Options(), lambda: None)
    assert found.problem is None
    assert found.report is not None
    assert found.report.read == 3
    with pytest.raises(GongshuError):
        queries.look(city.authority, entry.code, path, Options(), lambda: None)


def test_every_committed_version_is_scanned_for_personal_data(city: City, entry: Entry) -> None:
    numbers = ["330324199001010011", "11010519491231002X", "810000199408230021"]
    codes = ["91330324MA2TE5T016", "11510500MB0TE5T1XJ", "N2330324MF0TE5T22Q"]
    rows = "".join(
        f"{code},联系人证件 {number}，电话 13812345678,张三\n" for code, number in zip(codes, numbers, strict=True)
    )
    hand_over(city, entry, GOOD.splitlines()[0] + "\n" + rows)
    done = actions.work_one()
    assert done is not None
    assert (done.status, done.accepted) == (RunStatus.COMMITTED, 3)
    found = {one["title"]: one for one in done.personal}
    assert (found["企业名称"]["kind"], found["企业名称"]["within"]) == ("citizen_id", True)
    assert set(found["企业名称"]["belies"]) == {"not_expected", "not_marked", "not_masked"}
    assert found["法定代表人"]["kind"] == "person"
    assert found["统一社会信用代码"]["group"] == "corporate"
    assert scanning.of_run(done)[0].belies, "what belies the catalog stands first"
    assert not any(number in str(done.personal) for number in numbers)
    again = scanning.look(city.compiler, entry.code)
    assert [one.as_json() for one in again] == done.personal
    told = scanning.profile_of_run(city.compiler, done)
    assert [(one.title, one.percent, one.distinct) for one in told][:3] == [
        ("统一社会信用代码", 100, 3),
        ("企业名称", 100, 3),
        ("法定代表人", 100, 1),
    ]
