"""What the collection tests share: a small contract, a table in a temporary home, and a way to collect bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest

from gongshu.collection.arrival import DEFAULT, Limits
from gongshu.collection.contract import Column, Contract
from gongshu.collection.options import Options
from gongshu.collection.pipeline import collect
from gongshu.collection.report import Report
from gongshu.home import Home
from gongshu.lake.tables import Table

PEOPLE = Contract(
    "people",
    (
        Column("code", "编码", required=True, is_key=True),
        Column("name", "姓名", length=20),
        Column("born", "出生日期", "D"),
    ),
)

Collect = Callable[..., Report]
READING = {field.name for field in fields(Options)}


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(Home(tmp_path / "home"), "people")


@pytest.fixture
def take(tmp_path: Path, table: Table) -> Collect:
    """``take(content, contract=PEOPLE, name="in.csv", **options)`` collects a file of that content."""

    def run(
        content: bytes | str | Path,
        contract: Contract = PEOPLE,
        name: str = "in.csv",
        limits: Limits = DEFAULT,
        **options: object,
    ) -> Report:
        if isinstance(content, Path):
            path = content
        else:
            path = tmp_path / name
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        scratch = tmp_path / "scratch"
        said = {name: options.pop(name) for name in list(options) if name in READING}
        try:
            return collect(path, contract, table, limits=limits, scratch=scratch, options=Options(**said), **options)  # type: ignore[arg-type]
        finally:
            assert not list(scratch.iterdir()), "the scratch folder is left empty, whatever happens"

    return run
