"""Impossible identifiers with right check digits, whole columns at a time.

GB 11643 citizen IDs, GB 32100 unified social credit codes and the GB 11714 organisation code inside them,
computed on ``uint8`` matrices. The division part is always one of a place that does not exist (99xxxx).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Digits = NDArray[np.uint8]

_ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_ID_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
_USCC_ALPHABET = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRTUWXY", dtype=np.uint8)
_USCC_WEIGHTS = np.array([1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28], dtype=np.int64)
_ORG_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2], dtype=np.int64)
_ORG_CHECK = np.frombuffer(b"0123456789X0", dtype=np.uint8)
_ZERO = ord("0")


def decimal_digits(values: NDArray[np.int64], width: int) -> Digits:
    """``values`` as rows of ``width`` decimal digits (numbers 0–9, not characters)."""
    powers = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return ((values[:, None] // powers) % 10).astype(np.uint8)


def citizen_ids(divisions: NDArray[np.int64], dates: NDArray[np.int64], orders: NDArray[np.int64]) -> Digits:
    """Citizen IDs as an (n, 18) matrix of ASCII codes (GB 11643).

    ``divisions`` are six-digit codes, ``dates`` numbers like 19900131 (which need not be real days),
    ``orders`` 1–999; an odd order is a man's.
    """
    body = np.hstack([decimal_digits(divisions, 6), decimal_digits(dates, 8), decimal_digits(orders, 3)])
    check = _ID_CHECK[(body.astype(np.int64) @ _ID_WEIGHTS) % 11]
    return np.hstack([body + np.uint8(_ZERO), check[:, None]])


def credit_codes(divisions: NDArray[np.int64], serials: NDArray[np.int64]) -> Digits:
    """Unified social credit codes as an (n, 18) matrix of ASCII codes (GB 32100, with GB 11714 inside).

    Registered by the market authority (9), enterprise (1); ``serials`` below 10**8 give the organisation
    code.
    """
    organisation = decimal_digits(serials, 8)
    inner = _ORG_CHECK[11 - (organisation.astype(np.int64) @ _ORG_WEIGHTS) % 11]
    # The check character X of GB 11714 is the 30th character of GB 32100's alphabet: value 29.
    inner_value = np.where(inner == ord("X"), 29, inner.astype(np.int64) - _ZERO).astype(np.uint8)
    count = len(serials)
    head = np.tile(np.array([9, 1], dtype=np.uint8), (count, 1))
    body = np.hstack([head, decimal_digits(divisions, 6), organisation, inner_value[:, None]])
    check = (31 - (body.astype(np.int64) @ _USCC_WEIGHTS) % 31) % 31
    return np.hstack([_USCC_ALPHABET[body], _USCC_ALPHABET[check][:, None]])


def as_strings(matrix: Digits) -> pl.Series:
    """The rows of an ASCII matrix as a Polars column of strings."""
    width = matrix.shape[1]
    return pl.Series(np.ascontiguousarray(matrix).view(f"S{width}").ravel().astype(f"U{width}"))


def spoil_check(matrix: Digits, rows: NDArray[np.int64]) -> None:
    """Make the check character of ``rows`` wrong, in place."""
    last = matrix[rows, -1]
    matrix[rows, -1] = np.where(last == ord("0"), ord("1"), ord("0")).astype(np.uint8)


def full_width(text: pl.Expr) -> pl.Expr:
    """Digits and X as full-width characters, as a careless input method leaves them; NFKC undoes it."""
    plain = [*"0123456789X"]
    wide = [chr(ord(character) + 0xFEE0) for character in plain]
    return text.str.replace_many(plain, wide)
