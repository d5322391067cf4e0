"""The sequencer's state file: how far the log has come and how far every spool file has been read.

``state.json`` is the one commit point: tiles are written before it, and only what it says counts. It carries a digest
of itself, so that a damaged one is noticed instead of reading spools twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gongshu.crypto import digests
from gongshu.errors import EnvironmentFault
from gongshu.ledger import durable, note

NAME = "state.json"


@dataclass
class State:
    """``checkpoint`` is the signed note of (origin, size, root); ``cursors`` maps ``folder/file`` to an offset."""

    checkpoint: str
    head: note.Checkpoint
    cursors: dict[str, int] = field(default_factory=dict)
    at: int = 0  # Unix milliseconds of this machine's clock when it was written; 0 in older files


def load(folder: Path, trusted: tuple[note.Verifier, ...] | None = None) -> State | None:
    """The state of the log in ``folder``, None where there is no log yet; EnvironmentFault when it is damaged.

    With ``trusted``, its checkpoint must be signed by those keys.
    """
    path = folder / NAME
    try:
        fields = json.loads(path.read_bytes())
        digest = fields.pop("sm3")
        if digest != _digest(fields):
            raise ValueError("digest")
        text = str(fields["checkpoint"])
        head = note.read_checkpoint(text, trusted) if trusted else note.parse_checkpoint(note.parse(text).text)
        return State(
            text, head, {str(name): int(offset) for name, offset in fields["cursors"].items()}, int(fields.get("at", 0))
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EnvironmentFault(
            "ledger.state_damaged",
            f"账本状态文件 {path} 损坏，或不是用本安装的密钥签署的。请从备份恢复账本目录与 secrets 目录；"
            "在此之前新条目仍安全地留在暂存区。",
            f"The ledger's state file {path} is damaged, or not signed by this installation's keys. Restore the "
            "ledger and secrets folders from backup; until then new entries stay safe in the spool.",
        ) from error


def save(folder: Path, state: State) -> None:
    """Make ``state`` the truth, durably and at once."""
    fields: dict[str, Any] = {
        "format": 1,
        "size": state.head.size,
        "checkpoint": state.checkpoint,
        "cursors": state.cursors,
        "at": state.at,
    }
    fields["sm3"] = _digest(fields)
    durable.write(folder / NAME, json.dumps(fields, ensure_ascii=False, indent=1).encode() + b"\n")
    durable.sync_folder(folder)


def _digest(fields: dict[str, Any]) -> str:
    return digests.sm3(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()).hex()
