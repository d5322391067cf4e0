"""Answers that stand in for a paper proof: signed by the gateway, checked without it, on paper by QR too."""

import copy
import io
import json

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from numpy import frombuffer, uint8

from gateway.world import PURPOSE, RESOURCE, code_of, content, person, query, secret_values
from gongshu.client import paper
from gongshu.errors import GongshuError
from gongshu.grants import signed
from gongshu.ledger import note


def ask(run, world, **more):
    grant = world.grant()
    claims = {"name": person(10)["name"], "birth": "1971-01-01", "remark": "x"}
    answer = run.ask(world.call("verify", {**query(grant, 10), "claims": claims, "proof": True, **more}))
    assert answer.status == 200, answer.body
    return grant, answer


@pytest.fixture
def keys(run):
    return run.gate.signer.verifiers


def test_the_signed_answer_says_who_asked_what_when_and_what_was_found(run, world, keys):
    grant, answer = ask(run, world)
    checked = signed.check(signed.read(answer.body.decode()), keys)
    told = checked.statement
    assert told.answers == content(answer)["answers"] == {"name": "yes", "birth": "no", "remark": "unknown"}
    assert (told.grant, told.organization, told.purpose) == (grant.grant_id, "housing", PURPOSE)
    assert (told.resource, told.version, told.request_id) == (RESOURCE, 1, content(answer)["request_id"])
    assert checked.key == {"citizen_id": person(10)["citizen_id"]}
    assert checked.claims == {"name": person(10)["name"], "birth": "1971-01-01", "remark": "x"}
    (entry,) = run.entries()
    assert (entry.id, entry.details["signed"]) == (told.request_id, True)


def test_without_asking_nothing_is_signed(run, world):
    answer = run.ask(world.call("verify", {**query(world.grant()), "claims": {"name": "x"}}))
    assert "proof" not in content(answer)
    assert "signed" not in run.entries()[0].details


def test_what_is_signed_tells_nothing_without_the_shown_values(run, world, keys):
    _, answer = ask(run, world)
    proof = content(answer)["proof"]
    assert not any(value in proof["note"] for value in secret_values(10))
    part = copy.deepcopy(proof)
    del part["shown"]["claims"]["birth"]
    del part["shown"]["key"]
    checked = signed.check(signed.read(json.dumps(part)), keys)
    assert "birth" not in checked.claims and checked.key == {} and checked.statement.answers["birth"] == "no"


def test_no_change_passes(run, world, keys):
    _, answer = ask(run, world)
    right = content(answer)["proof"]

    def changed(change):
        proof = copy.deepcopy(right)
        change(proof)
        return signed.read(json.dumps(proof))

    def value(proof):
        proof["shown"]["claims"]["birth"][1] = "1970-01-01"

    def salt(proof):
        proof["shown"]["claims"]["birth"][0] = "AAAAAAAAAAAAAAAA"

    def moved(proof):
        proof["shown"]["claims"]["name"] = proof["shown"]["claims"].pop("birth")

    def added(proof):
        proof["shown"]["claims"]["income"] = ["AAAAAAAAAAAAAAAA", 5]

    def answered(proof):
        proof["note"] = proof["note"].replace('"birth":"no"', '"birth":"yes"')

    def unsigned(proof):
        proof["note"] = proof["note"].rsplit("\n", 2)[0] + "\n"

    for change in (value, salt, moved, added, answered, unsigned):
        with pytest.raises(signed.NotGenuine):
            signed.check(changed(change), keys)
    with pytest.raises(signed.NotGenuine):
        signed.check(signed.read(json.dumps(right)), [])


