"""Whatever is sent to whatever address, the answer is an answer: never a fault of ours, and every refusal speaks."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from factories import companies
from factories.programs import body, program_of
from gongshu.web.api.base import api
from gongshu.web.api.routes import operations

NAUGHTY = [
    "", " ", "\x00", "a\x00b", "null", "NaN", "-1", "0", "1e309", "9" * 40, "²", "٣", "\ud800", "\u202egnp.exe",
    "'; DROP TABLE catalog_entry; --", "<script>alert(1)</script>", "{{7*7}}", "../../etc/passwd", "%s%n", "😀" * 300,
    "田" * 5000, "\ufeff", "1999-02-30", "0001-01-01", "9999-12-31", "2026-11-21T00:00:00Z", "true", "[]",
]  # fmt: skip
ODD = st.one_of(
    st.sampled_from(NAUGHTY),
    st.text(max_size=40),
    st.integers(min_value=-(10**40), max_value=10**40),
    st.floats(allow_nan=False),
    st.booleans(),
    st.none(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2),
)
SCHEMA = api.get_openapi_schema()
PRIVATE = sorted((one.method, one.path) for one in operations() if one.asks is not None)
AREAS = sorted({path.split("/")[1] for _, path in PRIVATE})
EXAMPLES = 15


def mostly(fit):
    """What fits, and one time in six something odd: so that odd values get past the others."""
    return st.integers(0, 5).flatmap(lambda n: fit if n else ODD)


def fitting(schema, depth=0):
    """Values that a schema allows, now and then one that it does not."""
    if "$ref" in schema:
        return fitting(SCHEMA["components"]["schemas"][schema["$ref"].rpartition("/")[2]], depth)
    for choice in ("anyOf", "allOf", "oneOf"):
        if choice in schema:
            return st.one_of(*(fitting(one, depth) for one in schema[choice]))
    if "enum" in schema:
        return mostly(st.sampled_from(schema["enum"]))
    kind = schema.get("type")
    if kind == "object" and depth < 4:
        known = schema.get("properties", {})
        needed = set(schema.get("required", ()))
        return mostly(
            st.fixed_dictionaries(
                {name: fitting(one, depth + 1) for name, one in known.items() if name in needed},
                optional={name: fitting(one, depth + 1) for name, one in known.items() if name not in needed},
            )
        )
    if kind == "array":
        return mostly(st.lists(fitting(schema.get("items", {}), depth + 1), max_size=3))
    if kind == "integer":
        return mostly(st.integers(schema.get("minimum", 0), min(schema.get("maximum", 10**6), 10**19)))
    if schema.get("format") == "date":
        return mostly(st.dates().map(str))
    return mostly(st.sampled_from(["x", "名称", ""]))


def body_of(described):
    content = described.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        return fitting(content["application/json"]["schema"]).map(lambda value: json.dumps(value).encode())
    return st.binary(max_size=40) if content else st.none()


@pytest.fixture
def things(city):
    """One of each kind, so that addresses lead somewhere: what each placeholder may stand for."""
    entry = city.collected(companies())
    filed = program_of("zhou").post(f"/sharing/entries/{entry.code}/applications", body())[1]
    run = program_of("wang").post(f"/collection/entries/{entry.code}/files", b"uscc,name\n1,2\n")[1]
    li = program_of("li")
    return {
        "code": entry.code,
        "number": filed["number"],
        "duty_id": str(li.get("/duties")[1]["results"][0]["id"]),
        "notice_id": str(li.get("/notices")[1]["results"][0]["id"]),
        "run_id": run["id"],
        "name": "sharing.reply_deadline",
    }


@pytest.mark.parametrize("area", AREAS)
def test_any_call_is_answered(things, area):
    callers = [program_of(name) for name in ("lin", "wang", "li", "zhou")]
    for method, path in PRIVATE:
        if path.split("/")[1] == area:
            try_anything(callers, things, method, path)


def try_anything(callers, things, method, path):
    described = SCHEMA["paths"][f"/api/v1{path}"][method.lower()]
    asked = {one["name"]: one["schema"] for one in described.get("parameters", ()) if one["in"] == "query"}
    place_of = re.search(r"{(\w+)}", path)
    thing = things.get(place_of.group(1), "1") if place_of else "1"

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(
        caller=st.sampled_from(callers),
        place=st.integers(0, 5).flatmap(lambda n: st.just(thing) if n else st.sampled_from(NAUGHTY)),
        query=st.fixed_dictionaries({}, optional={name: fitting(schema) for name, schema in asked.items()}),
        sent=body_of(described),
    )
    def call(caller, place, query, sent):
        told = {name: str(value).encode("utf-8", "surrogatepass") for name, value in query.items()}
        address = re.sub(r"\{\w+\}", quote(place.encode("utf-8", "surrogatepass"), safe=""), path)
        response = caller.raw(method, f"{address}?{urlencode(told)}", sent)
        assert response.status_code < 500, (method, path, response.content[:500])
        if response.status_code >= 400:
            error = json.loads(response.content)["error"]
            assert error["code"]
            assert error["zh"]
            assert error["en"]

    call()
