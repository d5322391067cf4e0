"""The pure check: whatever is asked, nothing outside the grant comes through."""

from datetime import datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.grants import feed, scope
from gongshu.grants.scope import GrantScope, OutOfScope, Predicate

pytestmark = pytest.mark.article("luzhou-24", "xian-20")

GRANT = GrantScope(
    grant_id="grant_1",
    organization="housing",
    resource="population",
    items=("name", "address"),
    purpose="公租房资格核验",
    modes=frozenset({"verify", "query"}),
    valid_from=1000,
    valid_until=2000,
    clients=("app_1",),
)
ASKED = {
    "organization": "housing",
    "client_id": "app_1",
    "resource": "population",
    "mode": "query",
    "purpose": "公租房资格核验",
    "at": 1500,
}


def code(grant=GRANT, **changes):
    try:
        scope.check(grant, **{**ASKED, **changes})
    except OutOfScope as no:
        return no.code
    return "allowed"


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ("allowed", {}),
        ("allowed", {"at": 1000}),
        ("allowed", {"at": 1999.999}),
        ("grant_expired", {"at": 2000}),
        ("grant_not_yet_valid", {"at": 999.999}),
        ("grant_unknown", {"organization": "tax"}),
        ("grant_unknown", {"client_id": "app_2"}),
        ("grant_unknown", {"resource": "companies"}),
        ("mode_not_granted", {"mode": "batch"}),
        ("purpose_mismatch", {"purpose": "公租房资格核验 "}),
        ("purpose_mismatch", {"purpose": ""}),
    ],
)
def test_one_thing_wrong_is_enough(expected, changes):
    assert code(**changes) == expected


@pytest.mark.parametrize(
    ("status", "expected"), [("revoked", "grant_revoked"), ("expired", "grant_expired"), ("odd", "grant_expired")]
)
def test_only_an_active_grant_allows(status, expected):
    assert code(msgspec.structs.replace(GRANT, status=status)) == expected


def test_somebody_elses_revoked_grant_is_as_unknown_as_any():
    assert code(msgspec.structs.replace(GRANT, status="revoked"), organization="tax") == "grant_unknown"


@given(st.fixed_dictionaries({}, optional={
    "organization": st.sampled_from(["housing", "tax", ""]),
    "client_id": st.sampled_from(["app_1", "app_2", ""]),
    "resource": st.sampled_from(["population", "companies"]),
    "mode": st.sampled_from(["verify", "query", "batch", ""]),
    "purpose": st.sampled_from(["公租房资格核验", "好奇"]),
    "at": st.floats(0, 3000),
}))  # fmt: skip
def test_allowed_means_everything_fits(changes):
    asked = {**ASKED, **changes}
    fits = (
        asked["organization"] == "housing"
        and asked["client_id"] == "app_1"
        and asked["resource"] == "population"
        and asked["mode"] in GRANT.modes
        and asked["purpose"] == GRANT.purpose
        and 1000 <= asked["at"] < 2000
    )
    assert (code(**changes) == "allowed") == fits


@given(st.lists(st.sampled_from(["name", "address", "phone", "salary"])))
def test_items_come_through_only_when_each_is_granted(items):
    known = ("name", "address", "phone")
    try:
        scope.check_items(GRANT, items, known, "fields")
        assert set(items) <= set(GRANT.items)
    except OutOfScope as no:
        first = next(i for i, item in enumerate(items) if item not in GRANT.items)
        assert no.where == f"fields[{first}]"
        assert no.code == ("item_not_granted" if items[first] in known else "item_unknown")


CELLS = st.none() | st.integers(-50, 50) | st.floats(-50, 50) | st.text("ab0123456789.", max_size=4)
OPS = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


@given(CELLS, st.sampled_from(sorted(OPS)), st.integers(-50, 50))
def test_conditions_on_numbers_agree_with_arithmetic(cell, op, value):
    keeps = scope.row_filter([Predicate("x", op, value)])({"x": cell})
    if isinstance(cell, int | float):
        assert keeps == OPS[op](cell, value)
    elif cell is None:
        assert not keeps


@given(st.text(max_size=5), st.sampled_from(sorted(OPS)), st.text(max_size=5))
def test_conditions_on_text_agree_with_its_order(cell, op, value):
    assert scope.row_filter([Predicate("x", op, value)])({"x": cell}) == OPS[op](cell, value)


