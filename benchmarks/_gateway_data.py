"""The population register of the gateway's benchmark: rows made by DuckDB, put where each contestant looks them up."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import secrets
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

RESOURCE, PURPOSE, CLIENT, SECRET, GRANT = "population", "benchmark", "app_bench", "b" * 43, "grant_bench"
FIELDS = ["name", "phone", "birth_year"]
PATH = f"/v1/interfaces/{RESOURCE}/query"
_BATCH = 200_000

_ROWS = """
SELECT printf('990%015d', i) AS citizen_id, '张' || (i % 997) AS name, '138' || printf('%08d', i % 100000000) AS phone,
    '江临市城东区第' || (i % 5000) || '号' AS address, '99' || printf('%04d', i % 40) AS district,
    1950 + i % 60 AS birth_year, '正常' AS status, '' AS note
FROM range({rows}) AS numbers(i)
"""


def batches(rows: int) -> Any:
    """A reader of record batches."""
    import duckdb

    return duckdb.connect().sql(_ROWS.format(rows=rows)).to_arrow_reader(_BATCH)


def citizen(i: int) -> str:
    return f"990{i:015d}"


def kept(rows: int) -> Path:
    """The folder in the temporary folder where the register of ``rows`` rows is kept from one run to the next; it is named
    by what decides its content, and one that is not finished, or of another content, is taken away."""
    from gongshu.lake import parts, serving, tables, values

    sources = [
        Path(str(each)).read_bytes() for each in (__file__, *(one.__file__ for one in (serving, tables, parts, values)))
    ]
    place = Path(tempfile.gettempdir())
    folder = place / f"gongshu-bench-register-{rows}-{hashlib.sha256(b''.join(sources)).hexdigest()[:12]}"
    for other in place.glob(f"gongshu-bench-register-{rows}-*"):
        if other != folder or not (other / "finished").is_file():
            shutil.rmtree(other, ignore_errors=True)
    return folder


def installation(root: Path, rows: int) -> Path:
    """A home with the register, one client and one grant; written without the control plane. ``root`` may hold the
    register already: then client and grant are made anew and what the gateway wrote is taken away."""
    from gongshu import clock, crypto
    from gongshu.crypto import keys
    from gongshu.grants import feed
    from gongshu.grants.scope import GrantScope
    from gongshu.home import Home

    home = Home(root / "home")
    for each in (home.spool, home.root / "gateway"):
        shutil.rmtree(each, ignore_errors=True)
    for each in home.folders:
        each.mkdir(parents=True, exist_ok=True)
    home.control_database.unlink(missing_ok=True)
    keys.ensure(home)
    if not (root / "finished").is_file():
        _register(home, rows)
        (root / "finished").touch()

    now = int(clock.now().timestamp())
    grant = GrantScope(
        grant_id=GRANT,
        organization="housing",
        resource=RESOURCE,
        items=("name", "phone", "address", "birth_year"),
        masks={"name": "name", "phone": "phone"},
        purpose=PURPOSE,
        modes=frozenset({"query", "verify"}),
        valid_from=now - 10,
        valid_until=now + 10_000,
        rate_per_minute=10_000_000,
        daily_quota=1_000_000_000,
    )
    wrapped = base64.b64encode(crypto.provider(home).wrap(SECRET.encode(), "api-client")).decode()
    client = feed.Client(client_id=CLIENT, organization="housing", algorithm="HMAC-SM3", secret_wrapped=wrapped)
    with closing(sqlite3.connect(home.control_database)) as db, db:
        db.execute(f"CREATE TABLE {feed.TABLE} (kind text, key text, revision integer, body text)")
        db.execute("CREATE TABLE grants_feedclock (id integer, revision integer)")
        db.execute("INSERT INTO grants_feedclock VALUES (1, 2)")
        db.execute(f"INSERT INTO {feed.TABLE} VALUES ('client', ?, 1, ?)", (CLIENT, feed.encode(client)))
        db.execute(f"INSERT INTO {feed.TABLE} VALUES ('grant', ?, 2, ?)", (grant.grant_id, feed.encode(grant)))
    return home.root


def _register(home: Any, rows: int) -> None:
    """Commit the register, publish it, and copy it for datasette; the lake's own files are not needed afterwards."""
    from gongshu.lake import serving
    from gongshu.lake.tables import Table

    reader = batches(rows)
    done = Table(home, RESOURCE).commit(reader, reader.schema, run="bench", info={})
    kinds = {"birth_year": "I"}
    items = [serving.ServedItem(name, name, kinds.get(name, "C")) for name in reader.schema.names]
    folder = serving.publish(home, RESOURCE, done, items=items, keys=["citizen_id"])
    shutil.rmtree(home.lake)
    _fill_sqlite(home.root.parent / "register.db", folder / serving.DATABASE)


