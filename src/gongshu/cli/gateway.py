"""``gongshu gateway``: run the data gateway, and call one as a client would."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import typer

from gongshu.cli import output, process
from gongshu.cli.output import t
from gongshu.errors import EnvironmentFault, Exit, GongshuError
from gongshu.home import open_home

app = typer.Typer(
    add_completion=False,
    rich_markup_mode="rich",
    no_args_is_help=True,
    help=t(
        "数据网关：逐次验签、核对授权、脱敏、先记账后应答。",
        "The data gateway: checks signature and grant, masks, and records each call before it answers.",
    ),
)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help=t("监听地址", "Address to listen on"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=t("端口，0 表示用安装的设置", "Port; 0 takes the installation's"))] = 0,
    home: Annotated[str, typer.Option(help=t("安装目录", "The installation's folder"))] = "",
    name: Annotated[str, typer.Option(help=t("网关名称，同一安装内唯一", "Its name, unique in an installation"))] = "",
    lease: Annotated[
        int,
        typer.Option(min=1, max=86_400, help=t("与管理端失联后继续服务的秒数", "Seconds without the control plane")),
    ] = 900,
    metrics_port: Annotated[
        int,
        typer.Option(max=65_535, help=t("Prometheus 端口（本机），-1 为不开", "Port of /metrics, loopback; -1: none")),
    ] = -1,
    in_flight: Annotated[
        int, typer.Option(min=1, max=100_000, help=t("同时处理的调用上限", "Calls under way at most"))
    ] = 2048,
) -> None:
    """只启动数据网关。 Start the data gateway alone.

    `gongshu serve` starts it together with the pages and the worker.

    例 Example:  gongshu gateway serve --port 8001
    """
    if home:
        os.environ["GONGSHU_HOME"] = str(Path(home).expanduser().absolute())
    installation = open_home()
    chosen = port or installation.gateway_port
    process.follow_supervisor()
    process.check_port_free(host, chosen, option="--port")
    if metrics_port > 0:
        process.check_port_free("127.0.0.1", metrics_port, option="--metrics-port")

    from gongshu.gateway import service

    service.run(
        installation,
        host=host,
        port=chosen,
        name=name or f"gateway-{chosen}",
        lease=float(lease),
        metrics_port=metrics_port if metrics_port >= 0 else None,
        in_flight=in_flight,
    )


@app.command()
def call(
    resource: Annotated[str, typer.Argument(help=t("资源代码", "Code of the resource"))],
    client: Annotated[str, typer.Option(help=t("应用编号", "Client id"))],
    grant: Annotated[str, typer.Option(help=t("授权编号", "Number of the grant"))],
    purpose: Annotated[str, typer.Option(help=t("使用目的，与授权一致", "Purpose, as the grant states it"))],
    key: Annotated[list[str], typer.Option(help=t("主键，如 citizen_id=…", "Key item, as citizen_id=…"))] = [],  # noqa: B006
    fields: Annotated[str, typer.Option(help=t("数据项，逗号分隔", "Items, separated by commas"))] = "",
    verify: Annotated[list[str], typer.Option(help=t("待核验，如 name=张三", "A claim to verify, as name=…"))] = [],  # noqa: B006
    limit: Annotated[int, typer.Option(help=t("不给主键时的条数", "Rows, when no key is given"))] = 20,
    after: Annotated[str, typer.Option(help=t("上一页的 next 游标", "The cursor “next” of the page before"))] = "",
    algorithm: Annotated[str, typer.Option(help="HMAC-SM3 | HMAC-SHA256")] = "HMAC-SM3",
    secret_file: Annotated[
        str, typer.Option(help=t("密钥文件；默认取环境变量 GONGSHU_CLIENT_SECRET", "File with the secret"))
    ] = "",
    url: Annotated[str, typer.Option(help=t("网关地址", "Address of the gateway"))] = "",
    show_request: Annotated[
        bool, typer.Option("--show-request", help=t("显示所签请求（stderr）", "Show the signed request on stderr"))
    ] = False,
) -> int:
    """签名并调用一次网关，输出其 JSON 应答。 Sign one call to a gateway and print its JSON answer.

    Give --verify to ask yes or no, else the record with --key is read; without --key rows are listed. The
    secret comes from GONGSHU_CLIENT_SECRET or --secret-file, never from the command line.

    例 Examples:

      gongshu gateway call population --client app_1 --grant grant_1 --purpose 住房保障 \\
          --key citizen_id=… --fields name,address

      gongshu gateway call population … --key citizen_id=… --verify name=张三
    """
    import httpx

    from gongshu.crypto import signing

    if algorithm not in signing.ALGORITHMS:
        raise GongshuError(
            "identity.algorithm_unknown",
            "签名算法须为 HMAC-SM3 或 HMAC-SHA256。",
            "The signature algorithm must be HMAC-SM3 or HMAC-SHA256.",
        )
    base = (url or open_home().gateway_url).rstrip("/")
    asked: dict[str, Any] = {"grant": grant, "purpose": purpose}
    if key:
        asked["key"] = _pairs(key, "--key")
    if verify:
        asked["claims"] = _pairs(verify, "--verify")
    else:
        if fields:
            asked["fields"] = [field.strip() for field in fields.split(",") if field.strip()]
        if not key:
            asked["limit"] = limit
            if after:
                asked["after"] = after
    path = f"{urlsplit(base).path}/v1/interfaces/{quote(resource, safe='')}/{'verify' if verify else 'query'}"
    body = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
    headers = signing.sign(
        client_id=client, secret=_secret(secret_file), method="POST", path=path, body=body, algorithm=algorithm
    )
    if show_request:
        lines = [f"POST {path}", *(f"{name}: {value}" for name, value in headers.items()), "", body.decode()]
        sys.stderr.write("\n".join(lines) + "\n")
    origin = urlsplit(base)
    try:
        reply = httpx.post(
            f"{origin.scheme}://{origin.netloc}{path}",
            content=body,
            headers={**headers, "Content-Type": "application/json"},
            timeout=30,
            trust_env=False,
        )
    except (httpx.TransportError, httpx.InvalidURL) as error:
        raise EnvironmentFault(
            "gateway.unreachable",
            f"无法连接网关 {base}。请检查网关是否在运行，或用 --url 指定地址。",
            f"The gateway at {base} cannot be reached. Check that it is running, or name it with --url.",
        ) from error
    try:
        output.emit(reply.json())
    except ValueError as error:
        raise EnvironmentFault(
            "gateway.not_ours",
            f"{base} 的应答不是网关的 JSON(HTTP {reply.status_code})，请检查地址。",
            f"What answers at {base} (HTTP {reply.status_code}) is not a gateway of ours; check the address.",
        ) from error
    return Exit.OK if reply.is_success else Exit.NO if reply.status_code == 404 else Exit.REFUSED


def _pairs(given: list[str], option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise GongshuError(
                "gateway.pair_malformed",
                f"{option} 的写法是 名称=值。",
                f"{option} is written as name=value.",
            )
        pairs[name.strip()] = value
    return pairs


def _secret(file: str) -> bytes:
    secret = os.environ.get("GONGSHU_CLIENT_SECRET", "")
    if file:
        try:
            secret = Path(file).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise EnvironmentFault(
                "gateway.secret_unreadable",
                f"密钥文件 {file} 无法读取，请检查路径和权限。",
                f"The secret's file {file} cannot be read; check its path and rights.",
            ) from error
    if not secret.strip():
        raise GongshuError(
            "gateway.secret_missing",
            "没有密钥：请设置环境变量 GONGSHU_CLIENT_SECRET，或用 --secret-file 指定文件。",
            "There is no secret: set GONGSHU_CLIENT_SECRET, or name a file with --secret-file.",
        )
    return secret.strip().encode("ascii")
