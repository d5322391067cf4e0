"""The description of one interface in OpenAPI 3.1, narrowed to what the asking holder's grants let it read.

Pure: the gateway makes it from its snapshot, the pages from the catalog. Every grant is one alternative of the body,
so that a generated client cannot name an item, a purpose or a way of reading that was not granted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gongshu.crypto import signing

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string", "maxLength": 512}
_TYPES: Mapping[str, Schema] = {
    "D": {"type": "string", "format": "date"},
    "T": {"type": "string"},  # ISO 8601 with +08:00; a source may know the minute only
    "I": {"type": "integer"},
    "N": {"type": ["number", "string"]},  # text where a JSON number would not say it exactly
    "Y": {"type": ["number", "string"]},
    "B": {"type": "number"},
    "F": {"type": "number"},
    "L": {"type": "boolean"},
}
_LISTED_AT_MOST = 1000
_CURSOR: Schema = {
    "type": "string",
    "minLength": 1,
    "maxLength": 4096,
    "description": "游标 · The cursor “next” of before",
}


class Column(NamedTuple):
    """An item: ``type`` is a code of the catalog (C N Y D T L M G B I F), ``mask`` a name of ``masking`` or "none"."""

    name: str
    title: str
    type: str
    mask: str = "none"


class Held(NamedTuple):
    """A grant as far as its holder must know it to call."""

    grant_id: str
    purpose: str
    modes: frozenset[str]
    listing: bool
    items: tuple[Column, ...]


def document(
    *,
    resource: str,
    title: str,
    version: int,
    keys: Sequence[Column],
    held: Sequence[Held],
    codes: Mapping[int, Sequence[str]] | None = None,
    server: str = "/",
) -> Schema:
    """The OpenAPI document. ``codes`` are the gateway's codes of refusal by HTTP status (absent: any code)."""
    known = codes or {}
    paths: Schema = {f"/v1/interfaces/{resource}": {"get": _describe(known)}}
    if verifying := [grant for grant in held if "verify" in grant.modes]:
        wanted: Schema = {"type": "boolean", "description": _SIGNED}
        body = [
            _body(grant, keys, {"claims": _claims(grant), "proof": wanted}, ["key", "claims"]) for grant in verifying
        ]
        paths[f"/v1/interfaces/{resource}/verify"] = {"post": _post("verify", _VERIFY, body, _verified(), known)}
    if querying := [grant for grant in held if "query" in grant.modes]:
        bodies = [body for grant in querying for body in _query_bodies(grant, keys)]
        paths[f"/v1/interfaces/{resource}/query"] = {"post": _post("query", _QUERY, bodies, _read(querying), known)}
    names = {key.name for key in keys}
    if told := [g for g in held if (g.listing or "batch" in g.modes) and names and names <= {i.name for i in g.items}]:
        paths[f"/v1/interfaces/{resource}/changes"] = {"get": _changes(told, keys, known)}
    if batch := [grant for grant in held if "batch" in grant.modes]:
        paths[f"/v1/deliveries/{resource}"] = {"get": _deliver(batch, known)}
    return {
        "openapi": "3.1.0",
        "info": {"title": title or resource, "version": str(version), "description": _ABOUT},
        "servers": [{"url": server}],
        "security": [{name: [] for name in signing.HEADERS}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                name: {"type": "apiKey", "in": "header", "name": name, "description": _SIGNING}
                for name in signing.HEADERS
            },
            "schemas": {"Error": _error(sorted({code for several in known.values() for code in several}))},
        },
    }


_ABOUT = (
    "每次调用均须签名，先记账后应答；拒绝应答不含数据值。 Every call is signed, and recorded before it is answered."
)
_SIGNING = "五个签名请求头同时发送 · The five headers of the signature are sent together"
_VERIFY = "核验：只答是、否或未知 · Yes, no or unknown to each claim"
_QUERY = "查询：授权数据项，按规则脱敏 · The granted items, masked"
_SIGNED = "要一份可离线校验的签名应答 · Ask for a signed answer, checked offline"
_DELIVER = "批量文件 · The prepared file"
_CHANGES = "游标之后的变更，可等待 · Changes since the cursor; waits for them"
_DESCRIBE = "持有的授权说明 · What one's grants let one read"


def _value(column: Column) -> Schema:
    text: Schema = {"type": "string"}
    kind = text if column.mask != "none" else _TYPES.get(column.type, text)
    several = kind["type"] if isinstance(kind["type"], list) else [kind["type"]]
    return {**kind, "type": [*several, "null"], "title": column.title}


def _asked(column: Column) -> Schema:
    """A value as a caller may send it: text of any form that the type can be read from, or the JSON kind itself."""
    return {"type": ["string", "number", "boolean"], "maxLength": 512, "title": column.title}


