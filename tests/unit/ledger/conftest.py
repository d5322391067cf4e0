"""A ledger in a temporary folder, filled through the front door: spool, then sequencer."""

import pytest

from gongshu import crypto
from gongshu.crypto import keys
from gongshu.home import Home
from gongshu.ledger import entry, installation, spool, tiles, verify


class Place:
    """An installation with keys, and what tests do with its ledger."""

    def __init__(self, root):
        self.home = Home(root)
        keys.ensure(self.home)
        self.folder = self.home.ledger

    @property
    def trusted(self):
        return installation.signer(self.home).verifiers

    def leaf(self, number=0, **fields):
        given = {"action": "gateway.query", "actor": "client", "organization": "housing", "details": {"n": number}}
        return entry.build(**{**given, **fields})[1]

    def spool(self, leaves, name="gateway-1"):
        writer = spool.Spool(self.home.spool / name)
        ticket = None
        for leaf in leaves:
            ticket = writer.append(leaf)
        if ticket:
            ticket.result(30)
        writer.close()

    def sequence(self, **options):
        """Everything that waits; the number of new leaves."""
        sequencer = installation.sequencer_of(self.home)
        total = 0
        with sequencer.locked():
            while grown := sequencer.step(**options):
                total += grown
        return total

    def grow(self, *sizes):
        """One sequencing run after another up to each of ``sizes``."""
        have = self.head.size if (self.folder / "checkpoint").exists() else 0
        for size in sizes:
            self.spool([self.leaf(n) for n in range(have, size)])
            assert self.sequence() == size - have
            have = size
        return self

    @property
    def head(self):
        return installation.head(self.home)

    def audit(self, **options):
        return verify.audit(self.folder, self.trusted, **options)

    def named(self, **options):
        return {finding.file for finding in self.audit(**options).findings}

    def files(self):
        """The public files of the log, by name."""
        found = [path for path in (self.folder / "tile").rglob("*") if path.is_file()]
        return ["checkpoint", *sorted(path.relative_to(self.folder).as_posix() for path in found)]

    def log(self):
        return tiles.Tiles(self.folder, self.head.size)

    def ids(self):
        return [entry.body(leaf)["id"] for _, leaf in self.log().leaves(0, self.head.size)]


@pytest.fixture
def place(tmp_path):
    yield Place(tmp_path / "home")
    crypto.forget()


@pytest.fixture(scope="session")
def new_place(tmp_path_factory):
    """A function that makes a place, for tests that change files of a log that many of them share."""
    return lambda: Place(tmp_path_factory.mktemp("ledger") / "home")
