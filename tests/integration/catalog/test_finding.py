"""Finding through the index and without it: the same answers, nothing that a reader may not see, and the index's life."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings

from factories import SEED, City, companies, stops
from gongshu.catalog import actions, finding, indexing, keyset, queries, saved_actions, saved_queries
from gongshu.catalog.draft import ItemData
from gongshu.catalog.models import Entry, EntryEvent, SavedSearch
from gongshu.errors import GongshuError, NotAllowed, NotFound
from gongshu.home import Home
from gongshu.identity import actions as identity
from gongshu.notifications import queries as notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return City()


@pytest.fixture
def home(tmp_path, settings):
    """An installation of this test's own, so that its index is too."""
    settings.HOME = Home(root=tmp_path, city="national")
    return settings.HOME


def index(home):
    while indexing.run_once(home, by=SEED):
        pass


def titles(answer):
    return [hit.entry.title for hit in answer.hits]


def test_an_entry_is_found_once_the_worker_came_by(city, home):
    index(home)
    city.published()
    city.published(stops())
    index(home)
    found = finding.find(None, "gjzd", facets=("theme", "provider"))
    assert found.indexed
    assert titles(found) == ["公交站点"]
    assert found.facets["theme"] == [("交通运输", 1)]
    assert titles(finding.find(None, "公交战点")) == ["公交站点"]
    assert not EntryEvent.objects.filter(indexed=False).exists()


def test_without_an_index_the_database_answers(city, home):
    city.published()
    city.published(stops())
    found = finding.find(None, "公交", facets=("theme", "data"))
    assert not found.indexed
    assert titles(found) == ["公交站点"]
    assert found.facets["theme"] == [("交通运输", 1)]
    assert finding.find(None, "公交 法定代表人").loosened
    assert finding.find(None).total == 2
    assert [one.text for one in finding.suggest(None, "公交")] == ["公交站点"]


@pytest.mark.parametrize("indexed", [True, False])
def test_what_is_in_work_shows_nowhere_to_others(city, home, indexed):
    draft = city.draft(companies(title="企业失信名单"))
    city.published(stops(abstract="全市站点。", items=(ItemData("stop", "站点编码", required=True, is_key=True),)))
    if indexed:
        index(home)
    facets = ("theme", "provider", "status")
    for stranger in (None, city.consumer):
        for text in ("企业", "失信名单", "qysx", "企业失信名单", "法定代表人", draft.code):
            found = finding.find(stranger, text, facets=facets)
            assert (text, titles(found)) == (text, [])
            assert not any(found.facets.values())
        listed = finding.find(stranger, facets=facets)
        assert listed.total == 1
        assert dict(listed.facets["status"]) == {"published": 1}
        assert finding.suggest(stranger, "企业") == []
        assert finding.suggest(stranger, "法定") == []
        assert finding.find(stranger, filters={"status": "draft"}).total == 0
    for insider in (city.compiler, city.authority, city.auditor):
        assert titles(finding.find(insider, "失信")) == ["企业失信名单"]
        assert dict(finding.find(insider, facets=facets).facets["status"])["draft"] == 1
        assert "企业失信名单" in [one.text for one in finding.suggest(insider, "企业失信")]


def test_what_was_withdrawn_a_moment_ago_is_not_shown(city, home):
    entry = city.published(stops())
    index(home)
    assert titles(finding.find(None, "公交")) == ["公交站点"]
    actions.withdraw_entry(by=city.authority, code=entry.code, remark="停用")
    assert finding.find(None, "公交").hits == [], "the index does not know yet; the row does"
    index(home)
    assert finding.find(None, "公交").total == 0


def test_a_renamed_unit_is_found_by_its_new_name(city, home):
    city.published(stops())
    index(home)
    unit = city.published().provider
    unit.name = "江临市经营主体服务局"
    unit.save()
    index(home)
    found = finding.find(None, "经营主体服务局")
    assert found.total == 2


def test_damage_is_answered_by_the_database_and_mended(city, home):
    city.published(stops())
    index(home)
    store = finding.store_of(home)
    folder = home.search / store.stamp().folder
    (folder / "meta.json").write_text("{}")
    finding._store.cache_clear()
    found = finding.find(None, "公交")
    assert (found.indexed, titles(found)) == (False, ["公交站点"])
    index(home)
    assert finding.find(None, "公交").indexed


