"""Time-stamps of checkpoints by somebody else's clock (RFC 3161): that the ledger was so at that time, whoever runs it.

A stamp is two files in ``timestamps/``: ``<size>.checkpoint``, the signed checkpoint as it was then, and ``<size>.tsr``, the
authority's answer over exactly those bytes (SHA-256). ``openssl ts -verify -data N.checkpoint -in N.tsr -CAfile ca.pem``
checks one with other people's tools. The authority's root certificate comes from the operator, never from the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from gongshu import clock
from gongshu.errors import EnvironmentFault
from gongshu.home import Home
from gongshu.ledger import cosigning, durable, installation, merkle, note, tiles

FOLDER = "timestamps"
PATIENCE = 20.0
MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class Stamp:
    """The ledger had ``size`` entries at ``at`` by the authority's clock. ``fault`` says, in English, why a stamp does not
    hold; empty when it does."""

    size: int
    at: datetime | None
    fault: str = ""


def due(home: Home) -> bool:
    """Whether it is time for a stamp: one is configured, the ledger has grown, and the last one is old enough."""
    if not home.timestamp_url:
        return False
    last = _last(home.ledger)
    size = installation.head(home).size
    if last is None:
        return size > 0
    age = timedelta(seconds=clock.now().timestamp() - last[1])
    return size > last[0] and age >= timedelta(hours=home.timestamp_hours)


def stamp(home: Home) -> Stamp:
    """Have the newest cosigned checkpoint (else the newest) stamped, check the answer, keep both; EnvironmentFault when
    the authority does not answer, or answers something that does not verify."""
    roots = certificates(_root_file(home))
    data = _checkpoint(home)
    size = note.parse_checkpoint(note.parse(data.decode()).text).size
    request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).build()
    try:
        reply = httpx.post(
            home.timestamp_url,
            content=request.as_bytes(),
            headers={"Content-Type": "application/timestamp-query"},
            timeout=PATIENCE,
            trust_env=False,
        )
        reply.raise_for_status()
        if len(reply.content) > MOST_BYTES:
            raise ValueError("too large")
        answer = decode_timestamp_response(reply.content)
        at = _verified(answer, data, roots, request.nonce)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, VerificationError) as error:
        reason = str(error).split("\n")[0][:200] or type(error).__name__
        raise EnvironmentFault(
            "ledger.timestamp_refused",
            f"时间戳机构 {home.timestamp_url} 没有给出可用的时间戳：{reason}。稍后会再试。",
            f"The time-stamping authority {home.timestamp_url} gave no usable stamp: {reason}. It is tried again later.",
        ) from error
    folder = home.ledger / FOLDER
    durable.make_folder(folder)
    durable.write(folder / f"{size}.checkpoint", data)
    durable.write(folder / f"{size}.tsr", reply.content)
    durable.sync_folder(folder)
    return Stamp(size, at)


def check(folder: Path, trusted: Sequence[note.Verifier], roots: Sequence[x509.Certificate]) -> list[Stamp]:
    """Every stamp of a log, oldest first: the authority's signature, the checkpoint's, and that the log still begins with
    the tree that was stamped."""
    found = []
    head = note.read_checkpoint((folder / tiles.CHECKPOINT).read_text(encoding="utf-8"), trusted)
    log = tiles.Tiles(folder, head.size)
    for size, path in _stamps(folder):
        try:
            data = path.with_suffix(".checkpoint").read_bytes()
            at = _verified(decode_timestamp_response(path.read_bytes()), data, roots, None)
            old = note.read_checkpoint(data.decode(), trusted)
            if old.size != size or old.size > head.size:
                raise ValueError("the checkpoint is not of that size, or the log became shorter")
            proof = merkle.consistency_proof(old.size, head.size, log.node)
            if not merkle.verify_consistency(old.size, head.size, proof, old.root, head.root):
                raise ValueError("the log does not begin with what was stamped")
            found.append(Stamp(size, at))
        except (OSError, ValueError, VerificationError) as error:
            found.append(Stamp(size, None, str(error).split("\n")[0] or type(error).__name__))
    return found


def certificates(file: Path) -> list[x509.Certificate]:
    """The root certificates in a PEM file; EnvironmentFault when there are none."""
    try:
        return x509.load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            "ledger.timestamp_root",
            f"时间戳机构的根证书 {file} 无法读取。请在 gongshu.toml 的 [timestamps] 中用 ca 指明 PEM 文件。",
            f"The time-stamping authority's root certificate {file} cannot be read. Name the PEM file as ca under "
            "[timestamps] in gongshu.toml.",
        ) from error


def _verified(answer: TimeStampResponse, data: bytes, roots: Sequence[x509.Certificate], nonce: int | None) -> datetime:
    builder = VerifierBuilder()
    for root in roots:
        builder = builder.add_root_certificate(root)
    if nonce is not None:
        builder = builder.nonce(nonce)
    if not builder.build().verify_message(answer, data):
        raise VerificationError("the stamp does not hold")
    return answer.tst_info.gen_time.astimezone(UTC)


def _checkpoint(home: Home) -> bytes:
    cosigned = home.ledger / cosigning.COSIGNED
    return (cosigned if cosigned.exists() else home.ledger / tiles.CHECKPOINT).read_bytes()


def _root_file(home: Home) -> Path:
    return home.root / home.timestamp_ca


def _stamps(folder: Path) -> list[tuple[int, Path]]:
    paths = (folder / FOLDER).glob("*.tsr") if (folder / FOLDER).is_dir() else ()
    return sorted((int(path.stem), path) for path in paths if path.stem.isascii() and path.stem.isdecimal())


def _last(folder: Path) -> tuple[int, float] | None:
    """(size, Unix time of the file) of the newest stamp."""
    found = _stamps(folder)
    return (found[-1][0], found[-1][1].stat().st_mtime) if found else None
