"""National identifiers as SQL expressions over a text, for DuckDB and Spark alike: form, date part, check sign.

GB 11643-1999 citizen identity number: weights 2^(17-i) mod 11 (ISO 7064 MOD 11-2). GB 32100-2015 unified social credit
code: 31 signs, weights 3^i mod 31. Division and registering department are not looked up: codes of village collectives
(N) and of residence permits (81, 82, 83) are valid.
"""

from __future__ import annotations

from datetime import date

CITIZEN_ID_FORM = "[1-9][0-9]{16}[0-9X]"
USCC_FORM = "[0-9A-HJ-NPQRTUWXY]{18}"
MOBILE = "1[3-9][0-9]{9}"
FIXED = "(0[0-9]{2,3}-?[1-9][0-9]{6,7}(-[0-9]{1,6})?)|([48]00-?[0-9]{3}-?[0-9]{4})"

_USCC_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def citizen_id(value: str, full_match: str, today: date) -> str:
    """True where ``value`` (SQL of a text) is a citizen number with a day of birth from 1800 to ``today``.

    ``full_match`` is SQL that says whether the form is right.
    """
    total = " + ".join(
        f"(ascii(substr({value}, {place}, 1)) - 48) * {weight}" for place, weight in enumerate(_ID_WEIGHTS, 1)
    )
    sign = f"substr('10X98765432', 1 + CAST(({total}) % 11 AS INTEGER), 1) = substr({value}, 18, 1)"
    return f"CASE WHEN {full_match} THEN ({_born(value, today)}) AND {sign} ELSE FALSE END"


def _born(value: str, today: date) -> str:
    """The day of birth exists (Gregorian calendar), from arithmetic alone so that every engine agrees."""
    year, month, day = (f"CAST(substr({value}, {at}, {n}) AS INTEGER)" for at, n in ((7, 4), (11, 2), (13, 2)))
    last = " ".join(f"WHEN {number} THEN {days}" for number, days in enumerate(_MONTHS, 1))
    leap = f"({year} % 4 = 0 AND ({year} % 100 <> 0 OR {year} % 400 = 0))"
    number = f"CAST(substr({value}, 7, 8) AS INTEGER)"
    limit = today.year * 10_000 + today.month * 100 + today.day
    return (
        f"{year} >= 1800 AND {number} <= {limit} AND {day} >= 1 "
        f"AND {day} <= CASE {month} {last} ELSE 0 END AND ({month} <> 2 OR {day} < 29 OR {leap})"
    )


def uscc(value: str, full_match: str) -> str:
    """True where ``value`` (SQL of a text) is a unified social credit code with the right check sign."""
    total = " + ".join(
        f"(instr('{_USCC_SIGNS}', substr({value}, {place}, 1)) - 1) * {pow(3, place - 1, 31)}" for place in range(1, 18)
    )
    sign = f"(31 - ({total}) % 31) % 31 = instr('{_USCC_SIGNS}', substr({value}, 18, 1)) - 1"
    return f"CASE WHEN {full_match} THEN {sign} ELSE FALSE END"
