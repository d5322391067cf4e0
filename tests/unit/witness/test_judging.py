"""What a witness signs and what it refuses (c2sp.org/tlog-witness, add-checkpoint)."""

import base64
import json
import shutil

import pytest

from gongshu.crypto import keys
from gongshu.errors import Conflict, EnvironmentFault, GongshuError
from gongshu.home import Home
from gongshu.ledger import installation, merkle, note
from gongshu.witness.folder import Folder
from gongshu.witness.judge import Judge


def request(place, old, *, size=None, checkpoint=None, proof=None):
    """The body that hands over the current checkpoint of ``place``."""
    log = place.log()
    steps = merkle.consistency_proof(old, size or log.size, log.node) if proof is None else proof
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in steps)]
    signed = checkpoint or (place.folder / "checkpoint").read_text()
    return ("\n".join(lines) + f"\n\n{signed}").encode()


def signed_by(place, size, root):
    """A checkpoint that the log's own key signs, true or not."""
    signer = installation.signer(place.home)
    return signer.sign(note.Checkpoint(signer.origin, size, root).text)


@pytest.mark.article("luzhou-38")
def test_growth_is_cosigned_step_by_step(place, witness):
    old = 0
    for size in (1, 256, 257, 700):
        place.grow(size)
        answer = witness.judge.add_checkpoint(request(place, old))
        assert answer.status == 200
        checkpoint = (place.folder / "checkpoint").read_text()
        found = note.cosignatures(checkpoint + answer.body, [witness.folder.verifier])
        assert found == {witness.folder.verifier.vkey: witness.now}
        assert (witness.seen.size, witness.seen.root) == (size, place.head.root)
        witness.now += 10
        old = size


def test_the_same_checkpoint_is_signed_again_with_a_new_time(place, witness):
    place.grow(5)
    witness.judge.add_checkpoint(request(place, 0))
    witness.now += 60
    again = witness.judge.add_checkpoint(request(place, 5))
    assert again.status == 200
    assert witness.seen.moment == witness.now


def test_a_stale_size_is_answered_with_the_right_one(place, witness):
    place.grow(5)
    witness.judge.add_checkpoint(request(place, 0))
    place.grow(9)
    answer = witness.judge.add_checkpoint(request(place, 3))
    assert answer == (409, "5\n", "text/x.tlog.size")
    assert witness.seen.size == 5
    assert not witness.folder.evidence(), "a log that forgot where we are does not lie"


@pytest.mark.article("luzhou-38")
def test_a_fork_of_the_same_size_is_refused_and_both_checkpoints_are_kept(place, witness):
    place.grow(5)
    witness.judge.add_checkpoint(request(place, 0))
    before = witness.seen
    other = signed_by(place, 5, bytes(32))
    for old in (5, 0):
        answer = witness.judge.add_checkpoint(request(place, old, checkpoint=other, proof=[]))
        assert answer == (409, "5\n", "text/x.tlog.size")
    assert witness.seen == before
    (file,) = witness.folder.evidence()
    kept = json.loads(file.read_text())
    heads = [note.read_checkpoint(kept[name], place.trusted) for name in ("cosigned", "submitted")]
    assert {head.size for head in heads} == {5}
    assert len({head.root for head in heads}) == 2, "two roots of one size under the log's own signature: it lied"


def test_a_rewritten_log_is_refused_and_kept(place, witness):
    """The log was begun anew with other entries, and is longer than what the witness knows."""
    place.grow(5)
    witness.judge.add_checkpoint(request(place, 0))
    shutil.rmtree(place.folder)
    place.grow(9)
    answer = witness.judge.add_checkpoint(request(place, 5))
    assert answer.status == 422
    assert witness.seen.size == 5
    kept = json.loads(witness.folder.evidence()[0].read_text())
    assert note.read_checkpoint(kept["submitted"], place.trusted).size == 9
    assert len(kept["proof"]) == len(merkle.consistency_proof(5, 9, place.log().node))


def test_a_shorter_log_is_answered_with_the_size_that_was_seen(place, witness):
    place.grow(9)
    witness.judge.add_checkpoint(request(place, 0))
    shutil.rmtree(place.folder)
    place.grow(5)
    assert witness.judge.add_checkpoint(request(place, 5)).body == "9\n"


