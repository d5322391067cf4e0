"""The drawing of a duty's time: everything is on it, in order, and nothing leaves the paper."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from gongshu import clock
from gongshu.duties.states import DutyStatus
from gongshu.errors import Text
from gongshu.web.duty_drawing import draw

START = date(2026, 3, 2)


def duty(**changes):
    base = {
        "starts_on": START,
        "days": 10,
        "due_on": date(2026, 3, 16),
        "provisional": False,
        "extended_by": None,
        "emergency": "",
        "status": DutyStatus.OPEN,
        "closed_at": None,
        "status_label": Text("已办结", "Done"),
    }
    return SimpleNamespace(**(base | changes))


def stop(first, last):
    return SimpleNamespace(first=first, last=last, reason="supplement")


def on(day):
    return clock.frozen(datetime.combine(day, time(10), tzinfo=clock.SHANGHAI))


def test_marks_are_numbered_in_the_order_of_days() -> None:
    with on(date(2026, 3, 12)):
        drawing = draw(duty(due_on=date(2026, 3, 18)), [stop(date(2026, 3, 5), date(2026, 3, 6))])
    assert [(line.sign, line.kind) for line in drawing.lines] == [
        ("1", "start"),
        ("2", "stop"),
        ("3", "resume"),
        ("▼", "today"),
        ("4", "due"),
    ]
    assert (drawing.first, drawing.last) == (START, date(2026, 3, 18))
    assert [span.kind for span in drawing.spans if span.kind != "off"] == ["running", "stop"]


def test_an_extension_begins_where_the_plain_limit_ends() -> None:
    with on(START):
        drawing = draw(duty(extended_by=5, due_on=date(2026, 3, 23)), [])
    running, extension = (next(s for s in drawing.spans if s.kind == kind) for kind in ("running", "extension"))
    assert abs(float(running.x) + float(running.width) - float(extension.x)) < 0.05


def test_what_falls_on_one_day_shares_a_mark() -> None:
    with on(START):
        drawing = draw(duty(days=0, due_on=START), [])
    assert [mark.sign for mark in drawing.marks] == ["1·2·▼"]


@given(st.integers(0, 400), st.integers(0, 60), st.integers(0, 60), st.integers(-30, 500), st.booleans())
def test_nothing_leaves_the_paper(days: int, gap: int, length: int, today: int, ended: bool) -> None:
    first = START + timedelta(days=gap)
    pause = stop(first, first + timedelta(days=length))
    now = START + timedelta(days=today)
    closed = datetime.combine(now, time(9), tzinfo=clock.SHANGHAI) if ended else None
    with on(now):
        drawing = draw(duty(due_on=START + timedelta(days=days), closed_at=closed), [pause])
    for mark in drawing.marks:
        assert 0 <= float(mark.x) <= 100
    for span in drawing.spans:
        assert float(span.width) > 0
        assert float(span.x) + float(span.width) <= 100.7
    assert [line.day for line in drawing.lines] == sorted(line.day for line in drawing.lines)
