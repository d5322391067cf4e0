"""The consistency rules as a table: an entry, a city, and what is found there. Each check has a case that strikes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from gongshu import rules
from gongshu.catalog import consistency, rights
from gongshu.catalog.consistency import CHECKS, Severity
from gongshu.catalog.draft import EntryData, ItemData, RightData
from gongshu.catalog.states import Check, DataType, OpenType, ShareType, UpdateCycle
from gongshu.catalog.terms import BasisKind, FormatCategory, Grade, Level, Method, ResourceKind

ON = date(2026, 11, 23)
U, C, P = ShareType.UNCONDITIONAL, ShareType.CONDITIONAL, ShareType.PROHIBITED
OPEN, LIMITED, CLOSED = OpenType.UNCONDITIONAL, OpenType.CONDITIONAL, OpenType.PROHIBITED
RIGHTS = ("ownership", "management", "collection", "use")
UNIT = "市市场监督管理局"

SOUND = EntryData(
    title="企业登记信息",
    abstract="全市企业登记的基本信息。",
    provider="market",
    share_type=C,
    share_condition="按履职需要提供",
    share_basis="《中华人民共和国个人信息保护法》第三十四条",
    share_basis_kind=BasisKind.LAW,
    update_cycle=UpdateCycle.DAILY,
    theme="市场监管",
    business_name="企业登记",
    source_system="登记系统",
    share_period="长期",
    level=Level.L2,
    rights=tuple(RightData(right, "国家" if right == "ownership" else UNIT) for right in RIGHTS),
    contact_name="王岚",
    contact_phone="029-0000000",
    items=(
        ItemData("uscc", "统一社会信用代码", length=18, required=True, is_key=True, check=Check.USCC),
        ItemData("person", "法定代表人", length=60, mask="name", sensitive=True),
    ),
)
PLAIN = replace(SOUND, share_type=U, share_condition="", share_basis="", items=SOUND.items[:1])


def item(**changes: object) -> dict[str, object]:
    """The second item changed."""
    return {"items": (SOUND.items[0], replace(SOUND.items[1], **changes))}


# code, city, what is changed on a sound entry (PLAIN where it says so), row and field of the finding
STRIKES = [
    ("title_missing", "xian", {"title": " "}, None, "title"),
    ("title_long", "xian", {"title": "长" * 51}, None, "title"),
    ("title_system", "xian", {"title": "企业登记系统"}, None, "title"),
    ("title_numbered", "xian", {"title": "企业登记信息2"}, None, "title"),
    ("abstract_missing", "xian", {"abstract": ""}, None, "abstract"),
    ("abstract_long", "xian", {"abstract": "长" * 257}, None, "abstract"),
    ("abstract_repeats", "xian", {"abstract": "企业 登记信息"}, None, "abstract"),
    ("items_missing", "xian", {"items": ()}, None, "items"),
    ("division_missing", "luzhou", {"kind": ResourceKind.BASE}, None, "division"),
    ("division_unlisted", "luzhou", {"kind": ResourceKind.THEME, "division": "夜间经济"}, None, "division"),
    ("base_lead_missing", "xian", {"kind": ResourceKind.BASE, "division": "人口信息"}, None, "lead_department"),
    ("theme_lead_missing", "xian", {"kind": ResourceKind.THEME, "division": "健康保障"}, None, "lead_department"),
    ("format_mismatch", "xian", {"format_type": "pdf"}, None, "format_type"),
    ("format_note_missing", "xian", {"format_category": FormatCategory.SELF_DESCRIBED}, None, "format_note"),
    ("encoding_missing", "xian", {"encoding": ""}, None, "encoding"),
    (
        "method_of_database", "xian",
        {"format_category": FormatCategory.DATABASE, "format_type": "oracle"}, None, "share_method",
    ),
    (
        "method_of_file", "xian",
        {"format_category": FormatCategory.FILE, "format_type": "pdf", "share_method": Method.SERVICE},
        None, "share_method",
    ),
    ("classified", "xian", {"classified": True}, None, "classified"),
    ("level_lower", "xian", item(level=Level.L3), None, "level"),
    ("level_lower", "xian", item(grade=Grade.IMPORTANT), None, "level"),
    ("level_missing", "xian", {"level": Level.UNGRADED}, None, "level"),
    ("cycle_slower", "xian", item(update_cycle=UpdateCycle.REALTIME), None, "update_cycle"),
    ("related_malformed", "xian", {"related": ("none",)}, None, "related"),
    ("element_missing", "luzhou", {"share_period": ""}, None, "share_period"),
    ("element_missing", "luzhou", {"business_name": " "}, None, "business_name"),
    ("element_missing", "yongjia", {"encoding": ""}, None, "encoding"),
    ("owner_missing", "xian", {"rights": SOUND.rights[1:]}, None, "rights"),
    ("owner_missing", "xian", {"rights": (RightData("ownership", " "), *SOUND.rights[1:])}, None, "rights"),
    ("provider_right_missing", "xian", {"rights": SOUND.rights[:2]}, None, "rights"),
    ("provider_right_other", "xian", {"rights": (*SOUND.rights, RightData("use", "某公司"))}, None, "rights"),
    ("right_by_grant", "xian", {"rights": (*SOUND.rights, RightData("income", UNIT))}, None, "rights"),
    ("right_unknown", "xian", {"rights": (*SOUND.rights, RightData("sale", "某"))}, None, "rights"),
    ("owner_other", "xian", {"rights": (RightData("ownership", "市市场监督管理局"),)}, None, "rights"),
    ("theme_missing", "xian", {"theme": ""}, None, "theme"),
    ("contact_missing", "xian", {"contact_phone": ""}, None, "contact_name"),
    ("share_condition_missing", "xian", {"share_condition": ""}, None, "share_condition"),
    ("share_condition_missing", "xian", {"share_type": P, "share_condition": ""}, None, "share_condition"),
    (
        "share_condition_missing", "luzhou",
        {"share_type": P, "share_condition": "", "share_basis": ""}, None, "share_condition",
    ),
    ("share_condition_missing", "xian", item(share_type=P, share_basis="《保密法》"), 2, "share_condition"),
    ("share_condition_given", "xian", {"share_type": U}, None, "share_condition"),
    ("share_basis_missing", "xian", {"share_type": P, "share_basis": ""}, None, "share_basis"),
    ("share_basis_missing", "yongjia", {"share_basis": ""}, None, "share_basis"),
    ("share_basis_kind", "yongjia", {"share_basis_kind": BasisKind.NONE}, None, "share_basis_kind"),
    ("share_basis_kind", "yongjia", {"share_basis_kind": BasisKind.NORMATIVE_DOCUMENT}, None, "share_basis_kind"),
    ("share_basis_kind", "xian", {"share_type": P, "share_basis_kind": BasisKind.RULE}, None, "share_basis_kind"),
    ("unconditional_bars", "yongjia", {"share_type": U, "share_condition": ""}, 2, "share_type"),
    ("personal_unconditional", "xian", {"share_type": U, "share_condition": ""}, 2, "share_type"),
    ("must_be_unconditional", "yongjia", {"items": SOUND.items[:1]}, None, "share_type"),
    (
        "base_share_type", "xian",
        {"kind": ResourceKind.BASE, "division": "人口信息", "lead_department": "市公安局"}, None, "share_type",
    ),
    ("open_condition_missing", "xian", {"open_type": LIMITED}, None, "open_condition"),
    ("open_condition_missing", "xian", item(open_type=LIMITED), 2, "open_condition"),
    ("open_condition_given", "xian", {"open_condition": "登记后使用"}, None, "open_condition"),
    ("open_sensitive", "xian", {"open_type": OPEN, **item(mask="none")}, 2, "open_type"),
    ("open_sensitive", "xian", item(open_type=OPEN, mask="none"), 2, "open_type"),
    ("open_wider", "xian", {"share_type": P, "open_type": OPEN}, None, "open_type"),
    ("open_graded", "xian", {"open_type": OPEN, "level": Level.L4, **item(level=Level.L4)}, 2, "open_type"),
    ("item_length_missing", "xian", item(length=None), 2, "length"),
    ("key_missing", "xian", {"items": SOUND.items[1:]}, None, "items"),
    ("key_optional", "xian", item(is_key=True), 2, "required"),
    ("personal_unmarked", "xian", item(sensitive=False), 2, "sensitive"),
    ("sensitive_unmarked", "xian", item(sensitive=False, sensitive_personal=True), 2, "sensitive"),
    ("check_type", "xian", item(check=Check.CITIZEN_ID, data_type=DataType.I), 2, "data_type"),
    ("check_type", "xian", item(check=Check.CITIZEN_ID, length=17), 2, "data_type"),
]  # fmt: skip


def find(data: EntryData, city: str = "xian", previous: EntryData | None = None) -> set[tuple[str, int | None, str]]:
    found = consistency.findings(data, pack=rules.load(city), on=ON, previous=previous, provider=UNIT)
    return {(one.code, one.row, one.field) for one in found}


@pytest.mark.parametrize("city", ["national", "luzhou", "dazhou", "xian", "zaozhuang", "yongjia"])
def test_a_sound_entry_has_no_findings_in_any_city(city: str) -> None:
    data = SOUND if rules.load(city).find("catalog.rights", on=ON) else replace(SOUND, rights=())
    assert find(data, city) == set()
    plain = PLAIN if data.rights else replace(PLAIN, rights=())
    assert not consistency.errors(plain, pack=rules.load(city), on=ON)


@pytest.mark.article("luzhou-11", "luzhou-16", "xian-6", "xian-7", "xian-19", "yongjia-10", "yongjia-15")
@pytest.mark.parametrize(("code", "city", "changes", "row", "field"), STRIKES)
def test_each_check_strikes_where_it_should(
    code: str, city: str, changes: dict[str, object], row: int | None, field: str
) -> None:
    assert (code, row, field) in find(replace(SOUND, **changes), city)


@pytest.mark.article("xian-7")
def test_only_where_the_law_names_an_owner_another_one_is_an_error() -> None:
    theirs = replace(SOUND, rights=(RightData("ownership", " 市市场监督管理局 "), *SOUND.rights[1:]))
    errors = consistency.errors(theirs, pack=rules.load("xian"), on=ON)
    assert [(one.code, one.field) for one in errors] == [("owner_other", "rights")]
    assert "国家" in errors[0].text.zh
    assert any("第七条" in cite.label("zh") for cite in errors[0].citations)
    for state in ("国家", "the state"):
        named = replace(SOUND, rights=(RightData("ownership", state), *SOUND.rights[1:]))
        assert not consistency.errors(named, pack=rules.load("xian"), on=ON)
    assert ("owner_other", None, "rights") not in find(theirs, "luzhou")


@pytest.mark.article("xian-8", "xian-9")
def test_the_law_names_the_holders_and_what_comes_by_grant_is_nobodys_to_claim() -> None:
    pack = rules.load("xian")
    empty = replace(SOUND, rights=())
    named = rights.named(empty, pack=pack, on=ON, provider=UNIT)
    assert [(one.right, one.holder) for one in named.rights] == [
        ("ownership", "国家"), ("management", UNIT), ("collection", UNIT), ("use", UNIT)]  # fmt: skip
    assert find(named) == set()
    assert rights.named(SOUND, pack=pack, on=ON, provider="另一单位") is SOUND, "what is named stays"
    assert rights.named(empty, pack=rules.load("luzhou"), on=ON, provider=UNIT) == empty, "no law, no holder"
    lead = replace(SOUND, lead_department="市公安局", rights=(*SOUND.rights[:3], RightData("use", "市公安局")))
    assert find(lead) == set(), "the lead department has its functions too"
    other = next(
        one
        for one in consistency.findings(replace(SOUND, rights=(*SOUND.rights[:3], RightData("use", "某公司"))),
                                        pack=pack, on=ON, provider=UNIT)
        if one.code == "provider_right_other"
    )  # fmt: skip
    assert UNIT in other.text.zh
    assert any("第八条" in cite.label("zh") for cite in other.citations)
    claimed = replace(SOUND, rights=(*SOUND.rights, RightData("income", UNIT)))
    errors = consistency.errors(claimed, pack=pack, on=ON, provider=UNIT)
    assert [one.code for one in errors] == ["right_by_grant"]
    assert any("第九条" in cite.label("zh") for cite in errors[0].citations)


def test_every_check_of_the_table_has_a_case_a_source_and_its_own_name() -> None:
    tried = {code for code, *_ in STRIKES} | {"restriction_unfiled"}
    assert {check.code for check in CHECKS} == tried
    assert len({check.code for check in CHECKS}) == len(CHECKS)
    known = {definition.name for definition in rules.load("national").parameters()}
    for check in CHECKS:
        assert check.text.zh
        assert check.text.en
        assert check.source in known or check.source[:2] in {"GB", "发改"}, check.source


@pytest.mark.article("yongjia-15")
def test_unconditional_sharing_is_checked_both_ways() -> None:
    trade = replace(SOUND, items=SOUND.items[:1], contains=("trade_secret",))
    assert not consistency.errors(trade, pack=rules.load("yongjia"), on=ON), "a trade secret bars it"
    assert ("unconditional_bars", None, "share_type") in find(replace(PLAIN, contains=("trade_secret",)), "yongjia")
    ground = {"share_basis": "《个人信息保护法》", "share_basis_kind": BasisKind.LAW}
    personal = replace(SOUND.items[1], share_type=C, share_condition="按需", **ground)
    own = replace(PLAIN, items=(PLAIN.items[0], personal))
    assert not consistency.errors(own, pack=rules.load("yongjia"), on=ON), "only the personal item is restricted"


@pytest.mark.article("yongjia-30")
def test_what_was_open_to_all_is_restricted_only_after_a_filing() -> None:
    before = replace(PLAIN, open_type=OPEN)
    after = replace(before, open_type=LIMITED, open_condition="登记")
    struck = ("restriction_unfiled", None, "open_filing")
    assert struck in find(after, "yongjia", before)
    assert struck not in find(after, "xian", before), "only where the city asks for it"
    assert struck not in find(replace(after, open_filing="备〔2026〕7号"), "yongjia", before)
    old = replace(before, open_filing="备〔2025〕1号")
    assert struck in find(replace(after, open_filing="备〔2025〕1号"), "yongjia", old), (
        "an old filing is not used again"
    )
    one = replace(before, items=(replace(before.items[0], open_type=CLOSED),))
    assert ("restriction_unfiled", 1, "open_type") in find(one, "yongjia", before)
    assert find(before, "yongjia", after) & {struck} == set(), "opening wider needs none"


def test_findings_cite_the_article_and_errors_come_first() -> None:
    bad = replace(SOUND, share_basis="", contact_name="", title="企业登记系统")
    found = consistency.findings(bad, pack=rules.load("yongjia"), on=ON)
    assert [one.severity for one in found] == sorted((one.severity for one in found), key=lambda s: s != Severity.ERROR)
    basis = next(one for one in found if one.code == "share_basis_missing")
    assert any("第十五条" in cite.label("zh") for cite in basis.citations)
    assert basis.error().code == "catalog.share_basis_missing"
    assert basis.error().where == {"field": "share_basis"}
