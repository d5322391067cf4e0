"""One source per datum: proposed by the platform, named by the authority, not collected again."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from factories import SEED, City, companies, stops
from gongshu import clock, rules
from gongshu.catalog import actions as catalog
from gongshu.catalog import datum_queries as queries
from gongshu.catalog import queries as entries
from gongshu.catalog import source_actions as actions
from gongshu.catalog.draft import EntryData, ItemData
from gongshu.catalog.models import Entry
from gongshu.catalog.source_models import Datum, DatumUse, SourceProposal
from gongshu.catalog.source_states import ProposalStatus, UseStatus
from gongshu.catalog.states import Check, ShareType
from gongshu.collection import actions as collection
from gongshu.collection import sources
from gongshu.crypto import keys
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.home import Home, open_home
from gongshu.identity.states import Role
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db
Under = Callable[[str], rules.Pack]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    home = open_home()
    for folder in home.folders:
        folder.mkdir()
    keys.ensure(home)
    return home


class Two:
    """The company register of the market bureau, collected; and a list of builders that the housing bureau keeps."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.housing = city.person("xu", "housing", Role.PROVIDER)
        self.second = city.person("gao", "housing", Role.PROVIDER)
        self.register = city.collected()
        self.builders = self.publish(builders())

    def publish(self, data: EntryData) -> Entry:
        entry = catalog.create_entry(by=self.housing, data=data)
        return self.release(entry.code)

    def release(self, code: str) -> Entry:
        catalog.submit_entry(by=self.housing, code=code)
        catalog.record_secrecy_review(by=self.second, code=code)
        entry = catalog.publish_entry(by=self.second, code=code)
        if entries.review_turn(entry) is not None:  # the pack asks for another office beside the unit
            entry = catalog.publish_entry(by=self.city.center, code=code)
        return entry

    def looked(self) -> SourceProposal:
        """The pair of the two names, after a look."""
        actions.look(by=self.city.authority)
        return SourceProposal.objects.get(item="name")

    def named(self) -> Datum:
        return actions.name_source(by=self.city.authority, proposal=self.looked().pk)


def builders(**changes: object) -> EntryData:
    base: dict[str, object] = {
        "title": "建筑业企业名录",
        "provider": "housing",
        "share_type": ShareType.UNCONDITIONAL,
        "share_condition": "",
        "items": (
            ItemData("credit", "社会信用代码", required=True, is_key=True, check=Check.USCC),
            ItemData("company", "公司名称", required=True),
            ItemData("grade", "资质等级"),
        ),
    }
    return companies(**(base | changes))


@pytest.fixture
def two(city: City, home: Home) -> Two:
    return Two(city)


def leaves(action: str) -> int:
    return sum(f'"{action}"'.encode() in bytes(row.leaf) for row in Outbox.objects.all())


def test_the_platform_proposes_and_shows_its_arithmetic(two: Two) -> None:
    found = two.looked()
    assert (found.entry, found.other_entry, found.other_item) == (two.register, two.builders, "company")
    assert found.across
    assert (found.score, found.status) == (92, ProposalStatus.OPEN)  # synonyms 40 + type 15 + key 5 of 65
    assert [(part["name"], part["points"], part["most"]) for part in found.parts] == [
        ("words", 40, 45), ("type", 15, 15), ("length", 0, 0), ("check", 0, 0), ("key", 5, 5), ("values", 0, 0),
    ]  # fmt: skip
    assert {one.item for one in SourceProposal.objects.all()} == {"name", "uscc"}
    assert duties.todo(two.city.authority).get(kind="source.decide").link == "/console/sources/"
    assert leaves("catalog.source_looked") == 1
    again = actions.look(by=two.city.authority)
    assert (again.found, again.changed, again.lapsed) == (0, 0, 0)
    assert duties.todo(two.city.authority).filter(kind="source.decide").count() == 1, "one duty for all"


