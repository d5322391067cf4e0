"""The shipped calendars against two independent packages, day by day, and their own integrity."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import chinese_calendar
import holidays
import pytest
import yaml

from gongshu import deadlines
from gongshu.deadlines import calendar as calendars
from gongshu.errors import EnvironmentFault

FIRST, LAST = date(2018, 1, 1), date(2026, 12, 31)
EVERY_DAY = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
FOLDER = Path(calendars.__file__).parent / "calendars"


@pytest.fixture(scope="module")
def calendar() -> deadlines.Calendar:
    return calendars.load()


def test_every_day_agrees_with_chinesecalendar(calendar):
    assert [d for d in EVERY_DAY if calendar.is_working_day(d) != chinese_calendar.is_workday(d)] == []


def test_every_day_agrees_with_holidays(calendar):
    china = holidays.country_holidays("CN", years=range(2018, 2027))
    assert [d for d in EVERY_DAY if calendar.is_working_day(d) != china.is_working_day(d)] == []


def test_the_years_known(calendar):
    assert calendar.years == frozenset(range(2018, 2027))
    assert not calendar.known(2027)
    assert not calendar.known(2017)


@pytest.mark.parametrize(("year", "days"), [(2025, 248), (2026, 248)])
def test_working_days_of_a_year(calendar, year, days):
    assert sum(calendar.is_working_day(d) for d in EVERY_DAY if d.year == year) == days


def test_one_off_extension_of_the_spring_festival_of_2020(calendar):
    assert not calendar.is_working_day(date(2020, 1, 31))
    assert not calendar.is_working_day(date(2020, 2, 1)), "the notice of January cancelled this make-up Saturday"
    assert calendar.is_working_day(date(2020, 2, 3))
    assert [document.number for document in calendar.documents[2020]] == [
        "国办发明电〔2019〕16号",
        "国办发明电〔2020〕1号",
    ]


def test_labour_day_of_2019_as_amended(calendar):
    assert not calendar.is_working_day(date(2019, 5, 3))
    assert calendar.is_working_day(date(2019, 5, 5))
    assert "国办发明电〔2019〕3号" in [document.number for document in calendar.documents[2019]]


def test_every_year_names_its_notice(calendar):
    for year, documents in calendar.documents.items():
        assert documents, year
        for document in documents:
            assert document.number is None or re.fullmatch(r"国办发明电〔20\d\d〕\d+号", document.number)
            assert document.number is not None or not document.verified
            assert document.date.year in (year - 1, year)


def test_every_span_belongs_to_a_notice_of_its_file():
    for file in sorted(FOLDER.glob("20*.yaml")):
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        numbers = {document["number"] for document in data["documents"]}
        assert {entry["by"] for entry in [*data["days_off"], *data["days_worked"]]} <= numbers, file.name


def test_a_year_without_a_notice_keeps_only_the_holidays_that_law_ties_to_a_date(calendar):
    assert not calendar.is_working_day(date(2027, 1, 1))
    assert calendar.is_working_day(date(2027, 2, 8)), "Spring Festival 2027 is not guessed"
    assert not calendar.is_working_day(date(2027, 5, 8)), "no make-up Saturday is guessed"


def test_a_changed_day_is_noticed(tmp_path):
    text = (FOLDER / "2026.yaml").read_text(encoding="utf-8")
    (tmp_path / "2026.yaml").write_text(text.replace("2026-10-07", "2026-10-08"), encoding="utf-8")
    with pytest.raises(EnvironmentFault) as caught:
        calendars.read(tmp_path)
    assert caught.value.code == "deadlines.calendar_broken"
    assert "2026.yaml" in caught.value.text.zh


@pytest.mark.parametrize("text", ["year: 2026\n", "][", "", "year: x\ndays_off: []\n"])
def test_a_broken_file_is_named(tmp_path, text):
    (tmp_path / "2026.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(EnvironmentFault) as caught:
        calendars.read(tmp_path)
    assert caught.value.where["file"] == "2026.yaml"


def test_a_day_of_another_year_is_refused(tmp_path):
    sha = calendars.digest([["2025-12-31", "2026-01-01"]], [])
    span = "days_off: [{from: 2025-12-31, to: 2026-01-01, zh: x, en: x, by: x}]"
    (tmp_path / "2026.yaml").write_text(f"year: 2026\ndocuments: []\n{span}\ndays_worked: []\nsha256: {sha}\n")
    with pytest.raises(EnvironmentFault, match="outside 2026"):
        calendars.read(tmp_path)


def test_local_holidays_lie_over_the_national_ones(calendar):
    local = calendar.with_local_days(off=[date(2026, 3, 2)], work=[date(2026, 10, 1)])
    assert not local.is_working_day(date(2026, 3, 2))
    assert local.is_working_day(date(2026, 10, 1))
    assert calendar.is_working_day(date(2026, 3, 2)), "the national calendar is untouched"


@pytest.mark.parametrize(
    ("today", "due", "left"),
    [
        ("2026-02-13", "2026-03-05", 10),
        ("2026-03-05", "2026-03-05", 0),
        ("2026-03-06", "2026-03-05", -1),
        ("2026-02-24", "2026-02-13", -2),  # 14 February (Saturday, worked) and the 24th itself
    ],
)
def test_working_days_left(calendar, today, due, left):
    assert calendar.working_days_between(date.fromisoformat(today), date.fromisoformat(due)) == left
