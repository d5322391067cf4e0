"""A small installation for the gateway's tests: keys, a control feed, a served register, a client that signs.

The feed is written by SQL here, so that the gateway is tested without Django beside it; that the control plane
writes the same is the matter of ``test_revocation.py`` and ``integration/grants``.
"""

from __future__ import annotations

import base64
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from gongshu import clock, crypto, ids
from gongshu.crypto import keys, signing
from gongshu.gateway.call import Answer, Call
from gongshu.grants import feed
from gongshu.grants.scope import GrantScope
from gongshu.home import Home
from gongshu.lake import serving
from gongshu.lake.serving import ServedItem
from gongshu.lake.tables import Table

RESOURCE = "population"
PURPOSE = "住房保障资格核验"
SECRET = "kept-between-us-only-0123456789"
ITEMS = (
    ServedItem("citizen_id", "公民身份号码", "C", is_key=True, mask="id"),
    ServedItem("name", "姓名", "C", mask="name"),
    ServedItem("phone", "联系电话", "C", mask="phone"),
    ServedItem("district", "区划代码", "C"),
    ServedItem("birth", "出生日期", "D"),
    ServedItem("income", "年收入", "N"),
    ServedItem("remark", "备注", "C"),
)
# Impossible identity numbers: no county has the code 990000.
PEOPLE: list[tuple[Any, ...]] = [
    (f"99000019{60 + i % 40}0101{i:03d}X", f"张{'三四五六七'[i % 5]}", f"1380000{i:04d}", ("330324", "330301")[i % 2],
     f"19{60 + i % 40}-01-01", 1000.5 + i, None if i % 10 == 0 else f"备注{i}")
    for i in range(300)
]  # fmt: skip


def person(i: int) -> dict[str, Any]:
    return dict(zip([item.name for item in ITEMS], PEOPLE[i], strict=True))


def secret_values(i: int) -> list[str]:
    """What must not be found in an error or a ledger entry."""
    row = person(i)
    return [str(row["citizen_id"]), str(row["name"]), str(row["phone"]), str(row["income"])]


@dataclass
class World:
    home: Home
    revision: int = 0
    clients: dict[str, str] = field(default_factory=dict)

    def tell(self, kind: feed.Kind, key: str, body: GrantScope | feed.Client) -> None:
        """Write one row of the feed, as ``grants.actions`` does."""
        self.revision += 1
        with closing(sqlite3.connect(self.home.control_database, timeout=10)) as db, db:
            db.execute(
                f"INSERT INTO {feed.TABLE} (kind, key, revision, body) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (kind, key) DO UPDATE SET revision = excluded.revision, body = excluded.body",
                (str(kind), key, self.revision, feed.encode(body)),
            )
            db.execute("UPDATE grants_feedclock SET revision = ? WHERE id = 1", (self.revision,))

    def client(self, client_id: str, organization: str = "housing", algorithm: str = signing.HMAC_SM3, **more) -> str:
        wrapped = crypto.provider(self.home).wrap(SECRET.encode(), "api-client")
        body = feed.Client(
            client_id=client_id,
            organization=organization,
            algorithm=algorithm,
            secret_wrapped=base64.b64encode(wrapped).decode(),
            **more,
        )
        self.tell(feed.Kind.CLIENT, client_id, body)
        self.clients[client_id] = algorithm
        return client_id

    def grant(self, **changes: Any) -> GrantScope:
        now = int(clock.now().timestamp())
        plain = {
            "grant_id": ids.new_id("grant"),
            "organization": "housing",
            "resource": RESOURCE,
            "title": "人口基本信息",
            "items": ("name", "phone", "district", "birth", "income", "remark"),
            "purpose": PURPOSE,
            "modes": frozenset({"verify", "query", "batch"}),
            "valid_from": now - 1000,
            "valid_until": now + 100_000,
        }
        scope = GrantScope(**{**plain, **changes})
        self.tell(feed.Kind.GRANT, scope.grant_id, scope)
        return scope

    def end(self, grant: GrantScope, status: str = "revoked") -> GrantScope:
        ended = msgspec.structs.replace(grant, status=status)
        self.tell(feed.Kind.GRANT, grant.grant_id, ended)
        return ended

    def signed(self, client_id: str, method: str, path: str, body: bytes = b"", **more: Any) -> dict[str, str]:
        """The five headers, names in lower case as the shell hands them on."""
        algorithm = more.pop("algorithm", self.clients.get(client_id, signing.HMAC_SM3))
        secret = more.pop("secret", SECRET.encode())
        headers = signing.sign(
            client_id=client_id, secret=secret, method=method, path=path, body=body, algorithm=algorithm, **more
        )
        return {name.lower(): value for name, value in headers.items()}

    def call(self, operation: str, body: dict[str, Any] | bytes, *, client: str = "app_1", resource: str = RESOURCE,
             **more: Any) -> Call:  # fmt: skip
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        path = f"/v1/interfaces/{resource}/{operation}"
        return Call(operation, resource, "POST", path, self.signed(client, "POST", path, raw, **more), raw)

    def get(self, operation: str, parameters: dict[str, str], *, client: str = "app_1", resource: str = RESOURCE,
            headers: dict[str, str] | None = None) -> Call:  # fmt: skip
        place = "deliveries" if operation == "deliver" else "interfaces"
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        tail = {"openapi": "/openapi.json", "changes": "/changes"}.get(operation, "")
        path = f"/v1/{place}/{resource}{tail}" + (f"?{query}" if query else "")
        signed = {**self.signed(client, "GET", path), **(headers or {})}
        return Call(operation, resource, "GET", path, signed, b"", tuple(parameters.items()))


