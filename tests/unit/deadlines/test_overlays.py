"""Days that a place has off besides the nation: laid over, cited, noticed when they come, and refused when broken."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from gongshu import deadlines
from gongshu.deadlines import Certainty
from gongshu.deadlines import calendar as calendars
from gongshu.errors import EnvironmentFault

TORCH = """\
region: {zh: 某彝族自治州, en: An Yi prefecture}
documents:
  - {number: 州政办发〔2026〕3号, title: 关于2026年火把节放假的通知, date: 2026-06-01, verified: false}
days_off:
  - {from: 2026-08-05, to: 2026-08-07, zh: 火把节, en: Torch Festival, by: 州政办发〔2026〕3号}
days_worked:
  - {day: 2026-08-08, zh: 火把节, en: Torch Festival, by: 州政办发〔2026〕3号}
"""
FOLDERS = "calendars"


def put(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def year_file(year: int, off: list[tuple[str, str]], work: list[str]) -> str:
    spans = "".join(f"  - {{from: {a}, to: {b}, by: 国办〔{year}〕}}\n" for a, b in off)
    worked = "".join(f"  - {{day: {day}, by: 国办〔{year}〕}}\n" for day in work)
    sha = calendars.digest([list(span) for span in off], work)
    return (
        f"year: {year}\ndocuments:\n"
        f"  - {{number: 国办〔{year}〕, title: 放假安排, date: {year - 1}-11-01, verified: true}}\n"
        f"days_off:\n{spans}days_worked:\n{worked}sha256: {sha}\n"
    )


@pytest.mark.parametrize(
    ("start", "days", "national", "local"),
    [
        ("2026-08-04", 1, "2026-08-05", "2026-08-08"),  # three days off, then a Saturday that is worked
        ("2026-08-04", 2, "2026-08-06", "2026-08-10"),
        ("2026-08-07", 1, "2026-08-10", "2026-08-08"),
        ("2026-07-27", 10, "2026-08-10", "2026-08-12"),
        ("2026-08-10", 5, "2026-08-17", "2026-08-17"),  # nothing local on the way
        ("2026-02-13", 10, "2026-03-05", "2026-03-05"),  # the Spring Festival is the nation's
    ],
)
def test_golden_days_with_and_without_the_local_festival(tmp_path, start, days, national, local):
    place = calendars.over([put(tmp_path / FOLDERS, "torch.yaml", TORCH)])
    begin = date.fromisoformat(start)
    assert deadlines.due(begin, days, calendar=calendars.shipped()).on == date.fromisoformat(national)
    found = deadlines.due(begin, days, calendar=place)
    assert (found.on, found.certainty) == (date.fromisoformat(local), Certainty.FIRM)


def test_the_local_notice_is_kept_beside_the_national_one_and_the_version_tells_them_apart(tmp_path):
    place = calendars.over([put(tmp_path / FOLDERS, "torch.yaml", TORCH)])
    numbers = [document.number for document in place.documents[2026]]
    assert numbers == ["国办发明电〔2025〕7号", "州政办发〔2026〕3号"]
    assert [one.region.zh for one in place.overlays] == ["某彝族自治州"]
    assert place.version != calendars.shipped().version
    assert calendars.shipped().overlays == ()


def test_what_lies_above_goes_before_what_lies_below(tmp_path):
    district = TORCH.replace(
        "days_worked:\n", "days_worked:\n  - {day: 2026-08-06, by: 州政办发〔2026〕3号}\n"
    ).replace("from: 2026-08-05, to: 2026-08-07", "from: 2026-08-12, to: 2026-08-12")
    city, below = put(tmp_path / "city", "torch.yaml", TORCH), put(tmp_path / "district", "own.yaml", district)
    place = calendars.over([city, below])
    assert place.is_working_day(date(2026, 8, 6)), "the district works on a day that its city has off"
    assert not place.is_working_day(date(2026, 8, 5))
    assert not place.is_working_day(date(2026, 8, 12))


def test_a_year_arrives_as_a_file_and_the_next_question_knows_it(tmp_path):
    folder = tmp_path / FOLDERS
    assert calendars.over([folder]) is calendars.shipped()
    before = deadlines.due(date(2026, 12, 30), 3, calendar=calendars.over([folder]))
    assert (before.on, before.certainty) == (date(2027, 1, 5), Certainty.PROVISIONAL)
    put(folder, "2027.yaml", year_file(2027, [("2027-01-01", "2027-01-05")], []))
    after = deadlines.due(date(2026, 12, 30), 3, calendar=calendars.over([folder]))
    assert (after.on, after.certainty) == (date(2027, 1, 7), Certainty.FIRM)


def test_a_year_that_the_package_has_cannot_be_replaced_by_a_file(tmp_path):
    folder = put(tmp_path / FOLDERS, "2026.yaml", year_file(2026, [("2026-03-02", "2026-03-31")], []))
    assert calendars.over([folder]).is_working_day(date(2026, 3, 3))


def test_local_days_of_a_year_that_is_not_announced_stay_provisional(tmp_path):
    text = TORCH.replace("2026-08", "2027-08")
    place = calendars.over([put(tmp_path / FOLDERS, "torch.yaml", text)])
    assert not place.is_working_day(date(2027, 8, 5))
    assert deadlines.due(date(2027, 8, 4), 1, calendar=place).certainty is Certainty.PROVISIONAL


def test_the_installation_s_own_folder_answers_once_it_is_configured(tmp_path, monkeypatch):
    monkeypatch.setattr(calendars, "_folders", ())
    assert calendars.load() is calendars.shipped()
    calendars.configure([tmp_path / FOLDERS])
    put(tmp_path / FOLDERS, "torch.yaml", TORCH)
    assert deadlines.due(date(2026, 8, 4), 1).on == date(2026, 8, 8)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("by: 州政办发〔2026〕3号}\ndays_worked", "by: 另一文件}\ndays_worked", "另一文件"),
        ("to: 2026-08-07", "to: 2026-08-01", "早于"),
        ("day: 2026-08-08", "day: 2026-08-06", "既放假又上班"),
        ("region:", "regions:", "regions"),
        ("from: 2026-08-05", "from: soon", "格式"),
        ("documents:", "documents: [", "格式"),
    ],
)
def test_a_broken_overlay_is_named_with_its_fault(tmp_path, old, new, says):
    assert old in TORCH
    assert yaml.safe_load(TORCH)["documents"]
    with pytest.raises(EnvironmentFault) as caught:
        calendars.over([put(tmp_path / FOLDERS, "torch.yaml", TORCH.replace(old, new, 1))])
    assert caught.value.where["file"] == "torch.yaml"
    assert says in caught.value.text.zh
