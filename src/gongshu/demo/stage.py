"""What every act of the story needs: the running platform, who acts, the city's rules, and the teller."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from gongshu import clock, rules
from gongshu.demo.client import System
from gongshu.demo.narration import Narrator
from gongshu.demo.processes import Platform
from gongshu.demo.progress import Progress
from gongshu.demo.registers import Size
from gongshu.errors import EnvironmentFault
from gongshu.identity import actions as identity_actions
from gongshu.identity import queries as identity
from gongshu.identity.actor import Actor

Facts = dict[str, Any]


@dataclass
class Stage:
    """``root`` is the installation's folder; ``size`` how big the city is."""

    platform: Platform
    progress: Progress
    tell: Narrator
    size: Size
    root: Path

    @property
    def pack(self) -> rules.Pack:
        return rules.active()

    @property
    def day(self) -> date:
        return clock.today()

    @property
    def acknowledged(self) -> Path:
        """The file in which the demo's systems note every reply they got."""
        return self.root / "acknowledged.jsonl"

    def actor(self, username: str) -> Actor:
        return identity.actor_by_username(username)

    def fact(self, act: str, name: str) -> Any:
        """What an act that ended before found."""
        return (self.progress.result(act) or {})[name]

    def cited(self, parameter: str, **qualifiers: Any) -> list[str]:
        """The articles behind a parameter of the city's pack; none where it says nothing."""
        found = self.pack.find(parameter, on=self.day, **qualifiers)
        return [citation.label("zh") for citation in found.citations] if found else []

    def system(self, client_id: str, *, owner: str, name: str) -> System:
        """The system ``client_id`` of the organisation in which ``owner`` works; registered when it is not yet."""
        by = self.actor(owner)
        secret = self.progress.secret(client_id)
        known = identity.clients(by).filter(client_id=client_id).exists()
        if not known:
            _, secret = identity_actions.create_client(
                by=by, organization=by.organization, name=name, client_id=client_id
            )
        elif secret is None:  # killed after it was made and before its secret was kept: nobody knows it any more
            _, secret = identity_actions.rotate_client_secret(by=by, client_id=client_id)
        if secret is None:
            raise AssertionError("a client without a secret")
        self.progress.keep_secret(client_id, secret)
        return System(self.platform.gateway, client_id, secret, self.acknowledged)


class Act(NamedTuple):
    """One step: ``do`` works on the platform and answers what it found, ``tell`` says it. ``do`` may run twice."""

    name: str
    zh: str
    en: str
    do: Callable[[Stage], Facts]
    tell: Callable[[Stage, Facts], None]


def until(done: Callable[[], bool], what: str, what_en: str, *, seconds: float = 60.0, pause: float = 0.05) -> float:
    """Wait for ``done``; how long it took in seconds. EnvironmentFault names ``what`` did not come."""
    began = clock.monotonic()
    while not done():
        if clock.monotonic() - began > seconds:
            raise EnvironmentFault(
                "demo.waited_in_vain",
                f"等待{what}超过 {seconds:.0f} 秒。请查看安装目录下 logs 中的日志。",
                f"Waited more than {seconds:.0f} seconds for {what_en}. See the installation's logs.",
            )
        time.sleep(pause)
    return clock.monotonic() - began
