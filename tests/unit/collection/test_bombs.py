"""Files made to exhaust the machine end in a named refusal within a fixed limit of memory, which the kernel enforces."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.heavy

MEGABYTE = 1 << 20

CHILD = """
    import json, resource, sys
    from pathlib import Path
    from gongshu.collection.arrival import Limits
    from gongshu.collection.contract import Column, Contract
    from gongshu.collection.pipeline import collect
    from gongshu.errors import GongshuError
    from gongshu.home import Home
    from gongshu.lake.tables import Table
    folder = Path(sys.argv[1])
    contract = Contract("x", (Column("code"), Column("name")))
    small = folder / "small.csv"
    small.write_text("code,name\\n1,a\\n")
    collect(small, contract, Table(Home(folder), "x"), scratch=folder / "work")  # every library is loaded now
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    ceiling = pages * resource.getpagesize() + int(sys.argv[2])
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, resource.getrlimit(resource.RLIMIT_AS)[1]))
    found = {}
    for path in sorted(folder.glob("bomb-*")):
        try:
            collect(path, contract, Table(Home(folder), "x"), scratch=folder / "work",
                    limits=Limits(workbook_memory=int(sys.argv[2])))
            found[path.name] = "version"
        except GongshuError as error:
            found[path.name] = error.code
        assert not list((folder / "work").iterdir())
    print(json.dumps(found))
"""


def repeated(start: bytes, unit: bytes, megabytes: int) -> Callable[[io.BufferedIOBase], None]:
    def write(file: io.BufferedIOBase) -> None:
        file.write(start)
        piece = unit * (MEGABYTE // len(unit))
        for _ in range(megabytes):
            file.write(piece)

    return write


def packed(write: Callable[[io.BufferedIOBase], None], path: Path) -> None:
    with gzip.open(path, "wb") as file:
        write(file)  # type: ignore[arg-type]


def workbook_with(sheet: bytes, megabytes: int, path: Path) -> None:
    """A real workbook whose sheet goes on for ``megabytes`` of cells."""
    source = io.BytesIO()
    workbook = openpyxl.Workbook()
    workbook.active.append(["code", "name"])  # type: ignore[union-attr]
    workbook.save(source)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != "xl/worksheets/sheet1.xml":
                new.writestr(name, old.read(name))
        with new.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as file:
            head, tail = old.read("xl/worksheets/sheet1.xml").split(b"</sheetData>")
            file.write(head)
            for _ in range(megabytes):
                file.write(sheet * (MEGABYTE // len(sheet)))
            file.write(b"</sheetData>" + tail)


def test_every_bomb_is_refused_within_a_fixed_memory(tmp_path: Path) -> None:
    def document(name: str, write: Callable[[io.BufferedIOBase], None]) -> None:
        with (tmp_path / f"bomb-{name}").open("wb") as file:
            write(file)  # type: ignore[arg-type]

    packed(repeated(b"code,name\n", b"1,aaaaaaaaaaaaa\n", 400), tmp_path / "bomb-gzip")
    inner = tmp_path / "inner.zip"
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as file:
        repeated(b"code,name\n", b"1,aaaaaaaaaaaaa\n", 400)(file)  # type: ignore[arg-type]
    with zipfile.ZipFile(tmp_path / "bomb-zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inner, "a.zip")
    document("json-text", repeated(b'[{"code": "', b"x", 300))
    document("json-depth", repeated(b"", b"[", 40))
    document("json-names", repeated(b'{"a":1', b',"k":{"x":1}', 1))
    document("xml-attribute", repeated(b"<r><row code='", b"x", 300))
    document("xml-text", repeated(b"<r><row><code>", b"x", 300))
    document("xml-depth", repeated(b"", b"<a>", 40))
    levels = [b'<!ENTITY a0 "haha">'] + [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)]
    laughs = b"<?xml version='1.0'?><!DOCTYPE r [%s]><r><row><code>&a9;</code></row></r>" % b"".join(levels)
    (tmp_path / "bomb-xml-laughs").write_bytes(laughs)
    document("csv-line", repeated(b"code,name\n1,", b"x", 300))
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 4_000_000, pa.int32()), pa.array(["x" * 200]))
    pq.write_table(pa.table({"code": column, "name": column}), tmp_path / "bomb-parquet", compression="zstd")
    workbook_with(b'<row><c t="inlineStr"><is><t>xxxxxxxxxxxxxxxx</t></is></c></row>', 300, tmp_path / "bomb-xlsx")
    workbook_with(b"<row></row>", 1_100, tmp_path / "bomb-xlsx-size")

    command = [sys.executable, "-c", textwrap.dedent(CHILD), str(tmp_path), str(400 * MEGABYTE)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr[-2_000:]
    assert json.loads(answer.stdout) == {
        "bomb-csv-line": "collection.line_too_long",
        "bomb-gzip": "collection.bomb",
        "bomb-json-depth": "collection.nested",
        "bomb-json-names": "collection.document_damaged",
        "bomb-json-text": "collection.line_too_long",
        "bomb-parquet": "collection.bomb",
        "bomb-xlsx": "collection.workbook_heavy",
        "bomb-xlsx-size": "collection.workbook_heavy",
        "bomb-xml-attribute": "collection.line_too_long",
        "bomb-xml-depth": "collection.nested",
        "bomb-xml-laughs": "collection.xml_entities",
        "bomb-xml-text": "collection.document_damaged",
        "bomb-zip": "collection.bomb",
    }
