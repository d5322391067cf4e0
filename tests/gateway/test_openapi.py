"""The description of an interface is right: a stranger's tool reads it, calls by it and compares the answers with it."""

import json

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck
from jsonschema_rs import validator_for
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway import world as worlds
from gateway.processes import gateway
from gateway.world import RESOURCE, content, query

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def described(run, world, **more):
    return content(run.ask(world.get("openapi", {}, **more)))


def test_the_description_says_what_was_granted_and_nothing_else(run, world):
    world.grant(items=("name", "birth"), modes=frozenset({"verify"}))
    document = described(run, world)
    assert document["openapi"] == "3.1.0" and document["info"]["version"] == "1"
    assert sorted(document["paths"]) == [f"/v1/interfaces/{RESOURCE}", f"/v1/interfaces/{RESOURCE}/verify"]
    (body,) = document["paths"][f"/v1/interfaces/{RESOURCE}/verify"]["post"]["requestBody"]["content"][
        "application/json"
    ]["schema"]["oneOf"]
    assert list(body["properties"]["claims"]["properties"]) == ["name", "birth"]
    assert body["properties"]["key"]["required"] == ["citizen_id"]
    told = str(document)
    assert "income" not in told and "phone" not in told
    world.grant(listing=True)
    assert len(described(run, world)["paths"]) == 4


def test_answers_are_as_described(run, world):
    grant = world.grant(listing=True, masks={"birth": "none"})
    document = described(run, world)
    answers = {
        "verify": [{**query(grant), "claims": {"name": "张三"}}],
        "query": [
            query(grant),
            query(grant, 10),
            {k: v for k, v in query(grant).items() if k != "key"} | {"limit": 30},
        ],
    }
    for operation, bodies in answers.items():
        place = document["paths"][f"/v1/interfaces/{RESOURCE}/{operation}"]["post"]
        asked = validator_for({**document, **place["requestBody"]["content"]["application/json"]["schema"]})
        told = validator_for({**document, **place["responses"]["200"]["content"]["application/json"]["schema"]})
        for body in bodies:
            asked.validate(body)
            told.validate(content(run.ask(world.call(operation, body))))
    assert not asked.is_valid({**query(grant), "fields": ["salary"]})


@pytest.mark.heavy
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as_described", "otherwise"])
def test_what_schemathesis_makes_of_it_is_answered_as_described(world, mode):
    """Requests made from the description, fitting and not fitting: never a fault, always an answer that was described."""
    worlds.publish(world.home, worlds.PEOPLE[:30])
    world.grant(items=("name", "remark", "income"), rate_per_minute=None, daily_quota=None)
    world.grant(listing=True, items=("district", "birth"), rate_per_minute=None, daily_quota=None)
    seen = set()
    with gateway(world.home.root) as running:
        running.wait_for(world.revision)
        path = f"/v1/interfaces/{RESOURCE}/openapi.json"
        status, _, raw = running.send("GET", path, headers=world.signed("app_1", "GET", path))
        assert status == 200, raw
        schema = schemathesis.openapi.from_dict(json.loads(raw))
        for found in schema.get_all_operations():
            seen |= tried(found.ok(), mode, world, f"http://127.0.0.1:{running.port}")
    assert not any(status >= 500 for _, status in seen)
    statuses = {status for _, status in seen}
    assert (200 in statuses) if mode is GenerationMode.POSITIVE else (400 in statuses), seen


def tried(operation, mode, world, base):
    """Eighty requests to ``operation``, signed; which statuses were seen."""
    seen = set()
    session = requests.Session()
    session.trust_env = False

    def call(case):
        made = case.as_transport_kwargs(base_url=base)
        made.pop("cookies", None)
        if any(not sign.isprintable() for value in made["headers"].values() for sign in str(value)):
            return  # no field value by RFC 9110 §5.5: the HTTP server itself refuses it, without a word of ours
        prepared = session.prepare_request(requests.Request(**made))
        sent = prepared.body or b""
        sent = sent.encode() if isinstance(sent, str) else sent
        prepared.headers.update(world.signed("app_1", prepared.method, prepared.path_url, sent))
        answer = session.send(prepared, timeout=30)
        seen.add((operation.label, answer.status_code))
        case.validate_response(answer, checks=CHECKS)

    checked = hypothesis.given(case=operation.as_strategy(generation_mode=mode))(call)
    hypothesis.settings(
        max_examples=80, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )(checked)()
    return seen
