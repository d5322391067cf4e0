"""If it is not documented, the build is red: the reference pages are what the code would write today."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("api.md", "commands.md", "life-cycles.md", "gateway-errors.md", "rules.md", "articles.md")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as the generator writes them now, in a folder of their own."""
    folder = tmp_path_factory.mktemp("reference")
    code = (
        "import sys, pathlib; sys.path.insert(0, 'docs'); import generate; "
        f"generate.FOLDER = pathlib.Path({str(folder)!r}); generate.write()"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(written: Path, name: str) -> None:
    kept = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
    assert kept == (written / name).read_text(encoding="utf-8"), "run: make docs"


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    decisions = [f.name for f in (ROOT / "docs" / "adr").glob("0*.md")]
    assert decisions
    assert [name for name in decisions if name not in index] == []
