"""The middles of full tiles: proofs are the same with and without them, and nobody has to believe them."""

import os
import random

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


def test_every_full_tile_has_its_row(place):
    log = tiles.Tiles(place.folder, SIZE)
    for level in tiles.levels(SIZE):
        for number in range(tiles.count(level, SIZE) // 256):
            row = inner.read(place.folder, level, number)
            assert row == merkle.packed_row(b"".join(log.hashes(level, number)), 16)
            assert len(row) == inner.BYTES
        assert inner.read(place.folder, level, tiles.count(level, SIZE) // 256) == b""


def test_a_full_tile_is_not_hashed_where_its_row_is_known(place, monkeypatch):
    hashed = []
    real = merkle.packed_root
    monkeypatch.setattr(merkle, "packed_root", lambda part: (hashed.append(len(part) // 32 - 1), real(part))[1])
    merkle.inclusion_proof(300, SIZE, inner.Quick(place.folder, SIZE).node)
    quick, hashed[:] = sum(hashed), []
    merkle.inclusion_proof(300, SIZE, tiles.Tiles(place.folder, SIZE).node)
    assert sum(hashed) - quick == 2 * (247 - 22), "two full tiles lie above leaf 300"


@pytest.mark.parametrize("harm", ["flipped", "zeros", "cut", "gone", "unreadable"])
def test_rows_that_are_wrong_or_gone_cost_time_and_nothing_else(new_place, harm):
    place = new_place().grow(1_000)
    wanted = bundle.make(place.folder, 300, place.trusted)
    file = place.folder / "inner" / "0"
    whole = file.read_bytes()
    assert len(whole) == 3 * inner.BYTES
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
    (place.folder / "inner" / "0").unlink()
    inner.rebuild(place.folder, 700)
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
