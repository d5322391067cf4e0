"""What the demo has done so far, on disk, so that a demo that was killed goes on where it stopped.

The platform's own tables are the truth about what was acknowledged. This file remembers what only the demo knows: which
steps ended, what they found, and the secrets that its systems were given.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Progress:
    """A small JSON file, replaced as a whole after each step, mode 0600."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._kept = {"steps": {}, "secrets": {}, "seconds": {}}

    def result(self, step: str) -> dict[str, Any] | None:
        """What ``step`` found, if it ended."""
        found: dict[str, Any] | None = self._kept["steps"].get(step)
        return found

    def finish(self, step: str, found: dict[str, Any], seconds: float) -> None:
        self._kept["steps"][step] = found
        self._kept["seconds"][step] = round(seconds, 3)
        self._write()

    @property
    def seconds(self) -> dict[str, float]:
        return dict(self._kept["seconds"])

    def secret(self, client_id: str) -> str | None:
        found: str | None = self._kept["secrets"].get(client_id)
        return found

    def keep_secret(self, client_id: str, secret: str) -> None:
        self._kept["secrets"][client_id] = secret
        self._write()

    def _write(self) -> None:
        replace_file(self._file, json.dumps(self._kept, ensure_ascii=False, indent=1), mode=0o600)


def replace_file(file: Path, text: str, *, mode: int = 0o644) -> None:
    """Write ``text`` so that a reader sees the old file or the new one, never half of it."""
    draft = file.with_name(file.name + ".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)
