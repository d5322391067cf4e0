"""The sequencer: every entry once, whatever happens in between."""

import json
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from gongshu import crypto
from gongshu.crypto import keys
from gongshu.errors import Conflict, EnvironmentFault
from gongshu.ledger import durable, entry, growth, installation, intake, merkle, note, spool, state, tiles


def test_a_new_ledger_is_empty_signed_and_verifiable(place):
    assert place.sequence() == 0
    assert place.head.size == 0
    assert place.head.root == merkle.EMPTY_ROOT
    assert place.audit().ok


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 513, 1000])
def test_the_root_is_the_tree_over_all_entries(place, size):
    place.grow(size)
    leaves = [leaf for _, leaf in place.log().leaves(0, size)]
    assert len(leaves) == size
    assert place.head.root == merkle.root([merkle.leaf_hash(leaf) for leaf in leaves])
    assert place.log().root() == place.head.root
    assert place.audit().ok


def test_any_way_of_cutting_the_growth_gives_the_same_tree():
    """Pure growth over two levels of tiles, against the naive tree."""
    leaves = [b"%d" % number for number in range(66_000)]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    for cuts in ([66_000], [1, 255, 256, 40_000, 65_535, 65_536, 65_537, 66_000]):
        edge, files = growth.Edge(), {}
        for cut in cuts:
            edge, new, _ = growth.grow(edge, leaves[edge.size : cut])
            files.update(new)
            assert edge.root() == merkle.root(hashes[: edge.size])
        assert files["tile/0/000"] == b"".join(hashes[:256])
        assert len(files["tile/1/000"]) == 8192
        assert len(files["tile/2/000.p/1"]) == 32
        assert files["tile/0/257.p/208"] == b"".join(hashes[257 * 256 :])


@pytest.mark.parametrize(
    ("level", "number", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 273, 112, "tile/0/273.p/112"),
        (2, 1_234_067, 256, "tile/2/x001/x234/067"),
        (tiles.ENTRIES, 1000, 1, "tile/entries/x001/000.p/1"),
    ],
)
def test_tile_paths_are_those_of_the_specification(level, number, width, path):
    assert tiles.path(level, number, width) == path


def test_the_specification_s_example_of_70_000_entries():
    assert [tiles.width(level, 0, 70_000) for level in tiles.levels(70_000)] == [256, 256, 1]
    assert tiles.width(0, 273, 70_000) == 112
    assert tiles.width(1, 1, 70_000) == 17
    assert list(tiles.levels(256)) == [0, 1]
    assert tiles.width(1, 0, 256) == 1


def test_partial_tiles_go_only_when_the_full_one_is_there(place):
    place.grow(100, 200)
    assert {"tile/0/000.p/100", "tile/0/000.p/200"} < set(place.files())
    place.grow(300)
    assert "tile/0/000" in place.files()
    assert not [name for name in place.files() if name.startswith(("tile/0/000.p", "tile/entries/000.p"))]
    assert place.audit().ok


def test_many_spools_and_an_outbox_are_one_sequence(place):
    for name in ("gateway-1", "gateway-2"):
        place.spool([place.leaf(n) for n in range(10)], name)
    assert place.sequence() == 20
    sequencer = installation.sequencer_of(place.home)
    with sequencer.locked():
        assert sequencer.step([place.leaf(1), place.leaf(2)]) == 2
    assert len(set(place.ids())) == 22


def test_read_spool_files_are_removed_when_nobody_writes_them(place):
    writer = spool.Spool(place.home.spool / "gateway-1")
    writer.append(place.leaf(1)).result(10)
    assert place.sequence() == 1
    assert len(list(place.home.spool.rglob("*.spool"))) == 1, "its writer lives"
    writer.append(place.leaf(2)).result(10)
    writer.close()
    assert place.sequence() == 1
    assert not list(place.home.spool.rglob("*.spool"))
    assert place.sequence() == 0


def test_small_rounds_lose_nothing(place):
    writer = spool.Spool(place.home.spool / "gateway-1", file_bytes=3000)
    for number in range(60):
        writer.append(place.leaf(number)).result(10)
    writer.close()
    assert place.sequence(limit=7) == 60
    details = [entry.body(leaf)["details"]["n"] for _, leaf in place.log().leaves(0, 60)]
    assert sorted(details) == list(range(60))


def test_what_is_no_entry_becomes_an_entry_that_says_so(place):
    place.spool([place.leaf(1), b"not an entry", place.leaf(2)])
    assert place.sequence() == 3
    found = [entry.parse(leaf) for _, leaf in place.log().leaves(0, 3)]
    assert [each.action for each in found] == ["gateway.query", "ledger.unreadable_entry", "gateway.query"]
    assert found[1].details["bytes"] == 12
    assert place.audit().ok
    assert len(list(place.home.spool.rglob(f"*{intake.ASIDE}"))) == 1, "the original is kept"


def test_damage_to_a_spool_is_an_entry_and_the_file_is_kept(place):
    writer = spool.Spool(place.home.spool / "gateway-1")
    for number in range(3):
        writer.append(place.leaf(number)).result(10)
    writer.close()
    (path,) = place.home.spool.rglob("*.spool")
    data = bytearray(path.read_bytes())
    data[next(batch.end for batch in spool.read(path)) + 40] ^= 1
    path.write_bytes(data)
    assert place.sequence() == 3
    actions = [entry.parse(leaf).action for _, leaf in place.log().leaves(0, 3)]
    assert actions == ["gateway.query", "ledger.spool_damaged", "gateway.query"]
    assert len(list(place.home.spool.rglob(f"*{intake.ASIDE}"))) == 1
    assert place.sequence() == 0


