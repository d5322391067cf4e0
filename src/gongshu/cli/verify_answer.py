"""``gongshu verify-answer``: check a signed answer of a gateway, without a network."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gongshu.cli import output
from gongshu.cli.output import t
from gongshu.errors import EnvironmentFault, Exit, GongshuError
from gongshu.home import open_home

if TYPE_CHECKING:
    from gongshu.ledger.note import Verifier


def verify_answer(
    file: Annotated[str, typer.Argument(help=t("应答 JSON 或二维码文字的文件，- 为标准输入", "File, or - for stdin"))],
    keys: Annotated[
        str, typer.Option(help=t("公钥文件，取自网关 /v1/keys；默认用本安装的", "File with the keys of /v1/keys"))
    ] = "",
    page: Annotated[str, typer.Option(help=t("写出可打印的页面（HTML）", "Write the printable page (HTML)"))] = "",
    as_json: Annotated[bool, typer.Option("--json", help=t("以 JSON 输出", "Print JSON"))] = False,
) -> int:
    """离线校验网关的签名应答。 Check a signed answer of a gateway offline.

    The file is the gateway's reply, its proof, or the text of the QR code. Exit code 1: it does not hold.

    例 Example:  gongshu verify-answer answer.json --keys gateway-keys.txt --page proof.html
    """
    from gongshu.grants import signed
    from gongshu.ledger import note

    answer = signed.read(_text(file))
    try:
        trusted = note.parse_vkeys(_text(keys).splitlines()) if keys else _own()
    except note.NoteError as error:
        raise GongshuError(
            "answer.keys_unreadable",
            "公钥文件的格式不正确，应为网关 /v1/keys 的内容。",
            "The keys are not in the form of a gateway's /v1/keys.",
        ) from error
    try:
        checked = signed.check(answer, trusted)
    except signed.NotGenuine as no:
        output.print_error(no, as_json=as_json)
        return Exit.NO
    told = checked.statement
    if page:
        from gongshu.client import paper

        Path(page).write_text(paper.page(answer, checked), encoding="utf-8")
    if as_json:
        facts = {name: getattr(told, name) for name in told.__struct_fields__ if name not in ("key", "claims")}
        output.emit({**facts, "key": checked.key, "claims": checked.claims})
        return Exit.OK
    output.say(
        f"签名有效。{told.organization} 于 {told.at} 就 {told.resource}（版本 {told.version}）核验，用途：{told.purpose}。",
        f"The signatures hold. Asked by {told.organization} at {told.at} of {told.resource}, version {told.version}, "
        f"purpose: {told.purpose}.",
    )
    for item, answered in told.answers.items():
        shown = checked.claims.get(item, t("（未出示）", "(not shown)"))
        output.say(f"  {item} = {shown}：{answered}", f"  {item} = {shown}: {answered}")
    return Exit.OK


def _own() -> Sequence[Verifier]:
    from gongshu.grants import signed

    return signed.signer(open_home()).verifiers


def _text(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault(
            "answer.file_unreadable",
            f"文件 {file} 无法读取，请检查路径和权限。",
            f"The file {file} cannot be read; check its path and rights.",
        ) from error
