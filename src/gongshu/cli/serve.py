"""``gongshu serve``: web, gateway, worker and witness as child processes of one supervisor.

A child that dies is started again; the supervisor stops them on SIGTERM or Ctrl-C, and the kernel stops
them if the supervisor itself is killed. One supervisor per installation, guarded by a file lock.
"""

from __future__ import annotations

import fcntl
import json
import os
import urllib.error
import urllib.request
from typing import IO, Annotated

import typer

from gongshu import clock
from gongshu.cli import output, process
from gongshu.cli.children import Child
from gongshu.cli.installation import apply_migrations, require_installation
from gongshu.cli.output import t
from gongshu.errors import EnvironmentFault, Exit, Text
from gongshu.home import Home
from gongshu.stopping import Stop

_TOO_MANY_CRASHES = 6
_START_PATIENCE = 120.0
_STOP_PATIENCE = 10.0


def serve(
    host: Annotated[str, typer.Option(help=t("监听地址", "Address to listen on"))] = "127.0.0.1",
    web_port: Annotated[int, typer.Option(help=t("网站端口", "Port of the pages"))] = 0,
    gateway_port: Annotated[int, typer.Option(help=t("网关端口", "Port of the gateway"))] = 0,
    witness_port: Annotated[
        int, typer.Option(help=t("见证节点端口，0 为任一空闲端口", "Port of the witness; 0 takes a free one"))
    ] = 0,
) -> int:
    """启动整个平台：网站、网关、后台任务和见证节点。 Start the whole platform: pages, gateway, worker and witness.

    Runs in the foreground until Ctrl-C or SIGTERM. Logs are in the installation's logs folder.

    例 Example:  gongshu serve --web-port 8080 --gateway-port 8081
    """
    home = require_installation()
    supervisor = Supervisor(home, host=host, web_port=web_port, gateway_port=gateway_port, witness_port=witness_port)
    return supervisor.run()


