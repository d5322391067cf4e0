"""Whole-day events as an iCalendar file (RFC 5545): lines end in CRLF and are folded at 75 octets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_WIDTH = 75  # octets in a line, RFC 5545 section 3.1


@dataclass(frozen=True)
class Event:
    """A day on which something is due. ``certain`` False makes it tentative."""

    uid: str
    day: date
    summary: str
    lines: tuple[str, ...] = ()
    link: str = ""
    certain: bool = True


def write(name: str, events: Iterable[Event], *, now: datetime) -> str:
    """The file. Every event warns one day before."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Gongshu//Duties//ZH", "CALSCALE:GREGORIAN"]
    lines += [f"X-WR-CALNAME:{_text(name)}"]
    for event in events:
        lines += _event(event, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _event(event: Event, stamp: str) -> list[str]:
    summary = _text(event.summary)
    lines = [
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{event.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{event.day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{summary}",
        f"DESCRIPTION:{_text(chr(10).join(event.lines))}",
        f"STATUS:{'CONFIRMED' if event.certain else 'TENTATIVE'}",
        "TRANSP:TRANSPARENT",
    ]
    if event.link:
        lines.append(f"URL:{event.link}")
    alarm = ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P1D", f"DESCRIPTION:{summary}", "END:VALARM"]
    return [*lines, *alarm, "END:VEVENT"]


def _text(value: str) -> str:
    """A value of type TEXT (section 3.3.11)."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> Iterator[str]:
    """The line in parts of at most 75 octets, cut between characters; each but the first begins with a space."""
    part = ""
    for sign in line:
        if len((part + sign).encode()) > _WIDTH:
            yield part
            part = " "
        part += sign
    yield part
