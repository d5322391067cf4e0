"""Entries past their time go, in the open; the tree and every proof stay."""

from datetime import UTC, datetime, timedelta

import pytest

from gongshu import clock
from gongshu.errors import Conflict, EnvironmentFault
from gongshu.ledger import bundle, installation, pruning

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture
def old(place):
    """600 entries of four years ago, 200 of today."""
    with clock.frozen(NOW - timedelta(days=4 * 366)):
        place.grow(600)
    with clock.frozen(NOW):
        place.grow(800)
    return place


def prune(place, index):
    pruning.declare(place.folder, installation.signer(place.home), index)
    return pruning.remove(place.folder, place.trusted)


def test_only_whole_bundles_of_expired_entries_go(old):
    three_years_ago = NOW - timedelta(days=3 * 365)
    assert pruning.expired(old.folder, 800, three_years_ago) == 512
    assert pruning.expired(old.folder, 800, NOW - timedelta(days=5 * 366)) == 0
    assert pruning.expired(old.folder, 800, NOW + timedelta(days=1)) == 768, "never into the open bundle"


@pytest.mark.article("xian-36")
def test_the_proofs_stay_whole(old):
    kept = {index: bundle.make(old.folder, index, old.trusted) for index in (0, 511, 512, 799)}
    root = old.head.root
    assert prune(old, 512) == 2
    assert prune(old, 512) == 0, "killed in between, it goes on where it was"
    report = old.audit()
    assert report.ok, report.findings
    assert (report.pruned, report.root, report.entries) == (512, root, 800 - 512)
    for index, text in kept.items():
        assert bundle.check(text, old.trusted).index == index, "evidence made before still holds"
    assert bundle.make(old.folder, 512, old.trusted)
    with pytest.raises(bundle.EvidenceRefused) as caught:
        bundle.make(old.folder, 0, old.trusted)
    assert caught.value.code == "ledger.entry_pruned"
    before = report.checkpoint
    old.grow(1100)
    assert old.audit(previous=before).consistent_with == 800
    assert pruning.expired(old.folder, 1100, NOW) >= 512


def test_a_bundle_may_be_missing_only_where_that_is_declared(old):
    (old.folder / "tile/entries/000").unlink()
    assert old.named() == {"tile/entries/000"}
    pruning.declare(old.folder, installation.signer(old.home), 256)
    assert old.audit().ok
    (old.folder / "tile/entries/001").unlink()
    assert old.named() == {"tile/entries/001"}


def test_a_tile_of_what_was_pruned_cannot_be_changed(old):
    prune(old, 512)
    path = old.folder / "tile/0/001"
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
    assert old.named() >= {"tile/0/001"}
    path.unlink()
    assert old.named() >= {"tile/0/001"}


def test_the_declaration_is_signed_and_only_grows(old):
    prune(old, 512)
    with pytest.raises(Conflict):
        pruning.declare(old.folder, installation.signer(old.home), 256)
    path = old.folder / pruning.NAME
    path.write_text(path.read_text().replace("\n512\n", "\n256\n"))
    assert old.named() == {pruning.NAME}
    with pytest.raises(EnvironmentFault):
        pruning.remove(old.folder, old.trusted)
    path.write_text("nothing\n")
    with pytest.raises(EnvironmentFault):
        pruning.below(old.folder)
