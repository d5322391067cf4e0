"""Comparing two cities, the year's recurring duties, and the skeleton of a new pack."""

from __future__ import annotations

import json
from datetime import date

import pytest

from gongshu import rules
from gongshu.errors import GongshuError, Text
from gongshu.rules import cases, recurring, skeleton
from gongshu.rules.comparison import compare, substance
from gongshu.rules.shapes import Choice, Deadline

from .test_cli import run

DAY = date(2026, 3, 2)


def rows(left: str, right: str):
    found = compare(rules.load(left), rules.load(right), on=DAY)
    return {(one.definition.name, *sorted(one.where.items())): one for one in found}


def test_two_cities_side_by_side():
    found = rows("xian", "yongjia")
    update = found["catalog.update_deadline",]
    assert (update.left.value.days, update.right.value.days, update.differs) == (15, 5, True)
    assert [value.citations[0].label("zh")[-4:] for value in (update.left, update.right)] == ["第十二条", "第十一条"]
    assert found["sharing.reply_deadline", ("collected", False)].right.value.days == 7
    assert found["sharing.chain", ("share_type", "UNCONDITIONAL")].differs
    assert found["supervision.user_violations",].left is None
    assert found["supervision.user_violations",].differs


def test_a_city_does_not_differ_from_itself_and_the_order_does_not_matter():
    assert not any(one.differs for one in rows("xian", "xian").values())
    there, back = rows("xian", "luzhou"), rows("luzhou", "xian")
    assert set(there) == set(back)
    assert {key for key, one in there.items() if one.differs} == {key for key, one in back.items() if one.differs}


def test_other_words_alone_are_no_difference():
    assert not rows("luzhou", "xian")["sharing.use_limits",].differs
    assert substance(Deadline(5, Text("五日", "five"))) == substance(Deadline(5, Text("5日", "5")))
    assert substance((Choice("a", Text("甲", "a")),)) != substance((Choice("b", Text("甲", "a")),))
    assert substance(Text("甲", "a")) != substance(Text("乙", "b"))


@pytest.mark.parametrize(
    ("city", "year", "days"),
    [
        ("xian", 2026, ["03-31", "06-30", "09-30", "12-31", "12-31", "12-31"]),
        ("yongjia", 2026, ["12-31"]),
        ("zaozhuang", 2026, []),
        ("xian", 2018, ["12-31", "12-31", "12-31"]),
    ],
)
def test_the_year_s_duties(city, year, days):
    found = recurring.duties(rules.load(city), year)
    assert [duty.on.isoformat()[5:] for duty in found] == days
    assert all(duty.working_day <= duty.on for duty in found)


def test_a_year_without_announced_holidays_has_no_last_working_day():
    assert {duty.working_day for duty in recurring.duties(rules.load("xian"), 2027)} == {None}


def test_a_new_pack_loads_inherits_and_says_that_it_is_a_draft(tmp_path, monkeypatch, capsys):
    code, out, _ = run(
        capsys,
        monkeypatch,
        "rules",
        "new",
        "weinan",
        "--extends",
        "xian",
        "--to",
        str(tmp_path),
        "--region",
        "渭南市",
        "--json",
    )
    assert code == 0
    assert json.loads(out)["files"] == ["weinan/articles.yaml", "weinan/cases/all.yaml", "weinan/pack.yaml"]
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    assert run(capsys, monkeypatch, "rules", "check", "weinan")[0] == 0
    assert run(capsys, monkeypatch, "rules", "cases", "weinan")[0] == 0
    pack = rules.load("weinan")
    assert pack.region.zh == "渭南市"
    assert pack.status(DAY) is rules.Status.DRAFT
    assert pack.value("sharing.reply_deadline", on=DAY).value.days == 10
    assert [case.because for case in cases.read(tmp_path / "weinan")] == ["weinan-1"]
    assert len(rules.articles(pack)) == len(rules.articles(rules.load("xian")))


@pytest.mark.parametrize(("name", "code"), [("Wei Nan", "rules.bad_pack_id"), ("../x", "rules.bad_pack_id")])
def test_a_bad_name_is_refused(tmp_path, name, code):
    with pytest.raises(GongshuError) as caught:
        skeleton.create(name, rules.load("xian"), tmp_path, title=Text("一", "a"), region=Text("一", "a"))
    assert caught.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path, monkeypatch, capsys):
    (tmp_path / "weinan").mkdir()
    for name in ("weinan", "xian"):
        code, _, err = run(capsys, monkeypatch, "rules", "new", name, "--to", str(tmp_path), "--json")
        assert code != 0
        assert json.loads(err)["error"]["code"] == "rules.pack_exists"


def test_titles_with_quotes_and_colons_are_written_safely(tmp_path):
    title = Text('“新”办法: {试行} #1 "乙"', "New: {rules} #1")
    folder = skeleton.create("quoted", rules.load("national"), tmp_path, title=title, region=Text("甲", "A"))
    assert rules.reading.read_pack(folder, rules.load("national")).title == title


def test_diff_and_calendar_on_the_command_line(capsys, monkeypatch):
    code, out, _ = run(capsys, monkeypatch, "rules", "diff", "xian", "yongjia", "--json")
    body = json.loads(out)
    assert code == 0
    assert body["differing"] == len(body["parameters"]) < body["compared"]
    code, out, _ = run(capsys, monkeypatch, "rules", "diff", "xian", "yongjia", "--all", language="en")
    assert code == 0
    assert "differ" in out
    code, out, _ = run(capsys, monkeypatch, "rules", "calendar", "xian", "--year", "2026")
    assert code == 0
    assert "2026-12-31" in out
    code, out, _ = run(capsys, monkeypatch, "rules", "calendar", "yongjia", "--json")
    assert code == 0
    assert json.loads(out)["duties"]
