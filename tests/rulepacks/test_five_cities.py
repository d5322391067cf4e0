"""One rule, five numbers: the table of the requirements, asked of the packs."""

from __future__ import annotations

from datetime import date

import pytest

from gongshu import rules

DAY = date(2026, 3, 2)


def steps(city: str, share_type: str, **kwargs: object) -> list[tuple[int, str, str, int | None]]:
    chain = rules.load(city).chain(share_type, on=DAY, **kwargs)
    return [(step.stage, step.office.value, step.act.value, step.days) for step in chain]


@pytest.mark.article("luzhou-16", "xian-18", "yongjia-15")
@pytest.mark.parametrize(
    ("city", "labels"),
    [
        ("luzhou", ("无条件共享", "有条件共享", "不予共享")),
        ("xian", ("无条件共享", "有条件共享", "不予共享")),
        ("yongjia", ("无条件共享类", "受限共享类", "非共享类")),
    ],
)
def test_share_types_under_each_city_s_words(city, labels):
    assert tuple(text.zh for text in rules.load(city).labels("share_type", on=DAY).values()) == labels


@pytest.mark.article("luzhou-25", "xian-26", "yongjia-28")
@pytest.mark.parametrize(
    ("city", "unconditional", "conditional", "prohibited"),
    [
        ("luzhou", "无条件开放", "有条件开放", "不予开放"),
        ("xian", "普遍开放", "授权开放", "不予开放"),
        ("yongjia", "无条件开放类", "受限开放类", "禁止开放类"),
    ],
)
def test_open_types_under_each_city_s_words(city, unconditional, conditional, prohibited):
    found = rules.load(city).labels("open_type", on=DAY)
    assert [found[open_type].zh for open_type in rules.OpenType] == [unconditional, conditional, prohibited]


@pytest.mark.article("luzhou-17", "xian-20", "yongjia-20")
@pytest.mark.parametrize(
    ("city", "chain"), [("luzhou", []), ("xian", []), ("yongjia", [(1, "center", "approve", None)])]
)
def test_who_approves_unconditional(city, chain):
    assert steps(city, "UNCONDITIONAL") == chain


@pytest.mark.article("luzhou-17", "xian-20", "yongjia-20", "dazhou-19", "zaozhuang-5.2")
@pytest.mark.parametrize(
    ("city", "chain"),
    [
        ("luzhou", [(1, "authority", "forward", None), (2, "provider", "consent", None)]),
        ("xian", [(1, "provider", "consent", 10)]),
        ("yongjia", [(1, "center", "approve", None), (1, "provider", "approve", None)]),
        ("dazhou", [(1, "authority", "review", 5)]),
        ("zaozhuang", [(1, "provider", "review", None), (2, "authority", "authorise", None)]),
    ],
)
def test_who_approves_conditional(city, chain):
    assert steps(city, "CONDITIONAL") == chain


@pytest.mark.article("yongjia-20", "dazhou-19")
@pytest.mark.parametrize(
    ("city", "chain"),
    [
        ("yongjia", [(1, "provider", "consent", 7)]),
        ("dazhou", [(1, "provider", "collect", 10), (2, "authority", "review", 5)]),
    ],
)
def test_data_not_collected_yet(city, chain):
    assert steps(city, "CONDITIONAL", collected=False) == chain


@pytest.mark.article("luzhou-17", "xian-20", "yongjia-20", "dazhou-19")
@pytest.mark.parametrize(
    ("city", "legal_basis", "written", "accepts_rule", "accepts_normative"),
    [
        ("luzhou", True, False, True, False),
        ("xian", False, False, False, False),
        ("yongjia", True, False, True, False),
        ("dazhou", True, True, True, True),
    ],
)
def test_what_a_refusal_must_cite(city, legal_basis, written, accepts_rule, accepts_normative):
    demand = rules.load(city).refusal(DAY)
    assert demand.reason
    assert (demand.legal_basis, demand.written) == (legal_basis, written)
    assert (rules.LawKind.RULE in demand.accepted) == accepts_rule
    assert (rules.LawKind.NORMATIVE_DOCUMENT in demand.accepted) == accepts_normative


@pytest.mark.article("luzhou-12", "xian-12", "yongjia-11", "zaozhuang-5.1")
@pytest.mark.parametrize(("city", "days"), [("luzhou", None), ("xian", 15), ("yongjia", 5), ("zaozhuang", None)])
def test_catalog_update(city, days):
    assert rules.load(city).value("catalog.update_deadline", on=DAY).value.days == days


@pytest.mark.article("xian-36")
def test_log_retention():
    assert rules.load("xian").value("ledger.retention_years", on=DAY).value.value == 3
    assert rules.load("luzhou").value("ledger.retention_years", on=DAY).value.value is None
    assert rules.load("luzhou").advisory("ledger.retention_years", on=DAY).value.value == 3


@pytest.mark.article("dazhou-8", "dazhou-16")
def test_operation_agreement():
    pack = rules.load("dazhou")
    assert pack.value("operation.agreement_term", on=DAY).value.value == 3
    assert pack.value("operation.renewal_window", on=DAY).value.value == 3
    assert len(pack.value("operation.prohibited_grounds", on=DAY).value) == 3


@pytest.mark.article("yongjia-29")
def test_five_grounds_forbid_opening():
    assert len(rules.load("yongjia").value("opening.prohibited_grounds", on=DAY).value) == 5


@pytest.mark.article("luzhou-18", "xian-20", "yongjia-16", "yongjia-21")
@pytest.mark.parametrize(
    ("city", "modes"),
    [
        ("luzhou", {"query", "batch", "analysis"}),
        ("xian", {"query", "batch", "verify"}),
        ("yongjia", {"query", "batch", "verify"}),
    ],
)
def test_ways_of_sharing(city, modes):
    assert {rule.mode for rule in rules.load(city).value("sharing.modes", on=DAY).value.values()} == modes


@pytest.mark.article("luzhou-5", "dazhou-5", "xian-4", "zaozhuang-5.0", "yongjia-4")
def test_local_names_of_the_authority():
    names = {city: rules.load(city).office_name("authority", on=DAY).zh for city in rules.available()[1:]}
    assert names == {
        "dazhou": "达州市数字经济局",
        "luzhou": "泸州市数字经济发展局",
        "xian": "西安市大数据产业发展管理机构",
        "yongjia": "永嘉县大数据发展管理局",
        "zaozhuang": "枣庄市大数据局",
    }


@pytest.mark.article("luzhou-2")
def test_packs_are_simplified_chinese():
    """The copy of the Luzhou text is in traditional characters; the pack is not."""
    traditional = set("瀘數據辦網檔資庫規範單採與開個應說業務時間發經濟實徵見條試權屬")
    for name in rules.available():
        for file in rules.folder_of(name).rglob("*.yaml"):
            assert not traditional & set(file.read_text(encoding="utf-8")), file.name
