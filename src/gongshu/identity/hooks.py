"""What others want to be told, inside the same transaction. ``gongshu.wiring`` fills these lists and nothing else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class ClientChange:
    """An API client as the data plane needs to know it; the secret stays wrapped."""

    client_id: str
    organization: str
    algorithm: str
    secret_wrapped: str
    active: bool


on_client_changed: list[Callable[[ClientChange], None]] = []