def test_a_key_that_is_not_trusted_is_refused(place, witness, tmp_path):
    place.grow(5)
    stranger = Home(tmp_path / "stranger")
    keys.ensure(stranger)
    origin = place.head.origin
    forged = note.Signer(origin, installation.crypto.provider(stranger)).sign(place.head.text)
    assert witness.judge.add_checkpoint(request(place, 0, checkpoint=forged)).status == 403
    checkpoint = (place.folder / "checkpoint").read_text()
    at = checkpoint.index("\n\n") + 40
    torn = checkpoint[:at] + ("A" if checkpoint[at] != "A" else "B") + checkpoint[at + 1 :]
    assert witness.judge.add_checkpoint(request(place, 0, checkpoint=torn)).status == 403
    unsigned = note.Signer("gongshu/elsewhere", installation.crypto.provider(stranger))
    other = unsigned.sign(note.Checkpoint("gongshu/elsewhere", 5, place.head.root).text)
    assert witness.judge.add_checkpoint(request(place, 0, checkpoint=other)).status == 404
    assert witness.seen.size == 0


def test_what_is_no_request_is_refused(place, witness):
    place.grow(300)
    good = request(place, 0)
    torn = [b"", b"old 0\n", b"old 0\n\n", b"old 00\n\n" + good[7:], b"old -1" + good[5:], b"size 0" + good[5:]]
    torn += [b"\xff" + good, good[:-1], good.replace(b"old 0\n", b"old 0\nAAAA\n"), b"old 0\n" + b"A" * 44 + b"\n" * 2]
    torn += [b"old 301" + good[5:], b"old 0\n" + b"A" * 43 + b"=\n" * 64 + good[6:]]
    for body in torn:
        assert witness.judge.add_checkpoint(body).status == 400, body[:60]
    assert witness.judge.add_checkpoint(good.replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n")).status == 422
    assert witness.judge.add_checkpoint(good).status == 200


def test_extension_lines_of_other_logs_are_signed_with_the_rest(place, witness):
    place.grow(5)
    signer = installation.signer(place.home)
    extended = signer.sign(place.head.text + "something of theirs\n")
    answer = witness.judge.add_checkpoint(request(place, 0, checkpoint=extended))
    assert answer.status == 200
    assert note.cosignatures(extended + answer.body, [witness.folder.verifier])


def test_a_clock_stepped_back_is_noticed_and_nothing_is_signed(place, witness):
    place.grow(5)
    witness.judge.add_checkpoint(request(place, 0))
    place.grow(6)
    witness.now -= 100
    with pytest.raises(EnvironmentFault) as caught:
        witness.judge.add_checkpoint(request(place, 5))
    assert caught.value.code == "witness.clock_stepped_back"
    assert "100" in caught.value.text.zh
    assert witness.seen.size == 5


def test_a_witness_that_lost_its_memory_does_not_begin_anew(place, witness):
    place.grow(5)
    witness.judge.add_checkpoint(request(place, 0))
    (file,) = (witness.folder.path / "state").iterdir()
    whole = file.read_bytes()
    for broken in (None, whole[:-9], whole.replace(b'"size": 5', b'"size": 4')):
        file.unlink(missing_ok=True)
        if broken is not None:
            file.write_bytes(broken)
        with pytest.raises(EnvironmentFault) as caught:
            witness.judge.add_checkpoint(request(place, 0))
        assert caught.value.code == "witness.memory_lost"


def test_the_disk_refuses_and_nothing_is_answered(place, witness, monkeypatch):
    place.grow(5)

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gongshu.ledger.durable.write", full)
    with pytest.raises(OSError, match="No space"):
        witness.judge.add_checkpoint(request(place, 0))
    assert witness.seen.size == 0


def test_a_name_is_an_identity(tmp_path, place):
    folder = Folder(tmp_path / "w")
    with pytest.raises(GongshuError):
        folder.make("two words")
    key = folder.make("one.example/w")
    assert folder.make("one.example/w") == key
    with pytest.raises(Conflict):
        folder.make("other.example/w")
    assert (folder.path / "witness.key").stat().st_mode & 0o777 == 0o600
    with folder.alone(), pytest.raises(Conflict), folder.alone():
        pass


def test_trust_is_added_and_memory_stays(place, witness):
    place.grow(5)
    witness.judge.add_checkpoint(request(place, 0))
    assert witness.folder.trust(place.trusted) == 0
    (witness.folder.path / "logs").write_text("")
    assert Judge(witness.folder, lambda: 1).add_checkpoint(request(place, 5)).status == 404
    assert witness.folder.trust(place.trusted) == 2
    assert witness.seen.size == 5, "trusting again does not make it forget"
