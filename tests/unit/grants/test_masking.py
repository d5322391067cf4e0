"""Masks show what they promise and never more."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.grants import masking


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("name", "张三", "张*"),
        ("name", "欧阳三丰", "欧***"),
        ("name", "张", "*"),
        ("id", "110101199003070011", "110101********0011"),
        ("id", "110101900307001", "110101******001"),
        ("id", "E12345678", "E1*****78"),
        ("phone", "13812345678", "138****5678"),
        ("phone", "0577-1234", "*******34"),
        ("account", "6222020200012345678", "***************5678"),
        ("email", "zhangsan@example.org", "z***@example.org"),
        ("email", "nobody", "***"),
        ("address", "江临市城东区和平路12号", "江临市城东区******"),
        ("address", "和平路", "***"),
        ("year", "1990-03-07", "1990"),
        ("year", "不详", "*"),
        ("hidden", "x", "***"),
        ("invented", "x", "***"),
        ("token", "x", "***"),
    ],
)
def test_the_masks_by_example(kind, value, shown):
    assert masking.mask_for(kind)(value) == shown


def test_none_means_no_mask_and_nothing_stays_nothing():
    assert masking.mask_for("none") is None
    assert masking.apply(12, None) == 12
    assert masking.apply(None, masking.mask_for("id")) is None
    assert masking.apply(13812345678, masking.mask_for("phone")) == "138****5678"


def test_every_mask_has_a_name_in_both_languages():
    assert all(label.zh and label.en for label in masking.LABELS.values())
    assert set(masking.LABELS) == masking.KINDS


LENGTH_KEEPING = ["name", "id", "phone", "account", "address"]


@given(st.sampled_from(LENGTH_KEEPING), st.text(st.characters(exclude_characters="*"), max_size=40))
def test_a_mask_keeps_the_length_and_only_replaces_by_stars(kind, value):
    shown = masking.mask_for(kind)(value)
    assert len(shown) == len(value)
    assert all(after in ("*", before) for before, after in zip(value, shown, strict=True))
    if value:
        assert "*" in shown


@given(st.sampled_from(sorted(masking.KINDS - {"none"})), st.text(min_size=2, max_size=40))
def test_a_mask_never_fails_and_never_shows_everything(kind, value):
    shown = masking.mask_for(kind)(value)
    assert isinstance(shown, str)
    coarse = kind in ("year", "division", "rough")  # a value that is coarse already stays as it is
    if "*" not in value and not coarse:
        assert shown != value


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("month", "1990-03-07", "1990-03"),
        ("month", "1990-03-07T08:00:00+08:00", "1990-03"),
        ("month", "1990年3月", "*"),
        ("division", "330324001206", "330324"),
        ("division", "330324", "330324"),
        ("division", "33032", "*"),
        ("division", "３３０３２４", "*"),
        ("rough", "123456.78", "120000"),
        ("rough", "-987", "-900"),
        ("rough", "57", "50"),
        ("rough", "3", "0"),
        ("rough", "0.75", "0"),
        ("rough", "0", "0"),
        ("rough", "many", "*"),
        ("rough", "NaN", "*"),
        ("rough", "1e999", "*"),
    ],
)
def test_what_is_made_coarser(kind, value, shown):
    assert masking.mask_for(kind)(value) == shown


@pytest.mark.parametrize(
    ("birth", "band"),
    [
        ("1990-11-21", "30-39"), ("1986-11-22", "40-49"), ("1986-11-23", "30-39"), ("2026-11-22", "0-9"),
        ("1930-01-01", "90+"), ("2027-01-01", "*"), ("19900307", "*"), ("", "*"),
    ],
)  # fmt: skip
def test_an_age_band_is_that_of_today(birth, band, monkeypatch):
    monkeypatch.setattr(masking.clock, "today", lambda: date(2026, 11, 22))
    assert masking.mask_for("age")(birth) == band