def test_synonyms_of_the_search_are_those_of_the_comparison(two: Two) -> None:
    from gongshu.catalog import saved_actions

    two.publish(
        builders(title="资质名录", items=(ItemData("k", "编号", required=True, is_key=True), ItemData("z", "老板")))
    )
    two.looked()
    assert not SourceProposal.objects.filter(other_title="老板").exists()
    saved_actions.set_synonyms(by=two.city.authority, words=["法定代表人", "老板"], group_id=None)
    actions.look(by=two.city.authority)
    assert SourceProposal.objects.get(other_title="老板").item == "legal_rep"


@pytest.mark.article("luzhou-13", "xian-16", "yongjia-14", "zaozhuang-5.1")
@pytest.mark.parametrize(
    ("pack", "article", "refused"),
    [
        ("xian", "第十六条", True),
        ("luzhou", "第十三条", True),
        ("yongjia", "第十四条", False),
        ("zaozhuang", "解读第五部分", True),
        ("dazhou", "第十九条", False),
    ],
)
def test_the_authority_names_the_source_and_nobody_collects_it_again(
    city: City, home: Home, under: Under, pack: str, article: str, refused: bool
) -> None:
    under(pack)
    two = Two(city)
    datum = two.named()
    assert article in datum.citations[0]["label"]
    assert (datum.entry, datum.item) == (two.register, "name")
    use = DatumUse.objects.get()
    assert (use.entry, use.item, use.status) == (two.builders, "company", UseStatus.DUE)
    assert duties.todo(two.housing).get().kind == "source.reuse"
    assert notices.of(two.housing).filter(link__contains=datum.number).exists()
    assert leaves("catalog.source_named") == 1

    file = "社会信用代码,公司名称\n91330324MA2TE5T016,甲公司\n".encode()
    warned = [one for one in entries.findings(two.builders) if one.code == "collected_again"]
    assert [one.row for one in warned] == [2], "the compiler is warned, and of the item, not of the key"
    assert two.register.code in warned[0].text.zh
    assert article in warned[0].citations[0].label("zh")
    if not refused:
        assert collection.submit_file(by=two.housing, resource=two.builders.code, filename="a.csv", content=file)
        return
    with pytest.raises(Conflict) as stopped:
        collection.submit_file(by=two.housing, resource=two.builders.code, filename="a.csv", content=file)
    assert stopped.value.code == "collection.collected_again"
    assert two.register.code in stopped.value.text.zh
    assert article in stopped.value.text.zh
    assert stopped.value.where["source"] == two.register.code
    actions.exempt(by=city.authority, use=use.pk, reason="资质审查须核对申请时的名称")
    assert not duties.todo(two.housing).exists()
    assert collection.submit_file(by=two.housing, resource=two.builders.code, filename="a.csv", content=file)
    assert not [one for one in entries.findings(two.builders) if one.code == "collected_again"]
    actions.end_exemption(by=city.authority, use=use.pk, reason="已改用共享接口")
    assert duties.todo(two.housing).get().kind == "source.reuse"
    with pytest.raises(Conflict):
        collection.submit_file(by=two.housing, resource=two.builders.code, filename="a.csv", content=file)


@pytest.mark.parametrize("why", ["not_collected", "prohibited"])
def test_what_nobody_can_have_by_sharing_may_be_collected(city: City, home: Home, under: Under, why: str) -> None:
    under("xian")
    two = Two(city)
    datum = two.named()
    if why == "not_collected":
        Entry.objects.filter(pk=datum.entry_id).update(data_version=None)
    else:
        datum.entry.items.filter(name="name").update(share_type=ShareType.PROHIBITED)
    assert queries.collected_again(two.builders.code) == []
    assert collection.submit_file(by=two.housing, resource=two.builders.code, filename="a.csv", content=b"x,y\n1,2\n")


