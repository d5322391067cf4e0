"""The full audit: does every file of a log say what its signed checkpoint says, and if not, which file is wrong?

Bottom up, the tree is computed from the entries themselves. If that root is the signed one, the entries are right and
every tile that differs from what they give is wrong. If not, the audit goes top down: tiles that the signed root
vouches for vouch for the tiles below them, and what is not vouched for is named. Needs the log's folder and the public
keys, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import NamedTuple

from gongshu.errors import EnvironmentFault, Text
from gongshu.ledger import cosigning, entry, growth, merkle, note, pruning, quorum, tiles

Progress = Callable[[int, int], None]


class Finding(NamedTuple):
    """What is wrong, and in which file (relative to the log's folder)."""

    file: str
    text: Text


@dataclass
class Report:
    """The answer of an audit: ``ok`` when ``findings`` is empty. ``checkpoint`` is the signed note that was checked."""

    origin: str = ""
    size: int = 0
    root: bytes = b""
    files: int = 0
    entries: int = 0
    checkpoint: str = ""
    consistent_with: int | None = None
    pruned: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.findings


def audit(
    folder: Path,
    trusted: Sequence[note.Verifier],
    *,
    previous: str = "",
    progress: Progress | None = None,
) -> Report:
    """Check the whole log in ``folder``. ``previous`` is a checkpoint that an earlier audit accepted: the log must have
    grown from it. ``progress(done, size)`` is called now and then. Reads only; a log that grows meanwhile is fine."""
    report = Report()
    try:
        report.checkpoint = (folder / tiles.CHECKPOINT).read_bytes().decode()
        head = note.read_checkpoint(report.checkpoint, trusted)
    except FileNotFoundError:
        report.findings.append(Finding(tiles.CHECKPOINT, Text("检查点文件缺失", "the checkpoint is missing")))
        return report
    except ValueError as error:  # NoteError and UnicodeDecodeError among them
        report.findings.append(
            Finding(
                tiles.CHECKPOINT, Text(f"检查点签名或格式不对（{error}）", f"the checkpoint does not verify ({error})")
            )
        )
        return report
    report.origin, report.size, report.root = head.origin, head.size, head.root
    report.files = 1
    try:
        report.pruned = pruning.below(folder, tuple(trusted))
    except EnvironmentFault as error:
        report.findings.append(Finding(pruning.NAME, error.text))
        return report
    _Audit(folder, head, report, progress).run()
    if previous and report.ok:
        _compare(folder, head, previous, trusted, report)
    return report


def witnessed(
    folder: Path, trusted: tuple[note.Verifier, ...], policy: quorum.Policy, report: Report, *, required: bool
) -> cosigning.Cosigned | None:
    """Who has cosigned, and whether what they signed is this log; what is wrong goes into the ``report`` of the audit
    before. ``required``: without the policy's quorum the answer is no."""
    found = cosigning.newest(folder, trusted, policy)
    if found is not None and report.ok:
        log = tiles.Tiles(folder, report.size)
        if found.head.size > report.size or log.root(found.head.size) != found.head.root:
            report.findings.append(Finding(cosigning.COSIGNED, Text(*_OTHER_LOG)))
    if required and (found is None or not found.enough):
        report.findings.append(Finding(cosigning.COSIGNED, Text(*_NO_QUORUM)))
    return found


def _compare(
    folder: Path, head: note.Checkpoint, previous: str, trusted: Sequence[note.Verifier], report: Report
) -> None:
    """The log must begin with the tree of ``previous`` (RFC 6962 section 2.1.2: consistency)."""
    try:
        old = note.read_checkpoint(previous, trusted)
    except note.NoteError as error:
        report.findings.append(
            Finding(
                "previous checkpoint",
                Text(f"先前的检查点不可信（{error}）", f"the earlier checkpoint does not verify ({error})"),
            )
        )
        return
    if old.size > head.size:
        text = Text(
            f"账本变短了：先前验证过 {old.size} 条，现在只有 {head.size} 条",
            f"the ledger became shorter: {old.size} entries were verified earlier, now there are {head.size}",
        )
        report.findings.append(Finding(tiles.CHECKPOINT, text))
        return
    log = tiles.Tiles(folder, head.size)
    proof = merkle.consistency_proof(old.size, head.size, log.node)
    if not merkle.verify_consistency(old.size, head.size, proof, old.root, head.root):
        text = Text(
            f"账本被改写：前 {old.size} 条与先前验证过的检查点不一致",
            f"the ledger was rewritten: its first {old.size} entries are not those verified earlier",
        )
        report.findings.append(Finding(tiles.CHECKPOINT, text))
        return
    report.consistent_with = old.size


class _Audit:
    def __init__(self, folder: Path, head: note.Checkpoint, report: Report, progress: Progress | None) -> None:
        self.folder = folder
        self.head = head
        self.report = report
        self.progress = progress
        self.log = tiles.Tiles(folder, head.size)
        # What the entries give: per level and tile the hash over it (full tiles), and the content of the open ones.
        self.above: list[list[bytes]] = []
        self.open: list[list[bytes]] = []
        self.differing: list[tuple[int, int]] = []

    def run(self) -> None:
        whole = self._entries()
        self._upper()
        computed = growth.Edge(self.head.size, self.open).root()
        if whole and computed == self.head.root:
            for level, number in self.differing:
                self._name(self._file(level, number), *_TILE_WRONG)
        else:
            self._top_down()
        self._older_partials()
        if not self.report.findings and (computed != self.head.root or not whole):
            self._name(tiles.CHECKPOINT, *_ROOT_WRONG)

    def _entries(self) -> bool:
        """Read every bundle and compare it with its tile; whether every bundle could be read."""
        size, whole = self.head.size, True
        above: list[bytes] = []
        rest: list[bytes] = []
        for number in range((size + tiles.WIDTH - 1) // tiles.WIDTH):
            try:
                leaves = self.log.bundle(number)
            except tiles.TileFault as error:
                if self._pruned(number, error):
                    above.append(merkle.complete_root(self.log.hashes(0, number)))
                    continue
                self._broken(error)
                whole = False
                if tiles.width(tiles.ENTRIES, number, size) == tiles.WIDTH:
                    above.append(b"")
                continue
            hashes = [sha256(b"\x00" + leaf).digest() for leaf in leaves]
            self.report.files += 1
            self.report.entries += len(leaves)
            if not all(map(entry.intact, leaves)):
                bad = next(i for i, leaf in enumerate(leaves) if not entry.intact(leaf))
                self._name(self._file(tiles.ENTRIES, number), *_leaf_wrong(number * tiles.WIDTH + bad))
            self._tile(0, number, hashes)
            if len(hashes) == tiles.WIDTH:
                above.append(merkle.complete_root(hashes))
            else:
                rest = hashes
            if self.progress and number % 64 == 0:
                self.progress(min(size, (number + 1) * tiles.WIDTH), size)
        self.above.append(above)
        self.open.append(rest)
        return whole

    def _pruned(self, number: int, error: tiles.TileFault) -> bool:
        """Whether a bundle may be missing, and its tile is there to stand for it: the root vouches for that one."""
        if (number + 1) * tiles.WIDTH > self.report.pruned or error.reason != "missing":
            return False
        try:
            self.log.hashes(0, number)
        except tiles.TileFault as fault:
            self._broken(fault)
            return False
        self.report.files += 1
        return True

    def _upper(self) -> None:
        """The tiles above level 0, from the hashes below them."""
        for level in list(tiles.levels(self.head.size))[1:]:
            row = self.above[level - 1]
            above: list[bytes] = []
            rest: list[bytes] = []
            for number in range((len(row) + tiles.WIDTH - 1) // tiles.WIDTH):
                part = row[number * tiles.WIDTH : (number + 1) * tiles.WIDTH]
                self._tile(level, number, part)
                if len(part) == tiles.WIDTH:
                    above.append(merkle.complete_root(part) if all(part) else b"")
                else:
                    rest = part
            self.above.append(above)
            self.open.append(rest)

    def _tile(self, level: int, number: int, expected: list[bytes]) -> None:
        try:
            if self.log.hashes(level, number) != expected:
                self.differing.append((level, number))
            self.report.files += 1
        except tiles.TileFault as error:
            self._broken(error)

    def _top_down(self) -> None:
        """The entries do not give the signed root: find what the root vouches for, and name the rest."""
        edge = self._vouched_edge()
        if edge is None:
            for level, number in self.differing:
                self._name(self._file(level, number), *_TILE_WRONG)
                if level == 0:
                    self._name(self._file(tiles.ENTRIES, number), *_BUNDLE_WRONG)
            if not self.report.findings:
                self._name(tiles.CHECKPOINT, *_ROOT_WRONG)
            return
        known: list[bytes] = []  # the vouched hashes of full tiles on the level below
        for level in reversed(tiles.levels(self.head.size)):
            full = tiles.count(level, self.head.size) // tiles.WIDTH
            row: list[bytes] = []
            for number in range(full):
                row += self._vouched(level, number, known[number] if number < len(known) else b"")
            known = row + edge[level]
        self._compare_bundles(known)

    def _vouched_edge(self) -> list[list[bytes]] | None:
        """The open tiles of all levels that give the signed root, each as stored or as the files below give it."""
        choices: list[list[tuple[str, list[bytes]]]] = []
        for level in tiles.levels(self.head.size):
            number, rest = divmod(tiles.count(level, self.head.size), tiles.WIDTH)
            options: list[tuple[str, list[bytes]]] = []
            if rest:
                with suppress(tiles.TileFault):
                    options.append(("", self.log.hashes(level, number)))
                given = self.open[level]
                if len(given) == rest and all(given):
                    options.append((self._file(level, number), given))
            else:
                options.append(("", []))
            choices.append(options)
        for combination in product(*choices):
            rows = [row for _, row in combination]
            if growth.Edge(self.head.size, rows).root() == self.head.root:
                for name, _ in combination:
                    if name:
                        self._name(name, *_TILE_WRONG)
                return rows
        return None

    def _vouched(self, level: int, number: int, expected: bytes) -> list[bytes]:
        """The content of a full tile that hashes to ``expected``; 256 empty hashes when there is none."""
        nothing = [b""] * tiles.WIDTH
        try:
            stored = self.log.hashes(level, number)
        except tiles.TileFault:
            stored = nothing
        if not expected:
            return stored if (level, number) not in self.differing else nothing
        if all(stored) and merkle.complete_root(stored) == expected:
            return stored
        self._name(self._file(level, number), *_TILE_WRONG)
        given = self._given(level, number)
        if all(given) and merkle.complete_root(given) == expected:
            return given
        if level == 0:
            self._name(self._file(tiles.ENTRIES, number), *_BUNDLE_WRONG)
        return nothing

    def _given(self, level: int, number: int) -> list[bytes]:
        """A full tile's content as the files below it give it."""
        if level:
            return self.above[level - 1][number * tiles.WIDTH : (number + 1) * tiles.WIDTH]
        try:
            return [merkle.leaf_hash(leaf) for leaf in self.log.bundle(number)]
        except tiles.TileFault:
            return [b""]

    def _compare_bundles(self, known: list[bytes]) -> None:
        """Name the bundles whose entries are not the vouched leaves."""
        for number in range((self.head.size + tiles.WIDTH - 1) // tiles.WIDTH):
            expected = known[number * tiles.WIDTH : (number + 1) * tiles.WIDTH]
            if all(expected) and self._given(0, number) not in (expected, [b""]):
                self._name(self._file(tiles.ENTRIES, number), *_BUNDLE_WRONG)

    def _older_partials(self) -> None:
        """Partial files of earlier checkpoints of the open tiles: each must be the beginning of today's."""
        for level in (tiles.ENTRIES, *tiles.levels(self.head.size)):
            number, rest = divmod(tiles.count(level, self.head.size), tiles.WIDTH)
            folder = (self.folder / tiles.path(level, number)).with_name(f"{number % 1000:03d}.p")
            if not rest or not folder.is_dir():
                continue
            try:
                current = (folder / str(rest)).read_bytes()
            except OSError:
                continue
            for path in sorted(folder.iterdir()):
                if path.name.isdecimal() and int(path.name) < rest:
                    self._older(level, number, path, current)

    def _older(self, level: int, number: int, path: Path, current: bytes) -> None:
        name = tiles.path(level, number, int(path.name))
        try:
            content = path.read_bytes()
            parts = len(tiles.unpack(content, name)) if level == tiles.ENTRIES else len(content) // tiles.HASH
        except FileNotFoundError:
            return
        except tiles.TileFault:
            parts = -1
        self.report.files += 1
        judged = self._file(level, number) not in {finding.file for finding in self.report.findings}
        if judged and (parts != int(path.name) or not current.startswith(content)):
            self._name(name, *_TILE_WRONG)

    def _file(self, level: int, number: int) -> str:
        try:
            return self.log.file(level, number)[0]
        except tiles.TileFault as error:
            return error.path

    def _broken(self, error: tiles.TileFault) -> None:
        self._name(error.path, f"文件缺失或残缺（{error.reason}）", f"missing or mutilated ({error.reason})")

    def _name(self, file: str, zh: str, en: str) -> None:
        if file not in {finding.file for finding in self.report.findings}:
            self.report.findings.append(Finding(file, Text(zh, en)))


STATE_WRONG = Text(
    "定序状态文件损坏或不是用账本的密钥签署的（已入账的条目不受影响）",
    "the sequencer's state is damaged or not signed by the ledger's keys (the entries themselves are intact)",
)
_TILE_WRONG = ("哈希与已签署的检查点不符", "its hashes are not those of the signed checkpoint")
_BUNDLE_WRONG = ("条目与已签署的检查点不符", "its entries are not those of the signed checkpoint")
_OTHER_LOG = ("见证节点签过的不是现在这本账", "what the witnesses signed is not the ledger that is here")
_NO_QUORUM = ("没有足够的见证节点签名", "the witnesses that the policy asks for have not signed")
_ROOT_WRONG = (
    "现有文件算不出检查点所签的根",
    "the files present do not give the root that the checkpoint signs",
)


def _leaf_wrong(index: int) -> tuple[str, str]:
    return f"第 {index} 条的 SM3 摘要不符", f"the SM3 digest of entry {index} does not fit"
