"""Programs that call the interface with an access token of one of the city's people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client

from factories import request
from gongshu import clock
from gongshu.identity import queries as people
from gongshu.identity import token_actions
from gongshu.identity.tokens import Scope


@dataclass
class Program:
    """A program with a token. Every call answers (status, JSON)."""

    token: str
    token_id: str = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        response = self.raw(method, path, body, **headers)
        return response.status_code, json.loads(response.content) if response.content else None

    def raw(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        return Client().generic(method, f"/api/v1{path}", data, content_type=kind, headers=sent)

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        return self.call("PUT", path, body, **headers)


def program_of(username: str, *scopes: Scope) -> Program:
    """A program that may do all that the person may; with ``scopes`` only these."""
    made, token = token_actions.create_token(
        by=people.actor_by_username(username),
        name="测试程序",
        scopes=[str(scope) for scope in scopes or tuple(Scope)],
        valid_until=clock.today() + timedelta(days=30),
    )
    return Program(token, made.token_id)


def body(**changes: object) -> dict[str, Any]:
    """An application that states everything that any city asks for, as a program sends it."""
    asked = request(**changes)
    return {
        "items": list(asked.items),
        "purpose": asked.purpose,
        "mode": asked.mode,
        "valid_until": asked.valid_until.isoformat(),
        "basis": asked.basis,
        "scenario": asked.scenario,
        "business_process": asked.business_process,
        "scope": asked.scope,
    }
