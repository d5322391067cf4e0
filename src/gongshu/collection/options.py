"""What a person may say about a file instead of leaving it to be found out: the overrides of detection.

Every field has a neutral value that means "find it out". Remembered per resource with the run that used them
(``actions.submit_file``), and stored as JSON with only the fields that were set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from gongshu.collection import refusals
from gongshu.collection.names import MOST_HEADER_ROWS, SEARCHED_ROWS

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030", "big5", "windows-1252")
DELIMITERS = (",", "\t", ";", "|")
ALL_SHEETS = "*"


@dataclass(frozen=True)
class Options:
    """``header_row`` counts from 1 and is the first of ``header_rows`` rows; ``records`` is the dotted path of a list in
    JSON or of the repeating element in XML; ``sheet`` may be ``*`` for every sheet whose header fits.
    """

    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_row: int = 0
    header_rows: int = 0
    records: str = ""
    drop_unlisted: bool = False
    keep_footers: bool = False
    leave_merged: bool = False

    def __post_init__(self) -> None:
        wrong = [
            name
            for name, bad in (
                ("encoding", bool(self.encoding) and self.encoding not in ENCODINGS),
                ("delimiter", bool(self.delimiter) and self.delimiter not in DELIMITERS),
                ("header_row", not 0 <= self.header_row <= SEARCHED_ROWS),
                ("header_rows", not 0 <= self.header_rows <= MOST_HEADER_ROWS),
                ("sheet", len(self.sheet) > 100 or "\0" in self.sheet),
                ("records", len(self.records) > 300 or "\0" in self.records),
            )
            if bad
        ]
        if wrong:
            raise refusals.option_unknown(wrong[0])

    def as_json(self) -> dict[str, Any]:
        """The fields that were set."""
        return {name: value for name, value in asdict(self).items() if value}

    def over(self, remembered: Options) -> Options:
        """These options where they say something, else the remembered ones."""
        return replace(remembered, **self.as_json())

    @staticmethod
    def of(stored: Mapping[str, Any]) -> Options:
        """From ``as_json``; fields that this version does not know are left out."""
        known = {field.name for field in fields(Options)}
        return Options(**{name: value for name, value in stored.items() if name in known})


PLAIN = Options()