def test_two_sequencers_exclude_each_other(place):
    place.grow(1)
    entered, leave = threading.Event(), threading.Event()

    def hold():
        with installation.sequencer_of(place.home).locked():
            entered.set()
            leave.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    assert entered.wait(60)
    with pytest.raises(Conflict) as caught, installation.sequencer_of(place.home).locked(wait=0.05):
        pass
    assert caught.value.code == "ledger.sequencer_busy"
    leave.set()
    thread.join()
    assert place.sequence() == 0


def test_racing_sequencers_give_every_entry_one_place(place):
    writer = spool.Spool(place.home.spool / "gateway-1", file_bytes=4000)
    stop = threading.Event()
    total = []

    def run():
        while not stop.is_set():
            total.append(place.sequence(limit=11))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(300):
        writer.append(place.leaf(number)).result(10)
    writer.close()
    stop.set()
    for thread in threads:
        thread.join()
    total.append(place.sequence())
    assert sum(total) == 300
    assert len(set(place.ids())) == 300
    assert place.audit().ok


class Crash(BaseException):
    """The process ends here: nothing below catches it."""


def crashing(monkeypatch, at):
    """Let the ``at``-th change of the disk and all after it not happen; how many there were is in the list."""
    count = []

    def guard(real):
        def wrapped(*arguments, **options):
            count.append(real)
            if len(count) >= at:
                raise Crash
            return real(*arguments, **options)

        return wrapped

    monkeypatch.setattr(durable, "write", guard(durable.write))
    monkeypatch.setattr(durable, "sync_folder", guard(durable.sync_folder))
    monkeypatch.setattr(durable, "make_folder", guard(durable.make_folder))
    monkeypatch.setattr(Path, "unlink", guard(Path.unlink))
    monkeypatch.setattr("shutil.rmtree", guard(__import__("shutil").rmtree))
    return count


@pytest.mark.heavy
def test_a_crash_at_any_change_of_the_disk_is_repaired(place, monkeypatch):
    """Stop at the 1st, 2nd, 3rd … change until a run comes through; then again from there, over a tile boundary."""
    place.grow(250)
    expected = 250
    for _ in range(2):
        leaves = [place.leaf(n) for n in range(700)]
        place.spool(leaves)
        expected += 700
        for at in range(1, 200):
            with monkeypatch.context() as patch:
                count = crashing(patch, at)
                with suppress(Crash):
                    place.sequence()
                if len(count) < at:
                    break
            if at % 3 == 0:  # more arrives between the crashes
                place.spool([place.leaf(at)])
                expected += 1
            report = place.audit()
            assert report.ok, (at, report.findings)
        else:
            pytest.fail("the run never came through")
        assert at > 15
        place.sequence()
        assert place.head.size == expected
        assert max(Counter(place.ids()).values()) == 1
        assert place.audit().ok


def test_a_crash_while_the_ledger_is_born_is_repaired(new_place, monkeypatch):
    for at in range(1, 20):
        place = new_place()
        with monkeypatch.context() as patch:
            count = crashing(patch, at)
            with suppress(Crash):
                place.sequence()
        place.grow(3)
        assert place.audit().ok
        if len(count) < at:
            return
    pytest.fail("the run never came through")


def test_a_changed_edge_stops_the_sequencer_before_it_signs(place):
    place.grow(300)
    for name in ("tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"):
        path = place.folder / name
        kept = path.read_bytes()
        path.write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
        with pytest.raises(EnvironmentFault) as caught:
            place.sequence()
        assert caught.value.code == "ledger.log_damaged"
        path.write_bytes(kept)
    assert place.sequence() == 0


def test_a_changed_state_stops_the_sequencer(place):
    place.grow(3)
    path = place.folder / state.NAME
    kept = path.read_bytes()
    emptied = json.dumps({**json.loads(kept), "cursors": {"gateway-1/x.spool": 9}}).encode()
    for content in (b"", b"[]", kept.replace(b'"size": 3', b'"size": 2'), emptied):
        path.write_bytes(content)
        with pytest.raises(EnvironmentFault) as caught:
            place.sequence()
        assert caught.value.code == "ledger.state_damaged"
    path.unlink()
    with pytest.raises(EnvironmentFault) as caught:
        place.sequence()
    assert caught.value.code == "ledger.state_missing", "a second ledger is never begun over the first"
    path.write_bytes(kept)
    assert place.sequence() == 0


def test_another_installation_s_keys_do_not_continue_the_log(place, new_place):
    place.grow(3)
    other = new_place()
    for name in keys.NAMES:
        (place.home.secrets / name).write_bytes((other.home.secrets / name).read_bytes())
    crypto.forget()
    with pytest.raises(EnvironmentFault) as caught:
        place.sequence()
    assert caught.value.code == "ledger.state_damaged"


def test_the_public_keys_lie_beside_the_log(place):
    place.grow(1)
    found = note.parse_vkeys((place.folder / "public-keys.txt").read_text().splitlines())
    assert found == place.trusted


def test_a_ledger_that_cannot_be_written_says_so_and_loses_nothing(place, monkeypatch):
    place.grow(5)
    place.spool([place.leaf(9)])

    def full(descriptor, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(durable, "write_all", full)
        with pytest.raises(EnvironmentFault) as caught:
            place.sequence()
    assert caught.value.code == "ledger.unwritable"
    assert place.head.size == 5
    assert not list(place.folder.glob(".*.tmp"))
    assert place.sequence() == 1
