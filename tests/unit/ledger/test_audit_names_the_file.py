"""The audit: yes for an honest log of any size, and for a dishonest one the name of the very file."""

import random
import shutil

import pytest

from gongshu.ledger import entry, installation, merkle, tiles, verify


@pytest.fixture(scope="module")
def small(new_place):
    """600 entries, sequenced in five runs, so that partial tiles of earlier checkpoints lie about."""
    return new_place().grow(3, 256, 300, 520, 600)


@pytest.fixture(scope="module")
def big(new_place):
    """Three levels of tiles: 65,536 + 2 × 256 + 30 entries."""
    return new_place().grow(40_000, 66_078)


class Changed:
    """A file of the log, changed for the length of a ``with`` block."""

    def __init__(self, place, name, content):
        self.path = place.folder / name
        self.kept = self.path.read_bytes()
        self.content = content(self.kept) if callable(content) else content

    def __enter__(self):
        if self.content is None:
            self.path.unlink()
        else:
            self.path.write_bytes(self.content)

    def __exit__(self, *_):
        self.path.write_bytes(self.kept)


def flip(at, mask=1):
    return lambda data: data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


@pytest.mark.article("luzhou-38")
@pytest.mark.parametrize("sizes", [(0,), (1,), (255,), (256,), (257,), (1, 2, 3), (512,), (700,)])
def test_an_honest_log_passes(new_place, sizes):
    place = new_place()
    place.sequence()
    report = place.grow(*[size for size in sizes if size]).audit()
    assert report.ok, report.findings
    assert report.size == report.entries == sizes[-1]
    assert report.files == len(place.files())


@pytest.mark.article("luzhou-38", "xian-36")
def test_one_changed_byte_of_any_file_names_that_file(small):
    draw = random.Random(20261121)
    names = small.files()
    assert {"checkpoint", "tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001"} <= set(names)
    assert {"tile/0/002.p/8", "tile/entries/002.p/8"} <= set(names), "partial tiles of an earlier checkpoint"
    for name in names:
        length = (small.folder / name).stat().st_size
        for at in {0, length - 1, *(draw.randrange(length) for _ in range(6))}:
            with Changed(small, name, flip(at, 1 << draw.randrange(8))):
                assert small.named() == {name}, (name, at)
    assert small.audit().ok


@pytest.mark.heavy
def test_one_changed_byte_in_a_log_of_three_levels(big):
    draw = random.Random(7)
    names = ["tile/2/000.p/1", "tile/1/000", "tile/1/001.p/2", "tile/0/000", "tile/0/255", "tile/0/258.p/30"]
    names += ["tile/entries/000", "tile/entries/256", "tile/entries/258.p/30", draw.choice(big.files())]
    for name in names:
        at = draw.randrange((big.folder / name).stat().st_size)
        with Changed(big, name, flip(at)):
            assert big.named() == {name}, (name, at)
    assert big.audit().ok


@pytest.mark.parametrize("change", [None, b"", lambda d: d[:-1], lambda d: d + b"\0", lambda d: d[:40] + d[80:]])
def test_missing_and_mutilated_files_are_named(small, change):
    for name in (
        "checkpoint",
        "tile/0/001",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/000",
        "tile/entries/002.p/88",
    ):
        with Changed(small, name, change):
            assert small.named() == {name}


def test_several_changed_files_are_all_named(small):
    with Changed(small, "tile/0/000", flip(5)), Changed(small, "tile/entries/001", flip(90)):
        assert small.named() == {"tile/0/000", "tile/entries/001"}
    with Changed(small, "tile/0/002.p/88", flip(5)), Changed(small, "tile/1/000.p/2", flip(9)):
        assert small.named() == {"tile/0/002.p/88", "tile/1/000.p/2"}


def test_a_forger_who_makes_entry_and_tile_agree_is_found_out(small):
    """The entry is replaced, its SM3 is right, its tile is right: the signed root is not."""
    leaves = small.log().bundle(1)
    forged = entry.build(action="gateway.query", actor="nobody", organization="housing")[1]
    changed = [forged, *leaves[1:]]
    tile = b"".join(map(merkle.leaf_hash, changed))
    with Changed(small, "tile/entries/001", tiles.pack(changed)), Changed(small, "tile/0/001", tile):
        assert small.named() == {"tile/0/001", "tile/entries/001"}
        above = [merkle.complete_root([tile[i : i + 32] for i in range(0, 8192, 32)])]
        row = small.log().hashes(1, 0)
        with Changed(small, "tile/1/000.p/2", b"".join([row[0], *above])):
            (finding,) = small.audit().findings
            assert finding.file == "checkpoint", "every file agrees with every other, but not with the signature"
            assert "do not give the root" in finding.text.en


def test_entries_that_changed_places_are_found(small):
    leaves = small.log().bundle(0)
    with Changed(small, "tile/entries/000", tiles.pack([leaves[1], leaves[0], *leaves[2:]])):
        assert small.named() == {"tile/entries/000"}


def test_a_log_that_was_cut_back_or_rewritten_is_not_the_one_verified_before(new_place, tmp_path):
    place = new_place().grow(40)
    kept = tmp_path / "copy"
    shutil.copytree(place.folder, kept)
    place.grow(90)
    seen = place.audit().checkpoint
    assert place.audit(previous=seen).consistent_with == 90

    grown = place.grow(300).audit(previous=seen)
    assert grown.ok
    assert grown.consistent_with == 90

    shutil.rmtree(place.folder)
    shutil.copytree(kept, place.folder)
    assert place.audit().ok, "by itself the old copy is a good log"
    cut = place.audit(previous=seen)
    assert [finding.file for finding in cut.findings] == ["checkpoint"]
    assert "shorter" in cut.findings[0].text.en

    place.grow(400)
    fork = place.audit(previous=seen)
    assert [finding.file for finding in fork.findings] == ["checkpoint"]
    assert "rewritten" in fork.findings[0].text.en
    assert place.audit(previous="nonsense").findings[0].file == "previous checkpoint"


def test_another_log_s_keys_refuse_the_checkpoint(small, new_place):
    stranger = new_place()
    stranger.grow(1)
    report = verify.audit(small.folder, stranger.trusted)
    assert [finding.file for finding in report.findings] == ["checkpoint"]


def test_a_log_that_grows_meanwhile_passes(new_place, monkeypatch):
    """The tile that is partial in the checkpoint is full, and the partial one gone, before the audit reads it."""
    place = new_place().grow(200)
    real = installation.note.read_checkpoint
    pending = [True]

    def slowly(*arguments):
        head = real(*arguments)
        if pending and pending.pop():
            place.grow(700)
        return head

    monkeypatch.setattr(verify.note, "read_checkpoint", slowly)
    report = place.audit()
    assert report.ok, report.findings
    assert report.size == 200


def test_files_of_an_unfinished_run_are_not_held_against_the_log(small):
    stray = small.folder / "tile/0/002.p/99"
    stray.write_bytes(bytes(99 * 32))
    assert small.audit().ok
    stray.unlink()
