"""Which keys came before: exact to a 64-bit hash over a whole file, in one pass and bounded memory.

Keys are hashed; a field of flags answers "surely new" for nearly all of them, and sorted runs of hashes
(merged as they grow, on disk when they are long) decide the rest. With 100 million keys the chance of one
false duplicate is 3 in 10,000.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from gongshu.collection.cells import Mask

Hashes = npt.NDArray[np.uint64]

_BITS = 25  # 32 MB of flags: of 5 million keys 7 % are looked up in the runs
_SHIFT = np.uint64(64 - _BITS)
_SPILL = 16 << 20  # hashes; longer runs live in the scratch folder


class Seen:
    """The keys that were accepted so far."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._field = np.zeros(1 << _BITS, bool)
        self._runs: list[Hashes] = []
        self._spilled = 0

    def admit(self, hashes: Hashes) -> Mask:
        """True where a hash is new; those are remembered. Within the batch the first one wins."""
        new = np.ones(len(hashes), bool)
        if not len(hashes):
            return new
        ordered = np.sort(hashes)
        twice = ordered[1:][ordered[1:] == ordered[:-1]]
        if len(twice):
            asked = np.flatnonzero(_among(hashes, twice))
            _, first = np.unique(hashes[asked], return_index=True)
            new[asked] = False
            new[asked[first]] = True
        slots = hashes >> _SHIFT
        maybe = new & self._field[slots]
        if maybe.any():
            asked = np.flatnonzero(maybe)
            wanted = hashes[asked]
            known = np.zeros(len(asked), bool)
            for run in self._runs:
                known |= _among(wanted, run)
            new[asked[known]] = False
        self._field[slots] = True
        self._add(ordered if new.all() else np.sort(hashes[new]))
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


def _among(wanted: Hashes, run: Hashes) -> Mask:
    place = np.minimum(np.searchsorted(run, wanted), len(run) - 1)
    return np.asarray(run[place] == wanted)
