"""Which keys came before: exact to a 64-bit hash over a whole file, in one pass and bounded memory.

Keys are hashed; a field of flags, one bit each, answers "surely new" for nearly all of them, and sorted runs of hashes
(merged as they grow, on disk when they are long) decide the rest. With 100 million keys the chance of one
false duplicate is 3 in 10,000.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from gongshu.collection.cells import Mask

Hashes = npt.NDArray[np.uint64]

_BITS = 28  # 32 MB of flags: of 5 million keys 1 % are looked up in the runs
_BYTE, _BIT = np.uint64(64 - _BITS + 3), np.uint64(64 - _BITS)
_SPILL = 16 << 20  # hashes; longer runs live in the scratch folder


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


def _places(hashes: Hashes, wanted: Hashes) -> npt.NDArray[np.int64]:
    """Where one of the few ``wanted`` (sorted) stands, in the order of ``hashes``."""
    near = np.zeros(1 << 16, bool)
    near[wanted >> np.uint64(48)] = True
    asked = np.flatnonzero(near[hashes >> np.uint64(48)])
    return asked[_among(hashes[asked], wanted)]


def _among(wanted: Hashes, run: Hashes) -> Mask:
    place = np.minimum(np.searchsorted(run, wanted), len(run) - 1)
    return np.asarray(run[place] == wanted)
