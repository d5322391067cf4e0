"""The ledger beside the least that any durable log must do with the same bytes on the same disk.

``leaves_per_s``: spooled entries sequenced into tiles, checkpoint signed, against one plain file appended and synced once
per round. ``acks_per_s``: 64 callers that each wait for their entry to be safe, against one sync per entry.
``audit_per_s``: the full audit against hashing the same entries with SHA-256 and SM3. ``proof_ms``: an inclusion proof from
the files of a log of ``GONGSHU_BENCH_LEAVES`` entries of real size (ten million), each by a reader that knows nothing
yet, against reading the same files and hashing them once. ``proof_ms`` counts CPU time; how long they took by the clock is
beside it. That log is grown by the code that grows every log, once, and kept in the temporary folder.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cryptography
from benchmarks import _kept

from gongshu.crypto import digests, keys
from gongshu.home import Home
from gongshu.ledger import entry, growth, inner, installation, merkle, note, spool, tiles, verify

LEAVES = 100_000
PROVED = int(os.environ.get("GONGSHU_BENCH_LEAVES", "10000000"))
CALLERS = 64
CALLS = 100
PROOFS = 300


def run() -> list[dict[str, Any]]:
    """All measurements on one ledger in a temporary folder; the results in the design's form."""
    folder = Path(tempfile.mkdtemp(prefix="gongshu-bench-"))
    try:
        home = Home(folder)
        keys.ensure(home)
        leaves = _leaves(LEAVES)
        found = [_sequencing(home, leaves), _acknowledging(home, leaves), _auditing(home, leaves)]
    finally:
        shutil.rmtree(folder)
    decisive = [sys.modules[__name__], growth, inner, merkle, note, tiles]
    large = _kept.folder(f"log-{PROVED}", decisive, lambda place: _build(Home(place), PROVED))
    return [*found, _proving(Home(large))]


def _leaves(number: int) -> list[bytes]:
    return [
        entry.build(
            action="gateway.query",
            actor="housing-system",
            organization="housing",
            subject="hmac-sm3:" + "0" * 64,
            resource="city.market.company",
            details={"grant": "grant_01", "items": ["name", "status"], "n": n},
        )[1]
        for n in range(number)
    ]


def _seconds(work: Callable[[], Any], watch: Callable[[], float] = time.perf_counter) -> float:
    began = watch()
    work()
    return watch() - began


def _result(name: str, ours: float, other: float, better: str, unit: str, n: int) -> dict[str, Any]:
    return {
        "id": f"ledger.{name}",
        "ratio": round(ours / other, 4),
        "better": better,
        "ours": round(ours, 3),
        "other": round(other, 3),
        "unit": unit,
        "n": n,
        "versions": {"cryptography": cryptography.__version__},
    }


def _sequencing(home: Home, leaves: list[bytes]) -> dict[str, Any]:
    writer = spool.Spool(home.spool / "gateway-1")
    for leaf in leaves:
        ticket = writer.append(leaf)
    ticket.result()
    writer.close()
    sequencer = installation.sequencer_of(home)

    def ours() -> None:
        with sequencer.locked():
            while sequencer.step():
                pass

    def floor() -> None:
        with (home.root / "floor").open("wb") as file:
            for at in range(0, len(leaves), 65_536):
                for leaf in leaves[at : at + 65_536]:
                    file.write(leaf)
                file.flush()
                os.fsync(file.fileno())

    count = len(leaves)
    result = _result("leaves_per_s", count / _seconds(ours), count / _seconds(floor), "higher", "leaves/s", count)
    if installation.head(home).size != count:
        raise SystemExit("the ledger does not hold what was sequenced")
    return result


def _acknowledging(home: Home, leaves: list[bytes]) -> dict[str, Any]:
    writer = spool.Spool(home.root / "acknowledging")
    mine = leaves[: CALLERS * CALLS]

    async def caller(part: list[bytes]) -> None:
        for leaf in part:
            await writer.append(leaf)

    async def everyone() -> None:
        await asyncio.gather(*(caller(mine[n::CALLERS]) for n in range(CALLERS)))

    def floor() -> None:
        with (home.root / "floor-acks").open("wb", buffering=0) as file:
            for leaf in leaves[:400]:
                file.write(leaf)
                os.fsync(file.fileno())

    ours = len(mine) / _seconds(lambda: asyncio.run(everyone()))
    writer.close()
    return _result("acks_per_s", ours, 400 / _seconds(floor), "higher", "entries/s", len(mine))


def _auditing(home: Home, leaves: list[bytes]) -> dict[str, Any]:
    trusted, _ = installation.trusted(home)

    def ours() -> None:
        if not verify.audit(home.ledger, trusted).ok:
            raise SystemExit("the ledger does not verify")

    def floor() -> None:
        for leaf in leaves:
            hashlib.sha256(leaf).digest()
            hashlib.new("sm3", leaf).digest()

    count = len(leaves)
    return _result("audit_per_s", count / _seconds(ours), count / _seconds(floor), "higher", "leaves/s", count)


def _build(home: Home, size: int) -> None:
    """A log of ``size`` entries: the files that a sequencer writes, without its syncs."""
    keys.ensure(home)
    begin, end = _leaves(1)[0].rpartition(b"\nsm3:")[0].split(b'"id":"entry_')
    end = end[26:]
    signer = installation.signer(home)
    edge = growth.Edge()
    for at in range(0, size, 65_536):
        bodies = (b'%b"id":"entry_%026d%b' % (begin, n, end) for n in range(at, min(size, at + 65_536)))
        grown = growth.grow(edge, [body + b"\nsm3:" + digests.sm3(body).hex().encode() for body in bodies])
        for name, content in grown.files.items():
            path = home.ledger / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        inner.write(home.ledger, grown.rows)
        edge = grown.edge
    head = note.Checkpoint(signer.origin, edge.size, edge.root())
    (home.ledger / tiles.CHECKPOINT).write_text(signer.sign(head.text), encoding="utf-8")


def _proving(home: Home) -> dict[str, Any]:
    head = installation.head(home)
    draw = random.Random(0)
    wanted = [draw.randrange(head.size) for _ in range(PROOFS)]

    took: list[float] = []

    def ours() -> None:
        for index in wanted:  # nothing is kept from one proof to the next
            began = time.perf_counter()
            leaf = tiles.Tiles(home.ledger, head.size).leaf(index)
            if inner.inclusion(home.ledger, index, merkle.leaf_hash(leaf), head.size, head.root) is None:
                raise SystemExit("a proof does not hold")
            took.append(time.perf_counter() - began)

    def floor() -> None:
        for index in wanted:
            names = [tiles.path(-1, index // 256, tiles.width(-1, index // 256, head.size))]
            for level in tiles.levels(head.size):
                number = index >> (8 * (level + 1))
                names.append(tiles.path(level, number, tiles.width(level, number, head.size) or 256))
            for name in names:
                if (home.ledger / name).is_file():
                    hashlib.sha256((home.ledger / name).read_bytes()).digest()

    floor()  # once, so that neither side reads from the disk what the other finds in memory
    ours_ms, floor_ms = _seconds(ours, time.process_time), _seconds(floor, time.process_time)
    result = _result("proof_ms", ours_ms / PROOFS * 1000, floor_ms / PROOFS * 1000, "lower", "CPU ms", head.size)
    by_the_clock = {
        "clock_p50": round(statistics.median(took) * 1000, 3),
        "clock_p95": round(statistics.quantiles(took, n=20)[18] * 1000, 3),
    }
    return result | by_the_clock | {"proofs": PROOFS}
