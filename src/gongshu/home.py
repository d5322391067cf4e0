"""Where one installation keeps its things: the folder named by ``GONGSHU_HOME`` (default ``var``).

``gongshu init`` makes it. Every process opens it the same way, so no path is spelled twice. Secrets are files of mode
0600 under ``secrets/``; nothing secret is in ``gongshu.toml``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import Any

from gongshu.errors import EnvironmentFault

CONFIG_NAME = "gongshu.toml"
DEMO_POINTER = "current"  # in the folder of demos: the name of the one played last


@dataclass(frozen=True)
class Mail:
    """How notices leave by e-mail; off while ``host`` is empty. ``password_file`` is relative to the installation."""

    host: str = ""
    port: int = 587
    user: str = ""
    password_file: str = ""
    tls: str = "starttls"  # starttls | tls | none
    sender: str = ""

    @property
    def enabled(self) -> bool:
        return bool(self.host)


@dataclass(frozen=True)
class Reach:
    """Where sources of data may lie, as the operator declares under ``[sources]``; nothing else is ever opened.

    ``hosts``: names (``db.example.cn``, ``*.example.cn``), addresses or networks (``10.1.0.0/16``), each perhaps with a
    port (``db.example.cn:5432``). ``folders``: absolute paths on this machine.
    """

    hosts: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Bucket:
    """Where the lake lies when it is not on this machine's disk; ``url`` is empty when it is.

    ``endpoint`` is the address of the S3 interface (empty: Amazon's own for ``region``). The keys are in the environment
    (``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_SESSION_TOKEN``) or in the file ``credentials``, relative to
    the installation. ``cache_gb`` is how much of what was read may stay on this machine.
    """

    url: str = ""  # s3://bucket/prefix
    endpoint: str = ""
    region: str = ""
    credentials: str = "secrets/lake.toml"
    cache_gb: int = 50


@dataclass(frozen=True)
class Home:
    """One installation. Paths are absolute; ``city`` is the rule pack's id, ``name`` the city's name on the pages."""

    root: Path
    city: str = "national"
    name: str = "江临市"
    name_en: str = "Jianglin"
    database_url: str = ""
    web_port: int = 8000
    gateway_port: int = 8001
    witness_port: int = 0  # 0: whatever is free
    timestamp_url: str = ""  # a time-stamping authority (RFC 3161); empty: none is asked
    timestamp_ca: str = "timestamps.pem"  # its root certificate, relative to the installation
    timestamp_hours: int = 24
    cutoff: time | None = None  # close of business: what comes in later counts as received on the next working day
    mail: Mail = field(default_factory=Mail)
    sources: Reach = field(default_factory=Reach)
    lineage_url: str = ""  # where OpenLineage events are posted; nowhere while it is empty
    bucket: Bucket = field(default_factory=Bucket)

    @property
    def control_database(self) -> Path:
        return self.root / "control.sqlite3"

    @property
    def lake(self) -> Path:
        """Delta tables, one folder per resource; or this machine's copies, when the tables are on object storage."""
        return self.root / ("lake-cache" if self.bucket.url else "lake")

    @property
    def serving(self) -> Path:
        """Read-only look-up files per resource, swapped atomically."""
        return self.root / "serving"

    @property
    def ledger(self) -> Path:
        """The transparency log: checkpoint, tiles, entry bundles, sequencer state."""
        return self.root / "ledger"

    @property
    def spool(self) -> Path:
        """Ledger entries of gateways that wait for the sequencer; one folder per gateway."""
        return self.root / "spool"

    @property
    def inbox(self) -> Path:
        """Files handed over that wait for collection, kept until their run ended."""
        return self.root / "inbox"

    @property
    def search(self) -> Path:
        """The search index of the catalog; made by the worker, and made again when it is lost."""
        return self.root / "search"

    @property
    def witness(self) -> Path:
        """The witness that runs beside this installation: its key, its memory, its evidence."""
        return self.root / "witness"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def gateway_url(self) -> str:
        return os.environ.get("GONGSHU_GATEWAY_URL", f"http://127.0.0.1:{self.gateway_port}")

    @property
    def folders(self) -> tuple[Path, ...]:
        return (self.lake, self.serving, self.ledger, self.spool, self.inbox, self.secrets, self.logs)

    @property
    def exists(self) -> bool:
        return (self.root / CONFIG_NAME).is_file()


def locate(path: str | Path | None = None) -> Path:
    """The folder of the installation, absolute, whether or not it exists yet.

    Where nobody named one and ``var`` is none, the demo that was played last answers: after ``make demo`` every
    command works on it as it stands.
    """
    named = path or os.environ.get("GONGSHU_HOME")
    root = Path(named or "var").expanduser().absolute()
    pointer = root / "demo" / DEMO_POINTER
    if named or (root / CONFIG_NAME).is_file() or not pointer.is_file():
        return root
    demo = root / "demo" / pointer.read_text(encoding="utf-8").strip()
    return demo if (demo / CONFIG_NAME).is_file() else root


def open_home(path: str | Path | None = None) -> Home:
    """Read the installation at ``path`` (or ``GONGSHU_HOME``). Without a ``gongshu.toml`` the defaults answer.

    Environment variables ``GONGSHU_DATABASE_URL``, ``GONGSHU_CITY``, ``GONGSHU_WEB_PORT``, ``GONGSHU_GATEWAY_PORT``,
    ``GONGSHU_WITNESS_PORT``, ``GONGSHU_CUTOFF``, ``GONGSHU_MAIL_…`` and ``GONGSHU_SOURCE_HOSTS``,
    ``GONGSHU_SOURCE_FOLDERS`` (with commas), ``GONGSHU_LAKE`` and ``GONGSHU_LAKE_…`` go before the file.
    """
    root = locate(path)
    file = root / CONFIG_NAME
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise EnvironmentFault(
            "home.config_unreadable",
            f"配置文件无法读取：{file}({error})。请更正后重试。",
            f"The settings file cannot be read: {file} ({error}). Mend it and try again.",
        ) from error
    env = os.environ
    return Home(
        root=root,
        city=env.get("GONGSHU_CITY") or str(settings.get("city", "national")),
        name=str(settings.get("name", "江临市")),
        name_en=str(settings.get("name_en", "Jianglin")),
        database_url=env.get("GONGSHU_DATABASE_URL") or str(settings.get("database_url", "")),
        web_port=int(env.get("GONGSHU_WEB_PORT") or settings.get("web_port", 8000)),
        gateway_port=int(env.get("GONGSHU_GATEWAY_PORT") or settings.get("gateway_port", 8001)),
        witness_port=int(env.get("GONGSHU_WITNESS_PORT") or settings.get("witness_port", 0)),
        timestamp_url=str((settings.get("timestamps") or {}).get("url", "")),
        timestamp_ca=str((settings.get("timestamps") or {}).get("ca", "timestamps.pem")),
        timestamp_hours=int((settings.get("timestamps") or {}).get("hours", 24)),
        cutoff=_cutoff(env.get("GONGSHU_CUTOFF") or settings.get("cutoff") or ""),
        mail=_mail(settings.get("mail") or {}, env),
        sources=_reach(settings.get("sources") or {}, env),
        lineage_url=env.get("GONGSHU_LINEAGE_URL") or str((settings.get("lineage") or {}).get("url", "")),
        bucket=_bucket(settings.get("lake") or {}, env),
    )


def _bucket(table: Mapping[str, Any], env: Mapping[str, str]) -> Bucket:
    def said(name: str, default: str = "") -> str:
        return env.get(f"GONGSHU_LAKE_{name.upper()}") or str(table.get(name, default))

    url = (env.get("GONGSHU_LAKE") or str(table.get("url", ""))).rstrip("/")
    endpoint, cache = said("endpoint").rstrip("/"), said("cache_gb", "50")
    right = re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._~-]+)*", url)
    if (url and not right) or not re.fullmatch(r"(https?://[^/\s@]+)?", endpoint) or not cache.isdecimal():
        raise EnvironmentFault(
            "home.lake",
            "数据湖设置有误：url 须为 s3://桶/前缀，endpoint 须为 https:// 地址，cache_gb 须为整数。"
            "请更正 gongshu.toml 的 [lake] 或 GONGSHU_LAKE…。",
            "The lake's settings are wrong: url is s3://bucket/prefix, endpoint https://host:port, cache_gb a whole number. "
            "Mend [lake] in gongshu.toml or GONGSHU_LAKE….",
        )
    return Bucket(url, endpoint, said("region"), said("credentials", Bucket.credentials), int(cache))