def build_world(root: Path, people: list[tuple[Any, ...]] | None = None) -> World:
    """An installation in ``root`` with a client ``app_1`` of ``housing`` and a served register of 300 people."""
    home = Home(root)
    for folder in home.folders:
        folder.mkdir(parents=True, exist_ok=True)
    keys.ensure(home)
    with closing(sqlite3.connect(home.control_database)) as db, db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute(
            f"CREATE TABLE {feed.TABLE} (id integer PRIMARY KEY, kind varchar(10), key varchar(64), "
            "revision bigint UNIQUE, body text, UNIQUE (kind, key))"
        )
        db.execute("CREATE TABLE grants_feedclock (id integer PRIMARY KEY, revision bigint)")
        db.execute("INSERT INTO grants_feedclock VALUES (1, 0)")
    world = World(home)
    world.client("app_1")
    publish(home, people or PEOPLE)
    return world


def publish(home: Home, people: list[tuple[Any, ...]], resource: str = RESOURCE) -> int:
    """Commit ``people`` as a new version and serve it; the version's number."""
    columns = list(zip(*people, strict=True))
    arrays = {}
    for item, values in zip(ITEMS, columns, strict=True):
        plain = pa.array(values)
        if item.type == "D":
            plain = plain.cast(pa.string()).cast(pa.date32())
        elif item.type == "N":
            plain = pa.array([f"{value:.4f}" for value in values]).cast(pa.decimal128(38, 18))
        else:
            plain = plain.cast(pa.string())
        arrays[item.name] = plain
    table = pa.table(arrays)
    version = Table(home, resource).commit(table.to_batches(), table.schema, run=ids.new_id("run"), info={})
    serving.publish(home, resource, version, items=ITEMS, keys=["citizen_id"])
    return version.number


def query(held: GrantScope, i: int = 3, /, **changes: Any) -> dict[str, Any]:
    """The body of a query under ``held`` for person ``i``."""
    return {
        "grant": held.grant_id,
        "purpose": PURPOSE,
        "key": {"citizen_id": person(i)["citizen_id"]},
        **changes,
    }


def content(answer: Answer) -> dict[str, Any]:
    return json.loads(answer.body)


def code_of(answer: Answer) -> str:
    return content(answer)["error"]["code"]
