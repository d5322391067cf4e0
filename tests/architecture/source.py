"""What the architecture tests read: the repository's files, parsed once."""

from __future__ import annotations

import ast
import functools
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "gongshu"


@functools.cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package that people wrote (no migrations), by its path below ``src``."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(ROOT / "src").as_posix()
        if "/migrations/" not in name:
            found[name] = ast.parse(path.read_text(encoding="utf-8"), filename=name)
    return found


@functools.cache
def tracked_files() -> list[Path]:
    """The files git keeps, or would keep if they were added."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def imported(tree: ast.Module) -> set[str]:
    """Dotted names that a module imports: ``from a.b import c`` gives both ``a.b`` and ``a.b.c``.

    What is imported for type checkers only does not count.
    """
    names: set[str] = set()
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names
