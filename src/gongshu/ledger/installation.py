"""The ledger of one installation: its sequencer, its name, and the keys that are trusted to have signed it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from gongshu import crypto
from gongshu.crypto import digests, keys
from gongshu.errors import EnvironmentFault, NotFound
from gongshu.home import Home
from gongshu.ledger import durable, note, sequencer, state, tiles

VERIFIED = "ledger-verified.checkpoint"


def signer(home: Home) -> note.Signer:
    """Signs as the log's origin: the one it began with, or ``gongshu/<city>/<8 digits of the key>`` for a new log."""
    provider = crypto.provider(home)
    found = state.load(home.ledger)
    fingerprint = digests.sha256(provider.ed25519_public()).hex()[:8]
    return note.Signer(found.head.origin if found else f"gongshu/{home.city}/{fingerprint}", provider)


def sequencer_of(home: Home) -> sequencer.Sequencer:
    """The sequencer of ``home``; EnvironmentFault when the keys are missing or the state is damaged."""
    return sequencer.Sequencer(home.ledger, home.spool, signer(home))


def trusted(home: Home, file: Path | None = None) -> tuple[tuple[note.Verifier, ...], str]:
    """The keys to verify with and where they came from: ``file`` (one verifier key a line), else the installation's own
    secrets, else the copy that lies beside the log, which proves only that the log agrees with itself.
    """
    if file is not None:
        return _vkeys(file), "file"
    origin = _origin(home.ledger)
    if _readable(home.secrets / keys.LEDGER_ED25519):
        return note.Signer(origin, crypto.provider(home)).verifiers, "secrets"
    return _vkeys(home.ledger / sequencer.PUBLIC_KEYS), "folder"


def state_is_sound(home: Home, verifiers: tuple[note.Verifier, ...]) -> bool:
    """Whether the sequencer's own state file, where there is one, is whole and signed by these keys."""
    try:
        state.load(home.ledger, verifiers)
    except EnvironmentFault:
        return False
    return True


def last_verified(home: Home) -> str:
    """The checkpoint that the last successful audit on this machine accepted; empty when there was none."""
    try:
        return (home.secrets / VERIFIED).read_text(encoding="utf-8")
    except OSError:
        return ""


def remember_verified(home: Home, checkpoint: str) -> bool:
    """Keep ``checkpoint`` for the next audit; False where this account may not write it."""
    try:
        durable.write(home.secrets / VERIFIED, checkpoint.encode())
    except OSError:
        return False
    return True


def head(home: Home) -> note.Checkpoint:
    """Origin, size and root of the current checkpoint, its signature unchecked; NotFound without a ledger."""
    try:
        text = (home.ledger / tiles.CHECKPOINT).read_text(encoding="utf-8")
        return note.parse_checkpoint(note.parse(text).text)
    except FileNotFoundError as error:
        raise absent(home) from error
    except ValueError as error:
        raise EnvironmentFault(
            "ledger.checkpoint_damaged",
            f"检查点文件 {home.ledger / tiles.CHECKPOINT} 已损坏。请运行 gongshu ledger verify。",
            f"The checkpoint {home.ledger / tiles.CHECKPOINT} is damaged. Run gongshu ledger verify.",
        ) from error


def absent(home: Home) -> NotFound:
    """The sentence for a home without a ledger."""
    return NotFound(
        "ledger.absent",
        f"{home.ledger} 中还没有账本。请先运行 gongshu init 和 gongshu serve（或 gongshu worker --once），"
        "或用 --home 指定安装目录。",
        f"There is no ledger in {home.ledger} yet. Run gongshu init and gongshu serve (or gongshu worker --once) first, "
        "or name the installation with --home.",
    )


def _origin(folder: Path) -> str:
    """The origin that the log claims: from the state, else from the checkpoint."""
    with suppress(EnvironmentFault):  # a damaged state must not keep anyone from verifying the log
        found = state.load(folder)
        if found is not None:
            return found.head.origin
    try:
        return note.parse((folder / tiles.CHECKPOINT).read_text(encoding="utf-8")).text.split("\n", 1)[0]
    except (OSError, ValueError):
        return "gongshu/unknown"


def _readable(path: Path) -> bool:
    """Whether this account can read ``path``: an auditor's may not."""
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False


def _vkeys(file: Path) -> tuple[note.Verifier, ...]:
    try:
        found = note.parse_vkeys(file.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            "ledger.keys_unreadable",
            f"公钥文件 {file} 无法读取（{error}）。每行应为一个“名称+编号+公钥”形式的验证公钥。",
            f"The public keys in {file} cannot be read ({error}). One verifier key (name+id+key) a line is wanted.",
        ) from error
    if not found:
        raise EnvironmentFault(
            "ledger.keys_unreadable",
            f"公钥文件 {file} 中没有公钥。",
            f"There is no public key in {file}.",
        )
    return found
