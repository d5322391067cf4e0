"""Which witnesses must have cosigned a checkpoint before it counts: a policy file as in c2sp.org/tlog-policy.

::

    log <verifier key> [URL]
    witness <name> <verifier key> [URL]
    group <name> <all | any | k> <name>...
    quorum <name | none>

A *witness* is somebody else's process that has seen the log grow and signs that it did. The *quorum* says how many of
which; only with it do cosignatures prove that everybody is shown the same log.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gongshu.errors import EnvironmentFault
from gongshu.ledger import note

NONE = "none"
FILE = "witnesses.policy"
_KEYWORDS = {"log", "witness", "group", "quorum"}


class PolicyError(ValueError):
    """The policy file is malformed; the text says in which line."""


@dataclass(frozen=True)
class Witness:
    """One witness under the name that the policy gives it; ``url`` is its submission prefix, empty when only verified."""

    name: str
    verifier: note.Verifier
    url: str = ""


@dataclass(frozen=True)
class Group:
    """Counts as having cosigned when at least ``need`` of ``members`` (witnesses or groups) have."""

    name: str
    need: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Policy:
    """``quorum`` names a witness, a group, or ``none``."""

    witnesses: tuple[Witness, ...] = ()
    groups: tuple[Group, ...] = ()
    logs: tuple[note.Verifier, ...] = ()
    quorum: str = NONE

    @property
    def verifiers(self) -> tuple[note.Verifier, ...]:
        return tuple(witness.verifier for witness in self.witnesses)

    def satisfied(self, vkeys: Collection[str]) -> bool:
        """Whether the witnesses of these verifier keys are enough."""
        if self.quorum == NONE:
            return True
        held = {witness.name for witness in self.witnesses if witness.verifier.vkey in vkeys}
        for group in self.groups:  # members come before their group
            if sum(member in held for member in group.members) >= group.need:
                held.add(group.name)
        return self.quorum in held

    @property
    def words(self) -> tuple[int, int]:
        """(k, n): at least how many witnesses make a quorum, of how many."""
        need = {witness.name: 1 for witness in self.witnesses} | {NONE: 0}
        for group in self.groups:
            need[group.name] = sum(sorted(need[member] for member in group.members)[: group.need])
        return need[self.quorum], len(self.witnesses)

    def text(self, *, urls: bool = True) -> str:
        """The policy file; without ``urls`` as a verifier needs it."""
        lines = [f"log {log.vkey}" for log in self.logs]
        for one in self.witnesses:
            lines.append(f"witness {one.name} {one.verifier.vkey}{f' {one.url}' if urls and one.url else ''}")
        for group in self.groups:
            lines.append(f"group {group.name} {group.need} {' '.join(group.members)}")
        return "\n".join([*lines, f"quorum {self.quorum}"]) + "\n"


def parse(text: str) -> Policy:
    """Read a policy; PolicyError says what is wrong and where."""
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), 1):
        items = line.replace("\t", " ").split()
        if not items or items[0].startswith("#"):
            continue
        try:
            reader.line(items)
        except (ValueError, IndexError) as error:
            raise PolicyError(f"line {number}: {error}") from error
    if reader.quorum is None:
        raise PolicyError("a policy has exactly one quorum line")
    return Policy(tuple(reader.witnesses), tuple(reader.groups), tuple(reader.logs), reader.quorum)


class _Reader:
    def __init__(self) -> None:
        self.logs: list[note.Verifier] = []
        self.witnesses: list[Witness] = []
        self.groups: list[Group] = []
        self.quorum: str | None = None
        self._free: set[str] = set()  # names that are in no group yet
        self._keys: set[tuple[str, bytes]] = set()

    def line(self, items: list[str]) -> None:
        word, rest = items[0], items[1:]
        if word == "log" and len(rest) in (1, 2):
            verifier = note.parse_vkey(rest[0])
            if verifier.kind == note.COSIGNATURE:
                raise ValueError("this is a witness's key")
            self._once("log", verifier)
            self.logs.append(verifier)
        elif word == "witness" and len(rest) in (2, 3):
            self._witness(*rest)
        elif word == "group" and len(rest) >= 3:
            self._group(rest[0], rest[1], tuple(rest[2:]))
        elif word == "quorum" and len(rest) == 1:
            if self.quorum is not None:
                raise ValueError("a policy has exactly one quorum line")
            if rest[0] != NONE and rest[0] not in self._names():
                raise ValueError("the quorum is not a witness or group named above")
            self.quorum = rest[0]
        else:
            raise ValueError(f"not a line of a policy ({', '.join(sorted(_KEYWORDS))})")

    def _witness(self, name: str, vkey: str, url: str = "") -> None:
        verifier = note.parse_vkey(vkey)
        if verifier.kind != note.COSIGNATURE:
            raise ValueError("this is not a witness's key (cosignature/v1)")
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
            raise ValueError("the address is not http or https")
        self._once("witness", verifier)
        self._name(name)
        self.witnesses.append(Witness(name, verifier, url.rstrip("/")))

    def _group(self, name: str, need: str, members: tuple[str, ...]) -> None:
        if not all(member in self._free for member in members) or len(set(members)) != len(members):
            raise ValueError("a member is not named above, or is in a group already")
        number = {"all": len(members), "any": 1}.get(need)
        if number is None:
            if not need.isascii() or not need.isdecimal() or not 1 <= int(need) <= len(members):
                raise ValueError("a group needs all, any, or 1 to n of its members")
            number = int(need)
        self._name(name)
        self._free -= set(members)
        self.groups.append(Group(name, number, members))

    def _names(self) -> set[str]:
        return {one.name for one in self.witnesses} | {one.name for one in self.groups}

    def _name(self, name: str) -> None:
        if name == NONE or name in self._names():
            raise ValueError("this name is taken")
        self._free.add(name)

    def _once(self, kind: str, verifier: note.Verifier) -> None:
        if (kind, verifier.public) in self._keys:
            raise ValueError("this key is listed already")
        self._keys.add((kind, verifier.public))


def load(file: Path) -> Policy | None:
    """The policy in ``file``; None where there is none, EnvironmentFault when it cannot be read."""
    try:
        return parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise EnvironmentFault(
            "ledger.policy_unreadable",
            f"见证策略文件 {file} 无法读取（{error}）。格式见 c2sp.org/tlog-policy。",
            f"The witness policy {file} cannot be read ({error}). Its form is c2sp.org/tlog-policy.",
        ) from error
