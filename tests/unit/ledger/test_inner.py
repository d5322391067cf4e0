"""The middles of full tiles: proofs are the same with and without them, and nobody has to believe them."""

import os
import random
import shutil

import pytest

from gongshu.ledger import bundle, inner, merkle, tiles

SIZE = 256 * 300 + 77  # tiles of level 0 and 1 are full, level 2 is not


@pytest.fixture(scope="module")
def place(new_place):
    return new_place().grow(100, 40_000, SIZE)


def proofs(place, log):
    draw = random.Random(5)
    wanted = [0, 255, 256, 65_535, 65_536, SIZE - 78, SIZE - 1, *(draw.randrange(SIZE) for _ in range(60))]
    return {index: merkle.inclusion_proof(index, SIZE, log.node) for index in wanted}


def test_proofs_are_those_of_whole_tiles(place):
    assert proofs(place, inner.Quick(place.folder, SIZE)) == proofs(place, tiles.Tiles(place.folder, SIZE))


def test_every_tile_has_its_row(place):
    log = tiles.Tiles(place.folder, SIZE)
    for level in tiles.levels(SIZE):
        full, rest = divmod(tiles.count(level, SIZE), 256)
        for number in range(full):
            row = inner.read(place.folder, level, number)
            assert row == merkle.packed_row(b"".join(log.hashes(level, number)), 16)
            assert len(row) == inner.BYTES
        groups = [merkle.complete_root(log.hashes(level, full)[n * 16 : n * 16 + 16]) for n in range(rest // 16)]
        assert inner.read(place.folder, level, full) == b"".join(groups).ljust(inner.BYTES, b"\0")
        assert inner.read(place.folder, level, full + 1) == b""


def test_an_older_checkpoint_is_proved_from_the_rows_of_today(place):
    for size in (256, 300, 4_096 + 17, 40_000):
        log, whole = inner.Quick(place.folder, size), tiles.Tiles(place.folder, size)
        for index in (0, size // 2, size - 1):
            assert merkle.inclusion_proof(index, size, log.node) == merkle.inclusion_proof(index, size, whole.node)


def test_tiles_are_not_hashed_where_their_rows_are_known(place, monkeypatch):
    """Two full tiles lie above leaf 300, and three open ones at the edge: 22 pairs each at most instead of 247."""
    hashed = []
    real = merkle.packed_root
    monkeypatch.setattr(merkle, "packed_root", lambda part: (hashed.append(len(part) // 32 - 1), real(part))[1])
    merkle.inclusion_proof(300, SIZE, tiles.Tiles(place.folder, SIZE).node)
    assert sum(hashed) > 2 * 247
    hashed.clear()
    merkle.inclusion_proof(300, SIZE, inner.Quick(place.folder, SIZE).node)
    assert sum(hashed) <= 5 * 22


@pytest.mark.parametrize("harm", ["flipped", "zeros", "cut", "gone", "unreadable"])
def test_rows_that_are_wrong_or_gone_cost_time_and_nothing_else(new_place, harm):
    place = new_place().grow(1_000)
    wanted = bundle.make(place.folder, 300, place.trusted)
    file = place.folder / "inner" / "0"
    whole = file.read_bytes()
    assert len(whole) == 4 * inner.BYTES
    if harm == "flipped":
        file.write_bytes(bytes(byte ^ 1 for byte in whole))
    elif harm == "zeros":
        file.write_bytes(bytes(len(whole)))
    elif harm == "cut":
        os.truncate(file, 700)
    elif harm == "gone":
        file.unlink()
    else:
        file.unlink()
        file.mkdir()
    assert bundle.make(place.folder, 300, place.trusted) == wanted
    assert place.audit().ok, "they are no part of the log"
    assert place.grow(1_300).audit().ok, "and the log grows without them"
    bundle.check(bundle.make(place.folder, 1_299, place.trusted), place.trusted)


def test_a_log_that_was_begun_without_rows_gets_them(new_place):
    place = new_place().grow(700)
    shutil.rmtree(place.folder / "inner")
    place.grow(701)
    assert inner.read(place.folder, 0, 1) == merkle.packed_row(b"".join(place.log().hashes(0, 1)), 16)


def test_rows_of_a_step_that_was_undone_are_written_again(new_place, monkeypatch):
    """Killed between tiles and state, the same places get other leaves: their rows must be those of the new ones."""
    from gongshu.ledger import state

    place = new_place().grow(200)

    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    place.spool([place.leaf(n) for n in range(100)])
    with monkeypatch.context() as patch:
        patch.setattr(state, "save", kill)
        with pytest.raises(Killed):
            place.sequence()
    before = inner.read(place.folder, 0, 0)
    place.spool([place.leaf(n) for n in range(200)], name="another")
    place.sequence()
    assert before
    assert inner.read(place.folder, 0, 0) == merkle.packed_row(b"".join(place.log().hashes(0, 0)), 16) != before
