"""Only what the operator declared is ever connected to: hosts and folders of ``[sources]`` in gongshu.toml.

A form in which anybody of a department may write an address would otherwise be a way into every network that the
platform's machine can reach (server-side request forgery, CWE-918).
"""

from __future__ import annotations

import ipaddress
from pathlib import Path

from gongshu.errors import GongshuError
from gongshu.home import Reach


def check_host(reach: Reach, host: str, port: int) -> None:
    """Raises GongshuError unless ``host`` with ``port`` is declared."""
    if not any(_covers(rule, host.strip("[]").casefold(), port) for rule in reach.hosts):
        raise GongshuError(
            "source.host_undeclared",
            f"主机 {host}:{port} 未经平台运维声明。请由运维在 gongshu.toml 的 [sources] hosts 中加入后重试。",
            f"The host {host}:{port} is not declared. Have the operator add it to hosts under [sources] in gongshu.toml.",
            field="host",
        )


def check_folder(reach: Reach, folder: str) -> Path:
    """The real path of ``folder``, which lies in a declared one. Raises GongshuError."""
    asked = Path(folder).expanduser()
    real = asked.resolve()
    if not asked.is_absolute() or not any(real.is_relative_to(one.resolve()) for one in reach.folders):
        raise GongshuError(
            "source.folder_undeclared",
            f"目录 {folder} 未经平台运维声明。请由运维在 gongshu.toml 的 [sources] folders 中加入后重试。",
            f"The folder {folder} is not declared. Have the operator add it to folders under [sources] in gongshu.toml.",
            field="folder",
        )
    return real


def _covers(rule: str, host: str, port: int) -> bool:
    name, wanted = _split(rule.casefold())
    if wanted is not None and wanted != port:
        return False
    try:
        network = ipaddress.ip_network(name, strict=False)
    except ValueError:
        return host == name or (name.startswith("*.") and host.endswith(name[1:]) and len(host) > len(name) - 1)
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


def _split(rule: str) -> tuple[str, int | None]:
    """Name and port of a rule; IPv6 addresses with a port stand in brackets."""
    if rule.startswith("["):
        name, _, rest = rule[1:].partition("]")
        return name, int(rest[1:]) if rest[1:].isdecimal() else None
    name, colon, port = rule.rpartition(":")
    if colon and port.isdecimal() and ":" not in name:
        return name, int(port)
    return rule, None
