"""``gongshu ledger``: verify the whole ledger, prove one entry, hand both to third parties. Needs no running platform."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gongshu.cli import ledger_search, ledger_words, output
from gongshu.cli.output import t
from gongshu.errors import EnvironmentFault, Exit, NotFound, Text

if TYPE_CHECKING:
    from gongshu.home import Home
    from gongshu.ledger import note, quorum, tiles, verify

app = typer.Typer(
    help=t(
        "存证账本：校验全部文件，证明某一条目，导出。不需要平台在运行。",
        "The ledger: verify every file, prove an entry, export. The platform need not run.",
    ),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)

HomeOption = Annotated[str, typer.Option("--home", help=t("安装目录", "The installation's folder"))]
Json = Annotated[bool, typer.Option("--json", help=t("输出 JSON", "Answer in JSON"))]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", help=t("信任的公钥文件（每行一个）", "File of the verifier keys to trust, one a line")),
]
PolicyOption = Annotated[
    Path | None,
    typer.Option(
        "--witnesses", help=t("见证策略文件：须有足够的见证签名", "Policy file: enough witnesses must have signed")
    ),
]
Out = Annotated[Path | None, typer.Option("-o", "--output", help=t("写入文件", "Write to this file"))]


@app.command("verify")
def verify_command(
    home: HomeOption = "",
    as_json: Json = False,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help=t("只校验这份存证文件", "Check this evidence file instead"))
    ] = None,
    key: KeyOption = None,
    witnesses: PolicyOption = None,
    stamps: Annotated[
        Path | None,
        typer.Option(
            "--timestamps", help=t("时间戳机构的根证书：逐个核对时间戳", "The authority's root: check all stamps")
        ),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", help=t("须自此检查点增长而来", "The ledger must have grown from this checkpoint")),
    ] = None,
) -> None:
    """校验账本的每个文件，指出被改动的文件。 Check every file of the ledger; name the one that was changed.

    通过退出码 0，未通过 1。 Exit code 0 for yes, 1 for no.

    例 Example:  gongshu ledger verify --json
    """
    if bundle is not None:
        _verify_bundle(bundle, key, _policy(witnesses), as_json)
        return
    from gongshu.ledger import cosigning, installation, state, timestamps, verify

    place = _home(home)
    if not place.ledger.is_dir() or not any(place.ledger.iterdir()):
        raise installation.absent(place)
    trusted, source = installation.trusted(place, key)
    previous = _text(since) if since else installation.last_verified(place)
    with _bar(as_json) as progress, _quiet_library():
        report = verify.audit(place.ledger, trusted, previous=previous, progress=progress)
        if report.ok and not installation.state_is_sound(place, trusted):
            report.findings.append(verify.Finding(state.NAME, verify.STATE_WRONG))
    policy = _policy(witnesses) or cosigning.policy_of(place)
    cosigned = None
    if policy is not None:
        cosigned = verify.witnessed(place.ledger, trusted, policy, report, required=witnesses is not None)
    stamped = timestamps.check(place.ledger, trusted, timestamps.certificates(stamps)) if stamps and report.ok else []
    for one in stamped:
        if one.fault:
            file = f"{timestamps.FOLDER}/{one.size}.tsr"
            report.findings.append(verify.Finding(file, Text(f"时间戳不成立（{one.fault}）", one.fault)))
    if report.ok and source == "secrets" and not since:
        installation.remember_verified(place, report.checkpoint)
    if as_json:
        signed = ledger_words.cosigned_json(cosigned) if policy else None
        output.emit(
            ledger_words.report_json(report, source)
            | {"witnesses": signed, "timestamps": ledger_words.stamps_json(stamped)}
        )
    else:
        ledger_words.say_report(report, place, source)
        for one in stamped:
            if one.at:
                output.say(
                    f"   时间戳：{one.size} 条，{one.at.isoformat()}", f"    stamped: {one.size}, {one.at.isoformat()}"
                )
        if policy is not None:
            ledger_words.say_witnesses(cosigned, policy)
    raise typer.Exit(Exit.OK if report.ok else Exit.NO)


@app.command("prove")
def prove(
    entry: Annotated[str, typer.Argument(help=t("条目序号或编号", "Index or id of the entry"))],
    home: HomeOption = "",
    out: Out = None,
) -> None:
    """为一条记录出具可离线校验的存证文件。 Make an evidence file for one entry, to be checked offline.

    例 Example:  gongshu ledger prove 17 -o evidence.json && gongshu ledger verify --bundle evidence.json
    """
    from gongshu.ledger import bundle, cosigning, installation

    place = _home(home)
    trusted, _ = installation.trusted(place)
    with _quiet_library():
        text = bundle.make(place.ledger, _index(_log(place), entry), trusted, cosigning.policy_of(place))
    _deliver(text, out)
    if out:
        output.say(f"已写入 {out}", f"Written to {out}")


@app.command("show")
def show(
    entry: Annotated[str, typer.Argument(help=t("条目序号或编号", "Index or id of the entry"))],
    home: HomeOption = "",
    as_json: Json = False,
) -> None:
    """显示一条记录。 Show one entry.

    例 Example:  gongshu ledger show 0
    """
    log = _log(_home(home))
    index = _index(log, entry)
    _, fields = next(_entries(log, index, index + 1))
    if as_json:
        output.emit(fields)
        return
    for name, value in fields.items():
        shown = value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False)
        sys.stdout.write(f"{name:<13} {shown}\n")


@app.command("export")
def export(
    home: HomeOption = "",
    begin: Annotated[int, typer.Option("--from", min=0, help=t("起始序号", "First index"))] = 0,
    end: Annotated[
        int, typer.Option("--to", min=0, help=t("结束序号（不含）；0 为全部", "Behind the last; 0: all"))
    ] = 0,
    out: Out = None,
) -> None:
    """以 JSON Lines 导出条目，每行一条。 Export entries as JSON Lines, one a line.

    例 Example:  gongshu ledger export --from 100 -o entries.jsonl
    """
    log = _log(_home(home))
    stop = min(end or log.size, log.size)
    if out is None:
        for _, fields in _entries(log, begin, stop):
            sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
        return
    temporary = out.with_name(f".{out.name}.part")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            for _, fields in _entries(log, begin, stop):
                file.write(json.dumps(fields, ensure_ascii=False) + "\n")
        temporary.replace(out)
    finally:
        temporary.unlink(missing_ok=True)
    count = max(0, stop - begin)
    output.say(f"已导出 {count} 条到 {out}", f"{count} entries exported to {out}")


@app.command("status")
def status(home: HomeOption = "", as_json: Json = False) -> None:
    """账本现状：条数、等待入账的内容、上次校验。 The ledger's state: size, what waits, what was last verified.

    例 Example:  gongshu ledger status
    """
    from gongshu import crypto
    from gongshu.ledger import cosigning, installation, intake, note, state

    place = _home(home)
    head = installation.head(place)
    found = state.load(place.ledger)
    verified = installation.last_verified(place)
    aside = sorted(path.name for path in place.spool.rglob(f"*{intake.ASIDE}"))
    policy, standings = cosigning.policy_of(place), cosigning.load(place.ledger).standings
    answer: dict[str, Any] = {
        "origin": head.origin,
        "size": head.size,
        "root": head.root.hex(),
        "spool_bytes_waiting": intake.waiting(place.spool, found.cursors if found else {}),
        "spool_files_set_aside": aside,
        "verified_up_to": note.parse_checkpoint(note.parse(verified).text).size if verified else None,
        "witnesses": [
            {"name": witness.name, **asdict(standings.get(witness.verifier.vkey, cosigning.Standing()))}
            for witness in (policy.witnesses if policy else ())
        ],
        "provider": crypto.provider(place).name,
        "provider_certified": crypto.provider(place).certified,
    }
    if as_json:
        output.emit(answer)
        return
    output.say(
        f"账本 {head.origin}:{head.size} 条，根 {head.root.hex()}",
        f"Ledger {head.origin}: {head.size} entries, root {head.root.hex()}",
    )
    waiting = answer["spool_bytes_waiting"]
    output.say(f"暂存区等待入账：{waiting} 字节", f"Waiting in the spool: {waiting} bytes")
    if aside:
        output.say(f"另存待查的暂存文件：{len(aside)} 个", f"Spool files set aside for inspection: {len(aside)}")
    if verified:
        output.say(
            f"上次校验到第 {answer['verified_up_to']} 条", f"Last verified up to {answer['verified_up_to']} entries"
        )
    else:
        output.say("尚未校验过", "Never verified yet")
    for one in answer["witnesses"]:
        output.say(
            f"见证节点 {one['name']}：签到第 {one['size']} 条{'，' + one['fault'] if one['fault'] else ''}",
            f"Witness {one['name']}: cosigned up to {one['size']}{', ' + one['fault'] if one['fault'] else ''}",
        )
    notice = crypto.provider(place).notice
    output.note(notice.zh, notice.en)


@app.command("public-key")
def public_key(home: HomeOption = "", as_json: Json = False) -> None:
    """打印账本的公钥，供第三方独立校验。 Print the ledger's public keys, for third parties' own verification.

    前两行是 C2SP 验证公钥（可存为 --key 文件），其后是 SM2 公钥的 PEM。
    Two C2SP verifier keys (save them for --key), then the SM2 key as PEM.

    例 Example:  gongshu ledger public-key > ledger.keys
    """
    from gongshu.crypto import sm2
    from gongshu.ledger import installation, note

    trusted, _ = installation.trusted(_home(home))
    if as_json:
        output.emit([{"kind": v.kind, "name": v.name, "vkey": v.vkey, "public": v.public.hex()} for v in trusted])
        return
    for verifier in trusted:
        sys.stdout.write(f"{verifier.vkey}\n")
    for verifier in trusted:
        if verifier.kind == note.SM2:
            pem = sm2.public_pem(verifier.public)
            sys.stdout.write("".join(f"# {line}\n" for line in pem.splitlines()))


@app.command("reindex")
def reindex() -> None:
    """从账本重建检索索引。 Make the search index in the database anew from the ledger.

    例 Example:  gongshu ledger reindex
    """
    from gongshu.cli import session

    session.connect()
    from gongshu.ledger import sequencing

    size = sequencing.reindex()
    output.say(f"已重建 {size} 条的索引", f"The index of {size} entries was made anew")


app.command("search")(ledger_search.search)
app.command("timestamp")(ledger_search.timestamp)
app.command("prune")(ledger_search.prune)


def _home(path: str) -> Home:
    from gongshu.home import open_home

    return open_home(path or None)


def _log(home: Home) -> tiles.Tiles:
    from gongshu.ledger import installation, tiles

    return tiles.Tiles(home.ledger, installation.head(home).size)


def _index(log: tiles.Tiles, name: str) -> int:
    """The index that ``name`` means: a number, or the id of an entry, looked for from the newest on."""
    from gongshu.ledger import entry, tiles

    if name.isascii() and name.isdecimal():
        if int(name) < log.size:
            return int(name)
        raise NotFound(
            "ledger.no_such_index",
            f"账本共有 {log.size} 条（序号自 0 起），没有第 {name} 条。",
            f"The ledger has {log.size} entries, counted from 0; there is no entry {name}.",
        )
    for number in range((log.size - 1) // tiles.WIDTH, -1, -1):
        if name.encode() in _read(log, number)[1]:
            for offset, leaf in enumerate(log.bundle(number)):
                if entry.intact(leaf) and entry.body(leaf).get("id") == name:
                    return number * tiles.WIDTH + offset
    raise NotFound(
        "ledger.no_such_entry",
        "账本中没有这个编号的条目；刚办理的事项需等一两秒入账。",
        "No entry of the ledger has this id; what was just done takes a second or two to be sequenced.",
    )


def _read(log: tiles.Tiles, number: int) -> tuple[str, bytes, int]:
    from gongshu.ledger import tiles

    try:
        return log.file(tiles.ENTRIES, number)
    except tiles.TileFault as error:
        raise _damaged(error) from error


def _entries(log: tiles.Tiles, begin: int, end: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """(index, fields) of the entries from ``begin`` up to ``end``, each with its leaf hash."""
    from gongshu.ledger import entry, merkle, tiles

    index = begin
    try:
        for index, leaf in log.leaves(begin, end):
            yield index, {"index": index, **entry.body(leaf), "leaf_hash": merkle.leaf_hash(leaf).hex()}
    except tiles.TileFault as error:
        raise _damaged(error) from error
    except ValueError as error:
        raise EnvironmentFault(
            "ledger.entry_damaged",
            f"第 {index} 条的摘要不符。请运行 gongshu ledger verify。",
            f"The digest of entry {index} does not fit. Run gongshu ledger verify.",
            index=index,
        ) from error


def _damaged(error: tiles.TileFault) -> EnvironmentFault:
    return EnvironmentFault(
        "ledger.file_damaged",
        f"账本文件 {error.path} 缺失或残缺。请运行 gongshu ledger verify，并从备份恢复。",
        f"The ledger file {error.path} is missing or mutilated. Run gongshu ledger verify and restore it from backup.",
        file=error.path,
    )


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise EnvironmentFault("ledger.file_unreadable", f"无法读取 {file}。", f"{file} cannot be read.") from error


def _deliver(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        return
    out.write_text(text, encoding="utf-8")


def _policy(file: Path | None) -> quorum.Policy | None:
    from gongshu.ledger import quorum

    if file is not None and not file.is_file():
        raise EnvironmentFault("ledger.file_unreadable", f"无法读取 {file}。", f"{file} cannot be read.")
    return quorum.load(file) if file is not None else None


def _verify_bundle(file: Path, key: Path | None, policy: quorum.Policy | None, as_json: bool) -> None:
    from gongshu.home import Home
    from gongshu.ledger import bundle, installation

    trusted: tuple[note.Verifier, ...] = ()
    if key is not None:
        trusted, _ = installation.trusted(Home(Path()), key)
    text = _text(file)
    try:
        with _quiet_library():
            proven = bundle.check(text, trusted, policy)
    except bundle.EvidenceRefused as error:
        if as_json:
            output.emit({"ok": False, "code": error.code, "zh": error.text.zh, "en": error.text.en})
        else:
            output.say(f"否 {error.text.zh}", f"NO  {error.text.en}")
        raise typer.Exit(Exit.NO) from error
    fields = proven.entry
    if as_json:
        output.emit(
            {
                "ok": True,
                "origin": proven.origin,
                "index": proven.index,
                "size": proven.size,
                "root": proven.root.hex(),
                "entry": {**fields._asdict(), "at": fields.at.isoformat()},
                "keys": "own" if proven.own_keys else "given",
                "witnesses": ledger_words.signed_json(proven.witnesses),
                "enough_witnesses": proven.enough,
            }
        )
        return
    output.say(
        f"是 条目 {fields.id}({fields.action}，{fields.at.isoformat()})是账本 {proven.origin} 的第 {proven.index} 条。",
        f"YES entry {fields.id} ({fields.action}, {fields.at.isoformat()}) is number {proven.index} of {proven.origin}.",
    )
    for one in proven.witnesses:
        if one.at:
            at = datetime.fromtimestamp(one.at, UTC).isoformat()
            output.say(f"   见证 {one.name}（{one.key_name}）：{at}", f"    witness {one.name} ({one.key_name}): {at}")
    if proven.own_keys:
        output.note(
            "所用公钥取自存证文件本身；请与主管部门公布的公钥比对，或用 --key 指定。",
            "The keys came from the evidence itself: compare them with the published ones, or give them with --key.",
        )


@contextmanager
def _bar(as_json: bool) -> Iterator[verify.Progress | None]:
    """A progress bar on stderr for long audits, where somebody watches."""
    if as_json or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    own = os.fdopen(os.dup(2), "w")  # stays with the terminal while ``_quiet_library`` diverts stderr
    with own, Progress(console=Console(file=own), transient=True) as bar:
        task = bar.add_task(t("校验", "verifying"))
        yield lambda done, size: bar.update(task, completed=done, total=size)


@contextmanager
def _quiet_library() -> Iterator[None]:
    """GmSSL writes a line of its own to stderr for a signature that fails; our answer says it better."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
