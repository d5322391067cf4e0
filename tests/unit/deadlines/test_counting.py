"""Due dates: the golden vectors, exclusions, extensions, cut-off hour; and what must hold for any date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.deadlines import Certainty, Exclusion, Extension, calendar, due, months_after, received
from gongshu.errors import GongshuError

CALENDAR = calendar.load()

GOLDEN = [
    ("2026-02-11", 5, "2026-02-25"),
    ("2026-02-13", 1, "2026-02-14"),
    ("2026-02-13", 10, "2026-03-05"),
    ("2026-02-14", 1, "2026-02-24"),
    ("2026-04-30", 5, "2026-05-11"),
    ("2026-09-18", 7, "2026-09-29"),
    ("2026-09-30", 3, "2026-10-10"),
    ("2026-09-30", 10, "2026-10-20"),
    ("2025-12-31", 10, "2026-01-15"),
    ("2026-01-01", 1, "2026-01-04"),
    ("2026-06-18", 15, "2026-07-10"),
    ("2026-11-21", 10, "2026-12-04"),
]


@pytest.mark.parametrize(("start", "days", "end"), GOLDEN)
def test_golden_vectors(start, days, end):
    found = due(date.fromisoformat(start), days)
    assert (found.on.isoformat(), found.certainty) == (end, Certainty.FIRM)
    assert found.firm


def test_a_deadline_into_a_year_without_a_notice_is_provisional():
    found = due(date(2026, 12, 25), 10)
    assert found.certainty is Certainty.PROVISIONAL
    assert found.on == date(2027, 1, 11)
    assert not found.firm
    assert "暂定" in found.certainty.label.zh


def test_before_the_first_calendar_is_provisional_too():
    assert due(date(2017, 12, 20), 3).certainty is Certainty.PROVISIONAL


def test_no_days_at_all_is_the_day_itself():
    assert due(date(2026, 2, 15), 0).on == date(2026, 2, 15)


def test_a_negative_number_of_days_is_a_defect():
    with pytest.raises(ValueError, match="negative"):
        due(date(2026, 1, 5), -1)


def test_days_of_a_supplement_do_not_count():
    """Supplement asked for on 3 March, received on 6 March: the 4th, 5th and 6th do not count."""
    plain = due(date(2026, 3, 2), 5)
    stopped = due(date(2026, 3, 2), 5, exclusions=[Exclusion(date(2026, 3, 4), date(2026, 3, 6), "supplement")])
    assert (plain.on, stopped.on) == (date(2026, 3, 9), date(2026, 3, 12))


def test_overlapping_exclusions_are_not_counted_twice():
    one = Exclusion(date(2026, 3, 4), date(2026, 3, 6))
    two = Exclusion(date(2026, 3, 5), date(2026, 3, 10))
    assert due(date(2026, 3, 2), 3, exclusions=[one, two]).on == date(2026, 3, 12)


def test_an_exclusion_cannot_end_before_it_begins():
    with pytest.raises(GongshuError) as caught:
        Exclusion(date(2026, 3, 6), date(2026, 3, 4))
    assert caught.value.code == "deadlines.exclusion_reversed"


@pytest.mark.article("yongjia-23")
@pytest.mark.parametrize(
    ("days", "total", "allowed"),
    [(10, True, True), (11, True, False), (15, False, True), (16, False, False), (0, True, False)],
)
def test_an_extension_stays_within_its_limit(days, total, allowed):
    """最长不得超过15个工作日, read as the whole term or as what is added."""
    extension = Extension(days, 15, total=total)
    if allowed:
        assert due(date(2026, 6, 18), 5, extension=extension).on == due(date(2026, 6, 18), 5 + days).on
    else:
        with pytest.raises(GongshuError) as caught:
            due(date(2026, 6, 18), 5, extension=extension)
        assert caught.value.code == "deadlines.extension_too_long"


@pytest.mark.parametrize(
    ("moment", "cutoff", "day"),
    [
        (datetime(2026, 2, 13, 9, 30, tzinfo=UTC), None, "2026-02-13"),
        (datetime(2026, 2, 13, 9, 30, tzinfo=UTC), time(17, 30), "2026-02-13"),
        (datetime(2026, 2, 13, 9, 31, tzinfo=UTC), time(17, 30), "2026-02-14"),  # a Saturday that is worked
        (datetime(2026, 2, 14, 9, 31, tzinfo=UTC), time(17, 30), "2026-02-24"),
        (datetime(2026, 2, 13, 16, 0, tzinfo=UTC), None, "2026-02-14"),  # midnight in Shanghai
    ],
)
def test_the_day_of_receipt(moment, cutoff, day):
    assert received(moment, cutoff=cutoff).isoformat() == day


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2023-06-19", 36, "2026-06-19"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-12-15", 1, "2027-01-15"),
    ],
)
def test_months(start, months, end):
    assert months_after(date.fromisoformat(start), months).isoformat() == end


known_days = st.dates(date(2018, 1, 1), date(2026, 6, 30))
spans = st.integers(0, 40)


@given(known_days, spans)
def test_the_due_day_is_worked_and_exactly_that_far(start, days):
    found = due(start, days)
    assert CALENDAR.working_days_between(start, found.on) == days
    assert found.firm
    if days:
        assert CALENDAR.is_working_day(found.on)


@given(known_days, st.integers(1, 40))
def test_same_as_counting_by_hand_with_another_package(start, days):
    day = start
    for _ in range(days):
        day += timedelta(days=1)
        while not chinese_calendar.is_workday(day):
            day += timedelta(days=1)
    assert due(start, days).on == day


@given(known_days, spans, spans)
def test_counting_on_is_counting_further(start, one, two):
    assert due(due(start, one).on, two).on == due(start, one + two).on


@given(known_days, spans)
def test_starting_a_day_later_never_ends_earlier(start, days):
    assert due(start, days).on <= due(start + timedelta(days=1), days).on


@given(known_days, st.integers(1, 30), known_days, st.integers(0, 30))
def test_an_exclusion_never_shortens(start, days, first, length):
    pause = Exclusion(first, first + timedelta(days=length))
    assert due(start, days).on <= due(start, days, exclusions=[pause]).on


@given(st.dates(date(2000, 1, 1), date(2040, 1, 1)), st.integers(0, 60))
def test_it_is_firm_only_inside_the_known_years(start, days):
    found = due(start, days)
    assert found.firm == (start.year >= 2018 and found.on.year <= 2026)


@given(known_days, known_days)
def test_working_days_between_is_antisymmetric(one, two):
    assert CALENDAR.working_days_between(one, two) == -CALENDAR.working_days_between(two, one)


def test_on_or_after_a_rest_day():
    assert CALENDAR.on_or_after(date(2026, 2, 15)) == date(2026, 2, 24)
    assert CALENDAR.on_or_after(date(2026, 2, 14)) == date(2026, 2, 14)
