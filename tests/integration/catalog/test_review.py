"""An entry's way into the catalog: compiled, reviewed by another person, published or sent back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from factories import City, companies, stops
from gongshu import clock, rules
from gongshu.catalog import actions, queries
from gongshu.catalog.draft import ItemData
from gongshu.catalog.states import EntryStatus, OpenType, ShareType
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.identity.actor import Actor
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def city() -> City:
    return City()


@pytest.mark.article("xian-12", "yongjia-11")
def test_a_draft_is_submitted_reviewed_by_another_person_and_published(city: City) -> None:
    entry = city.draft()
    assert entry.status == EntryStatus.DRAFT
    assert not queries.published().exists()

    actions.submit_entry(by=city.compiler, code=entry.code)
    with pytest.raises(NotAllowed) as refused:
        actions.publish_entry(by=city.compiler, code=entry.code)
    assert refused.value.code == "catalog.same_person"

    with pytest.raises(Conflict) as refused:
        actions.publish_entry(by=city.reviewer, code=entry.code)
    assert refused.value.code == "catalog.secrecy_missing"
    with pytest.raises(NotAllowed):
        actions.record_secrecy_review(by=city.compiler, code=entry.code)
    actions.record_secrecy_review(by=city.reviewer, code=entry.code)
    published = actions.publish_entry(by=city.reviewer, code=entry.code)
    assert published.status == EntryStatus.PUBLISHED
    assert published.version == 1
    assert [e.action for e in queries.history(published)] == [
        "created",
        "submitted",
        "secrecy_passed",
        "published",
    ]
    assert queries.entry(Actor.anonymous(), entry.code).title == "企业登记信息"


@pytest.mark.article("xian-12")
def test_a_returned_entry_says_why_and_can_be_submitted_again(city: City) -> None:
    entry = city.draft()
    actions.submit_entry(by=city.compiler, code=entry.code)
    with pytest.raises(GongshuError) as refused:
        actions.return_entry(by=city.authority, code=entry.code, remark="  ")
    assert refused.value.code == "catalog.remark_missing"

    returned = actions.return_entry(by=city.authority, code=entry.code, remark="摘要过于简略")
    assert returned.status == EntryStatus.RETURNED
    assert returned.remarks == "摘要过于简略"
    assert notices.of(city.compiler).filter(kind="catalog.reviewed").count() == 1

    actions.change_entry(by=city.compiler, code=entry.code, data=companies(abstract="详尽的摘要。"))
    assert actions.submit_entry(by=city.compiler, code=entry.code).status == EntryStatus.SUBMITTED


def test_what_is_under_review_cannot_be_changed(city: City) -> None:
    entry = city.draft()
    actions.submit_entry(by=city.compiler, code=entry.code)
    with pytest.raises(Conflict) as refused:
        actions.change_entry(by=city.compiler, code=entry.code, data=companies(title="别的名称"))
    assert refused.value.code == "catalog.not_editable"
    entry.refresh_from_db()
    assert entry.title == "企业登记信息"


@pytest.mark.article("luzhou-11")
def test_a_unit_compiles_only_its_own_catalog(city: City) -> None:
    with pytest.raises(NotAllowed) as refused:
        actions.create_entry(by=city.compiler, data=companies(provider="housing"))
    assert refused.value.code == "catalog.other_organization"
    with pytest.raises(NotAllowed):
        actions.create_entry(by=city.consumer, data=companies(provider="housing"))


@pytest.mark.article("luzhou-16", "xian-19", "yongjia-15")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "  "}, "catalog.title_missing"),
        ({"title": "长" * 51}, "catalog.title_long"),
        ({"abstract": ""}, "catalog.abstract_missing"),
        ({"items": ()}, "catalog.items_missing"),
        ({"share_condition": ""}, "catalog.share_condition_missing"),
        ({"share_type": ShareType.PROHIBITED, "share_basis": ""}, "catalog.share_basis_missing"),
        ({"open_type": OpenType.CONDITIONAL}, "catalog.open_condition_missing"),
        (
            {"open_type": OpenType.UNCONDITIONAL, "items": (ItemData("id_no", "证件号码", sensitive=True),)},
            "catalog.open_sensitive",
        ),
    ],
)
def test_an_incomplete_entry_is_not_submitted(city: City, changes: dict[str, object], code: str) -> None:
    entry = city.draft(companies(**changes))
    with pytest.raises(GongshuError) as refused:
        actions.submit_entry(by=city.compiler, code=entry.code)
    assert refused.value.code == code
    entry.refresh_from_db()
    assert entry.status == EntryStatus.DRAFT


def test_titles_that_differ_by_spaces_or_width_are_the_same(city: City) -> None:
    city.draft()
    with pytest.raises(Conflict) as refused:
        city.draft(companies(title="企业 登记　信息"))
    assert refused.value.code == "catalog.title_taken"


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\x07", "\u2066"])
def test_signs_that_nobody_sees_are_no_part_of_a_title(city: City, sign: str) -> None:
    with pytest.raises(GongshuError) as refused:
        city.draft(companies(title=f"企业{sign}登记"))
    assert refused.value.code == "catalog.title_unprintable"


def test_two_items_of_one_name_are_refused_before_anything_is_kept(city: City) -> None:
    with pytest.raises(GongshuError) as refused:
        city.draft(companies(items=(ItemData("name", "名称"), ItemData("NAME", "名称2"))))
    assert refused.value.code == "catalog.item_twice"
    assert queries.search("", within=queries.visible(city.compiler)).total == 0


def test_others_do_not_see_what_is_in_work(city: City) -> None:
    entry = city.draft()
    assert queries.entry(city.reviewer, entry.code)
    assert queries.entry(city.authority, entry.code)
    for stranger in (city.consumer, Actor.anonymous()):
        with pytest.raises(NotFound):
            queries.entry(stranger, entry.code)


def test_every_step_leaves_a_leaf_in_the_same_transaction(city: City) -> None:
    before = Outbox.objects.count()
    city.published()
    actions_recorded = [bytes(row.leaf).decode() for row in Outbox.objects.order_by("id")[before:]]
    assert [
        a for a in ("created", "submitted", "published") if any(f'"catalog.{a}"' in r for r in actions_recorded)
    ] == [
        "created",
        "submitted",
        "published",
    ]


def test_codes_follow_the_guide_and_accept_the_slash(city: City) -> None:
    first, second = city.draft(), city.draft(stops(title="公交站点"))
    assert first.code.split("-")[0] == second.code.split("-")[0]
    assert second.code.endswith("-000002")
    assert queries.entry(city.compiler, second.code.replace("-", "/")) == second


def test_search_finds_words_in_titles_items_and_providers(city: City) -> None:
    city.published()
    city.published(stops())
    assert [e.title for e in queries.search("公交").entries] == ["公交站点"]
    assert [e.title for e in queries.search("法定代表人").entries] == ["企业登记信息"]
    assert queries.search("市场监督").total == 2
    nothing_has_both = queries.search("公交 法定代表人")
    assert nothing_has_both.loosened
    assert nothing_has_both.total == 2
    assert queries.search("火箭").total == 0
    facets = queries.search("").facets
    assert ("交通运输", 1) in facets["theme"]
    assert queries.search("", filters={"theme": "交通运输"}).total == 1


def test_an_empty_or_hostile_search_is_harmless(city: City) -> None:
    city.published()
    for text in ("", "   ", "%", "'; DROP TABLE catalog_entry; --", "\\", "\x00", "a" * 5000, "企业" * 400):
        queries.search(text)
    assert queries.search("企业").total == 1


def test_an_update_handed_in_is_reviewed_within_the_limit_by_the_authority_where_no_order_is_set(
    city: City, under: Callable[[str], rules.Pack]
) -> None:
    under("xian")
    entry = city.published()
    assert not duties.todo(city.authority).filter(kind="catalog.review").exists(), "a new entry is no update"
    actions.revise_entry(by=city.compiler, code=entry.code)
    actions.change_entry(by=city.compiler, code=entry.code, data=companies(abstract="新的摘要。"))
    actions.submit_entry(by=city.compiler, code=entry.code)
    duty = duties.todo(city.authority).get(kind="catalog.review")
    limit = rules.active().value("catalog.review_deadline", on=clock.today())
    assert (duty.days, duty.organization.code) == (limit.value.days, "authority")
    assert duty.citations
    actions.return_entry(by=city.authority, code=entry.code, remark="请再核对")
    duty.refresh_from_db()
    assert duty.status == "done"
    actions.submit_entry(by=city.compiler, code=entry.code)
    actions.record_secrecy_review(by=city.reviewer, code=entry.code)
    actions.publish_entry(by=city.authority, code=entry.code)
    assert not duties.todo(city.authority).filter(kind="catalog.review").exists()