def test_the_index_is_locked_while_somebody_builds(city, home):
    city.published(stops())
    with finding.store_of(home).writing() as mine:
        assert mine
        assert indexing.run_once(home, by=SEED) == 0
        with pytest.raises(GongshuError) as refused:
            indexing.rebuild(home)
        assert refused.value.code == "catalog.index_busy"
    seen = []
    assert indexing.rebuild(home, progress=seen.append).entries == 1
    assert seen[-1] == 1


@pytest.mark.parametrize("order", sorted(finding.ORDERS))
@pytest.mark.parametrize("indexed", [True, False])
def test_every_list_is_walked_there_and_back(city, home, order, indexed):
    for n in range(7):
        entry = city.published(stops(title=f"站点{n % 3}批{n}"))
        if n % 2:
            actions.note_data_version(by=SEED, code=entry.code, version=1, rows=n % 3, at=entry.published_at)
    if indexed:
        index(home)
    pages, at, places = [], "", []
    while True:
        page = finding.find(city.authority, order=order, at=at, size=3)
        pages.append(titles(page))
        places.append((page.first, page.last))
        if not page.following:
            break
        at = page.following
    assert [len(page) for page in pages] == [3, 3, 1]
    assert places == [(1, 3), (4, 6), (7, 7)]
    assert len({title for page in pages for title in page}) == 7
    back = finding.find(city.authority, order=order, at=page.previous, size=3)
    assert titles(back) == pages[1]
    again = finding.find(city.authority, order=order, at=back.previous, size=3)
    assert (titles(again), again.previous, again.first) == (pages[0], "", 1)
    assert titles(finding.find(city.authority, order=order, skip=3, size=3)) == pages[1]
    assert titles(finding.find(city.authority, order=order, skip=6, size=3)) == pages[2]


@pytest.mark.parametrize(
    "token",
    ["x", "n5", "n-1", "n99999999999", "null", "W10", "WzAsMCwiXHUwMDAwIiwxLDBd", "WzAsMCwieCIsMSwwXQ", "é"],
)  # fmt: skip
def test_a_place_that_is_none_is_the_beginning(city, home, token):
    city.published(stops())
    for order in finding.ORDERS:
        found = finding.find(None, order=order, at=token)
        assert found.total == 1
    finding.find(None, "公交", at=token)
    assert keyset.read("A" * 5000) is None


def test_marks_name_the_words_and_items_that_fit(city, home):
    hostile = ItemData("owner", "负责人<script>")
    city.published(companies(abstract="登记机关 <b>公示</b> 的企业信息", items=(*companies().items, hostile)))
    index(home)
    (hit,) = finding.find(None, "企业 负责人").hits
    assert ("企业", True) in hit.title
    assert ("企业", True) in hit.summary
    assert [("负责人", True), ("<script>", False)] in hit.items


def test_synonyms_are_the_authoritys_and_in_force_at_once(city, home):
    city.published(stops())
    index(home)
    assert finding.find(None, "候车亭").total == 0
    with pytest.raises(NotAllowed):
        saved_actions.set_synonyms(by=city.compiler, words=["候车亭", "公交站点"])
    for few in (["候车亭"], ["候车亭", " 候车亭"], [], ["长" * 31, "短词"]):
        with pytest.raises(GongshuError):
            saved_actions.set_synonyms(by=city.authority, words=few)
    group = saved_actions.set_synonyms(by=city.authority, words=["候车亭", "公交站点"])
    found = finding.find(None, "候车亭")
    assert titles(found) == ["公交站点"]
    assert "公交站点" in found.also
    saved_actions.set_synonyms(by=city.authority, words=["候车亭", "火箭"], group_id=group.pk)
    assert finding.find(None, "候车亭").total == 0
    saved_actions.remove_synonyms(by=city.authority, group_id=group.pk)
    with pytest.raises(NotFound):
        saved_actions.remove_synonyms(by=city.authority, group_id=group.pk)
    assert saved_queries.synonym_groups("敬老院").exists(), "an installation begins with a table"