class Supervisor:
    """Starts the four processes of ``home`` and keeps them running."""

    def __init__(
        self, home: Home, *, host: str = "127.0.0.1", web_port: int = 0, gateway_port: int = 0, witness_port: int = 0
    ) -> None:
        self.home = home
        self.host = host
        self.web_port = web_port or home.web_port
        self.gateway_port = gateway_port or home.gateway_port
        self.witness_port = witness_port or home.witness_port
        self._stop = Stop()
        environment = {
            "GONGSHU_HOME": str(home.root),
            "GONGSHU_WEB_PORT": str(self.web_port),
            "GONGSHU_GATEWAY_PORT": str(self.gateway_port),
            "GONGSHU_GATEWAY_URL": self.gateway_url,
        }
        commands = {
            "web": ["web", "--host", host, "--port", str(self.web_port)],
            "gateway": ["gateway", "serve", "--host", host, "--port", str(self.gateway_port)],
            "worker": ["worker"],
            "witness": ["witness", "serve", "--host", "127.0.0.1", "--port", str(self.witness_port)],
        }
        self.children = [
            Child(name, command, home.logs / f"{name}.log", environment) for name, command in commands.items()
        ]

    @property
    def web_url(self) -> str:
        return f"http://{self.host}:{self.web_port}"

    @property
    def gateway_url(self) -> str:
        return f"http://{self.host}:{self.gateway_port}"

    def run(self) -> int:
        """Serve until asked to stop; the exit code."""
        with self.start():
            self._stop.on_signals()
            self._announce()
            gave_up = self._watch()
            self.stop()
        if gave_up is not None:
            raise EnvironmentFault(
                "serve.child_keeps_failing",
                f"{gave_up.name} 反复启动失败，已停止全部进程。原因见 {gave_up.log}。",
                f"{gave_up.name} failed to start again and again; everything was stopped. See {gave_up.log}.",
            )
        return Exit.OK

    def start(self) -> IO[str]:
        """Check the ports, migrate, start the children, wait until they answer; the lock, to be closed."""
        lock = self._lock()
        process.check_port_free(self.host, self.web_port, option="--web-port")
        process.check_port_free(self.host, self.gateway_port, option="--gateway-port")
        if self.witness_port:
            process.check_port_free("127.0.0.1", self.witness_port, option="--witness-port")
        apply_migrations(self.home)
        from gongshu.witness import own

        own.ensure(self.home)
        for child in self.children:
            child.start()
        self._wait_until_ready()
        self._write_state()
        return lock

    def stop(self) -> None:
        """Ask all children to stop, wait, and make sure."""
        for child in self.children:
            child.ask_to_stop()
        until = clock.monotonic() + _STOP_PATIENCE
        for child in self.children:
            child.make_sure_stopped(until - clock.monotonic())
        (self.home.root / "serve.json").unlink(missing_ok=True)

    def _lock(self) -> IO[str]:
        lock = (self.home.root / "serve.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.close()
            raise EnvironmentFault(
                "serve.already_running",
                f"{self.home.root} 已有一个平台在运行。请先停止它，或用 --home 选择其他安装。",
                f"A platform is already running on {self.home.root}. Stop it first, "
                "or choose another installation with --home.",
            ) from error
        return lock

    def _watch(self) -> Child | None:
        while not self._stop.wait(0.2):
            changed = False
            for child in self.children:
                before = child.pid
                if child.watch():
                    output.note(
                        f"{child.name} 意外结束，稍后重新启动（日志 {child.log}）。",
                        f"{child.name} ended unexpectedly and will be started again (log {child.log}).",
                    )
                    if child.crashes >= _TOO_MANY_CRASHES:
                        return child
                changed = changed or child.pid != before
            if changed:
                self._write_state()
        return None

    def _wait_until_ready(self) -> None:
        waiting = {"web": f"{self.web_url}/sign-in/", "gateway": f"{self.gateway_url}/readyz"}
        until = clock.monotonic() + _START_PATIENCE
        while waiting and clock.monotonic() < until and not self._stop.is_set():
            waiting = {name: url for name, url in waiting.items() if not _answers(url)}
            self._look_after_starting()
            self._stop.wait(0.05)
        if waiting and not self._stop.is_set():
            self.stop()
            name = next(iter(waiting))
            log = self.home.logs / f"{name}.log"
            raise EnvironmentFault(
                "serve.not_ready",
                f"{name} 在 {_START_PATIENCE:.0f} 秒内没有就绪。日志见 {log}。",
                f"{name} was not ready within {_START_PATIENCE:.0f} seconds. See {log}.",
            )

    def _look_after_starting(self) -> None:
        """A child that ended by itself cannot start, and that is said; one that was killed is started again."""
        for child in self.children:
            if child.running is None or child.running.poll() is None:
                child.watch()
                continue
            killed = child.running.returncode < 0
            if killed and child.crashes + 1 < _TOO_MANY_CRASHES:
                child.watch()
                continue
            self.stop()
            raise EnvironmentFault(
                "serve.child_failed",
                f"{child.name} 未能启动。原因见 {child.log}。",
                f"{child.name} did not start. See {child.log}.",
            )

    def _write_state(self) -> None:
        state = {
            "pid": os.getpid(),
            "web": self.web_url,
            "gateway": self.gateway_url,
            "children": {child.name: child.pid for child in self.children},
            "restarts": {child.name: child.restarts for child in self.children},
        }
        file = self.home.root / "serve.json"
        draft = file.with_suffix(".json.new")
        draft.write_text(json.dumps(state, indent=2) + "\n", encoding="utf-8")
        draft.replace(file)

    def _announce(self) -> None:
        text = Text(
            f"平台已启动：门户与工作台 {self.web_url} · 网关 {self.gateway_url} · 按 Ctrl-C 停止",
            f"The platform is running: pages {self.web_url} · gateway {self.gateway_url} · stop with Ctrl-C",
        )
        output.say(*text)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:  # noqa: S310 - our own address
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