def test_a_draft_is_warned_before_anything_is_collected(two: Two) -> None:
    datum = two.named()
    draft = catalog.create_entry(
        by=two.housing,
        data=builders(
            title="物业企业名录", items=(ItemData("k", "企业名称", is_key=True), ItemData("c", "企业名称（全称）"))
        ),
    )
    found = [one for one in entries.findings(draft) if one.code == "collected_again"]
    assert [one.row for one in found] == [2]
    assert "市市场监督管理局" in found[0].text.zh
    own = catalog.create_entry(by=two.city.compiler, data=companies(title="企业年报"))
    assert not [one for one in entries.findings(own) if one.code == "collected_again"], "its own unit's datum"
    assert datum.entry == two.register


def test_the_other_side_may_be_the_source(two: Two) -> None:
    datum = actions.name_source(by=two.city.authority, proposal=two.looked().pk, source="other", reason="以住建为准")
    assert (datum.entry, datum.item, datum.title) == (two.builders, "company", "公司名称")
    assert DatumUse.objects.get().entry == two.register
    assert duties.todo(two.city.compiler).get().kind == "source.reuse"


def test_a_key_is_kept_as_identifier(two: Two) -> None:
    two.looked()
    key = SourceProposal.objects.get(item="uscc")
    actions.name_source(by=two.city.authority, proposal=key.pk)
    assert DatumUse.objects.get().status == UseStatus.KEPT
    assert not duties.todo(two.housing).exists()
    assert queries.collected_again(two.builders.code) == []


def test_what_differs_is_not_proposed_again_until_it_is_reopened(two: Two) -> None:
    found = two.looked()
    with pytest.raises(GongshuError, match="reason_missing"):
        actions.differ(by=two.city.authority, proposal=found.pk, reason=" ")
    actions.differ(by=two.city.authority, proposal=found.pk, reason="口径不同")
    with pytest.raises(Conflict):
        actions.name_source(by=two.city.authority, proposal=found.pk)
    assert actions.look(by=two.city.authority).found == 0
    actions.differ(by=two.city.authority, proposal=SourceProposal.objects.get(item="uscc").pk, reason="口径不同")
    assert not duties.todo(two.city.authority).exists(), "nothing is left to decide"
    actions.reopen(by=two.city.authority, proposal=found.pk, reason="复核")
    assert duties.todo(two.city.authority).get().kind == "source.decide"


def test_an_item_that_is_dropped_is_owed_no_more(two: Two) -> None:
    two.named()
    catalog.revise_entry(by=two.housing, code=two.builders.code, reason="改为共享获取")
    data = entries.draft_of(two.builders)
    kept = tuple(item for item in data.items if item.name != "company")
    catalog.change_entry(by=two.housing, code=two.builders.code, data=replace(data, items=kept))
    two.release(two.builders.code)
    assert DatumUse.objects.get().status == UseStatus.ENDED
    assert not duties.todo(two.housing).exists()
    assert leaves("catalog.source_use_ended") == 1


def test_a_source_that_is_withdrawn_ends_the_datum_and_the_authority_hears_of_it(two: Two) -> None:
    datum = two.named()
    catalog.withdraw_entry(by=two.city.reviewer, code=two.register.code, remark="停用")
    datum.refresh_from_db()
    assert datum.ended_at is not None
    assert DatumUse.objects.get().status == UseStatus.ENDED
    assert notices.of(two.city.authority).filter(kind="source.lost").count() == 1
    assert not duties.todo(two.housing).exists()
    actions.look(by=two.city.authority)
    assert set(SourceProposal.objects.values_list("status", flat=True)) == {ProposalStatus.LAPSED}


def test_a_naming_is_undone_with_reasons_and_decided_again(two: Two) -> None:
    datum = two.named()
    with pytest.raises(Conflict):
        actions.reopen(by=two.city.authority, proposal=SourceProposal.objects.get(item="name").pk, reason="有误")
    actions.dissolve(by=two.city.authority, number=datum.number, reason="数据源有误")
    found = SourceProposal.objects.get(item="name")
    assert (found.status, found.datum) == (ProposalStatus.OPEN, None)
    with pytest.raises(Conflict):
        actions.dissolve(by=two.city.authority, number=datum.number, reason="再次")
    other = actions.name_source(by=two.city.authority, proposal=found.pk, source="other")
    assert other.number != datum.number
    assert leaves("catalog.source_dissolved") == 1


