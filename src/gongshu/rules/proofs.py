"""Which tests prove which row of the article register, read from the source of the tests without running them.

A test names rows by ``@pytest.mark.article("xian-20", "luzhou-17")``, as decorator, ``pytestmark`` or mark of a parameter.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path


def proofs(folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Row → the tests under ``folder`` that name it, as ``unit/rules/test_values.py::test_name``, sorted.

    Raises:
        SyntaxError: a test file is not Python.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for file in sorted(folder.rglob("test_*.py")):
        source = file.read_text(encoding="utf-8")
        if "mark.article" not in source:
            continue
        where = file.relative_to(folder).as_posix()
        for row, name in _marks(ast.parse(source, filename=where)):
            found[row].add(f"{where}::{name}" if name else where)
    return {row: tuple(sorted(tests)) for row, tests in sorted(found.items())}


def _marks(tree: ast.AST, name: str = "") -> Iterator[tuple[str, str]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "article":
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value, name
        inner = node.name if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else name
        yield from _marks(node, inner)
