"""The sequencer: gives every waiting entry its one place in the log.

One step is: read what waits → note in ``growing.json`` how far the tree may grow → write tiles and bundles, synced →
``state.json`` (the commit point: size, root, checkpoint and spool cursors together) → ``checkpoint`` → tidy up. Killed
at any moment, the next run first undoes what the state does not know and finishes what it does. Files of the log are
only ever replaced by fuller ones, so a reader with an older checkpoint is never wrong.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gongshu import clock
from gongshu.errors import EnvironmentFault
from gongshu.ledger import durable, entry, growth, inner, intake, note, state, tiles

LOCK = ".sequencer.lock"
GROWING = "growing.json"
PUBLIC_KEYS = "public-keys.txt"
ROUND = 65_536
CLOCK_TOLERANCE = 2_000  # milliseconds: what a clock daemon may take back without a word


class Sequencer:
    """One log's sequencer. Use it inside ``with sequencer.locked():``."""

    def __init__(self, folder: Path, spool: Path, signer: note.Signer) -> None:
        self.folder = folder
        self.spool = spool
        self._signer = signer
        self._state: state.State | None = None
        self._edge = growth.Edge()

    @property
    def head(self) -> note.Checkpoint:
        """Size and root as committed; only inside ``locked()``."""
        if self._state is None:
            raise RuntimeError("the sequencer works inside `with sequencer.locked():`")
        return self._state.head

    @contextmanager
    def locked(self, wait: float = 10.0) -> Iterator[Sequencer]:
        """Exclude other sequencers, repair what a crash left, and begin a log where there is none.

        Conflict when another sequencer holds the log for longer than ``wait`` seconds; EnvironmentFault when the log
        cannot be written, or is not what the last run left.
        """
        try:
            durable.make_folder(self.folder)
            with durable.exclusive(self.folder / LOCK, wait=wait):
                self._open()
                yield self
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        finally:
            self._state = None

    def step(self, outbox: Sequence[bytes] = (), limit: int = ROUND) -> int:
        """Sequence the leaves of ``outbox`` (which the caller knows not to be in the log) and up to about ``limit``
        that wait in the spools; answer how many. All of them or, when anything fails, none."""
        if self._state is None:
            raise RuntimeError("the sequencer works inside `with sequencer.locked():`")
        taken = intake.collect(self.spool, self._state.cursors, max(0, limit - len(outbox)))
        leaves = [*outbox, *taken.leaves]
        if leaves:
            leaves += self._clock_notice()
        if leaves or taken.cursors != self._state.cursors:
            self._commit(leaves, taken.cursors)
        intake.clear(taken)
        return len(leaves)

    def _clock_notice(self) -> list[bytes]:
        """An entry that says so when this machine's clock shows an earlier time than at the last step: from here on the
        entries' own times are no order any more, only their places are."""
        back = self._state.at - clock.milliseconds() if self._state else 0
        if back <= CLOCK_TOLERANCE:
            return []
        details = {"seconds": back // 1000}
        return [entry.build(action="ledger.clock_stepped_back", actor="sequencer", organization="", details=details)[1]]

    def _commit(self, leaves: list[bytes], cursors: dict[str, int]) -> None:
        before = self.head.size
        edge, files, rows = growth.grow(self._edge, leaves)
        if leaves:
            self._intend(before, edge.size)
            self._write(files)
            inner.write(self.folder, rows)
        head = note.Checkpoint(self._signer.origin, edge.size, edge.root())
        grown = state.State(self._signer.sign(head.text), head, cursors, clock.milliseconds())
        state.save(self.folder, grown)
        self._state, self._edge = grown, edge
        self._publish()
        self._tidy(before, edge.size)

    def _open(self) -> None:
        found = state.load(self.folder, self._signer.verifiers)
        if found is None:
            self._begin()
            return
        self._state = found
        self._recover(found.head.size)
        try:
            self._edge = growth.load(tiles.Tiles(self.folder, found.head.size))
        except tiles.TileFault as error:
            raise _damaged(self.folder, error.path) from error
        if self._edge.root() != found.head.root:
            raise _damaged(self.folder, "tile")
        if found.head.size and not (self.folder / inner.FOLDER).is_dir():  # an older release kept no rows
            with suppress(tiles.TileFault):
                inner.rebuild(self.folder, found.head.size)
        self._publish()

    def _begin(self) -> None:
        """A log of no leaves. Refused where files of a log are without a state: starting again would fork it."""
        if (self.folder / tiles.CHECKPOINT).exists() or (self.folder / "tile" / "entries").is_dir():
            raise EnvironmentFault(
                "ledger.state_missing",
                f"账本目录 {self.folder} 已有条目，却没有 {state.NAME}。请从备份恢复整个账本目录，不要另起新账本。",
                f"The ledger folder {self.folder} holds entries but no {state.NAME}. Restore the whole folder from "
                "backup; do not begin a new ledger in it.",
            )
        vkeys = "".join(f"{verifier.vkey}\n" for verifier in self._signer.verifiers)
        durable.write(self.folder / PUBLIC_KEYS, vkeys.encode())
        head = note.Checkpoint(self._signer.origin, 0, growth.Edge().root())
        self._state = state.State(self._signer.sign(head.text), head)
        self._edge = growth.Edge()
        state.save(self.folder, self._state)
        self._publish()

    def _intend(self, before: int, after: int) -> None:
        durable.write(self.folder / GROWING, json.dumps({"from": before, "to": after}).encode())
        durable.sync_folder(self.folder)

    def _write(self, files: dict[str, bytes]) -> None:
        folders = set()
        for name, content in files.items():
            path = self.folder / name
            if path.parent not in folders:
                durable.make_folder(path.parent)
                folders.add(path.parent)
            durable.write(path, content)
        for folder in folders:
            durable.sync_folder(folder)

    def _publish(self) -> None:
        """Bring the public ``checkpoint`` to what the state says; witnesses' lines below the same note stay."""
        if self._state is None:
            return
        path = self.folder / tiles.CHECKPOINT
        content = self._state.checkpoint.encode()
        if not path.exists() or not path.read_bytes().startswith(content):
            durable.write(path, content)
            durable.sync_folder(self.folder)

    def _recover(self, size: int) -> None:
        """Remove what an unfinished step wrote beyond ``size``; finish the tidying of a finished one."""
        try:
            intent = json.loads((self.folder / GROWING).read_bytes())
            before, after = int(intent["from"]), int(intent["to"])
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(self.folder, GROWING) from error
        if after <= size:
            self._tidy(before, size)
            return
        changed = set()
        for level, number, kept in growth.stray(size, after):
            full = self.folder / tiles.path(level, number)
            partial = full.with_name(full.name + ".p")
            for path in [full, *(partial.iterdir() if partial.is_dir() else ())]:
                width = tiles.WIDTH if path == full else _width(path.name)
                if width > kept and path.exists():
                    path.unlink()
                    changed.add(path.parent)
        for folder in changed:
            durable.sync_folder(folder)

    def _tidy(self, before: int, after: int) -> None:
        """Partial tiles may go once the full one is there (tlog-tiles, Partial Tiles)."""
        for level, number, _ in growth.stray(before, after):
            full = self.folder / tiles.path(level, number)
            if tiles.width(level, number, after) == tiles.WIDTH:
                partial = full.with_name(full.name + ".p")
                if partial.is_dir():
                    shutil.rmtree(partial, ignore_errors=True)


def _width(name: str) -> int:
    """The width in a partial tile's file name; temporary files count as beyond every tree."""
    return int(name) if name.isdecimal() else tiles.WIDTH


def _damaged(folder: Path, name: str) -> EnvironmentFault:
    return EnvironmentFault(
        "ledger.log_damaged",
        f"账本文件 {folder / name} 与上次签署的检查点不符，已停止入账（新条目仍安全地留在暂存区）。"
        "请运行 gongshu ledger verify 找出被改动的文件，并从备份恢复。",
        f"The ledger file {folder / name} does not fit the last signed checkpoint; sequencing stops (new entries stay "
        "safe in the spool). Run gongshu ledger verify to find the changed file, and restore it from backup.",
        file=name,
    )


def _unwritable(folder: Path, error: OSError) -> EnvironmentFault:
    reason = error.strerror or type(error).__name__
    return EnvironmentFault(
        "ledger.unwritable",
        f"账本目录 {folder} 无法写入：{reason}。未入账的条目仍安全地留在暂存区；请清理磁盘空间或检查权限后重试。",
        f"The ledger folder {folder} cannot be written: {reason}. Entries not yet sequenced stay safe in the spool; "
        "free disk space or check permissions, then try again.",
    )
