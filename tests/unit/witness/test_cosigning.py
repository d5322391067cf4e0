"""The log's side: checkpoints go to the witnesses of the policy, and the log never waits for them."""

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from gongshu import clock
from gongshu.errors import EnvironmentFault
from gongshu.ledger import bundle, cosigning, entry, merkle, note, quorum, verify
from gongshu.witness import own
from gongshu.witness.folder import ADDRESS, Folder
from ports import free_port


def again(place):
    """As if the pauses were over."""
    progress = cosigning.load(place.folder)
    progress.standings = {key: replace(one, not_before=0) for key, one in progress.standings.items()}
    (place.folder / cosigning.STATE).write_text(json.dumps(cosigning._fields(progress)))
    return cosigning.run_once(place.home)


def body(place, old):
    log = place.log()
    steps = merkle.consistency_proof(old, log.size, log.node)
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in steps)]
    return "\n".join(lines) + "\n\n" + (place.folder / "checkpoint").read_text()


def standing(place, witness):
    return cosigning.load(place.folder).standings[witness.folder.verifier.vkey]


@pytest.mark.article("luzhou-38")
def test_cosignatures_are_appended_to_the_published_checkpoint(place, witness, ask_for):
    with witness.serving() as url:
        policy = ask_for(place, ("transport", witness, url))
        place.grow(700)
        assert cosigning.run_once(place.home) == 1
        assert cosigning.run_once(place.home) == 0, "it has signed this one"
        published = (place.folder / "checkpoint").read_text()
        assert note.cosignatures(published, policy.verifiers) == {witness.folder.verifier.vkey: witness.now}
        assert (place.folder / cosigning.COSIGNED).read_text() == published
        assert place.audit().ok
        place.sequence()
        assert (place.folder / "checkpoint").read_text() == published, "the sequencer leaves the lines where they are"
        place.grow(900)
        assert note.cosignatures((place.folder / "checkpoint").read_text(), policy.verifiers) == {}
        assert cosigning.newest(place.folder, place.trusted, policy).head.size == 700
        assert cosigning.run_once(place.home) == 1
        assert cosigning.newest(place.folder, place.trusted, policy).head.size == 900


def test_two_of_three_are_enough_and_the_third_is_tried_again(place, more_witnesses, ask_for):
    one, two, three = more_witnesses
    place.grow(10)
    port = free_port()
    with one.serving() as first, two.serving() as second:
        policy = ask_for(place, ("a", one, first), ("b", two, second), ("c", three, f"http://127.0.0.1:{port}"), need=2)
        assert cosigning.run_once(place.home) == 2
        assert standing(place, three).fault == "unreachable"
        assert cosigning.newest(place.folder, place.trusted, policy).enough
        assert cosigning.run_once(place.home) == 0, "it pauses before it asks again"
        assert standing(place, three).tries == 1
        place.grow(20)
        assert cosigning.run_once(place.home) == 2, "the log goes on"
    text = (place.home.root / quorum.FILE).read_text()
    with three.serving() as third:
        (place.home.root / quorum.FILE).write_text(text.replace(f"http://127.0.0.1:{port}", third))
        assert again(place) == 1
    assert standing(place, three) == cosigning.Standing(20, three.now)
    assert len(note.cosignatures((place.folder / "checkpoint").read_text(), policy.verifiers)) == 3


def test_too_few_signatures_are_published_but_not_called_cosigned(place, more_witnesses, ask_for):
    one, two, three = more_witnesses
    place.grow(10)
    nowhere = f"http://127.0.0.1:{free_port()}"
    with one.serving() as first:
        policy = ask_for(place, ("a", one, first), ("b", two, nowhere), ("c", three, nowhere), need=2)
        assert cosigning.run_once(place.home) == 1
    assert not (place.folder / cosigning.COSIGNED).exists()
    assert len(note.cosignatures((place.folder / "checkpoint").read_text(), policy.verifiers)) == 1
    report = place.audit()
    verify.witnessed(place.folder, place.trusted, policy, report, required=True)
    assert [finding.file for finding in report.findings] == [cosigning.COSIGNED]


