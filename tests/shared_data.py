"""Real data that lies beside the checkout on some machines (``../shared/data``); tests that need it skip elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(name: str) -> Path:
    """The file or folder ``name`` of the shared data, for example ``divisions/villages.csv.gz``."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"needs the shared data beside the checkout: {name}")
    return path


def messy_files() -> list[Path]:
    """Every file of the messy collection; empty where it does not exist."""
    folder = FOLDER / "messy"
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
