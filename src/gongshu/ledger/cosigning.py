"""The log's side of witnessing: hand each new checkpoint to the witnesses of the policy, publish what they sign.

The log never waits for a witness. ``checkpoint`` is published as soon as it is signed; cosignatures are added below it
as they come, and ``checkpoint.cosigned`` is the newest one that the quorum has signed. A witness that cannot be reached
is tried again after growing pauses; one that refuses is named, because then one of two things is true: the log was
rewritten, or it was restored from an old backup. Protocol: c2sp.org/tlog-witness.
"""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from gongshu import clock
from gongshu.errors import Conflict
from gongshu.home import Home
from gongshu.ledger import durable, merkle, note, quorum, sequencer, state, tiles

STATE = "cosigning.json"
COSIGNED = "checkpoint.cosigned"
PATIENCE = 5.0  # seconds for one request
LONGEST_PAUSE = 300
ADDRESS = "address"  # in the folder of the witness beside the log, where it says on which port it listens
REFUSED = frozenset({"fork", "ahead", "unknown_log", "untrusted"})


@dataclass(frozen=True)
class Standing:
    """How one witness stands: up to which size it has cosigned and when (Unix seconds), and what is in the way.

    ``fault`` is empty, or ``unreachable``, ``no_address``, ``odd_answer``, ``wrong_key``, ``unknown_log``,
    ``untrusted`` (it does not know the log, or its key), ``ahead`` (it has seen a longer log) or ``fork``.
    """

    size: int = 0
    at: int = 0
    fault: str = ""
    tries: int = 0
    not_before: int = 0
    since: int = 0


@dataclass
class Progress:
    """``standings`` by verifier key; ``lines`` are the cosignatures below the note ``text``, by verifier key."""

    text: str = ""
    lines: dict[str, str] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)


def load(folder: Path) -> Progress:
    """What is known of the witnesses. A file that is missing or damaged only costs one question to each of them."""
    try:
        fields = json.loads((folder / STATE).read_bytes())
        return Progress(
            str(fields["text"]),
            {str(key): str(line) for key, line in fields["lines"].items()},
            {str(key): Standing(**standing) for key, standing in fields["standings"].items()},
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Progress()


def policy_of(home: Home) -> quorum.Policy | None:
    """The policy of ``home``; None where nobody wrote one. EnvironmentFault when it cannot be read."""
    return quorum.load(home.root / quorum.FILE)


def run_once(home: Home) -> int:
    """Hand the current checkpoint to every witness that has not signed it and is not pausing; how many signed now."""
    policy = policy_of(home)
    head = state.load(home.ledger)
    if policy is None or head is None or not head.head.size:
        return 0
    text = note.parse(head.checkpoint).text
    progress = load(home.ledger)
    before = json.dumps(_fields(progress))
    if progress.text != text:
        progress.text, progress.lines = text, {}
    now = int(clock.now().timestamp())
    asked = [
        (witness, progress.standings.get(witness.verifier.vkey, Standing()))
        for witness in policy.witnesses
        if witness.verifier.vkey not in progress.lines
    ]
    due = [(witness, standing) for witness, standing in asked if standing.not_before <= now]
    with ThreadPoolExecutor(max_workers=8) as pool:
        answers = list(pool.map(lambda pair: _ask(home, head, pair[0], pair[1], now), due))
    for (witness, _), (standing, line) in zip(due, answers, strict=True):
        progress.standings[witness.verifier.vkey] = standing
        if line:
            progress.lines[witness.verifier.vkey] = line
    if json.dumps(_fields(progress)) != before:
        durable.write(home.ledger / STATE, json.dumps(_fields(progress), ensure_ascii=False, indent=1).encode())
    _publish(home.ledger, head.checkpoint, progress, policy)
    return sum(bool(line) for _, line in answers)


def _ask(home: Home, head: state.State, witness: quorum.Witness, standing: Standing, now: int) -> tuple[Standing, str]:
    """One witness's answer: how it stands now, and its line, or nothing."""
    url = witness.url or _beside(home)
    fault, line, size = "no_address", "", standing.size
    if url:
        fault, line, size = _exchange(home.ledger, head, witness, url, min(standing.size, head.head.size))
    if line:
        moment = note.cosignatures(head.checkpoint + line, [witness.verifier])[witness.verifier.vkey]
        return Standing(head.head.size, moment), line
    tries = standing.tries + 1
    pause = min(LONGEST_PAUSE, 2 ** min(tries, 9))
    since = standing.since if standing.fault == fault else now
    return replace(standing, size=size, fault=fault, tries=tries, not_before=now + pause, since=since), ""


def _exchange(folder: Path, head: state.State, witness: quorum.Witness, url: str, old: int) -> tuple[str, str, int]:
    """(fault, line, size the witness is known to be at). Asked twice when it names another size than we thought."""
    log = tiles.Tiles(folder, head.head.size)
    with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
        for _ in range(3):
            try:
                reply = client.post(f"{url}/add-checkpoint", content=_body(old, head, log))
            except (httpx.HTTPError, httpx.InvalidURL):
                return "unreachable", "", old
            if reply.status_code == 200:
                line = _line(head.checkpoint, reply.text, witness)
                return ("", line, head.head.size) if line else ("wrong_key", "", old)
            named = reply.text.strip()
            if reply.status_code == 409 and named.isascii() and named.isdecimal() and len(named) < 19:
                if int(named) == old:
                    return "fork", "", old  # it agrees on the size, so it is the root that it refuses
                if int(named) > head.head.size:
                    return "ahead", "", old
                old = int(named)
                continue
            return {403: "untrusted", 404: "unknown_log", 422: "fork"}.get(reply.status_code, "odd_answer"), "", old
    return "odd_answer", "", old


def _body(old: int, head: state.State, log: tiles.Tiles) -> str:
    proof = merkle.consistency_proof(old, head.head.size, log.node)
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof)]
    return "\n".join(lines) + f"\n\n{head.checkpoint}"


