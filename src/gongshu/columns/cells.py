"""One column of a batch as bytes and offsets, so that checks run over all rows at once in numpy.

Source text is trimmed (also of full-width blanks), and ``\\N``, the null of database dumps, is empty. Where
that changed the text, ``touched`` says so, and the pipeline keeps the raw text beside the value.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

BLANKS = " \t\r\n\f\v\u00a0\u3000\ufeff\u200b\u2002\u2003"
_PAD = np.zeros(1, np.uint8)
# A trimmed text starts or ends with a blank, or with the first or last byte of a wide one.
_MAY_START = np.zeros(256, bool)
_MAY_START[[9, 10, 11, 12, 13, 32, 0xC2, 0xE2, 0xE3, 0xEF]] = True
_MAY_END = np.zeros(256, bool)
_MAY_END[[9, 10, 11, 12, 13, 32, 0xA0, 0x80, 0xBF, 0x8B, 0x82, 0x83]] = True


class Cells:
    """``array`` holds the trimmed texts, empty as ''; ``lengths`` in bytes; ``blank`` where nothing is left."""

    def __init__(self, source: pa.StringArray) -> None:
        if source.null_count:
            source = pc.fill_null(source, "")
        self.source = source
        self._view(source)
        self.touched: Mask | None = None
        self._trim()
        self.blank: Mask = self.lengths == 0

    def _view(self, array: pa.StringArray) -> None:
        buffers = array.buffers()
        self.array = array
        count = len(array)
        if count == 0:
            self.offsets: npt.NDArray[np.int64] = np.zeros(1, np.int64)
            self.data: Bytes = _PAD
        else:
            raw = np.frombuffer(buffers[1], np.int32, count + 1, array.offset * 4)
            self.offsets = raw.astype(np.int64)
            data = np.frombuffer(buffers[2], np.uint8) if buffers[2] is not None else _PAD
            self.data = data if data.size else _PAD
        self.lengths: npt.NDArray[np.int64] = np.diff(self.offsets)

    def __len__(self) -> int:
        return len(self.array)

    def _trim(self) -> None:
        if not len(self.array):
            return
        held = self.data[self.offsets[0] : self.offsets[-1]]
        if held.size and held.min() > 0x20 and held.max() < 0x80 and not (held == 0x5C).any():
            return  # ASCII without blanks
        last_byte = self.data.size - 1
        first = self.data[np.minimum(self.offsets[:-1], last_byte)]
        last = self.data[np.clip(self.offsets[1:] - 1, 0, last_byte)]
        suspect = (_MAY_START[first] | _MAY_END[last] | ((first == 0x5C) & (self.lengths == 2))) & (self.lengths > 0)
        if not suspect.any():
            return
        texts = self.subset(suspect)
        trimmed = texts.str.strip_chars(BLANKS)
        trimmed = trimmed.replace("\\N", "")
        changed = (trimmed.str.len_bytes() != texts.str.len_bytes()).to_numpy()
        if not changed.any():
            return
        touched = suspect.copy()
        touched[suspect] = changed
        new = trimmed.filter(pl.Series(changed)).to_arrow().cast(pa.string())
        self._view(pc.replace_with_mask(self.array, pa.array(touched), new))
        self.touched = touched

    def subset(self, mask: Mask) -> pl.Series:
        """The texts where ``mask``, as a Polars series."""
        return pl.Series(pc.filter(self.array, pa.array(mask)), dtype=pl.String)

    def series(self) -> pl.Series:
        return pl.Series(self.array, dtype=pl.String)

    def nullable(self, null: Mask) -> pa.StringArray:
        """The texts with nulls where ``null``; shares the buffers."""
        if not null.any():
            return self.array
        valid = pa.py_buffer(np.packbits(~null, bitorder="little").tobytes())
        buffers = self.array.buffers()
        if self.array.offset:
            offsets = pa.py_buffer(self.offsets.astype(np.int32).tobytes())
            return pa.StringArray.from_buffers(len(self), offsets, buffers[2], valid)
        return pa.StringArray.from_buffers(len(self), buffers[1], buffers[2], valid)

    def matrix(self, rows: Mask, width: int) -> npt.NDArray[np.uint8]:
        """The bytes of the texts where ``rows`` (each at least ``width`` long) as one row of ``width``
        bytes each.
        """
        if rows.all() and (self.lengths == width).all():  # the usual case for codes and dates: no copy
            first = self.offsets[0]
            return self.data[first : first + len(self) * width].reshape(-1, width)
        starts = self.offsets[:-1][rows]
        windows: Any = np.ndarray(self.data.size - width + 1, f"V{width}", self.data, strides=(1,))
        return np.asarray(windows[starts].view(np.uint8).reshape(-1, width))

    def tail(self, rows: Mask, width: int) -> npt.NDArray[np.uint8]:
        """The last ``width`` bytes of the texts where ``rows``; 0 where a text is shorter."""
        ends, lengths = self.offsets[1:][rows], self.lengths[rows]
        back = np.arange(width, 0, -1)
        places = np.maximum(ends[:, None] - back, 0)
        return np.where(lengths[:, None] >= back, self.data[places], 0).astype(np.uint8)


def scatter(base: Any, mask: Mask, values: Any) -> Any:
    """``base`` (numpy) with ``values`` where ``mask``."""
    base[mask] = values
    return base
