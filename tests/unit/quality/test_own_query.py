"""A department's own query reads the declared tables and nothing else, whatever it tries."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongshu.errors import GongshuError
from gongshu.quality import own_query
from gongshu.quality.own_query import Tables
from unit.quality.tables import outcome, source


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    own = source(tmp_path, {"n": "I", "s": "C"}, {"n": [1, 2, 3], "s": ["秘密值", "b", "c"]})
    return Tables({"this": own.files}, {"this": own.schema})


def test_it_counts_and_names_the_rows(tables: Tables, tmp_path: Path) -> None:
    found = own_query.run("SELECT _row FROM this WHERE n > 1; -- a remark", tables)
    assert (found.rows, found.sample) == (2, (3, 4))
    with_cte = "WITH big AS (SELECT * FROM this WHERE n > 2) SELECT big._row FROM big JOIN this USING (n)"
    assert own_query.run(with_cte, tables).sample == (4,)
    assert own_query.run("SELECT n FROM this GROUP BY n HAVING count(*) > 1", tables).rows == 0
    own = source(tmp_path, {"n": "I"}, {"n": [1, 2]})
    other = source(tmp_path, {"m": "I"}, {"m": [2]}, name="other")
    body = {"check": "sql", "query": "SELECT _row FROM this WHERE n NOT IN (SELECT m FROM o)", "tables": {"o": "R"}}
    assert outcome(tmp_path, body, own, R=other).rows == (2,)
    missing = outcome(tmp_path, body, own)
    assert missing.problem is not None


ESCAPES = [
    "DROP TABLE this",
    "SELECT 1; SELECT 2",
    "SELECT 1) AS x, (SELECT 2",
    "COPY this TO '/tmp/out.csv'",
    "ATTACH '/tmp/x.db'",
    "INSTALL httpfs",
    "PRAGMA database_list",
    "SET memory_limit='100GB'",
    "CREATE TABLE a AS SELECT * FROM this",
    "EXPLAIN ANALYZE SELECT * FROM this",
    "SUMMARIZE this",
    "SELECT * FROM other",
    "SELECT * FROM main.this",
    "SELECT * FROM memory.main.this",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT (SELECT count(*) FROM read_blob('/etc/*'))",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_class",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('this')",
    "SELECT getenv('HOME')",
    "SELECT current_setting('temp_directory')",
    "SELECT * FROM this, range(1000000000000)",
    "WITH a AS (SELECT * FROM b) SELECT * FROM a",
    "",
    "not sql at all",
]


@pytest.mark.parametrize("query", ESCAPES)
def test_it_cannot_reach_beside_the_declared_tables(query: str, tables: Tables) -> None:
    with pytest.raises(GongshuError) as refused:
        own_query.run(query, tables, seconds=5)
    assert refused.value.code == "quality.query_refused"


def test_time_and_memory_end(tables: Tables) -> None:
    joins = ", ".join(f"this t{n}" for n in range(20))
    wanted = " + ".join(f"t{n}.n" for n in range(20))
    with pytest.raises(GongshuError, match="more than 1 seconds"):
        own_query.run(f"SELECT count(*) FROM {joins} WHERE hash({wanted}) = 1", tables, seconds=1)
    wide = ", ".join(f"this t{n}" for n in range(16))
    digits = " + ".join(f"t{n}.n * {3**n}" for n in range(16))
    with pytest.raises(GongshuError, match="memory"):
        own_query.run(f"SELECT DISTINCT {digits} AS every_number FROM {wide}", tables, memory="20MB")


def test_no_value_is_in_the_refusal(tables: Tables) -> None:
    with pytest.raises(GongshuError) as refused:
        own_query.run("SELECT _row FROM this WHERE CAST(s AS INTEGER) > 1", tables)
    assert "秘密" not in refused.value.text.zh + refused.value.text.en