def _line(checkpoint: str, answer: str, witness: quorum.Witness) -> str:
    """The witness's own line in its answer; lines of other keys are ignored."""
    for line in answer.splitlines():
        with suppress(note.NoteError):
            if note.cosignatures(f"{checkpoint}{line}\n", [witness.verifier]):
                return f"{line}\n"
    return ""


def _beside(home: Home) -> str:
    """Where the witness of this installation listens, as it wrote down itself; empty when it never ran."""
    try:
        return str(json.loads((home.witness / ADDRESS).read_bytes())["url"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _publish(folder: Path, checkpoint: str, progress: Progress, policy: quorum.Policy) -> None:
    """Put the lines below the published checkpoint, as long as it is still this one; keep it where enough signed."""
    lines = [progress.lines[key] for key in (one.verifier.vkey for one in policy.witnesses) if key in progress.lines]
    if not lines:
        return
    whole = (checkpoint + "".join(lines)).encode()
    cosigned = folder / COSIGNED
    if policy.satisfied(progress.lines.keys()) and _content(cosigned) != whole:
        durable.write(cosigned, whole)
        durable.sync_folder(folder)
    published = folder / tiles.CHECKPOINT
    if _content(published) == whole:
        return
    with suppress(Conflict), durable.exclusive(folder / sequencer.LOCK, wait=2.0):
        if _content(published).startswith(checkpoint.encode()):
            durable.write(published, whole)
            durable.sync_folder(folder)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def _fields(progress: Progress) -> dict[str, Any]:
    standings = {key: asdict(standing) for key, standing in progress.standings.items()}
    return {"text": progress.text, "lines": progress.lines, "standings": standings}


@dataclass(frozen=True)
class Signed:
    """One witness of the policy, and when it signed the checkpoint in question (Unix seconds); 0 when it did not."""

    name: str
    key_name: str
    at: int


@dataclass(frozen=True)
class Cosigned:
    """The newest checkpoint that the quorum has signed, and who of the policy signed it."""

    checkpoint: str
    head: note.Checkpoint
    signed: tuple[Signed, ...]
    enough: bool


def signed(checkpoint: str, policy: quorum.Policy) -> tuple[tuple[Signed, ...], bool]:
    """Who of ``policy`` has signed the checkpoint, and whether that is its quorum. NoteError when it is no note."""
    found = note.cosignatures(checkpoint, policy.verifiers)
    people = tuple(Signed(one.name, one.verifier.name, found.get(one.verifier.vkey, 0)) for one in policy.witnesses)
    return people, policy.satisfied(found.keys())


def newest(folder: Path, trusted: tuple[note.Verifier, ...], policy: quorum.Policy) -> Cosigned | None:
    """The newest cosigned checkpoint, its signatures checked; None where there is none that these keys vouch for."""
    try:
        text = (folder / COSIGNED).read_text(encoding="utf-8")
        head = note.read_checkpoint(text, trusted)
        who, enough = signed(text, policy)
    except (OSError, ValueError):
        return None
    return Cosigned(text, head, who, enough)
