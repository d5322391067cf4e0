"""Where a national and a local time limit both bind and both are verified, the stricter wins and both are cited."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gongshu import rules
from gongshu.errors import NotFound
from gongshu.identity.states import BodyKind
from gongshu.rules.reading import read_pack
from gongshu.rules.words import BODY_KINDS

DAY = date(2026, 3, 2)
NATION = """\
id: national
kind: regulation
title: {{zh: 国家条例, en: National Regulations}}
region: {{zh: 国家, en: National}}
sources:
  nation: {{title: {{zh: 国家条例, en: National Regulations}}, kind: regulation, verified: {verified}, binds: {binds}}}
"""
CITY = """\
id: city
extends: national
kind: {kind}
title: {{zh: 本市办法, en: City Measures}}
region: {{zh: 本市, en: City}}
valid_from: 2020-01-01
valid_to: {until}
sources:
  city: {{title: {{zh: 本市办法, en: City Measures}}, kind: normative_document, verified: {verified}}}
"""
PARAMETER = """\
reply_deadline:
  {definition}
  values:
    2020-01-01:
      value: {{days: {days}, words: {{zh: 期限, en: limit}}{extension}}}
      reference: [{{article: {article}, text: {{zh: 期限, en: limit}}}}]
"""
DEFINITION = "description: {zh: 答复期限, en: time limit}\n  shape: deadline\n  by: [collected]"
Limit = tuple[int | None, str]


def write(folder: Path, head: str, limit: Limit, article: int, definition: str = "") -> Path:
    days, extension = limit
    folder.mkdir()
    (folder / "pack.yaml").write_text(head, encoding="utf-8")
    text = PARAMETER.format(
        definition=definition,
        days="null" if days is None else days,
        extension=f", extension: {{{extension}, consent: authority}}" if extension else "",
        article=article,
    )
    (folder / "sharing.yaml").write_text(text, encoding="utf-8")
    return folder


def city(
    tmp_path: Path,
    local: Limit,
    national: Limit,
    *,
    local_verified: str = "true",
    national_verified: str = "true",
    binds: str = "[government_department]",
    until: str = "null",
    kind: str = "normative_document",
) -> rules.Pack:
    nation = NATION.format(verified=national_verified, binds=binds)
    root = read_pack(write(tmp_path / "national", nation, national, 22, DEFINITION), None)
    head = CITY.format(verified=local_verified, until=until, kind=kind)
    return read_pack(write(tmp_path / "city", head, local, 9), root)


@pytest.mark.parametrize(
    ("local", "national", "days", "cited"),
    [
        (15, 10, 10, ["nation-22", "city-9"]),
        (5, 10, 5, ["city-9", "nation-22"]),
        (10, 10, 10, ["city-9", "nation-22"]),
        (None, 10, 10, ["nation-22", "city-9"]),
        (7, None, 7, ["city-9"]),
        (None, None, None, ["city-9"]),
    ],
)
def test_the_stricter_wins_and_both_are_cited(tmp_path, local, national, days, cited):
    found = city(tmp_path, (local, ""), (national, "")).value("sharing.reply_deadline", on=DAY)
    assert found.value.days == days
    assert [citation.id for citation in found.citations] == cited
    assert found.verified
    assert found.binding


@pytest.mark.parametrize(
    ("local", "national", "days", "longest"),
    [
        ((5, "days: 15, counts: total"), (10, ""), 5, 10),
        ((5, "days: 3, counts: added"), (10, ""), 5, 8),
        ((5, "days: 15, counts: total"), (10, "days: 10, counts: added"), 5, 15),
        ((10, "days: 10, counts: added"), (10, ""), 10, 10),
        ((20, ""), (10, "days: 5, counts: added"), 10, 15),
        ((5, "days: 5, counts: added"), (5, ""), 5, 5),
    ],
)
def test_no_extension_goes_beyond_what_the_other_allows(tmp_path, local, national, days, longest):
    rule = city(tmp_path, local, national).value("sharing.reply_deadline", on=DAY).value
    extra = rule.extension
    most = rule.days if extra is None else extra.days if extra.counts == "total" else rule.days + extra.days
    assert (rule.days, most) == (days, longest)


@pytest.mark.parametrize(
    ("case", "days", "cited"),
    [
        ({"national_verified": "false"}, 15, ["city-9"]),
        ({"local_verified": "false"}, 15, ["city-9"]),
        ({"binds": "[public_utility]"}, 15, ["city-9"]),
        ({"binds": "[]"}, 10, ["nation-22", "city-9"]),
        ({"until": "2022-01-01"}, 10, ["nation-22", "city-9"]),
        ({"kind": "draft"}, 10, ["nation-22", "city-9"]),
    ],
)
def test_who_takes_part(tmp_path, case, days, cited):
    found = city(tmp_path, (15, ""), (10, ""), **case).value("sharing.reply_deadline", on=DAY)
    assert found.value.days == days
    assert [citation.id for citation in found.citations] == cited


@pytest.mark.article("yongjia-49")
@pytest.mark.parametrize(
    ("body_kind", "days"), [(None, 10), ("government_department", 10), ("public_utility", 15), ("enterprise", 15)]
)
def test_it_depends_on_the_body(tmp_path, body_kind, days):
    pack = city(tmp_path, (15, ""), (10, ""))
    assert pack.value("sharing.reply_deadline", on=DAY, body_kind=body_kind).value.days == days
    assert pack.value("sharing.reply_deadline", on=DAY, body_kind=body_kind).value.days == days  # from the cache


def test_a_stricter_limit_of_a_lapsed_text_stays_but_does_not_bind(tmp_path):
    found = city(tmp_path, (5, ""), (10, ""), until="2022-01-01").value("sharing.reply_deadline", on=DAY)
    assert (found.value.days, found.binding) == (5, False)


def test_a_national_value_does_not_bind_a_body_outside_its_source(tmp_path):
    pack = city(tmp_path, (15, ""), (10, "")).root
    assert pack.value("sharing.reply_deadline", on=DAY).binding
    assert not pack.value("sharing.reply_deadline", on=DAY, body_kind="public_utility").binding


def test_an_unknown_kind_of_body_is_located(tmp_path):
    with pytest.raises(rules.RulePackError) as caught:
        city(tmp_path, (15, ""), (10, ""), binds="[wizard]")
    assert (caught.value.code, caught.value.where["line"]) == ("rules.unknown_key", 6)


def test_a_question_about_an_unknown_kind_of_body():
    with pytest.raises(NotFound) as caught:
        rules.load("xian").value("sharing.reply_deadline", on=DAY, body_kind="wizard")
    assert caught.value.code == "rules.unknown_body_kind"


def test_unverified_national_numbers_decide_nothing_in_the_shipped_packs():
    """Xi'an keeps its 15 working days beside the unverified national 10."""
    found = rules.load("xian").value("catalog.update_deadline", on=DAY)
    assert found.value.days == 15
    assert {citation.pack for citation in found.citations} == {"xian"}


def test_the_route_follows_the_body_that_must_answer():
    pack = rules.load("yongjia")
    for kind in BODY_KINDS:
        (step,) = pack.route("UNCONDITIONAL", on=DAY, collected=False, body_kind=kind).steps
        assert step.days == 7


def test_the_kinds_of_bodies_are_those_of_the_organisations():
    assert set(BODY_KINDS) == {kind.value for kind in BodyKind}