def fill_postgres(url: str, rows: int) -> None:
    """The register and the table of calls of the two peers that work on PostgreSQL."""
    import psycopg

    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE population (citizen_id text, name text, phone text, address text, district text,"
            " birth_year integer, status text, note text)"
        )
        connection.execute(
            "CREATE TABLE calls (id bigserial PRIMARY KEY, at timestamptz, client text, grant_id text, resource text,"
            " fields text[], found boolean)"
        )
        with connection.cursor().copy("COPY population FROM STDIN") as copy:
            for block in _lines(rows):
                copy.write(block)
        connection.execute("ALTER TABLE population ADD PRIMARY KEY (citizen_id)")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE population")
        connection.execute("CHECKPOINT")


def _lines(rows: int) -> Iterator[bytes]:
    import io

    import pyarrow.csv

    options = pyarrow.csv.WriteOptions(include_header=False, delimiter="\t", quoting_style="none")
    for batch in batches(rows):
        block = io.BytesIO()
        pyarrow.csv.write_csv(batch, block, options)
        yield block.getvalue()


def _fill_sqlite(path: Path, snapshot: Path) -> None:
    """The register for datasette, out of the one that was published: an ordinary table with a primary key."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        db.execute("PRAGMA synchronous = OFF")
        db.execute(
            "CREATE TABLE population (citizen_id text PRIMARY KEY, name text, phone text, address text, district text,"
            " birth_year integer, status text, note text)"
        )
        db.execute("ATTACH ? AS published", (str(snapshot),))
        db.execute(
            "INSERT INTO population SELECT citizen_id, name, phone, address, district, birth_year, status, note"
            " FROM published.serve ORDER BY citizen_id"
        )
        db.commit()


def ours(count: int, rows: int) -> list[bytes]:
    """Requests to the gateway, signed with HMAC-SM3."""
    from gongshu.crypto import signing

    def signed(body: bytes) -> dict[str, str]:
        return signing.sign(client_id=CLIENT, secret=SECRET.encode(), method="POST", path=PATH, body=body)

    return _posts(count, rows, signed)


def theirs(count: int, rows: int) -> list[bytes]:
    """The same requests signed with HMAC-SHA256, as the peers ask."""
    import hmac

    def signed(body: bytes) -> dict[str, str]:
        moment, nonce = str(int(time.time())), secrets.token_hex(12)
        text = "\n".join(["HMAC-SHA256", "POST", PATH, hashlib.sha256(body).hexdigest(), moment, nonce, CLIENT])
        return {
            "X-Gongshu-Client": CLIENT,
            "X-Gongshu-Timestamp": moment,
            "X-Gongshu-Nonce": nonce,
            "X-Gongshu-Signature": hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest(),
        }

    return _posts(count, rows, signed)


def _posts(count: int, rows: int, signed: Any) -> list[bytes]:
    choose = random.Random(7)
    requests = []
    for _ in range(count):
        asked = {
            "grant": GRANT,
            "purpose": PURPOSE,
            "key": {"citizen_id": citizen(choose.randrange(rows))},
            "fields": FIELDS,
        }
        body = json.dumps(asked).encode()
        lines = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
        lines += [f"{name}: {value}" for name, value in signed(body).items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        requests.append("\r\n".join(lines).encode() + body)
    return requests


def looks(count: int, rows: int) -> list[bytes]:
    """Plain look-ups by key as datasette answers them."""
    choose = random.Random(7)
    return [
        f"GET /register/population/{citizen(choose.randrange(rows))}.json?_shape=objects HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n\r\n".encode()
        for _ in range(count)
    ]
