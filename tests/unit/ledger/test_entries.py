"""Entries: canonical, with a digest that other tools repeat, and never with a personal identifier."""

import json
import shutil
import subprocess
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu import clock, ids
from gongshu.ledger import entry

MOMENT = datetime(2026, 11, 21, 8, 30, 0, 123456, tzinfo=UTC)
SMALL = {"action": "a.b", "actor": "lin", "organization": "housing"}
texts = st.text(st.characters(codec="utf-8", exclude_characters="0123456789\0"), max_size=40)
values = st.recursive(
    texts | st.integers(-(2**53) + 1, 2**53 - 1) | st.booleans(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner),
    max_leaves=8,
)


def canonical(body):
    """RFC 8785 for what entries may hold, by the standard library."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), values, max_size=5))
def test_the_body_is_canonical_json_and_reads_back(details):
    identifier, leaf = entry.build(**SMALL, details=details, cites=["《条例》第二十条"])
    line, _, tail = leaf.partition(b"\n")
    assert canonical(json.loads(line)) == line
    assert tail.startswith(b"sm3:")
    found = entry.parse(leaf)
    assert found.id == identifier
    assert found.details == details
    assert found.cites == ("《条例》第二十条",)


commitments = st.just("") | st.binary(min_size=32, max_size=32).map(lambda digest: "hmac-sm3:" + digest.hex())


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), values, max_size=5), texts, commitments)
def test_a_form_filled_in_is_the_entry_built_at_once(details, resource, subject):
    known = {**SMALL, "resource": resource, "details": details}
    identifier = ids.new_id("call")
    with clock.frozen(MOMENT):
        filled = entry.Form(**known).fill(identifier, subject)
        assert filled == entry.build(**known, subject=subject, entry_id=identifier)[1]
    assert entry.intact(filled)


@pytest.mark.parametrize("identifier", ["", 'call_"', "call_01", "call_" + "i" * 26])
def test_a_form_takes_no_id_that_is_not_ours(identifier):
    with pytest.raises(entry.EntryRefused) as no:
        entry.Form(**SMALL).fill(identifier, "")
    assert no.value.where == {"field": "id"}


@pytest.mark.parametrize("subject", ["110101199003070011", "hmac-sm3:ab", 'hmac-sm3:"', "hmac-sm3:" + "A" * 64])
def test_a_form_takes_nothing_for_a_subject_but_a_commitment(subject):
    with pytest.raises(entry.EntryRefused) as no:
        entry.Form(**SMALL).fill(ids.new_id("call"), subject)
    assert no.value.where == {"field": "subject"}


def test_a_form_refuses_what_an_entry_refuses():
    with pytest.raises(entry.EntryRefused):
        entry.Form(**SMALL, details={"note": "13800000000"})
    with pytest.raises(entry.EntryRefused):
        entry.Form(**SMALL, details={"share": 0.5})


def test_all_fields_come_back():
    with clock.frozen(MOMENT):
        identifier, leaf = entry.build(
            action="sharing.approved", actor="lin", organization="91610000TEST0000X1", subject="hmac-sm3:ab",
            resource="city.person", cites=("一", "二"), details={"items": ["name"], "days": 10},
        )  # fmt: skip
    found = entry.parse(leaf)
    assert found == entry.Entry(
        identifier, MOMENT.replace(microsecond=123000), "sharing.approved", "lin", "91610000TEST0000X1", "hmac-sm3:ab",
        "city.person", ("一", "二"), {"items": ["name"], "days": 10},
    )  # fmt: skip


def test_any_changed_byte_shows():
    leaf = entry.build(**SMALL, details={"n": 1})[1]
    assert entry.intact(leaf)
    for at in range(len(leaf)):
        changed = leaf[:at] + bytes([leaf[at] ^ 1]) + leaf[at + 1 :]
        assert not entry.intact(changed), at
        with pytest.raises(ValueError, match="digest"):
            entry.parse(changed)
    for wrong in (b"", leaf[:-1], leaf + b"\n", b"\nsm3:" + b"0" * 64):
        assert not entry.intact(wrong)


def test_an_intact_leaf_that_is_no_entry_is_refused():
    for body in ([1], {"v": 1}):
        with pytest.raises(ValueError, match="entry"):
            entry.parse(entry.seal(body))


@pytest.mark.article("xian-36")
@pytest.mark.parametrize(
    "text",
    ["11010119900307001X", "号码 110101199003070011。", "13800138000", "致电13912345678。", "１３９１２３４５６７８"],
)
@pytest.mark.parametrize("field", ["actor", "subject", "resource", "entry_id", "details", "deep", "cites"])
def test_personal_identifiers_never_enter_a_leaf(text, field):
    given = dict(SMALL)
    if field == "details":
        given["details"] = {"note": text}
    elif field == "deep":
        given["details"] = {"list": [{"inner": text}]}
    elif field == "cites":
        given["cites"] = [text]
    else:
        given[field] = text
    with pytest.raises(entry.EntryRefused) as caught:
        entry.build(**given)
    assert caught.value.code == "ledger.personal_identifier"
    assert text not in str(caught.value) + caught.value.text.zh


@pytest.mark.parametrize("text", ["20261121083000123456", "run_01K8", "1101011990030700", "2026-11-21", "4" * 64])
def test_numbers_that_identify_nobody_pass(text):
    assert entry.intact(entry.build(**SMALL, details={"note": text})[1])


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), 2**53, b"bytes", MOMENT, "nul\0", "half \ud800", {"键": 1}, {1: 2}, object()]
)
def test_what_has_no_canonical_form_is_refused(value):
    with pytest.raises(entry.EntryRefused) as caught:
        entry.build(**SMALL, details={"x": value})
    assert caught.value.code == "ledger.entry_uncanonical"


def test_an_entry_has_at_most_65535_bytes():
    room = entry.MAX_BYTES - len(entry.build(**SMALL, details={"x": ""})[1])
    assert len(entry.build(**SMALL, details={"x": "a" * room})[1]) == entry.MAX_BYTES
    with pytest.raises(entry.EntryRefused) as caught:
        entry.build(**SMALL, details={"x": "a" * (room + 1)})
    assert caught.value.code == "ledger.entry_too_large"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")
def test_openssl_repeats_the_digest():
    leaf = entry.build(**SMALL, details={"名".encode().hex(): "公数"})[1]
    line, _, tail = leaf.partition(b"\n")
    said = subprocess.run(["openssl", "dgst", "-sm3", "-r"], input=line, capture_output=True, check=True).stdout
    assert said.split()[0] == tail.removeprefix(b"sm3:")


@pytest.mark.parametrize("field", ["action", "actor", "organization", "resource"])
def test_nul_is_refused_everywhere(field):
    with pytest.raises(entry.EntryRefused):
        entry.build(**{**SMALL, field: "a\0b"})
    assert entry.intact(entry.build(**SMALL, details={"x": "\\u0000"})[1])


def test_a_personal_identifier_as_a_key_is_refused_and_not_repeated():
    with pytest.raises(entry.EntryRefused) as caught:
        entry.build(**SMALL, details={"a": {"110101199003070011": 1}})
    assert "19900307" not in str(caught.value) + caught.value.text.zh + str(caught.value.where)