def test_a_log_that_forgot_asks_the_witness(place, witness, ask_for):
    with witness.serving() as url:
        ask_for(place, ("transport", witness, url))
        place.grow(300)
        cosigning.run_once(place.home)
        (place.folder / cosigning.STATE).unlink()
        place.grow(700)
        assert cosigning.run_once(place.home) == 1
    assert standing(place, witness).size == 700


@pytest.mark.article("luzhou-38")
@pytest.mark.parametrize(("size", "fault"), [(5, "fork"), (9, "fork"), (3, "ahead")])
def test_a_log_begun_anew_is_refused_and_named(place, witness, ask_for, size, fault):
    with witness.serving() as url:
        ask_for(place, ("transport", witness, url))
        place.grow(5)
        cosigning.run_once(place.home)
        shutil.rmtree(place.folder)
        place.grow(size)
        assert cosigning.run_once(place.home) == 0
    assert standing(place, witness).fault == fault
    assert fault in cosigning.REFUSED
    assert bool(witness.folder.evidence()) == (fault == "fork")


def test_another_key_under_the_witness_s_name_is_not_believed(place, more_witnesses, ask_for):
    genuine, false = more_witnesses[:2]
    false.judge.verifier = false.judge.verifier._replace(name=genuine.folder.name)
    place.grow(5)
    with false.serving() as url:
        ask_for(place, ("a", genuine, url))
        assert cosigning.run_once(place.home) == 0
    assert standing(place, genuine).fault == "wrong_key"


def test_a_witness_that_does_not_know_us_is_named(place, witness, ask_for):
    (witness.folder.path / "logs").write_text("")
    place.grow(5)
    with witness.serving() as url:
        ask_for(place, ("transport", witness, url))
        cosigning.run_once(place.home)
    assert standing(place, witness).fault == "unknown_log"


@pytest.mark.article("luzhou-38")
def test_evidence_carries_the_cosigned_checkpoint(place, witness, ask_for):
    with witness.serving() as url:
        policy = ask_for(place, ("transport", witness, url))
        place.grow(300)
        cosigning.run_once(place.home)
    place.grow(301)
    text = bundle.make(place.folder, 7, place.trusted, policy)
    proven = bundle.check(text, place.trusted, policy)
    assert (proven.size, proven.enough) == (300, True)
    assert [(one.name, one.at) for one in proven.witnesses] == [("transport", witness.now)]
    assert url not in text, "evidence is checked offline and tells nobody's address"
    assert bundle.check(text).witnesses == proven.witnesses
    newest = bundle.make(place.folder, 300, place.trusted, policy)
    assert bundle.check(newest, place.trusted).enough is False
    with pytest.raises(bundle.EvidenceRefused, match="fewer witnesses"):
        bundle.check(newest, place.trusted, policy)


def test_the_page_of_policies_is_read_strictly(place, more_witnesses):
    keys = [each.folder.verifier.vkey for each in more_witnesses]
    lines = [f"witness w{n} {key}" for n, key in enumerate(keys)]
    policy = quorum.parse("\n".join([*lines, "group g 2 w0 w1 w2", "quorum g"]))
    assert policy.words == (2, 3)
    assert not policy.satisfied({keys[0]})
    assert policy.satisfied({keys[0], keys[2]})
    assert quorum.parse(policy.text()) == policy
    nested = quorum.parse("\n".join([*lines, "group a any w0 w1", "group b all a w2", "quorum b"]))
    assert nested.words == (2, 3)
    assert nested.satisfied({keys[1], keys[2]})
    assert not nested.satisfied({keys[0], keys[1]})
    assert quorum.parse("quorum none").satisfied(set())
    for torn in (
        [], ["quorum g"], ["quorum none", "quorum none"], [*lines, "group g 4 w0 w1 w2", "quorum g"],
        [*lines, "group g 0 w0", "quorum g"], [lines[0], lines[0], "quorum none"],
        ["witness none " + keys[0], "quorum none"],
        [*lines, "group g 1 w0 w0", "quorum g"], [*lines, "group a any w0", "group b any w0", "quorum b"],
        [f"witness w {place.trusted[0].vkey}", "quorum w"], [f"log {keys[0]}", "quorum none"],
        [lines[0] + " ftp://x", "quorum none"], ["something", "quorum none"],
    ):  # fmt: skip
        with pytest.raises(quorum.PolicyError):
            quorum.parse("\n".join(torn))
    (place.home.root / quorum.FILE).write_text("quorum nobody\n")
    with pytest.raises(EnvironmentFault, match=quorum.FILE):
        cosigning.policy_of(place.home)


