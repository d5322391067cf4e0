"""A ledger and its witnesses in temporary folders; witnesses answer over HTTP on free ports of the loopback."""

import importlib.util
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from gongshu import crypto
from gongshu.ledger import cosigning, quorum
from gongshu.witness.folder import Folder
from gongshu.witness.judge import Judge
from gongshu.witness.server import Server

_spec = importlib.util.spec_from_file_location("ledger_places", Path(__file__).parents[1] / "ledger" / "conftest.py")
ledger_places = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(ledger_places)


class Witness:
    """One witness that serves the ledger of ``place``. ``now`` is its clock, Unix seconds."""

    def __init__(self, path, place, name="transport.example.gov.cn/w1"):
        self.folder = Folder(path)
        self.folder.make(name)
        self.folder.trust(place.trusted)
        self.now = 1_800_000_000
        self.judge = Judge(self.folder, lambda: self.now)

    @property
    def seen(self):
        return self.folder.seen(next(iter(self.folder.logs())))

    @contextmanager
    def serving(self):
        """Its address, while it answers."""
        server = Server(self.judge, "127.0.0.1", 0)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.address
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def place(tmp_path):
    yield ledger_places.Place(tmp_path / "home")
    crypto.forget()


@pytest.fixture
def witness(tmp_path, place):
    return Witness(tmp_path / "witness", place)


@pytest.fixture
def more_witnesses(tmp_path, place):
    return [Witness(tmp_path / f"witness-{n}", place, f"office-{n}.example.gov.cn/w1") for n in range(3)]


@pytest.fixture
def ask_for():
    """Write the policy of ``place``: ``need`` of the (name, witness, url) given."""

    def write(place, *entries, need="all"):
        lines = [f"witness {name} {each.folder.verifier.vkey} {url}" for name, each, url in entries]
        lines += [f"group enough {need} {' '.join(name for name, _, _ in entries)}", "quorum enough"]
        (place.home.root / quorum.FILE).write_text("\n".join(lines) + "\n")
        return cosigning.policy_of(place.home)

    return write
