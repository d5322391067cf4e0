"""Listings: paged, filtered, within the granted rows, never silently cut."""

import pytest

from gateway import world as worlds
from gateway.world import PURPOSE, RESOURCE, code_of, content, person

pytestmark = pytest.mark.article("luzhou-24", "xian-20")


def pages(run, world, grant, **asked):
    after, found = None, []
    while True:
        body = {"grant": grant.grant_id, "purpose": PURPOSE, **asked, **({"after": after} if after else {})}
        answer = content(run.ask(world.call("query", body)))
        assert answer["truncated"] == (answer["next"] is not None)
        found.append(answer["records"])
        after = answer["next"]
        if after is None:
            return found


def test_a_listing_is_paged_and_never_silently_cut(run, world):
    grant = world.grant(listing=True)
    found = pages(run, world, grant, limit=70, fields=["remark"])
    assert [len(page) for page in found] == [70, 70, 70, 70, 20]
    assert [row["remark"] for page in found for row in page] == [person(i)["remark"] for i in range(300)]


@pytest.mark.parametrize("limit", [1, 7, 150, 1000])
def test_a_listing_keeps_to_the_granted_rows(run, world, limit):
    grant = world.grant(listing=True, rows=({"field": "income", "op": "lt", "value": 1020},), rate_per_minute=None)
    found = [row["income"] for page in pages(run, world, grant, limit=limit, fields=["income"]) for row in page]
    assert found == [1000.5 + i for i in range(20)]


def test_a_listing_can_be_filtered_by_what_is_shown(run, world):
    grant = world.grant(listing=True)
    found = pages(run, world, grant, filters={"district": "330301"}, fields=["district"], limit=1000)
    assert [len(page) for page in found] == [150]


def test_a_cursor_of_an_older_version_is_refused_by_name(run, world):
    grant = world.grant(listing=True)
    body = {"grant": grant.grant_id, "purpose": PURPOSE, "limit": 10}
    first = content(run.ask(world.call("query", body)))
    worlds.publish(world.home, worlds.PEOPLE[:50])
    run.gate.interfaces._slots[RESOURCE].look_at = 0.0
    answer = run.ask(world.call("query", {**body, "after": first["next"]}))
    assert (answer.status, code_of(answer)) == (409, "cursor_outdated")


def test_a_cursor_is_good_for_its_grant_only(run, world):
    one, other = world.grant(listing=True), world.grant(listing=True)
    first = content(run.ask(world.call("query", {"grant": one.grant_id, "purpose": PURPOSE, "limit": 10})))
    taken = {"grant": other.grant_id, "purpose": PURPOSE, "after": first["next"]}
    assert code_of(run.ask(world.call("query", taken))) == "cursor_invalid"
