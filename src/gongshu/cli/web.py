"""``gongshu web``: the pages and the management API under granian."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Annotated, Any

import typer

from gongshu.cli import process
from gongshu.cli.output import t
from gongshu.home import open_home

_PARENT = "GONGSHU_WEB_MASTER"


def web(
    host: Annotated[str, typer.Option(help=t("监听地址", "Address to listen on"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=t("端口，0 表示用安装的设置", "Port; 0 takes the installation's"))] = 0,
    threads: Annotated[int, typer.Option(help=t("处理线程数", "Threads that answer"), min=1, max=64)] = 8,
) -> None:
    """只启动网站（页面与管理接口）。 Start the pages and the management API alone.

    `gongshu serve` starts it together with the gateway and the worker.

    例 Example:  gongshu web --port 8000
    """
    home = open_home()
    chosen = port or home.web_port
    process.check_port_free(host, chosen, option="--port")
    os.environ["GONGSHU_HOME"] = str(home.root)
    os.environ[_PARENT] = str(os.getpid())

    from granian.constants import Interfaces
    from granian.log import LogLevels

    from gongshu.cli.web_server import WebServer

    server = WebServer(
        "gongshu.web.wsgi:application",
        address=host,
        port=chosen,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=threads,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        workers_kill_timeout=8,
    )
    server.serve(target_loader=load_application)


def load_application(target: str) -> Callable[..., Any]:
    """In granian's worker process: end with the master, then import the application.

    A worker left behind would serve on, and hold the port for ever. An act that is cut off is one transaction: it is there
    or it is not.
    """
    process.die_with_parent(int(os.environ[_PARENT]), by=signal.SIGKILL)
    del target
    from gongshu.web.wsgi import application

    loaded: Callable[..., Any] = application
    return loaded
