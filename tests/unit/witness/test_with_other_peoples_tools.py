"""Tools that we did not write say yes to our log, witness it, and get witnessed.

Two of them, from different hands: the Go project's ``golang.org/x/mod/sumdb`` (``note`` and ``tlog``, the origin of these
formats; Debian packages golang-go and golang-golang-x-mod-dev), and ``aics-tlog`` with ``aics-witness`` from the Python
package index, in an environment of its own. The latter ask for Python 3.12 in their metadata and run under 3.11 as well;
they are installed with ``--ignore-requires-python``.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from gongshu.ledger import bundle, cosigning, note
from needed import lacking
from ports import free_port

pytestmark = pytest.mark.heavy
THEIRS = Path(__file__).with_name("theirs")
SOURCES = Path("/usr/share/gocode")


def run(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **options)


def answer(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def verifier(tmp_path_factory):
    """The Go verifier, built here."""
    if shutil.which("go") is None or not (SOURCES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        lacking("needs the Debian packages golang-go and golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    env = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(SOURCES),
        "GOCACHE": str(folder / "cache"),
        "CGO_ENABLED": "0",
    }
    env |= {"GOFLAGS": "", "GOPROXY": "off"}
    built = run("go", "build", "-o", folder / "verifier", THEIRS / "verifier.go", env=env)
    assert built.returncode == 0, built.stderr
    return folder / "verifier"


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The interpreter of an environment with aics-tlog and aics-witness."""
    folder = tmp_path_factory.mktemp("aics")
    assert run(sys.executable, "-m", "venv", folder).returncode == 0
    found = folder / "bin" / "python"
    wanted = ["aics-tlog>=0.2.1,<0.3", "aics-witness>=0.1,<0.2"]
    done = run(found, "-m", "pip", "install", "--quiet", "--ignore-requires-python", *wanted)
    if done.returncode:
        lacking(f"the package index did not give aics-witness: {done.stderr.strip()[-300:]}")
    return found


@pytest.fixture
def grown(place):
    """A log whose sizes cross tiles: partial ones, full ones, one above."""
    return place.grow(3, 256, 300, 700)


@pytest.mark.article("luzhou-38")
def test_go_audits_our_log_and_proves_every_entry(verifier, grown):
    key = grown.trusted[0].vkey
    for old in (1, 256, 299, 700):
        said = answer(run(verifier, grown.folder, key, old))
        assert said == {"size": 700, "root": grown.head.root.hex(), "proved": 700, "consistent_with": old}


@pytest.mark.article("luzhou-38")
def test_go_checks_our_evidence(verifier, grown):
    key = grown.trusted[0].vkey
    text = bundle.make(grown.folder, 257, grown.trusted)
    assert answer(run(verifier, "evidence", key, input=text)) == {"index": 257, "size": 700}
    torn = text.replace("housing", "hosting")
    assert run(verifier, "evidence", key, input=torn).returncode == 1


def test_go_notices_a_flipped_tile_a_changed_entry_and_another_key(verifier, grown, tmp_path):
    key = grown.trusted[0].vkey
    for name in ("tile/0/001", "tile/entries/001", "checkpoint"):
        path = grown.folder / name
        whole = path.read_bytes()
        path.write_bytes(whole[:77] + bytes([whole[77] ^ 1]) + whole[78:])
        assert run(verifier, grown.folder, key, 1).returncode == 1, name
        path.write_bytes(whole)
    assert run(verifier, grown.folder, key, 1).returncode == 0
    other = note.Verifier(grown.trusted[0].name, note.ED25519, bytes(range(32)))
    assert run(verifier, grown.folder, other.vkey, 1).returncode == 1


def test_theirs_audits_our_log_with_our_witness_s_signature(python, grown, witness, ask_for):
    with witness.serving() as url:
        ask_for(grown, ("transport", witness, url))
        assert cosigning.run_once(grown.home) == 1
    keys = [grown.trusted[0].vkey, 300, witness.folder.verifier.vkey]
    said = answer(run(python, THEIRS / "audit.py", "audit", grown.folder, *keys))
    assert said["size"] == 700
    assert said["witnesses"] == [witness.folder.name]


def test_their_log_client_is_served_and_refused_by_our_witness(python, place, witness):
    witness.judge._now = lambda: int(time.time())  # their client wants a fresh signature
    place.grow(300)

    def feed(url):
        key = place.trusted[0].vkey
        return answer(run(python, THEIRS / "audit.py", "feed", place.folder, key, url, witness.folder.verifier.vkey))

    with witness.serving() as url:
        assert feed(url)["line"].startswith("\N{EM DASH} transport.example.gov.cn/w1 ")
        place.grow(700)
        assert feed(url)["size"] == 700
        assert witness.seen.size == 700
        shutil.rmtree(place.folder)
        place.grow(900)
        assert "422" in feed(url)["rejected"]
    assert len(witness.folder.evidence()) == 1


@contextmanager
def their_witness(python, folder, log_key):
    """aics-witness on a free port: its address and key."""
    command, port = [python, "-m", "aics_witness"], free_port()
    config = ["--config", folder / "witness.json"]
    folder.mkdir()
    made = run(*command, "init", "--name", "theirs.example/w1", "--listen", f"127.0.0.1:{port}", *config)
    assert made.returncode == 0, made.stderr
    origin = log_key.split("+")[0]
    added = run(*command, "add-log", "--origin", origin, "--vkey", log_key, *config)
    assert added.returncode == 0, added.stderr
    key = next(word for word in made.stdout.split() if word.startswith("theirs.example/w1+"))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([str(part) for part in [*command, "serve", *config]], stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 120
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, "their witness did not answer"
            try:
                if httpx.get(f"{url}/healthz", trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url, key
    finally:
        process.terminate()
        process.wait(60)


def test_their_witness_cosigns_our_log_and_refuses_our_fork(python, place, tmp_path):
    with their_witness(python, tmp_path / "theirs", place.trusted[0].vkey) as (url, key):
        (place.home.root / "witnesses.policy").write_text(f"witness theirs {key} {url}\nquorum theirs\n")
        policy = cosigning.policy_of(place.home)
        for size in (3, 300, 700):
            place.grow(size)
            assert cosigning.run_once(place.home) == 1, cosigning.load(place.folder).standings
            found = cosigning.newest(place.folder, place.trusted, policy)
            assert (found.head.size, found.enough) == (size, True)
        shutil.rmtree(place.folder)
        place.grow(900)
        assert cosigning.run_once(place.home) == 0
        assert cosigning.load(place.folder).standings[key].fault == "fork"
