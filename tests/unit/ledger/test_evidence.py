"""Evidence: one entry, provable years later without the platform."""

import json

import pytest

from gongshu.ledger import bundle, entry


@pytest.fixture(scope="module")
def place(new_place):
    return new_place().grow(100, 700)


@pytest.mark.article("yongjia-25", "luzhou-38")
@pytest.mark.parametrize("index", [0, 1, 255, 256, 511, 512, 698, 699])
def test_every_entry_can_be_proved_offline(place, index):
    text = bundle.make(place.folder, index, place.trusted)
    proven = bundle.check(text, place.trusted)
    assert (proven.index, proven.size, proven.origin) == (index, 700, place.head.origin)
    assert proven.entry == entry.parse(place.log().leaf(index))
    assert not proven.own_keys
    assert bundle.check(text).own_keys


def test_old_evidence_holds_while_the_ledger_grows(new_place):
    place = new_place().grow(10)
    text = bundle.make(place.folder, 9, place.trusted)
    place.grow(600)
    assert bundle.check(text, place.trusted).size == 10


def test_the_proof_is_a_c2sp_tlog_proof(place):
    lines = json.loads(bundle.make(place.folder, 300, place.trusted))["proof"].split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 300"]
    blank = lines.index("")
    assert all(len(line) == 44 for line in lines[2:blank])
    assert "\n".join(lines[blank + 1 :]) == (place.folder / "checkpoint").read_text()


def test_any_change_is_refused(place):
    text = bundle.make(place.folder, 300, place.trusted)
    fields = json.loads(text)
    for name in ("entry", "proof"):
        value = fields[name]
        for at in range(0, len(value), 7):
            other = "a" if value[at] != "a" else "b"
            changed = json.dumps({**fields, name: value[:at] + other + value[at + 1 :]})
            with pytest.raises(bundle.EvidenceRefused):
                bundle.check(changed, place.trusted)


def test_evidence_of_another_ledger_is_refused(place, new_place):
    stranger = new_place().grow(3)
    text = bundle.make(stranger.folder, 1, stranger.trusted)
    assert bundle.check(text).own_keys, "by its own keys it holds"
    with pytest.raises(bundle.EvidenceRefused):
        bundle.check(text, place.trusted)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "gongshu-evidence@v1"}', "\x00", '{"format": 1}'])
def test_what_is_no_evidence_is_refused(place, text):
    with pytest.raises(bundle.EvidenceRefused):
        bundle.check(text, place.trusted)


def test_an_index_outside_is_a_sentence(place):
    for index in (-1, 700):
        with pytest.raises(bundle.EvidenceRefused) as caught:
            bundle.make(place.folder, index, place.trusted)
        assert caught.value.code == "ledger.no_such_index"


def test_a_damaged_log_gives_no_evidence(new_place):
    place = new_place().grow(300)
    path = place.folder / "tile/0/000"
    path.write_bytes(bytes(8192))
    with pytest.raises(bundle.EvidenceRefused, match="gongshu ledger verify"):
        bundle.make(place.folder, 3, place.trusted)
    path.unlink()
    with pytest.raises(bundle.EvidenceRefused, match="tile/0/000"):
        bundle.make(place.folder, 3, place.trusted)