@given(st.text(max_size=6), st.lists(st.text(max_size=3), min_size=1, max_size=4))
def test_in_and_not_in_are_opposites_on_text(cell, values):
    row = {"x": cell}
    inside = scope.row_filter([Predicate("x", "in", tuple(values))])(row)
    outside = scope.row_filter([Predicate("x", "not_in", tuple(values))])(row)
    assert inside == (cell in values) and outside == (not inside)


@pytest.mark.parametrize("op", ["eq", "ne", "in", "not_in", "lt", "le", "gt", "ge", "prefix"])
def test_an_empty_cell_and_a_missing_column_satisfy_nothing(op):
    value = ("a",) if op in ("in", "not_in") else "a"
    keeps = scope.row_filter([Predicate("x", op, value)])
    assert not keeps({"x": None}) and not keeps({})


def test_emptiness_can_be_asked_for():
    assert scope.row_filter([Predicate("x", "is_null")])({"x": None})
    assert scope.row_filter([Predicate("x", "not_null")])({"x": ""})
    assert scope.row_filter([Predicate("x", "prefix", "3303")])({"x": "330324"})
    assert scope.row_filter([]) is None


def test_all_conditions_must_hold():
    keeps = scope.row_filter([Predicate("d", "eq", "330324"), Predicate("n", "gt", 5)])
    assert keeps({"d": "330324", "n": 6})
    assert not keeps({"d": "330324", "n": 5})
    assert not keeps({"d": "330301", "n": 6})


def test_a_grant_survives_the_feed():
    full = msgspec.structs.replace(
        GRANT, rows=(Predicate("d", "in", ("1", "2")),), masks={"name": "name"}, rate_per_minute=5, daily_quota=9
    )
    assert feed.decode_grant(feed.encode(full)) == full


def test_a_body_with_something_we_do_not_know_is_refused():
    with pytest.raises(msgspec.DecodeError):
        feed.decode_grant(feed.encode(GRANT)[:-1] + ',"everything":true}')


# --- hours and district ----------------------------------------------------------------------------------------------


def moment(text):
    return datetime.fromisoformat(f"{text}+08:00").timestamp()


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("2026-11-23T08:29:59", False),  # a Monday
        ("2026-11-23T08:30:00", True),
        ("2026-11-27T17:59:59", True),
        ("2026-11-27T18:00:00", False),
        ("2026-11-28T10:00:00", False),  # Saturday
        ("2026-11-29T10:00:00", True),  # Sunday, by the second span
        ("2026-11-29T23:59:59", True),
    ],
)
def test_hours_of_the_week_are_those_of_shanghai(at, allowed):
    hours = (scope.parse_hours("1-5 08:30-18:00"), scope.parse_hours("7 00:00-24:00"))
    assert scope.within(hours, moment(at)) is allowed


@pytest.mark.parametrize("text", ["1-5 08:30-18:00", "1,3,5 00:00-24:00", "6-7 09:00-12:30"])
def test_hours_are_said_as_they_are_read(text):
    assert scope.say_hours(scope.parse_hours(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8 08:00-09:00",
        "5-1 08:00-09:00",
        "1-5",
        "1-5 18:00-08:30",
        "1-5 08:30-24:01",
        "1 ０8:00-09:00",
        "1 8:00-9:00",
    ],
)
def test_hours_that_are_none_are_refused(text):
    with pytest.raises(ValueError):
        scope.parse_hours(text)


@pytest.mark.parametrize(
    ("code", "inside", "outside"),
    [
        ("330324", ["330324", "330324001206"], ["330325", "3303"]),
        ("330300", ["330300", "330324", "330324001206"], ["330400"]),
        ("330000", ["330324"], ["340000"]),
        ("330324001000", ["330324001206"], ["330324002206", "330324"]),
        ("330324000000", ["330324001206"], ["330325001206"]),
    ],
)
def test_the_own_district_covers_what_is_below_it(code, inside, outside):
    keeps = scope.row_filter([scope.within_district("division", code)])
    assert all(keeps({"division": each}) for each in inside)
    assert not any(keeps({"division": each}) for each in [*outside, None])


@pytest.mark.parametrize("code", ["", "33", "3303240", "033032", "33032X"])
def test_a_code_that_is_none_is_no_district(code):
    with pytest.raises(ValueError):
        scope.within_district("division", code)