def test_a_saved_search_tells_what_is_new_once(city, home):
    index(home)
    city.published()
    index(home)
    saved = saved_actions.save_search(by=city.consumer, text="公交", filters={"theme": "交通运输", "status": "draft"})
    assert saved.filters == {"theme": "交通运输"}, "drafts are nobody's news"
    assert saved_actions.save_search(by=city.consumer, text=" 公交", filters={"theme": "交通运输"}) == saved
    city.draft(stops(title="公交车辆"))
    index(home)
    assert not notices.of(city.consumer).filter(kind="catalog.saved_search").exists()
    entry = city.published(stops())
    index(home)
    index(home)
    (notice,) = notices.of(city.consumer).filter(kind="catalog.saved_search")
    assert "公交站点" in notice.zh
    assert notice.link == f"/account/following/{saved.pk}/"
    saved_actions.forget_search(by=city.consumer, search_id=saved.pk)
    with pytest.raises(NotFound):
        saved_actions.forget_search(by=city.consumer, search_id=saved.pk)
    actions.note_opened(by=SEED, code=entry.code, opened=True)
    index(home)
    assert notices.of(city.consumer).filter(kind="catalog.saved_search").count() == 1


def test_others_searches_are_nobodys_business(city, home):
    saved = saved_actions.save_search(by=city.consumer, text="公交", filters={})
    for act in (saved_queries.search, lambda by, pk: saved_actions.forget_search(by=by, search_id=pk)):
        with pytest.raises(NotFound):
            act(city.compiler, saved.pk)
    assert SavedSearch.objects.filter(pk=saved.pk).exists()
    with pytest.raises(GongshuError):
        saved_actions.save_search(by=city.consumer, text=" ", filters={"nothing": "x"})
    with pytest.raises(NotAllowed):
        saved_actions.save_search(by=SEED, text="公交", filters={})


def test_followers_hear_of_versions_data_and_the_end(city, home):
    index(home)
    entry = city.published(stops())
    index(home)
    saved_actions.subscribe(by=city.consumer, code=entry.code)
    saved_actions.subscribe(by=city.consumer, code=entry.code)
    assert saved_queries.follows(city.consumer, entry.code)
    entry.refresh_from_db()
    actions.note_data_version(by=SEED, code=entry.code, version=1, rows=5, at=entry.published_at)
    actions.note_opened(by=SEED, code=entry.code, opened=True)
    actions.withdraw_entry(by=city.authority, code=entry.code, remark="停用")
    index(home)
    told = [one.zh for one in notices.of(city.consumer).filter(kind="catalog.subscription").order_by("pk")]
    assert [any(word in one for one in told) for word in ("数据已更新", "已向社会开放", "已撤下")] == [True] * 3
    assert len(told) == 3
    saved_actions.unsubscribe(by=city.consumer, code=entry.code)
    actions.reopen_entry(by=city.compiler, code=entry.code)
    index(home)
    assert notices.of(city.consumer).filter(kind="catalog.subscription").count() == 3


def test_nobody_follows_what_they_cannot_see(city, home):
    entry = city.draft(stops())
    with pytest.raises(NotFound):
        saved_actions.subscribe(by=city.consumer, code=entry.code)
    saved_actions.subscribe(by=city.compiler, code=entry.code)


def test_stopped_people_are_not_told(city, home):
    index(home)
    entry = city.published(stops())
    saved_actions.subscribe(by=city.consumer, code=entry.code)
    identity.set_person_active(by=city.authority, person_id=city.consumer.person_id, active=False)
    actions.withdraw_entry(by=city.authority, code=entry.code, remark="停用")
    index(home)
    assert not notices.of(city.consumer).filter(kind="catalog.subscription").exists()


def test_the_index_has_what_the_database_has(city, home):
    for n in range(12):
        city.published(stops(title=f"站点{n}"))
    index(home)
    stamp = finding.store_of(home).stamp()
    assert finding.find(None, facets=("theme",)).facets["theme"] == [("交通运输", 12)]
    assert finding.find(None, "站点", size=5).total == queries.search("站点").total == Entry.objects.count()
    assert stamp is not None
    assert django_settings.HOME.search.is_dir()
