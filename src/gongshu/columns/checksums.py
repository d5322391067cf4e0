"""Numbers with a check sign, judged as rows of a matrix of bytes.

GB 11643-1999 citizen identity number: 17 digits and a check sign, ISO 7064 MOD 11-2 (weights 2^(17-i) mod
11). GB 32100-2015 unified social credit code: 18 signs of a 31-sign alphabet, weights 3^i mod 31. The
registering department and the division are not looked up: codes of village collectives (N) and residence
permits (81, 82, 83) are valid. Pure.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gongshu import clock
from gongshu.columns import words
from gongshu.columns.cells import Mask

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_SIGNS = np.frombuffer(b"10X98765432", np.uint8)
_USCC_ALPHABET = b"0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)], np.int32)
_USCC_VALUES = np.full(256, 255, np.uint8)
_USCC_VALUES[np.frombuffer(_USCC_ALPHABET, np.uint8)] = np.arange(31)


def citizen_id(matrix: npt.NDArray[np.uint8]) -> dict[str, Mask]:
    """GB 11643 over an (n, 18) matrix of ASCII bytes: which rows break which rule, one rule each."""
    front, back = words.of_rows(matrix, 0), words.of_rows(matrix, 8)
    seventeenth, sign = matrix[:, 16] - np.uint8(48), matrix[:, 17]
    form = words.digits(front)[1] & words.digits(back)[1] & (seventeenth < 10) & (matrix[:, 0] != 0x30)
    form &= (sign - np.uint8(48) < 10) | (sign == 0x58)
    today = clock.today()
    born, _ = words.digits(words.of_rows(matrix, 6))
    _, dated = words.days(*words.split_day(born))
    dated &= (born >= 1800_00_00) & (born <= today.year * 10_000 + today.month * 100 + today.day)
    total = words.weighted(front, _ID_WEIGHTS[:8]) + words.weighted(back, _ID_WEIGHTS[8:16])
    checked = _ID_SIGNS[(total + seventeenth.astype(np.uint64) * _ID_WEIGHTS[16]) % 11] == sign
    return {
        "citizen_id_form": ~form,
        "citizen_id_date": form & ~dated,
        "citizen_id_checksum": form & dated & ~checked,
    }


def uscc(matrix: npt.NDArray[np.uint8]) -> dict[str, Mask]:
    """GB 32100 over an (n, 18) matrix of ASCII bytes: which rows break which rule, one rule each."""
    numbers: npt.NDArray[np.uint8] = _USCC_VALUES[matrix]
    form: Mask = np.logical_and.reduce(numbers < 31, axis=1)
    body = np.where(form[:, np.newaxis], numbers, 0).astype(np.int32)
    checked: Mask = (31 - (body[:, :17] @ _USCC_WEIGHTS) % 31) % 31 == body[:, 17]
    return {"uscc_form": ~form, "uscc_checksum": form & ~checked}
