"""How often: rates per minute in memory, daily quotas in a file that survives the process.

Several gateways count each for itself; with n gateways a grant's limit is at most n times its number.
"""

from __future__ import annotations

import struct
from collections.abc import Hashable
from datetime import date, timedelta
from math import ceil
from pathlib import Path

from gongshu.gateway.errors import Refusal
from gongshu.gateway.mapped import MappedFile

_SHANGHAI_OFFSET = 8 * 3600  # no summer time since 1991


class Rates:
    """Calls per minute by the generic cell rate algorithm (ITU-T I.371): one number per key, bursts of a
    minute's worth.

    Times are monotonic seconds.
    """

    def __init__(self) -> None:
        self._arrival: dict[Hashable, float] = {}
        self._swept = 0.0

    def take(self, key: Hashable, per_minute: int, now: float) -> None:
        """Count one call, or raise ``Refusal("rate_exceeded")`` with the seconds to wait."""
        if (wait := self.wait(key, per_minute, now)) > 0:
            raise Refusal("rate_exceeded", retry_after=ceil(wait))

    def wait(self, key: Hashable, per_minute: int, now: float) -> float:
        """0 when the call is counted, else the seconds until it would be."""
        if now - self._swept > 60:
            self._sweep(now)
        step = 60.0 / per_minute
        due = max(self._arrival.get(key, 0.0), now)
        if (early := due + step - (now + 60.0)) > 1e-9:
            return early
        self._arrival[key] = due + step
        return 0.0

    def _sweep(self, now: float) -> None:
        self._swept = now
        for key in [k for k, due in self._arrival.items() if due <= now]:
            del self._arrival[key]


class DailyQuota:
    """Calls per grant and day (of Shanghai). The counts are in ``<folder>/<day>.quota``, one record per grant."""

    _NAME = 56
    _COUNT = struct.Struct("<Q")
    _SIZE = _NAME + _COUNT.size

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._day = 0
        self._file: MappedFile | None = None
        self._counts: dict[str, list[int]] = {}  # grant → [count, offset of its record]
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, grant_id: str, limit: int, now: float) -> None:
        """Count one call on the day of ``now`` (Unix seconds), or raise ``Refusal("quota_exceeded")``."""
        day = (int(now) + _SHANGHAI_OFFSET) // 86_400
        try:
            if day != self._day or self._file is None:
                self._open(day)
            assert self._file is not None  # noqa: S101 - opened above
            entry = self._counts.get(grant_id)
            if entry is None:
                entry = [0, len(self._counts) * self._SIZE]
                self._file.store(entry[1], grant_id.encode()[: self._NAME].ljust(self._SIZE, b"\0"))
                self._counts[grant_id] = entry
            if entry[0] >= limit:
                raise Refusal("quota_exceeded")
            self._file.store(entry[1] + self._NAME, self._COUNT.pack(entry[0] + 1))
            entry[0] += 1
        except OSError:
            raise Refusal("storage_unavailable") from None

    def _open(self, day: int) -> None:
        self.close()
        name = (date(1970, 1, 1) + timedelta(days=day)).strftime("%Y%m%d")
        for old in self._folder.glob("*.quota"):
            if old.stem < name:
                old.unlink(missing_ok=True)
        self._file = MappedFile(self._folder / f"{name}.quota")
        content = self._file.content()
        self._counts = {}
        for at in range(0, len(content) - self._SIZE + 1, self._SIZE):
            grant = content[at : at + self._NAME].rstrip(b"\0").decode()
            if not grant:
                break
            self._counts[grant] = [self._COUNT.unpack_from(content, at + self._NAME)[0], at]
        self._day = day

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
