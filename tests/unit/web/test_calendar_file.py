"""The calendar file as RFC 5545 wants it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from gongshu.web.calendar_file import Event, write

NOW = datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n"), max_size=200)


def unfolded(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_an_event_is_a_whole_day_with_a_warning_before_it() -> None:
    text = write(
        "时限",
        [Event("duty-1@x", date(2026, 12, 31), "校核, 登记;信息", ("第二十三条",), "http://x/1", False)],
        now=NOW,
    )
    lines = unfolded(text)
    assert "DTSTAMP:20261121T040506Z" in lines
    assert "DTSTART;VALUE=DATE:20261231" in lines
    assert "DTEND;VALUE=DATE:20270101" in lines
    assert "SUMMARY:校核\\, 登记\\;信息" in lines
    assert "STATUS:TENTATIVE" in lines
    assert lines[-2:] == ["END:VCALENDAR", ""]


@given(WORDS, WORDS)
def test_whatever_the_words_the_lines_are_short_and_say_the_same(summary: str, line: str) -> None:
    text = write("x", [Event("u", date(2026, 1, 1), summary, (line,))], now=NOW)
    assert all(len(part.encode()) <= 75 for part in text.split("\r\n"))
    said = next(part for part in unfolded(text) if part.startswith("SUMMARY:")).removeprefix("SUMMARY:")
    plain = said.replace("\\\\", "\0").replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";").replace("\0", "\\")
    assert plain == summary
    assert sum(part == "BEGIN:VEVENT" for part in unfolded(text)) == 1