def _reach(table: Mapping[str, Any], env: Mapping[str, str]) -> Reach:
    def listed(name: str) -> list[str]:
        named = env.get(f"GONGSHU_SOURCE_{name.upper()}")
        found = named.split(",") if named is not None else table.get(name, [])
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise EnvironmentFault(
                "home.sources",
                f"gongshu.toml 的 [sources] {name} 须为文字列表。请更正。",
                f"[sources] {name} of gongshu.toml is not a list of texts. Mend it.",
            )
        return [one.strip() for one in found if one.strip()]

    return Reach(tuple(listed("hosts")), tuple(Path(one).expanduser().absolute() for one in listed("folders")))


def _cutoff(value: str | time) -> time | None:
    """``17:30`` (a TOML time or a text) or nothing."""
    if isinstance(value, time) or not value:
        return value if isinstance(value, time) else None
    try:
        return time.fromisoformat(value)
    except ValueError as error:
        raise EnvironmentFault(
            "home.cutoff",
            f"收件截止时间“{value}”无法识别，请写成 17:30 的形式。",
            f"The cut-off hour “{value}” is not a time. Write it like 17:30.",
        ) from error


def _mail(table: Mapping[str, Any], env: Mapping[str, str]) -> Mail:
    def said(name: str, default: str = "") -> str:
        return env.get(f"GONGSHU_MAIL_{name.upper()}") or str(table.get(name, default))

    tls, port = said("tls", "starttls"), said("port", "587")
    if tls not in {"starttls", "tls", "none"} or not port.isdigit():
        raise EnvironmentFault(
            "home.mail",
            "邮件设置有误：tls 须为 starttls、tls 或 none，port 须为数字。请更正 gongshu.toml 的 [mail]。",
            "The mail settings are wrong: tls is starttls, tls or none, port a number. Mend [mail] in gongshu.toml.",
        )
    return Mail(
        host=said("host"),
        port=int(port),
        user=said("user"),
        password_file=said("password_file"),
        tls=tls,
        sender=said("sender"),
    )