def test_the_http_shell_keeps_its_limits(place, witness):
    with witness.serving() as url, httpx.Client(trust_env=False) as client:
        assert client.get(f"{url}/healthz").text == "ok\n"
        assert client.get(f"{url}/other").status_code == 404
        assert client.post(f"{url}/other", content=b"x").status_code == 404
        assert client.post(f"{url}/add-checkpoint", content=b"x").status_code == 400
        assert client.post(f"{url}/add-checkpoint", content=b"x" * 70_000).status_code == 413
        assert client.post(f"{url}/add-checkpoint", content=iter([b"x"])).status_code == 411
        place.grow(5)
        assert client.post(f"{url}/add-checkpoint", content=body(place, 0)).status_code == 200
        name = hashlib.sha256(place.head.origin.encode()).hexdigest()
        kept = client.get(f"{url}/{name}/checkpoint").text
        assert note.cosignatures(kept, [witness.folder.verifier])
        assert client.get(f"{url}/{'0' * 64}/checkpoint").status_code == 404
        witness.now -= 1000
        assert client.post(f"{url}/add-checkpoint", content=body(place, 5)).status_code == 503


def start(folder):
    """``gongshu witness serve`` as a process; its address."""
    (folder / ADDRESS).unlink(missing_ok=True)
    source = Path(entry.__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-m", "gongshu.cli.main", "witness", "serve", "--folder", str(folder), "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(source)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 120
    while not (folder / ADDRESS).exists():
        assert process.poll() is None, "the witness did not start"
        assert time.monotonic() < until
        time.sleep(0.02)
    return process, json.loads((folder / ADDRESS).read_text())["url"]


@pytest.mark.heavy
def test_sigkill_between_memory_and_answer(place):
    """Killed at any moment, it never signs less than it promised: what was answered is remembered, and what was
    remembered without an answer is asked for again."""
    folder = own.ensure(place.home)
    promised = 0
    for turn in range(8):
        process, _ = start(folder.path)
        place.grow(place.head.size + 3 if (place.folder / "checkpoint").exists() else 3)
        watcher = subprocess.Popen(
            [sys.executable, "-c", KILL_WHEN_WRITTEN, str(process.pid), str(folder.path / "state")]
            if turn % 2
            else [sys.executable, "-c", "pass"]
        )
        again(place)
        process.send_signal(signal.SIGKILL)
        process.wait()
        watcher.kill()
        watcher.wait()
        answered = cosigning.load(place.folder).lines
        if answered:
            promised = place.head.size
        seen = Folder(folder.path).seen(place.head.origin)
        assert seen.size >= promised, "an answer was given for what is not remembered"
    process, _ = start(folder.path)
    try:
        assert again(place) <= 1
        assert note.cosignatures((place.folder / "checkpoint").read_text(), [folder.verifier])
        assert Folder(folder.path).seen(place.head.origin).size == place.head.size
        assert not folder.evidence()
    finally:
        process.terminate()
        assert process.wait(60) == 0


KILL_WHEN_WRITTEN = """
import os, signal, sys
from pathlib import Path
pid, folder = int(sys.argv[1]), Path(sys.argv[2])
(file,) = folder.glob("*.json")
before = file.stat().st_mtime_ns
while file.stat().st_mtime_ns == before:
    pass
os.kill(pid, signal.SIGKILL)
"""


def test_the_own_witness_is_made_once(place):
    first = own.ensure(place.home).verifier
    written = (place.home.root / quorum.FILE).read_text()
    assert own.ensure(place.home).verifier == first
    assert (place.home.root / quorum.FILE).read_text() == written
    policy = cosigning.policy_of(place.home)
    assert policy.verifiers == (first,)
    place.grow(2)
    with clock.frozen(clock.now()):
        assert cosigning.run_once(place.home) == 0
        assert cosigning.load(place.folder).standings[first.vkey].fault == "no_address"
