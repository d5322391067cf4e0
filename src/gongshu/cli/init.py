"""``gongshu init`` and ``gongshu migrate``: make an installation, and bring its database up to date.

``gongshu.toml`` is written last. A folder without it is no installation yet, so an interrupted ``init`` is
simply run again: every step before it may be done twice.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Annotated

import typer

from gongshu import rules
from gongshu.cli import output
from gongshu.cli.installation import apply_migrations, require_installation
from gongshu.cli.output import t
from gongshu.errors import GongshuError
from gongshu.home import CONFIG_NAME, Home, open_home

_TOML_ESCAPES = re.compile(r'[\x00-\x1f"\\\x7f]')


def init(
    city: Annotated[str, typer.Option(help=t("规则包：按哪座城市的规定", "Rule pack: whose regulations apply"))],
    home: Annotated[str, typer.Option(help=t("安装目录", "The installation's folder"))] = "",
    name: Annotated[str, typer.Option(help=t("城市名称", "The city's name"))] = "江临市",
    name_en: Annotated[str, typer.Option(help=t("城市英文名", "The city's name in English"))] = "Jianglin",
    web_port: Annotated[int, typer.Option(help=t("网站端口", "Port of the pages"))] = 8000,
    gateway_port: Annotated[int, typer.Option(help=t("网关端口", "Port of the gateway"))] = 8001,
    as_json: Annotated[bool, typer.Option("--json", help=t("输出 JSON", "Answer in JSON"))] = False,
) -> None:
    """建立一个安装：文件夹、密钥、数据库、本级机构。 Make an installation: folders, keys, database, offices.

    Running it again completes an interrupted one and changes nothing in a finished one.

    例 Example:  gongshu init --city xian --home /srv/gongshu --name 江临市
    """
    made = make(_root(home), city=city, name=name, name_en=name_en, web_port=web_port, gateway_port=gateway_port)
    if as_json:
        output.emit({"home": str(made.root), "city": made.city, "name": made.name, "web_port": made.web_port})
        return
    output.say(
        f"安装已就绪：{made.root}（规则包 {made.city}）。下一步：gongshu people add，然后 gongshu serve",
        f"The installation is ready: {made.root} (rule pack {made.city}). Next: gongshu people add, then gongshu serve",
    )


def _root(named: str) -> Path:
    """The folder to set up: the one named, else ``var``; never a demo's, which ``home.locate`` would offer."""
    return Path(named or os.environ.get("GONGSHU_HOME") or "var").expanduser().absolute()


def migrate() -> None:
    """升级数据库结构。 Bring the installation's database up to date; `gongshu serve` does it too.

    例 Example:  gongshu migrate
    """
    home = require_installation()
    count = apply_migrations(home)
    output.say(f"数据库已是最新（应用了 {count} 项）。", f"The database is up to date ({count} migrations applied).")


def make(
    root: Path,
    *,
    city: str,
    name: str = "江临市",
    name_en: str = "Jianglin",
    web_port: int = 8000,
    gateway_port: int = 8001,
) -> Home:
    """Make the installation at ``root`` or complete it.

    GongshuError for an unknown city or for a folder that is another city's.
    """
    rules.load(city)  # an unknown city ends here, with the sentence that lists the cities
    existing = open_home(root)
    if existing.exists and existing.city != city:
        raise GongshuError(
            "init.other_city",
            f"{root} 已按规则包“{existing.city}”建立，不能改为“{city}”。请用 --home 选择其他文件夹。",
            f"{root} was set up for the rule pack “{existing.city}” and cannot become “{city}”. "
            "Choose another folder with --home.",
        )
    os.environ["GONGSHU_HOME"] = str(root)
    os.environ["GONGSHU_CITY"] = city
    draft = Home(root=root, city=city, name=name, name_en=name_en, database_url=existing.database_url)
    for folder in draft.folders:
        folder.mkdir(parents=True, exist_ok=True)

    from gongshu.crypto import keys

    keys.ensure(draft)
    apply_migrations(draft)
    if not existing.exists:
        _register_offices(draft)
        _write_config(draft, web_port=web_port, gateway_port=gateway_port)
    os.environ.pop("GONGSHU_CITY")
    return open_home(root)


def _register_offices(home: Home) -> None:
    """The offices without which no rule can name who decides: authority, centre, government."""
    from gongshu.identity import actions
    from gongshu.identity.actor import Actor
    from gongshu.identity.states import BodyKind, Office

    by = Actor.process("init")
    government = BodyKind.GOVERNMENT_DEPARTMENT
    actions.register_organization(
        by=by,
        code="government",
        name=f"{home.name}人民政府",
        name_en=f"{home.name_en} Government",
        office=Office.GOVERNMENT,
        body_kind=government,
    )
    actions.register_organization(
        by=by,
        code="authority",
        name=f"{home.name}数据局",
        name_en=f"{home.name_en} Data Bureau",
        office=Office.AUTHORITY,
        body_kind=government,
        parent="government",
    )
    actions.register_organization(
        by=by,
        code="center",
        name=f"{home.name}大数据中心",
        name_en=f"{home.name_en} Big Data Center",
        office=Office.CENTER,
        body_kind=BodyKind.PUBLIC_INSTITUTION,
        parent="authority",
    )
    actions.ensure_platform(by=by)


def _write_config(home: Home, *, web_port: int, gateway_port: int) -> None:
    lines = [
        "# 公数安装的设置；密钥在 secrets/ 中。 Settings of a Gongshu installation; secrets lie in secrets/.",
        f"city = {_toml(home.city)}",
        f"name = {_toml(home.name)}",
        f"name_en = {_toml(home.name_en)}",
        f"web_port = {web_port}",
        f"gateway_port = {gateway_port}",
    ]
    if home.database_url and not os.environ.get("GONGSHU_DATABASE_URL"):
        lines.append(f"database_url = {_toml(home.database_url)}")
    file = home.root / CONFIG_NAME
    draft = file.with_suffix(".toml.new")
    with draft.open("w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(file)


def _toml(text: str) -> str:
    """``text`` as a TOML basic string; JSON's escapes are TOML's."""
    return json.dumps(text, ensure_ascii=False) if not _TOML_ESCAPES.search(text) else json.dumps(text)
