"""Statutory time: working days and due dates. Pure; calendars are data.

>>> from datetime import date
>>> due(date(2026, 2, 13), 10).on
datetime.date(2026, 3, 5)
"""

from gongshu.deadlines import calendar
from gongshu.deadlines.calendar import Calendar
from gongshu.deadlines.counting import Certainty, Due, Exclusion, Extension, due, months_after, received
from gongshu.deadlines.overlays import Document, Overlay

__all__ = [
    "Calendar",
    "Certainty",
    "Document",
    "Due",
    "Exclusion",
    "Extension",
    "Overlay",
    "calendar",
    "due",
    "months_after",
    "received",
]
