"""Keyed masks: stable for one recipient and purpose, unjoinable between two."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu import crypto
from gongshu.crypto import keys
from gongshu.grants.keyed import SHIFT_DAYS, Keyed
from gongshu.home import Home


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("keyed"))
    keys.ensure(home)
    return crypto.provider(home)


def test_the_form_stays_and_the_digits_do_not(provider):
    cipher = Keyed(provider, "housing", "核验").cipher("phone")
    shown = cipher("+86 138-0000-0003")
    assert shown[0] == "+" and shown[3] == " " and shown[7] == shown[12] == "-" and len(shown) == 17
    assert shown != "+86 138-0000-0003" and shown == cipher("+86 138-0000-0003") != cipher("+86 138-0000-0004")
    assert cipher("12345") == "***" and cipher("张三") == "***" and cipher("３３０３０１") == "***"


def test_two_recipients_two_purposes_and_two_items_cannot_be_joined(provider):
    value, subject = "99000019600101003X", "hmac-sm3:" + "a" * 64
    holders = [("housing", "a"), ("housing", "b"), ("tax", "a"), ("tax/a", "a"), ("tax", "a/a")]
    for show in (
        lambda k: k.cipher("id")(value),
        lambda k: k.token(value),
        lambda k: "".join(k.shift(f"19{n}-01-01", subject + str(n)) for n in range(60, 99)),
    ):
        assert len({show(Keyed(provider, *holder)) for holder in holders}) == len(holders)
    keyed = Keyed(provider, "housing", "a")
    assert keyed.cipher("id")(value) != keyed.cipher("father")(value)


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.text(max_size=8))
def test_a_shift_keeps_the_time_between_two_days_of_a_subject(provider, one, two, subject):
    keyed = Keyed(provider, "housing", "a")
    moved = [date.fromisoformat(keyed.shift(day.isoformat(), subject)) for day in (one, two)]
    assert moved[0] - moved[1] == one - two
    assert 1 <= abs((moved[0] - one).days) <= SHIFT_DAYS


def test_a_shift_keeps_the_hour_and_hides_what_is_no_day(provider):
    keyed = Keyed(provider, "housing", "a")
    assert keyed.shift("2026-01-02T03:04:05+08:00", "s").endswith("T03:04:05+08:00")
    assert keyed.shift("三月", "s") == keyed.shift("2026-02-30", "s") == "***"
    assert {keyed.shift("0001-01-01", str(n)) for n in range(20)} & {"***"}, "no day before the first one"
