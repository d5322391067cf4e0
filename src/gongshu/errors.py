"""How the platform says no: one kind of exception, with a stable code and a sentence in both languages.

A sentence says what is wrong, where, and how to mend it. It never holds a data value: what a person typed may be
quoted by the page that still has the form, not by an error that ends up in a log.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Text(NamedTuple):
    """A sentence in Chinese and English; ``text.say("en")`` picks one."""

    zh: str
    en: str

    def say(self, language: str) -> str:
        return self.en if language.startswith("en") else self.zh


class Exit(IntEnum):
    """Exit codes of the command line; ``gongshu --help`` prints this table."""

    OK = 0
    NO = 1  # the question was answered, and the answer is no (verification failed, check failed)
    USAGE = 2  # the command line itself is wrong
    REFUSED = 3  # the input or a rule forbids it; nothing was changed
    ENVIRONMENT = 4  # the machine is in the way: port taken, folder read-only, disk full, database away
    FAULT = 5  # a defect of ours
    INTERRUPTED = 130


class GongshuError(Exception):
    """A refusal that a person can act on.

    ``code`` is stable and dotted (``collection.header_missing``); ``where`` locates (row, column, file) without data
    values; ``status`` is the HTTP status, ``exit`` the exit code, that carry it to the outside.
    """

    status = 400
    exit = Exit.REFUSED

    def __init__(self, code: str, zh: str, en: str, **where: str | int) -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.text = Text(zh, en)
        self.where = where

    def say(self, language: str) -> str:
        return self.text.say(language)


class NotAllowed(GongshuError):
    """Who asks may not do this."""

    status = 403


class NotFound(GongshuError):
    """There is no such thing, or none that the viewer may know of."""

    status = 404


class Conflict(GongshuError):
    """The thing is no longer in a state in which this can be done to it."""

    status = 409


class EnvironmentFault(GongshuError):
    """The machine, not the person, is in the way."""

    status = 503
    exit = Exit.ENVIRONMENT
