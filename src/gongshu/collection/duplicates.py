"""Which keys came before: exact to a 64-bit hash over a whole file, in one pass and bounded memory.

Whole numbers that mostly rise, as serial numbers do, are kept as they are (``Rising``) and answered exactly. All other
keys are hashed; a field of flags, one bit each, answers "surely new" for nearly all of them, and sorted runs of hashes
(merged as they grow, on disk when they are long) decide the rest. With 100 million keys the chance of one
false duplicate is 3 in 10,000.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from gongshu.columns.cells import Mask

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]

_BITS = 28  # 32 MB of flags: of 5 million keys 1 % are looked up in the runs
_BYTE, _BIT = np.uint64(64 - _BITS + 3), np.uint64(64 - _BITS)
_SPILL = 16 << 20  # hashes or numbers; longer runs live in the scratch folder
_STRAY = 8  # of a batch of rising numbers, one in so many may be below one before it
_FEW = 100  # or so many in all
_GIVEN = 1 << 20  # numbers that are hashed at once when they turn out not to rise


class Seen:
    """The keys that were accepted so far."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._field = np.zeros(1 << _BITS - 3, np.uint8)
        self._runs: list[Hashes] = []
        self._spilled = 0

    def admit(self, hashes: Hashes) -> Mask:
        """True where a hash is new; those are remembered. Within the batch the first one wins."""
        new = np.ones(len(hashes), bool)
        if not len(hashes):
            return new
        ordered = np.sort(hashes)  # memory is walked through in one direction
        again = np.zeros(len(ordered), bool)
        again[1:] = ordered[1:] == ordered[:-1]
        twice = ordered[again]
        if len(twice):
            ordered = ordered[~again]
        slots, flags = ordered >> _BYTE, np.uint8(1) << ((ordered >> _BIT).astype(np.uint8) & np.uint8(7))
        asked = np.flatnonzero(self._field[slots] & flags)
        if len(asked):
            wanted = ordered[asked]
            known = np.zeros(len(wanted), bool)
            for run in self._runs:
                known |= _among(wanted, run)
            if known.any():
                new[_places(hashes, wanted[known])] = False
                ordered = np.delete(ordered, asked[known])
        if len(twice):
            places = _places(hashes, twice)
            places = places[new[places]]
            _, first = np.unique(hashes[places], return_index=True)
            new[places] = False
            new[places[first]] = True
        while len(slots):  # of several flags in one byte the last is set at a time
            self._field[slots] |= flags
            unset = (self._field[slots] & flags) == 0
            slots, flags = slots[unset], flags[unset]
        self._add(ordered)
        return new

    def _add(self, run: Hashes) -> None:
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            merged = np.concatenate([self._runs.pop(), run])
            merged.sort(kind="stable")
            run = merged
        if len(run) >= _SPILL:
            path = self._scratch / f"keys-{self._spilled}.u64"
            self._spilled += 1
            run.tofile(path)
            run = np.memmap(path, np.uint64, mode="r")
        if len(run):
            self._runs.append(run)


class Rising:
    """The whole numbers that were accepted so far, where nearly each is above all before it.

    A number above all before it is new; the others are looked up. When more than one in ``_STRAY`` of a batch have to
    be, the numbers do not rise: all go over to hashes (``hashed``) in a :class:`Seen`, and stay there.
    """

    def __init__(self, scratch: Path, hashed: Callable[[Numbers], Hashes]) -> None:
        self._scratch = scratch
        self._hashed = hashed
        self._runs: list[Numbers] = []  # each rises, and lies above the one before it
        self._late = np.zeros(0, np.int64)  # accepted below numbers before them, sorted
        self._top: int | None = None
        self._spilled = 0
        self._seen: Seen | None = None

    def admit(self, numbers: Numbers) -> Mask:
        """True where a number is new; those are remembered. Within the batch the first one wins."""
        if self._seen is not None:
            return self._seen.admit(self._hashed(numbers))
        new = np.ones(len(numbers), bool)
        if not len(numbers):
            return new
        tops = np.maximum.accumulate(numbers)
        new[1:] = numbers[1:] > tops[:-1]
        if self._top is not None:
            new &= numbers > self._top
        stray = np.flatnonzero(~new)
        if (len(stray) * _STRAY > len(numbers) and len(stray) > _FEW) or len(self._late) > _GIVEN:
            return self._give_over().admit(self._hashed(numbers))
        risen = numbers[new]
        if len(stray):
            wanted = numbers[stray]
            known = np.zeros(len(wanted), bool)
            for run in (*self._runs, self._late, risen):
                if len(run):
                    known |= _among(wanted, run)
            fresh, first = np.unique(wanted[~known], return_index=True)
            new[stray[~known][first]] = True
            if len(fresh):
                self._late = np.union1d(self._late, fresh)
        if len(risen):
            self._top = int(risen[-1])
            self._add(risen)
        return new

    def _give_over(self) -> Seen:
        self._seen = Seen(self._scratch)
        for run in (*self._runs, self._late):
            for start in range(0, len(run), _GIVEN):
                self._seen.admit(self._hashed(np.asarray(run[start : start + _GIVEN])))
        self._runs, self._late = [], self._late[:0]
        return self._seen

    def _add(self, run: Numbers) -> None:
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.concatenate([self._runs.pop(), run])
        if len(run) >= _SPILL:
            path = self._scratch / f"numbers-{self._spilled}.i64"
            self._spilled += 1
            run.tofile(path)
            run = np.memmap(path, np.int64, mode="r")
        self._runs.append(run)


def _places(hashes: Hashes, wanted: Hashes) -> npt.NDArray[np.int64]:
    """Where one of the few ``wanted`` (sorted) stands, in the order of ``hashes``."""
    near = np.zeros(1 << 16, bool)
    near[wanted >> np.uint64(48)] = True
    asked = np.flatnonzero(near[hashes >> np.uint64(48)])
    return asked[_among(hashes[asked], wanted)]


def _among(wanted: npt.NDArray[Any], run: npt.NDArray[Any]) -> Mask:
    place = np.minimum(np.searchsorted(run, wanted), len(run) - 1)
    return np.asarray(run[place] == wanted)
