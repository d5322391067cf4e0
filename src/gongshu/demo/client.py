"""A department's system that calls the gateway, as anybody would write one: signed HTTP requests, nothing else."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gongshu import clock
from gongshu.crypto import signing
from gongshu.errors import EnvironmentFault

_PATIENCE = 60.0


class GatewaySilent(EnvironmentFault):
    """The gateway does not answer."""

    def __init__(self) -> None:
        super().__init__(
            "demo.gateway_silent",
            f"网关在 {_PATIENCE:.0f} 秒内没有答复。请查看安装目录下 logs/gateway.log。",
            f"The gateway gave no answer for {_PATIENCE:.0f} seconds. See logs/gateway.log in the installation.",
        )


@dataclass(frozen=True)
class Reply:
    """What came back. ``code`` is the gateway's word for a refusal, empty when it answered."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        return str(self.body.get("error", {}).get("code", ""))

    @property
    def request_id(self) -> str:
        return str(self.body.get("request_id") or self.body.get("error", {}).get("request_id", ""))


class System:
    """One API client. Every reply is noted in ``acknowledged`` before it is used: the ledger must know them all.

    A call that got no answer, or the answer to try again, is signed anew and repeated: a gateway that was just killed
    is back within a second.
    """

    def __init__(self, url: str, client_id: str, secret: str, acknowledged: Path) -> None:
        self.client_id = client_id
        self._secret = secret.encode("ascii")
        self._acknowledged = acknowledged
        self._http = httpx.Client(base_url=url, timeout=10.0, trust_env=False)
        self._writing = threading.Lock()

    def call(
        self, resource: str, operation: str, body: Mapping[str, Any], *, secret: str | None = None, as_client: str = ""
    ) -> Reply:
        """``operation`` is ``verify`` or ``query``. ``secret`` and ``as_client`` forge the signature or the caller."""
        path = f"/v1/interfaces/{resource}/{operation}"
        content = json.dumps(dict(body), ensure_ascii=False).encode("utf-8")
        until = clock.monotonic() + _PATIENCE
        while True:
            headers = signing.sign(
                client_id=as_client or self.client_id,
                secret=self._secret if secret is None else secret.encode("ascii"),
                method="POST",
                path=path,
                body=content,
            )
            try:
                answer = self._http.post(path, content=content, headers={**headers, "Content-Type": "application/json"})
            except httpx.TransportError:
                if clock.monotonic() > until:
                    raise GatewaySilent from None
                time.sleep(0.1)
                continue
            reply = Reply(answer.status_code, answer.json())
            if reply.status != 503 or clock.monotonic() > until:
                break
            time.sleep(0.1)
        self._note(operation, reply)
        return reply

    def _note(self, operation: str, reply: Reply) -> None:
        line = json.dumps({"request_id": reply.request_id, "operation": operation, "code": reply.code})
        with self._writing, self._acknowledged.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def acknowledged(file: Path) -> list[dict[str, str]]:
    """All replies that systems of the demo ever got, oldest first; a line cut short by a kill is left out."""
    if not file.is_file():
        return []
    found: list[dict[str, str]] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
