"""Adding a city is adding a folder of YAML: a district of Xi'an with its own rules (xian-46) works at once."""

from __future__ import annotations

from datetime import date

import pytest

from gongshu import deadlines, rules

FILES = {
    "pack.yaml": """\
id: beilin
extends: xian
kind: normative_document
title: {zh: 碑林区政务数据共享办法, en: Beilin District Measures for Sharing Government Data}
region: {zh: 碑林区, en: Beilin}
region_code: "610103"
valid_from: 2022-01-01
sources:
  beilin:
    title: {zh: 碑林区政务数据共享办法, en: Beilin District Measures for Sharing Government Data}
    kind: normative_document
    verified: true
    last_checked_on: 2026-11-21
""",
    "sharing.yaml": """\
reply_deadline:
  values:
    2022-01-01:
      value: {days: 6, words: {zh: 6个工作日内, en: within 6 working days}}
      reference: [{article: 8, text: {zh: 提供部门6个工作日内答复, en: the provider answers within 6 working days}}]
""",
    "authority.yaml": """\
offices:
  values:
    2022-01-01:
      value:
        authority: {zh: 碑林区数据局, en: Beilin Data Bureau}
      reference: [{article: 3, text: {zh: 区数据局主管, en: the district data bureau is the authority}}]
""",
}


@pytest.fixture
def beilin(tmp_path, monkeypatch) -> rules.Pack:
    folder = tmp_path / "beilin"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    return rules.load("beilin")


@pytest.mark.article("xian-46")
def test_its_own_number_times_the_inherited_chain(beilin):
    (step,) = beilin.chain("CONDITIONAL", on=date(2026, 2, 11))
    assert (step.office, step.act, step.days) == ("provider", "consent", 6)
    assert [citation.id for citation in step.citations] == ["xian-20", "beilin-8"]


def test_what_it_does_not_say_comes_from_xian_then_from_the_nation(beilin):
    day = date(2026, 2, 11)
    assert beilin.value("catalog.update_deadline", on=day).pack == "xian"
    assert beilin.value("sharing.delivery_deadline", on=day).pack == "national"
    assert beilin.labels("open_type", on=day)["CONDITIONAL"].zh == "授权开放"


def test_its_own_names_lie_over_the_inherited_ones(beilin):
    assert beilin.office_name("authority", on=date(2026, 1, 1)).zh == "碑林区数据局"
    assert beilin.office_name("provider", on=date(2026, 1, 1)).zh == "提供部门"


def test_it_is_listed_and_can_be_the_installation_s(beilin, monkeypatch):
    assert "beilin" in rules.available()
    monkeypatch.setattr(rules, "_configured", None)
    assert rules.configure("beilin") is beilin
    assert rules.active().region.zh == "碑林区"


TORCH = """\
region: {zh: 碑林区, en: Beilin}
documents:
  - {number: 碑政办发〔2026〕1号, title: 关于放假的通知, date: 2026-02-01, verified: true}
days_off:
  - {from: 2026-03-10, to: 2026-03-11, by: 碑政办发〔2026〕1号}
"""


def test_its_own_days_off_count_for_it_and_not_for_its_city(beilin, tmp_path):
    (tmp_path / "beilin" / "calendars").mkdir()
    (tmp_path / "beilin" / "calendars" / "local.yaml").write_text(TORCH, encoding="utf-8")
    start = date(2026, 3, 9)
    own, city = rules.calendar_of(beilin), rules.calendar_of(rules.load("xian"))
    assert deadlines.due(start, 1, calendar=own).on == date(2026, 3, 12)
    assert deadlines.due(start, 1, calendar=city).on == date(2026, 3, 10)


@pytest.mark.article("xian-46", "luzhou-5")
@pytest.mark.parametrize("city", ["luzhou", "dazhou", "xian", "zaozhuang", "yongjia"])
def test_a_district_inherits_every_parameter_of_its_city(city, tmp_path, monkeypatch):
    folder = tmp_path / "quxian"
    folder.mkdir()
    text = FILES["pack.yaml"].replace("beilin", "quxian").replace("extends: xian", f"extends: {city}")
    (folder / "pack.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    district, above = rules.load("quxian"), rules.load(city)
    day = date(2026, 3, 2)
    for definition in above.parameters():
        theirs, ours = above.find(definition.name, on=day), district.find(definition.name, on=day)
        assert (ours and (ours.value, ours.citations)) == (theirs and (theirs.value, theirs.citations)), definition.name
    assert {row.id for row in rules.articles(above)} <= {row.id for row in rules.articles(district)}
    assert [
        office for office in rules.Office if district.office_name(office, on=day) != above.office_name(office, on=day)
    ] == []
