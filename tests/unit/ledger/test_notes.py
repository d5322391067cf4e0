"""Signed notes and checkpoints, with the example that the Go ecosystem's note package documents."""

import base64

import pytest

from gongshu.ledger import merkle, note

GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


@pytest.fixture
def signed(place):
    signer = place_signer(place)
    text = note.Checkpoint(signer.origin, 5, merkle.EMPTY_ROOT).text
    return signer, signer.sign(text)


def place_signer(place):
    from gongshu.ledger import installation

    return installation.signer(place.home)


def test_a_note_of_the_go_ecosystem_verifies():
    verifier = note.parse_vkey(GO_VKEY)
    assert verifier.vkey == GO_VKEY
    assert note.verify(GO_NOTE, [verifier]).text.endswith("your problem is.\n")
    with pytest.raises(note.NoteError, match="does not fit"):
        note.verify(GO_NOTE.replace("cryptography", "cryptographY"), [verifier])


def test_our_checkpoint_has_two_lines_and_both_must_hold(signed):
    signer, text = signed
    assert text.count("\u2014 ") == 2
    assert note.read_checkpoint(text, signer.verifiers).size == 5
    first, second = text.splitlines(keepends=True)[-2:]
    for missing in (first, second):
        with pytest.raises(note.NoteError, match="0 "):
            note.read_checkpoint(text.replace(missing, ""), signer.verifiers)
    with pytest.raises(note.NoteError, match="2 "):
        note.read_checkpoint(text + first, signer.verifiers)


def test_a_third_party_needs_only_the_ed25519_key_and_skips_lines_it_does_not_know(signed):
    signer, text = signed
    ed25519 = note.parse_vkey(signer.verifiers[0].vkey)
    stranger = "\u2014 witness.example " + base64.b64encode(b"\1\2\3\4" + bytes(64)).decode() + "\n"
    assert note.read_checkpoint(text + stranger, [ed25519]).origin == signer.origin


def test_every_changed_byte_of_a_checkpoint_is_refused(signed):
    signer, text = signed
    data = text.encode()
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(ValueError):  # NoteError, or UnicodeDecodeError before it
            note.read_checkpoint(changed.decode(), signer.verifiers)


def test_verifier_keys_survive_their_text_form(signed):
    signer, _ = signed
    assert note.parse_vkeys([v.vkey for v in signer.verifiers] + ["", "# comment"]) == signer.verifiers


@pytest.mark.parametrize(
    "vkey",
    [
        "name",
        "na me+00000000+AQ==",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcMQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10T",
    ],
)
def test_wrong_verifier_keys_are_refused(vkey):
    with pytest.raises(note.NoteError):
        note.parse_vkey(vkey)


@pytest.mark.parametrize(
    "text",
    ["", "a\n", "a\n\n", "a\n\nb\n", "a\n\n- name AAAAAAA=\n", "a\r\n\n\u2014 n AAAAAAAA\n", "a\n\n\u2014 n AAAA\n",
     "a\n\n\u2014 n AAAAAAAA", "a\n\n\u2014 n AAAA AAAA\n", "a\n\n\u2014 n AAAAAAB=\n"],
)  # fmt: skip
def test_malformed_notes_are_refused(text):
    with pytest.raises(note.NoteError):
        note.parse(text)


@pytest.mark.parametrize(
    "text",
    ["o\n1\n", "o\n01\nA\n", "o\n-1\nA\n", "o\n１\nA\n", "\n1\nA\n", "o\n1\nAAAA\n",
     f"o\n1\n{base64.b64encode(bytes(32)).decode()}\nextension\n"],
)  # fmt: skip
def test_malformed_checkpoints_are_refused(text):
    with pytest.raises(note.NoteError):
        note.parse_checkpoint(text)


def test_nothing_is_trusted_without_a_key(signed):
    with pytest.raises(note.NoteError, match="no key"):
        note.verify(signed[1], [])
