"""Clock stepped back, spool file truncated, tile flipped: each is noticed, and said by its name."""

import os
from datetime import timedelta

import pytest

from gongshu import clock
from gongshu.errors import EnvironmentFault
from gongshu.ledger import entry, installation, intake, spool, state


def acts(place):
    return [entry.parse(leaf).action for _, leaf in place.log().leaves(0, place.head.size)]


def test_a_clock_that_steps_back_is_an_entry_once(place):
    now = clock.now()
    with clock.frozen(now):
        place.grow(3)
    with clock.frozen(now - timedelta(seconds=90)):
        place.spool([place.leaf(3)])
        assert place.sequence() == 2
        place.spool([place.leaf(4)])
        assert place.sequence() == 1, "said once"
    found = [entry.parse(leaf) for _, leaf in place.log().leaves(0, 6)]
    (said,) = [one for one in found if one.action == "ledger.clock_stepped_back"]
    assert said.details == {"seconds": 90}
    with clock.frozen(now - timedelta(seconds=91)):
        place.spool([place.leaf(5)])
        assert place.sequence() == 1, "what a clock daemon does is not worth a word"
    assert place.audit().ok


def test_a_spool_file_cut_below_what_was_read_is_an_entry_and_kept_aside(place):
    place.spool([place.leaf(n) for n in range(20)], name="other")
    writer = spool.Spool(place.home.spool / "gateway-1")
    for n in range(20):
        writer.append(place.leaf(n)).result(30)
    place.sequence()
    (path,) = (place.home.spool / "gateway-1").glob("*.spool")
    os.truncate(path, path.stat().st_size // 2)
    cursors = state.load(place.folder).cursors
    assert intake.waiting(place.home.spool, cursors), "an idle sequencer looks at it too"
    place.sequence()
    assert acts(place).count("ledger.spool_truncated") == 1
    writer.append(place.leaf(20)).result(30)  # its writer lives on, behind a hole
    writer.close()
    place.sequence()
    said = acts(place)
    assert said.count("ledger.spool_truncated") == 1, "once"
    assert said.count("ledger.spool_damaged") == 1, "the hole"
    assert said.count("gateway.query") == 41, "what comes behind the hole is not lost"
    aside = list(place.home.spool.rglob(f"*{intake.ASIDE}"))
    assert [one.name for one in aside] == [path.name + intake.ASIDE]
    assert place.audit().ok
    assert place.sequence() == 0


@pytest.mark.parametrize("name", ["tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/001"])
def test_a_flipped_tile_is_named(place, name):
    place.grow(700)
    path = place.folder / name
    whole = path.read_bytes()
    path.write_bytes(whole[:50] + bytes([whole[50] ^ 1]) + whole[51:])
    assert place.named() == {name}
    if ".p/" in name:  # the growing edge is looked at by the sequencer itself, before it builds on it
        with pytest.raises(EnvironmentFault) as caught, installation.sequencer_of(place.home).locked():
            pass
        assert caught.value.code == "ledger.log_damaged"
