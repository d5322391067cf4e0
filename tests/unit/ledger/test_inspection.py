"""Looking at one entry step by step: what is right, what is wrong, and the way to the root."""

import json

import pytest

from gongshu.ledger import bundle, inspection, merkle
from gongshu.ledger.inspection import Name

STEPS = [Name.DIGEST, Name.PATH, Name.SIGNATURE, Name.WITNESSES]


@pytest.fixture(scope="module")
def place(new_place):
    return new_place().grow(100, 700)


def answers(found):
    assert [step.name for step in found.steps] == STEPS
    assert all((step.fault is None) == (step.ok is not False) for step in found.steps)
    return [step.ok for step in found.steps]


@pytest.mark.parametrize("index", [0, 1, 255, 256, 300, 511, 512, 698, 699])
def test_the_rungs_lead_from_the_entry_to_the_root_and_cover_all_others(place, index):
    found = inspection.of_log(place.folder, index, place.trusted)
    assert answers(found) == [True, True, True, None]
    assert found.ok
    assert found.fingerprint == merkle.leaf_hash(place.log().leaf(index))
    assert found.reached == found.root == place.head.root
    covered = {index}
    for rung in found.rungs:
        assert rung.beside == merkle.range_root(rung.begin, rung.end, place.log().node)
        assert rung.left == (rung.end <= index)
        assert not covered & set(range(rung.begin, rung.end))
        covered |= set(range(rung.begin, rung.end))
        assert covered == set(range(min(covered), max(covered) + 1)), "each result covers what lies side by side"
    assert covered == set(range(700))


def test_the_same_is_seen_in_the_file_that_was_handed_out(place):
    text = bundle.make(place.folder, 300, place.trusted)
    by_file, by_log = inspection.of_evidence(text, place.trusted), inspection.of_log(place.folder, 300, place.trusted)
    assert by_file == by_log
    assert inspection.of_evidence(text).ok, "with the keys in it"


def flipped(path, at=40):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def test_a_flipped_tile_is_a_step_that_fails_and_a_root_that_differs(new_place):
    place = new_place().grow(700)
    flipped(place.folder / "tile/0/001", 32 * 44)  # the fingerprint of entry 300
    found = inspection.of_log(place.folder, 301, place.trusted)  # whose path begins with it
    assert answers(found) == [True, False, True, None]
    assert not found.ok
    assert found.rungs
    assert found.reached != found.root
    assert inspection.of_log(place.folder, 300, place.trusted).ok, "its own proof does not need it"


def test_an_altered_entry_fits_neither_its_digest_nor_the_tree(new_place):
    place = new_place().grow(300)
    flipped(place.folder / "tile/entries/000")
    found = inspection.of_log(place.folder, 0, place.trusted)
    assert answers(found) == [False, False, True, None]
    assert found.entry is None
    assert "tree" in found.step(Name.PATH).fault.en


def test_a_missing_tile_is_named(new_place):
    place = new_place().grow(300)
    (place.folder / "tile/0/000").unlink()
    found = inspection.of_log(place.folder, 3, place.trusted)
    assert answers(found) == [True, False, True, None]
    assert "tile/0/000" in found.step(Name.PATH).fault.en
    (place.folder / "tile/entries/000").unlink()
    assert answers(inspection.of_log(place.folder, 3, place.trusted)) == [None, False, True, None]


def test_a_checkpoint_that_nobody_signed_is_a_step_that_fails(new_place):
    place = new_place().grow(300)
    path = place.folder / "checkpoint"
    text = path.read_text()
    path.write_text(text.replace("\n300\n", "\n299\n"))
    assert answers(inspection.of_log(place.folder, 3, place.trusted))[2] is False
    path.unlink()
    assert answers(inspection.of_log(place.folder, 3, place.trusted)) == [None, None, False, None]


def test_evidence_of_another_ledger_or_altered_evidence_says_where_it_fails(place, new_place):
    stranger = new_place().grow(3)
    foreign = bundle.make(stranger.folder, 1, stranger.trusted)
    assert answers(inspection.of_evidence(foreign, place.trusted)) == [True, True, False, None]
    fields = json.loads(bundle.make(place.folder, 300, place.trusted))
    for find, put, expected in (
        ('"actor":"', '"actor":"x', [False, False, True, None]),
        ("index 300", "index 301", [True, False, True, None]),
        ("index 300", "index 700", [True, False, True, None]),
    ):
        changed = {
            name: value.replace(find, put) if isinstance(value, str) else value for name, value in fields.items()
        }
        assert answers(inspection.of_evidence(json.dumps(changed), place.trusted)) == expected, find
    short = {**fields, "proof": "\n".join(line for n, line in enumerate(fields["proof"].split("\n")) if n != 4)}
    assert answers(inspection.of_evidence(json.dumps(short), place.trusted))[1] is False


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "[" * 100_000])
def test_what_is_no_evidence_is_a_sentence(place, text):
    with pytest.raises(bundle.EvidenceRefused):
        inspection.of_evidence(text, place.trusted)


def test_an_entry_that_is_not_there_is_a_sentence(place):
    with pytest.raises(bundle.EvidenceRefused) as caught:
        inspection.of_log(place.folder, 700, place.trusted)
    assert caught.value.code == "ledger.no_such_index"