def _object(properties: Schema, required: Sequence[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def _key(keys: Sequence[Column]) -> Schema:
    return _object({key.name: _asked(key) for key in keys}, [key.name for key in keys])


def _body(grant: Held, keys: Sequence[Column], more: Schema, required: Sequence[str]) -> Schema:
    shown: Schema = {"grant": {"const": grant.grant_id}, "purpose": {"const": grant.purpose}}
    if "key" in required:
        shown["key"] = _key(keys)
    return _object({**shown, **more}, ["grant", "purpose", *required])


def _claims(grant: Held) -> Schema:
    claims = _object({item.name: _asked(item) for item in grant.items}, [])
    return {**claims, "minProperties": 1, "maxProperties": 64}


def _query_bodies(grant: Held, keys: Sequence[Column]) -> list[Schema]:
    names = [item.name for item in grant.items]
    fields: Schema = {"type": "array", "items": {"enum": names}, "minItems": 1, "maxItems": 256}
    bodies = [_body(grant, keys, {"fields": fields}, ["key"])]
    if grant.listing:
        plain = {item.name: _asked(item) for item in grant.items if item.mask == "none"}
        listing: Schema = {
            "fields": fields,
            "limit": {"type": "integer", "minimum": 1, "maximum": _LISTED_AT_MOST, "default": 100},
            "after": _CURSOR,
            "filters": {**_object(plain, []), "maxProperties": 16},
        }
        bodies.append(_body(grant, keys, listing, []))
    return bodies


def _envelope(more: Schema, required: Sequence[str]) -> Schema:
    shown: Schema = {
        "request_id": {"type": "string"},
        "resource": {"type": "string"},
        "version": {"type": "integer", "description": "数据版本 · Version of the data"},
    }
    return {"type": "object", "properties": {**shown, **more}, "required": [*shown, *required]}


def _verified() -> Schema:
    answers: Schema = {"type": "object", "additionalProperties": {"enum": ["yes", "no", "unknown"]}}
    proof = _object({"note": {"type": "string"}, "shown": {"type": "object"}}, ["note", "shown"])
    return _envelope({"answers": answers, "proof": proof}, ["answers"])


def _read(grants: Sequence[Held]) -> Schema:
    columns = {item.name: _value(item) for grant in grants for item in grant.items}
    for grant in grants:
        for item in grant.items:
            if columns[item.name] != _value(item):  # masked under one grant, plain under another
                columns[item.name] = {"title": item.title}
    record: Schema = {"type": "object", "properties": columns, "additionalProperties": False}
    return {
        "oneOf": [
            _envelope({"record": record}, ["record"]),
            _envelope(
                {
                    "records": {"type": "array", "items": record},
                    "next": {"type": ["string", "null"]},
                    "truncated": {"type": "boolean"},
                },
                ["records", "next", "truncated"],
            ),
        ]
    }


def _post(
    name: str, summary: str, bodies: Sequence[Schema], answer: Schema, codes: Mapping[int, Sequence[str]]
) -> Schema:
    return {
        "operationId": name,
        "summary": summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": {"oneOf": list(bodies)}}}},
        "responses": {"200": _content("应答 · The answer", answer), **_refusals(codes)},
    }


def _parameter(name: str, schema: Schema, *, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": required, "schema": schema}


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _deliver(grants: Sequence[Held], codes: Mapping[int, Sequence[str]]) -> Schema:
    ids = sorted({grant.grant_id for grant in grants})
    purposes = sorted({grant.purpose for grant in grants})
    tag: Schema = {"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}}
    text: Schema = {"schema": {"type": "string"}}
    return {
        "operationId": "deliver",
        "summary": _DELIVER,
        "parameters": [
            _parameter("grant", {"enum": ids}, required=True),
            _parameter("format", {"enum": ["csv", "json", "xlsx"], "default": "csv"}),
            _parameter("purpose", {"enum": purposes}),
            tag,
        ],
        "responses": {
            "200": {
                "description": "文件 · The file",
                "headers": dict.fromkeys(("ETag", "X-Gongshu-Rows", "X-Gongshu-SHA256"), text),
                "content": {"text/csv": text, "application/json": {"schema": {"type": "array"}}, _XLSX: text},
            },
            "304": {"description": "未变 · Not changed"},
            **_refusals(codes),
        },
    }


def _changes(grants: Sequence[Held], keys: Sequence[Column], codes: Mapping[int, Sequence[str]]) -> Schema:
    key: Schema = {"type": "object", "properties": {item.name: {"title": item.title} for item in keys}}
    change = _object({"change": {"enum": ["added", "changed", "removed"]}, "key": key}, ["change", "key"])
    more: Schema = {
        "changes": {"type": "array", "items": change},
        "next": {"type": "string"},
        "more": {"type": "boolean", "description": "立即再取 · Ask again at once"},
    }
    return {
        "operationId": "changes",
        "summary": _CHANGES,
        "parameters": [
            _parameter("grant", {"enum": sorted({grant.grant_id for grant in grants})}, required=True),
            _parameter("purpose", {"enum": sorted({grant.purpose for grant in grants})}),
            _parameter("after", _CURSOR),
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": 500}),
            _parameter("wait", {"type": "integer", "minimum": 0, "maximum": 60}),
        ],
        "responses": {"200": _content("变更 · The changes", _envelope(more, list(more))), **_refusals(codes)},
    }


def _describe(codes: Mapping[int, Sequence[str]]) -> Schema:
    grants: Schema = {"type": "array", "items": {"type": "object", "required": ["grant", "purpose", "modes", "items"]}}
    return {
        "operationId": "describe",
        "summary": _DESCRIBE,
        "parameters": [_parameter("grant", _TEXT)],
        "responses": {
            "200": _content("授权 · The grants", _envelope({"grants": grants}, ["grants"])),
            **_refusals(codes),
        },
    }


def _content(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(codes: Mapping[int, Sequence[str]]) -> Schema:
    refusal = _content("拒绝 · Refused", {"$ref": "#/components/schemas/Error"})
    if not codes:
        return {"default": refusal}
    return {
        str(status): {**refusal, "description": ", ".join(sorted(names))} for status, names in sorted(codes.items())
    }


def _error(codes: Sequence[str]) -> Schema:
    code: Schema = {"enum": list(codes)} if codes else {"type": "string"}
    text: Schema = {"type": "string"}
    error = {"code": code, "zh": text, "en": text, "request_id": text, "where": text}
    return _object({"error": _object(error, ["code", "zh", "en", "request_id"])}, ["error"])
