"""Who of the witnesses signed the checkpoint that an entry is proved under, as a page shows it."""

import pytest

from gongshu.ledger import bundle, cosigning, inspection
from gongshu.ledger.inspection import Name
from ports import free_port


@pytest.mark.article("luzhou-38")
@pytest.mark.parametrize(("need", "enough"), [(1, True), (2, True), (3, False)])
def test_a_missing_witness_is_named_and_whether_the_others_are_enough(place, more_witnesses, ask_for, need, enough):
    one, two, three = more_witnesses
    place.grow(300)
    with one.serving() as first, two.serving() as second:
        away = f"http://127.0.0.1:{free_port()}"
        policy = ask_for(place, ("a", one, first), ("b", two, second), ("c", three, away), need=need)
        cosigning.run_once(place.home)
    seen = inspection.of_log(place.folder, 7, place.trusted, policy)
    assert seen.ok, "that a witness is away does not make the entry wrong"
    assert [(each.name, bool(each.at)) for each in seen.witnesses] == [("a", True), ("b", True), ("c", False)]
    assert (seen.signed, seen.need) == (2, need)
    step = seen.step(Name.WITNESSES)
    assert step.ok is enough
    assert (step.fault is None) is enough
    by_file = inspection.of_evidence(bundle.make(place.folder, 7, place.trusted, policy), place.trusted)
    assert (by_file.signed, by_file.need, by_file.ok) == (2, need, True), "the file names its policy"


def test_a_new_entry_that_nobody_witnessed_yet_holds_by_the_log_s_own_signature(place, witness, ask_for):
    with witness.serving() as url:
        policy = ask_for(place, ("a", witness, url))
        place.grow(5)
        cosigning.run_once(place.home)
    place.grow(8)
    old, new = (inspection.of_log(place.folder, index, place.trusted, policy) for index in (2, 7))
    assert (old.size, old.signed, old.step(Name.WITNESSES).ok) == (5, 1, True)
    assert (new.size, new.signed, new.step(Name.WITNESSES).ok) == (8, 0, False)
    assert new.ok
