"""Folders in the temporary folder that one run of a benchmark builds and the next ones find."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

FINISHED = "finished"


def folder(kind: str, decisive: Sequence[ModuleType | str], build: Callable[[Path], object]) -> Path:
    """The folder ``gongshu-bench-<kind>-…``, made by ``build`` where it is not there. It is named by what decides its
    content - ``decisive``: modules or files of code - and one that is not finished, or of other code, is taken away."""
    files = [one if isinstance(one, str) else str(one.__file__) for one in decisive]
    code = hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()[:12]
    place = Path(tempfile.gettempdir())
    wanted = place / f"gongshu-bench-{kind}-{code}"
    for other in place.glob(f"gongshu-bench-{kind}-*"):
        if other != wanted or not (other / FINISHED).is_file():
            shutil.rmtree(other, ignore_errors=True)
    if not (wanted / FINISHED).is_file():
        wanted.mkdir(parents=True)
        build(wanted)
        (wanted / FINISHED).touch()
    return wanted
