"""The life of an entry after its first publication: revised beside what readers see, compared, replaced, withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from factories import City, companies, request, stops
from gongshu import rules
from gongshu.catalog import actions, comparison, hooks, queries
from gongshu.catalog.draft import ItemData
from gongshu.catalog.models import Entry, EntryVersion, Item, Revision
from gongshu.catalog.remarks import FieldRemark
from gongshu.catalog.states import EntryStatus, OpenType, SecrecyConclusion, ShareType
from gongshu.catalog.terms import BasisKind, Level
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.grants import queries as grants
from gongshu.identity.actor import Actor
from gongshu.identity.states import Role
from gongshu.notifications import queries as notices
from gongshu.sharing import actions as sharing
from gongshu.sharing.states import ApplicationStatus

pytestmark = pytest.mark.django_db


def republish(city: City, entry: Entry) -> Entry:
    actions.submit_entry(by=city.compiler, code=entry.code)
    actions.record_secrecy_review(by=city.reviewer, code=entry.code)
    return city.reviewed(entry.code)


def test_readers_keep_seeing_the_published_version_while_it_is_revised(city: City) -> None:
    entry = city.published()
    revised = companies(abstract="新的摘要。", title="企业登记档案")
    actions.revise_entry(by=city.compiler, code=entry.code, reason="补充内容")
    actions.change_entry(by=city.compiler, code=entry.code, data=revised)
    seen = queries.entry(Actor.anonymous(), entry.code)
    assert (seen.abstract, seen.version, seen.status) == ("全市企业登记的基本信息。", 1, EntryStatus.PUBLISHED)
    assert queries.draft_of(seen) == revised
    assert queries.data_of(seen) == companies()

    done = republish(city, entry)
    assert (done.version, done.abstract, done.title) == (2, "新的摘要。", "企业登记档案")
    assert not Revision.objects.exists()
    assert [v.number for v in queries.versions(done)] == [2, 1]
    first, second = (queries.version_data(queries.version(done, n)) for n in (1, 2))
    found = comparison.compare(first, second)
    assert [change.field for change in found.fields] == ["title", "abstract"]
    assert comparison.compare(second, queries.data_of(done)).is_empty
    assert queries.version(done, 2).compiled_by.username == "wang"
    assert queries.version(done, 2).reviewed_by.username == "li"


def test_a_version_is_immutable_and_damage_is_noticed(city: City) -> None:
    entry = city.published()
    kept = queries.version(entry, 1)
    kept.body = kept.body.replace("全市", "全省")
    with pytest.raises(Conflict) as refused:
        kept.save()
    assert refused.value.code == "catalog.version_immutable"
    EntryVersion.objects.filter(pk=kept.pk).update(body=kept.body)
    with pytest.raises(GongshuError) as damaged:
        queries.version_data(queries.version(entry, 1))
    assert damaged.value.code == "catalog.version_damaged"
    with pytest.raises(NotFound):
        queries.version(entry, 9)


@pytest.mark.article("xian-12", "yongjia-11")
def test_nobody_who_wrote_on_it_reviews_it_also_when_another_wrote_last(city: City) -> None:
    entry = city.draft()
    actions.change_entry(by=city.reviewer, code=entry.code, data=companies(abstract="第二人改过。"))
    actions.submit_entry(by=city.reviewer, code=entry.code)
    for author in (city.compiler, city.reviewer):
        assert not queries.to_review(author).exists()
        for act in (actions.publish_entry, actions.record_secrecy_review):
            with pytest.raises(NotAllowed) as refused:
                act(by=author, code=entry.code)
            assert refused.value.code == "catalog.same_person"
    third = city.person("sun", "market", Role.PROVIDER)
    assert queries.to_review(third).get().code == entry.code
    actions.record_secrecy_review(by=third, code=entry.code)
    actions.publish_entry(by=third, code=entry.code)

    actions.revise_entry(by=city.reviewer, code=entry.code)
    actions.change_entry(by=city.reviewer, code=entry.code, data=companies(abstract="第三稿。"))
    actions.submit_entry(by=city.compiler, code=entry.code)
    for author in (city.compiler, city.reviewer):
        with pytest.raises(NotAllowed):
            actions.publish_entry(by=author, code=entry.code)
    assert queries.to_review(city.authority).get().code == entry.code
    actions.record_secrecy_review(by=third, code=entry.code)
    assert actions.publish_entry(by=city.authority, code=entry.code).version == 2


@pytest.mark.article("xian-34", "yongjia-39", "luzhou-23")
def test_the_secrecy_review_is_of_exactly_what_is_published(city: City) -> None:
    entry = city.draft()
    actions.record_secrecy_review(by=city.reviewer, code=entry.code)
    actions.change_entry(by=city.compiler, code=entry.code, data=companies(abstract="改过的摘要。"))
    actions.submit_entry(by=city.compiler, code=entry.code)
    with pytest.raises(Conflict) as refused:
        actions.publish_entry(by=city.reviewer, code=entry.code)
    assert refused.value.code == "catalog.secrecy_missing"
    with pytest.raises(NotAllowed) as other:
        actions.record_secrecy_review(by=city.authority, code=entry.code)
    assert other.value.code == "catalog.not_secrecy_reviewer"
    with pytest.raises(GongshuError):
        actions.record_secrecy_review(by=city.reviewer, code=entry.code, conclusion=SecrecyConclusion.REFUSED)
    actions.record_secrecy_review(
        by=city.reviewer, code=entry.code, conclusion=SecrecyConclusion.REFUSED, note="含内部编号"
    )
    with pytest.raises(Conflict):
        actions.publish_entry(by=city.reviewer, code=entry.code)
    actions.record_secrecy_review(by=city.reviewer, code=entry.code)
    assert actions.publish_entry(by=city.reviewer, code=entry.code).version == 1
    entry.refresh_from_db()
    review = queries.secrecy_review(entry)
    assert review is not None
    assert (review.person.username, review.conclusion) == ("li", "passed")


def test_remarks_stand_beside_fields_and_items_until_it_is_published(city: City) -> None:
    entry = city.draft()
    actions.submit_entry(by=city.compiler, code=entry.code)
    said = [
        FieldRemark("abstract", "请说明范围", "completeness"),
        FieldRemark("items.name.length", "缺少长度", "accuracy"),
        FieldRemark("title", "   "),
    ]
    with pytest.raises(GongshuError) as refused:
        actions.return_entry(by=city.reviewer, code=entry.code, remark="", remarks=[FieldRemark("items.ghost", "?")])
    assert refused.value.code == "catalog.remark_place"
    returned = actions.return_entry(by=city.reviewer, code=entry.code, remark="", remarks=said)
    assert returned.status == EntryStatus.RETURNED
    assert [one["path"] for one in returned.field_remarks] == ["abstract", "items.name.length"]
    assert queries.history(returned).last().details["remarks"][0]["criterion"] == "completeness"
    actions.change_entry(by=city.compiler, code=entry.code, data=companies(abstract="范围：全市。"))
    assert republish(city, entry).field_remarks == []


def test_every_criterion_of_the_city_is_confirmed(city: City, under: Callable[[str], rules.Pack]) -> None:
    under("xian")
    entry = city.draft()
    actions.submit_entry(by=city.compiler, code=entry.code)
    actions.record_secrecy_review(by=city.reviewer, code=entry.code)
    with pytest.raises(GongshuError) as refused:
        actions.publish_entry(by=city.reviewer, code=entry.code, criteria=["accuracy", "compliance"])
    assert refused.value.code == "catalog.criteria_open"
    all_three = ["accuracy", "completeness", "compliance"]
    published = actions.publish_entry(by=city.reviewer, code=entry.code, criteria=all_three)
    assert queries.version(published, 1).criteria == all_three


@pytest.mark.parametrize(("pack", "days"), [("xian", 15), ("yongjia", 5), ("luzhou", None)])
@pytest.mark.article("xian-12", "yongjia-11", "luzhou-12")
def test_an_update_is_owed_from_a_declared_change_until_it_is_published(
    city: City, under: Callable[[str], rules.Pack], pack: str, days: int | None
) -> None:
    entry = city.published()
    under(pack)
    actions.declare_change(by=city.compiler, code=entry.code, reason="职能调整")
    duty = duties.todo(city.reviewer).get(kind="catalog.update")
    local = rules.active().value("catalog.update_deadline", on=duty.starts_on, body_kind="government_department")
    assert duty.days == local.value.days
    if days is not None:
        assert duty.days <= days, "the stricter of the city's and the national limit, where both bind"
    assert duty.citations
    with pytest.raises(Conflict):
        actions.declare_change(by=city.compiler, code=entry.code, reason="又有调整")
    actions.revise_entry(by=city.compiler, code=entry.code)
    assert duties.of_subject(entry.code).count() == 1, "the revision answers the same duty"
    actions.change_entry(by=city.compiler, code=entry.code, data=companies(abstract="职能调整后的摘要。"))
    republish(city, entry)
    duty.refresh_from_db()
    assert duty.status == "done"


def test_a_revision_given_up_takes_its_own_duty_with_it(city: City, under: Callable[[str], rules.Pack]) -> None:
    entry = city.published()
    under("xian")
    actions.revise_entry(by=city.compiler, code=entry.code)
    with pytest.raises(Conflict):
        actions.revise_entry(by=city.reviewer, code=entry.code)
    actions.change_entry(by=city.compiler, code=entry.code, data=companies(abstract="不用了。"))
    actions.discard_revision(by=city.compiler, code=entry.code)
    assert duties.of_subject(entry.code).get().status == "cancelled"
    assert queries.draft_of(queries.entry(city.compiler, entry.code)) == companies()
    with pytest.raises(Conflict):
        actions.change_entry(by=city.compiler, code=entry.code, data=companies())


def test_an_item_that_keeps_its_name_keeps_its_row(city: City) -> None:
    entry = city.published()
    before = dict(Item.objects.values_list("name", "pk"))
    kept, gone = companies().items[0], companies().items[1]
    actions.revise_entry(by=city.compiler, code=entry.code)
    data = replace(companies(), items=(ItemData("founded", "成立日期"), replace(kept, length=18)))
    actions.change_entry(by=city.compiler, code=entry.code, data=data)
    republish(city, entry)
    after = dict(Item.objects.values_list("name", "pk"))
    assert after[kept.name] == before[kept.name]
    assert gone.name not in after
    assert [item.name for item in queries.items(entry.code)] == ["founded", "uscc"]


def test_those_who_depend_on_an_entry_are_told_and_sent_to_its_replacement(city: City) -> None:
    heard: list[hooks.EntryChange] = []
    hooks.on_entry_changed.append(heard.append)
    try:
        old, new = city.collected(), city.published(stops())
        sharing.apply(by=city.consumer, code=old.code, request=request())
        with pytest.raises(NotFound):
            actions.withdraw_entry(by=city.authority, code=old.code, remark="合并", replaced_by="333999-000001")
        actions.withdraw_entry(by=city.authority, code=old.code, remark="合并", replaced_by=new.code)
    finally:
        hooks.on_entry_changed.remove(heard.append)
    told = notices.of(city.consumer).get(kind="catalog.withdrawn")
    assert "公交站点" in told.zh
    assert told.link == f"/console/catalog/{new.code}/"
    old.refresh_from_db()
    assert (old.status, old.replaced_by_id) == (EntryStatus.WITHDRAWN, new.pk)
    assert [(one.code, str(one.happened)) for one in heard] == [
        (old.code, "published"), (old.code, "data"), (new.code, "published"), (old.code, "withdrawn"),
    ]  # fmt: skip
    assert heard[-1].replaced_by == new.code
    assert not notices.of(city.auditor).filter(kind="catalog.withdrawn").exists()


def test_the_strictest_item_decides_the_way_and_a_prohibited_one_is_never_shared(
    city: City, under: Callable[[str], rules.Pack]
) -> None:
    under("xian")
    base = stops()
    ground = {"share_condition": "按需", "share_basis": "《个人信息保护法》第十三条", "share_basis_kind": BasisKind.LAW}
    items = (
        *base.items,
        ItemData("driver", "驾驶员", share_type=ShareType.CONDITIONAL, open_type=OpenType.PROHIBITED, **ground),
        ItemData("secret", "调度口令", share_type=ShareType.PROHIBITED, open_type=OpenType.PROHIBITED, **ground),
    )
    entry = city.collected(replace(base, items=items))
    assert queries.share_type_of(entry, ["name"]) is ShareType.UNCONDITIONAL
    assert queries.share_type_of(entry, ["name", "driver"]) is ShareType.CONDITIONAL
    assert queries.open_type_of(entry, ["name", "driver"]) is OpenType.PROHIBITED
    with pytest.raises(Conflict) as refused:
        sharing.apply(by=city.consumer, code=entry.code, request=request(items=("name", "secret")))
    assert refused.value.code == "sharing.item_prohibited"
    free = sharing.apply(by=city.consumer, code=entry.code, request=request(items=("name",)))
    assert free.status == ApplicationStatus.APPROVED, "nobody decides on unconditional items"
    asked = sharing.apply(by=city.consumer, code=entry.code, request=request(items=("name", "driver")))
    assert (asked.share_type, asked.status) == ("CONDITIONAL", ApplicationStatus.PENDING)
    assert [set(g.items) for g in grants.in_force(resource=entry.code)] == [{"name"}]


@pytest.mark.parametrize("pack", ["luzhou", "dazhou", "xian", "zaozhuang", "yongjia"])
def test_an_entry_goes_its_whole_way_under_every_citys_rules(
    city: City, under: Callable[[str], rules.Pack], pack: str
) -> None:
    under(pack)
    entry = city.published(companies(level=Level.L2))
    actions.revise_entry(by=city.compiler, code=entry.code)
    actions.change_entry(by=city.compiler, code=entry.code, data=companies(level=Level.L3, abstract="新摘要。"))
    assert republish(city, entry).highest_level == Level.L3
    bad = companies(title="另一资源", share_type=ShareType.PROHIBITED, share_basis="", share_condition="")
    draft = city.draft(bad)
    with pytest.raises(GongshuError) as refused:
        actions.submit_entry(by=city.compiler, code=draft.code)
    assert refused.value.code in {"catalog.share_condition_missing", "catalog.share_basis_missing"}


@pytest.mark.article("yongjia-30")
def test_restricting_what_was_open_needs_a_filing(city: City, under: Callable[[str], rules.Pack]) -> None:
    under("yongjia")
    entry = city.published(stops())
    actions.revise_entry(by=city.compiler, code=entry.code)
    closed = replace(stops(), open_type=OpenType.PROHIBITED)
    actions.change_entry(by=city.compiler, code=entry.code, data=closed)
    with pytest.raises(GongshuError) as refused:
        actions.submit_entry(by=city.compiler, code=entry.code)
    assert refused.value.code == "catalog.restriction_unfiled"
    actions.change_entry(by=city.compiler, code=entry.code, data=replace(closed, open_filing="备〔2026〕7号"))
    assert republish(city, entry).open_filing == "备〔2026〕7号"


def test_the_provider_of_an_entry_is_fixed_and_codes_are_codes(city: City) -> None:
    entry = city.draft()
    with pytest.raises(Conflict) as refused:
        actions.change_entry(by=city.compiler, code=entry.code, data=companies(provider="housing"))
    assert refused.value.code == "catalog.provider_fixed"
    with pytest.raises(GongshuError) as malformed:
        actions.create_entry(by=city.compiler, data=stops(), code="企业-1")
    assert malformed.value.code == "catalog.code_malformed"
    assert actions.create_entry(by=city.compiler, data=stops(), code="104007/000003").code == "104007-000003"