def test_a_source_is_not_also_a_user(two: Two) -> None:
    """Three units hold the name: the register is the source of both; none of them can be the source of another."""
    two.named()
    third = two.publish(builders(title="物业企业名录"))
    actions.look(by=two.city.authority)
    pair = SourceProposal.objects.get(other_entry=third, other_item="company")
    assert pair.entry == two.register, "what is a source already is the candidate"
    with pytest.raises(Conflict) as refused:
        actions.name_source(by=two.city.authority, proposal=pair.pk, source="other")
    assert refused.value.code == "source.is_source"
    assert actions.name_source(by=two.city.authority, proposal=pair.pk) == Datum.objects.get()
    assert Datum.objects.get().uses.count() == 2


def test_values_that_were_collected_count(two: Two, home: Home) -> None:
    rows = [(f"9133032{n:011d}", f"公司{n}") for n in range(40)]

    def collect(entry: Entry, by: object, head: str, chosen: list[tuple[str, str]], extra: str = "") -> None:
        text = io.StringIO()
        text.write(head + "\n")
        text.writelines(f"{code},{name}{extra}\n" for code, name in chosen)
        run = collection.submit_file(
            by=by,
            resource=entry.code,
            filename="a.csv",
            content=text.getvalue().encode(),  # type: ignore[arg-type]
        )
        done = collection.work_one(run=run.pk)
        assert done is not None
        assert done.status == "committed", done.error_zh

    mine = two.city.published(stops(title="商户名单", items=_plain("merchant")))
    theirs = two.publish(builders(title="门店名单", items=_plain("shop")))
    collect(mine, two.city.compiler, "编码,商户", rows)
    collect(theirs, two.housing, "编码,商户", rows[:30])
    sources.look(by=two.city.authority)
    found = SourceProposal.objects.get(entry=mine, item="merchant")
    values = next(part for part in found.parts if part["name"] == "values")
    assert (values["points"], values["most"]) == (20, 20), "all 30 values of the smaller side are in the other"
    assert "公司1" not in str(found.parts)


def _plain(name: str) -> tuple[ItemData, ...]:
    return (ItemData("code", "编码", required=True, is_key=True), ItemData(name, "商户", required=True))


def test_only_the_authority_decides(two: Two) -> None:
    found = two.looked()
    for by in (two.housing, two.city.compiler, two.city.auditor, two.city.consumer, two.city.government):
        for act in (
            lambda by=by: actions.look(by=by),
            lambda by=by: actions.name_source(by=by, proposal=found.pk),
            lambda by=by: actions.differ(by=by, proposal=found.pk, reason="不同"),
        ):
            with pytest.raises(NotAllowed):
                act()
    datum = actions.name_source(by=two.city.center, proposal=found.pk)
    for by in (two.housing, two.city.auditor):
        with pytest.raises(NotAllowed):
            actions.exempt(by=by, use=DatumUse.objects.get().pk, reason="需要")
        with pytest.raises(NotAllowed):
            actions.dissolve(by=by, number=datum.number, reason="有误")
    with pytest.raises(NotFound):
        queries.proposal(two.city.person("he", "center", Role.CONSUMER), found.pk)
    assert queries.proposal(two.housing, found.pk) == found
    assert queries.proposal(two.city.auditor, found.pk) == found


@pytest.mark.parametrize("reason", ["x" * 501, "a\x00b"])
def test_reasons_are_what_any_database_holds(two: Two, reason: str) -> None:
    found = two.looked()
    with pytest.raises(GongshuError):
        actions.name_source(by=two.city.authority, proposal=found.pk, reason=reason)
    assert SourceProposal.objects.get(pk=found.pk).status == ProposalStatus.OPEN


def test_the_process_of_the_clock_may_look(two: Two) -> None:
    assert actions.look(by=SEED).found == 2
    assert clock.now() >= SourceProposal.objects.get(item="name").found_at
