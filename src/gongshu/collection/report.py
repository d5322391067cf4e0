"""What a run answers: counts that add up, where the file's table was, what failed, and the version if there
is one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gongshu.collection.reading import Detection
from gongshu.lake.tables import Version

SAMPLE = 20


@dataclass(frozen=True)
class Rejected:
    """One rejected row: its number, every failure as (column name, rule), and its text."""

    row: int
    failures: tuple[tuple[str, str], ...]
    raw: str


@dataclass
class Progress:
    """How far a run is. ``bytes_total`` is 0 while the file is still being unpacked and decoded."""

    stage: str = "opening"
    bytes_done: int = 0
    bytes_total: int = 0
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    blank: int = 0


@dataclass
class Report:
    """The outcome of a run. Always ``accepted + rejected + blank == read``; ``read`` counts rows below the
    header.
    """

    run: str
    resource: str
    detection: Detection
    source_sha256: str
    read: int = 0
    accepted: int = 0
    rejected: int = 0
    blank: int = 0
    failures: dict[tuple[str, str], int] = field(default_factory=dict)
    sample: list[Rejected] = field(default_factory=list)
    version: Version | None = None
    unchanged: bool = False  # merged by key, and the present version held all of it already
    changes: dict[str, int] = field(default_factory=dict)  # of a merge: inserted, updated, same, deleted
    reconciled: dict[str, str | int] = field(default_factory=dict)  # digests of the rows received and held
    provenance: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def failures_json(self) -> list[dict[str, Any]]:
        """How many rows broke which rule in which column ("" where the whole row is meant)."""
        ordered = sorted(self.failures.items())
        return [{"column": column, "rule": rule, "rows": rows} for (column, rule), rows in ordered]

    def as_json(self) -> dict[str, Any]:
        """For programs: no cell of the file in it."""
        return {
            "run": self.run,
            "resource": self.resource,
            "read": self.read,
            "accepted": self.accepted,
            "rejected": self.rejected,
            "blank": self.blank,
            "failures": self.failures_json(),
            "version": self.version.number if self.version else None,
            "digest": self.version.digest if self.version else None,
            "source_sha256": self.source_sha256,
            "detection": self.detection.as_json(),
            "seconds": round(self.seconds, 3),
        }
