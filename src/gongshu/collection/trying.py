"""Trying a source out before it is relied on: can it be reached, does it hold what the entry lists."""

from __future__ import annotations

from typing import Any

import httpx

from gongshu.collection import pulling
from gongshu.collection.contract import Contract
from gongshu.collection.intake import api, connections, exchange, records, sql, stream
from gongshu.collection.intake.settings import Api, Database, Exchange, Settings, Stream, load
from gongshu.collection.models import Source
from gongshu.collection.states import Mode, SourceKind
from gongshu.errors import GongshuError
from gongshu.home import Home

POSITION = ("host", "port", "database", "schema", "table", "watermark", "where", "driver", "folder", "url", "params")
"""The settings that a watermark belongs to: when one of them changes, reading begins from the start."""
SHOWN = 60


def check_reach(home: Home, kind: SourceKind, settings: Settings) -> None:
    """Raises GongshuError when the operator did not declare the place."""
    if isinstance(settings, Exchange):
        exchange.check(home, settings)
    elif isinstance(settings, Stream):
        stream.check(home, settings)
    elif isinstance(settings, Api):
        api.check(home.sources, settings.url)
    else:
        connections.check(home, kind, settings)


def look(home: Home, source: Source, contract: Contract) -> dict[str, Any]:
    """What a test finds: ``ok``; columns, items without one, columns that stay unread, the number of rows, or why not."""
    kind = SourceKind(source.kind)
    try:
        settings = load(kind, source.settings)
        check_reach(home, kind, settings)
        if isinstance(settings, Exchange):
            return _exchange(home, settings, pulling.unseal(source))
        if isinstance(settings, Stream):
            client = settings.client or f"gongshu-{source.pk}"
            return {"ok": True, "qos": stream.probe(settings, client, pulling.unseal(source).get("password", ""))}
        if isinstance(settings, Api):
            return _api(home, settings, pulling.unseal(source), contract)
        return _database(kind, settings, pulling.unseal(source), contract, source.mode)
    except GongshuError as error:
        return {"ok": False, "code": error.code, "zh": error.text.zh, "en": error.text.en}


def _api(home: Home, settings: Api, secrets: dict[str, str], contract: Contract) -> dict[str, Any]:
    """The first page: which members its records have."""
    with httpx.Client(timeout=api.TIMEOUT, trust_env=False) as client:
        rows = api.Rows(client, home.sources, settings, secrets.get("secret", ""), contract)
        page = next(rows.pages(), [])
    wanted = records.paths(contract, settings.columns)
    found, missing = {}, []
    for column, names in zip(contract.columns, wanted, strict=True):
        at = next((name for name in names if any(records.member(one, name) is not None for one in page)), None)
        if at is None:
            missing.append(column.name)
        else:
            found[column.name] = at
    members = sorted({name for one in page[:100] for name in one})
    used = {path.partition(".")[0] for path in found.values()}
    return {
        "ok": True,
        "rows": rows.total if rows.total is not None else None,
        "found": found,
        "missing": missing[:SHOWN],
        "unlisted": [name for name in members if name not in used][:SHOWN],
    }


def _exchange(home: Home, settings: Exchange, secrets: dict[str, str]) -> dict[str, Any]:
    with exchange.connect(home, settings, secrets) as node:
        return {"ok": True, "files": len(node.files()), "waiting": sum(1 for _ in exchange.manifests(node))}


def _database(
    kind: SourceKind, settings: Database, secrets: dict[str, str], contract: Contract, mode: str
) -> dict[str, Any]:
    password = secrets.get("password", "")
    described = sql.describe(kind, settings, password, contract)
    found: dict[str, Any] = {
        "ok": not described.missing,
        "columns": [list(pair) for pair in described.columns[:SHOWN]],
        "key": list(described.key),
        "found": dict(described.found),
        "missing": list(described.missing[:SHOWN]),
        "unlisted": list(described.unlisted[:SHOWN]),
    }
    if described.missing:
        named = "、".join(described.missing[:10])
        return found | {
            "code": "source.columns_missing",
            "zh": f"来源表中找不到数据项：{named}。请在“列对应”中写明或修订目录。",
            "en": f"The source's table has no column for: {named}. Name them under columns, or mend the entry.",
        }
    with connections.link(kind, settings, password) as link:
        rows = sql.Rows(link, kind, settings, password, contract, incremental=mode == Mode.INCREMENTAL)
        return found | {"rows": rows.total, "watermark": rows.watermark}