def test_a_signed_answer_is_no_checkpoint_and_a_checkpoint_no_answer(run, world, keys):
    from gongshu import crypto

    _, answer = ask(run, world)
    ledgers = note.Signer(keys[0].name, crypto.provider(world.home))
    assert {v.key_id for v in ledgers.verifiers}.isdisjoint({v.key_id for v in keys}), "keys of their own"
    with pytest.raises(note.NoteError):
        note.parse_checkpoint(note.parse(content(answer)["proof"]["note"]).text)
    head = run.gate.signer.sign(note.Checkpoint("x", 0, bytes(32)).text)
    with pytest.raises(signed.NotGenuine):
        signed.check(signed.SignedAnswer(head, {}), keys)


def test_the_printed_page_is_read_by_somebody_elses_eyes(run, world, keys):
    """The QR code of the page, drawn and read with zxing: the same signed answer, and it holds."""
    import segno

    _, answer = ask(run, world)
    proof = signed.read(answer.body.decode())
    html = paper.page(proof, signed.check(proof, keys))
    assert (
        html.count("<svg") == 1
        and person(10)["name"] in html
        and "http" not in html.split("</svg>")[0].split("<svg")[0]
    )
    image = io.BytesIO()
    text = signed.pack(proof)
    segno.make_qr(text, error="m", boost_error=False).save(image, kind="ppm", scale=4)
    header, pixels = image.getvalue().split(b"255", 1)
    width, height = (int(n) for n in header.split()[-2:])
    seen = zxingcpp.read_barcodes(frombuffer(pixels[1:], uint8).reshape(height, width, 3))
    assert [found.text for found in seen] == [text]
    assert signed.check(signed.read(seen[0].text), keys).statement.answers["name"] == "yes"


def test_values_of_callers_do_not_become_markup(run, world, keys):
    _, answer = ask(run, world, claims={"name": "<script>alert(1)</script>"})
    proof = signed.read(answer.body.decode())
    assert "<script" not in paper.page(proof, signed.check(proof, keys))


@given(st.text(max_size=200))
def test_reading_anything_ends_in_a_sentence(text):
    for form in (text, signed.PACKED + text, json.dumps({"proof": text}), json.dumps([text])):
        with pytest.raises(GongshuError):
            signed.read(form)


@given(st.binary(max_size=300))
def test_base45_is_that_of_the_rfc(data):
    assert signed._base45(b"AB") == "BB8" and signed._base45(b"Hello!!") == "%69 VD92EX0"
    packed = signed.pack(signed.SignedAnswer(data.hex(), {}))
    assert signed.read(packed).note == data.hex()


def test_the_command_checks_and_prints(gongshu, run, world, tmp_path):
    _, answer = ask(run, world)
    file, keys, page = tmp_path / "answer.json", tmp_path / "keys.txt", tmp_path / "page.html"
    file.write_bytes(answer.body)
    keys.write_text("".join(f"{v.vkey}\n" for v in signed.signer(world.home).verifiers))
    nowhere = tmp_path / "elsewhere"
    done = gongshu("verify-answer", file, "--keys", keys, "--page", page, "--json", home=nowhere)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["answers"]["birth"] == "no"
    assert "核验结果" in page.read_text()
    told = gongshu("verify-answer", "-", home=world.home.root, stdin=answer.body.decode(), language="en")
    assert told.returncode == 0 and "The signatures hold" in told.stdout
    file.write_text(answer.body.decode().replace('\\"birth\\":\\"no\\"', '\\"birth\\":\\"yes\\"'))
    wrong = gongshu("verify-answer", file, "--keys", keys, home=nowhere, language="en")
    assert wrong.returncode == 1 and "does not hold" in wrong.stderr and "Traceback" not in wrong.stderr
    file.write_text("nothing of ours")
    assert gongshu("verify-answer", file, "--keys", keys, home=nowhere).returncode == 3


def test_an_unknown_grant_gets_no_signature(run, world):
    answer = run.ask(
        world.call("verify", {**query(world.grant(organization="tax")), "claims": {"name": "x"}, "proof": True})
    )
    assert code_of(answer) == "grant_unknown" and b"note" not in answer.body
