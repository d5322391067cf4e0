"""Pages of the search: suggestions, synonyms, saved searches and what one follows; with an index and its marks."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import SEED, companies, stops
from gongshu.catalog import indexing
from gongshu.catalog.models import SavedSearch, Subscription, SynonymGroup
from gongshu.home import Home
from gongshu.notifications import queries as notices


@pytest.fixture
def index(city, settings, tmp_path):
    settings.HOME = Home(root=tmp_path, city="national")

    def bring_up_to_date():
        while indexing.run_once(settings.HOME, by=SEED):
            pass

    bring_up_to_date()
    return bring_up_to_date


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def test_search_by_pinyin_marks_facets_and_notes(city, anybody, index):
    city.published()
    city.published(stops())
    index()
    assert "公交站点" in text(anybody.get("/catalog/?q=gjzd"))
    corrected = text(anybody.get("/catalog/?q=公交战点"))
    assert "没有找到“公交战点”，以下是“公交站点”的结果" in corrected
    assert "<mark>公交站点</mark>" in corrected
    assert "同时查找了意思相同的词" in text(anybody.get("/catalog/?q=市场主体"))
    narrowed = text(anybody.get("/catalog/?q=信息&theme=市场监管"))
    assert 'aria-current="true"' in narrowed
    hostile = text(anybody.get("/catalog/", {"q": "<script>alert(1)</script>公交"}))
    assert "<script>alert" not in hostile


def test_suggestions_are_published_entries_only(city, anybody, signed_in, index):
    city.published(stops())
    city.draft(companies(title="企业失信名单"))
    index()
    assert "公交站点" in text(anybody.get("/catalog/suggest/?q=公交"))
    assert "失信" not in text(anybody.get("/catalog/suggest/?q=企业失信"))
    assert text(anybody.get("/catalog/suggest/?q=")).strip() == ""
    assert "企业失信名单" in text(signed_in("wang").get("/console/catalog/suggest/?q=企业失信"))
    assert "企业失信名单" not in text(signed_in("zhou").get("/console/catalog/suggest/?q=企业失信"))


def test_lists_go_on_without_page_numbers(city, anybody, index):
    for n in range(12):
        city.published(stops(title=f"站点{n:02d}"))
    index()
    first = text(anybody.get("/catalog/?sort=title"))
    assert "第 1–10 项，共 12 项" in first
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = text(anybody.get(f"/catalog/{following}"))
    assert "第 11–12 项，共 12 项" in second
    assert "站点11" in second
    assert 'rel="prev"' in second
    answer = anybody.get("/api/v1/datasets?sort=title").json()
    assert (answer["total"], answer["pages"], len(answer["results"])) == (12, 1, 12)
    words = anybody.get("/api/v1/datasets?q=zhandian").json()
    assert words["total"] == 12


def test_an_indexed_page_asks_the_database_a_fixed_number_of_times(city, anybody, index):
    def queries(path):
        anybody.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert anybody.get(path).status_code == 200
        return len(seen)

    for n in range(2):
        city.published(stops(title=f"站点{n}"))
    index()
    few = {path: queries(path) for path in ("/catalog/?q=站点", "/catalog/suggest/?q=站点")}
    for n in range(2, 9):
        city.published(stops(title=f"站点{n}"))
    index()
    assert {path: queries(path) for path in few} == few
    assert few["/catalog/?q=站点"] <= 6


def test_a_search_is_saved_told_and_left(city, signed_in, anybody, index):
    page = signed_in("zhou")
    index()
    assert "保存检索" not in text(anybody.get("/catalog/?q=公交")), "only who signed in can be told"
    assert "保存检索" in text(page.get("/catalog/?q=公交"))
    saved = page.post("/account/following/save/", {"q": "公交", "theme": "交通运输", "only": "open"}, follow=True)
    assert "检索已保存" in text(saved)
    (one,) = SavedSearch.objects.all()
    assert (one.text, one.filters) == ("公交", {"opened": "yes", "theme": "交通运输"})
    own = text(page.get("/account/following/"))
    assert "“公交”" in own
    assert "只看可下载" in own
    again = page.get(f"/account/following/{one.pk}/")
    assert again.status_code == 302
    assert "only=open" in again.headers["Location"]
    assert signed_in("wang").get(f"/account/following/{one.pk}/").status_code == 404
    assert signed_in("wang").post(f"/account/following/{one.pk}/remove/").status_code == 404
    assert "已取消保存的检索" in text(page.post(f"/account/following/{one.pk}/remove/", follow=True))
    assert not SavedSearch.objects.exists()
    refused = page.post("/account/following/save/", {"q": " "}, follow=True)
    assert "请先输入检索词" in text(refused)


def test_an_entry_is_followed_and_left(city, signed_in, anybody, index):
    entry = city.published(stops())
    index()
    page = signed_in("zhou")
    assert "订阅变化" in text(page.get(f"/datasets/{entry.code}/"))
    assert "订阅变化" not in text(anybody.get(f"/datasets/{entry.code}/"))
    back = page.post(f"/account/following/entries/{entry.code}/", {"next": f"/datasets/{entry.code}/"}, follow=True)
    assert "取消订阅" in text(back)
    assert "取消订阅" in text(page.get(f"/console/catalog/{entry.code}/"))
    from gongshu.catalog import actions

    actions.withdraw_entry(by=city.authority, code=entry.code, remark="停用")
    index()
    assert notices.of(city.consumer).filter(kind="catalog.subscription").count() == 1
    own = text(page.get("/account/following/"))
    assert "已撤下" in own
    assert f"/datasets/{entry.code}/" not in own
    away = page.post(f"/account/following/entries/{entry.code}/remove/", {"next": "https://evil.example/"})
    assert away.headers["Location"] == "/account/following/"
    assert not Subscription.objects.exists()
    assert page.post("/account/following/entries/333999-000001/", follow=True).status_code == 200


def test_synonyms_are_kept_by_the_authority(city, signed_in, anybody, index):
    page = signed_in("lin")
    assert "检索同义词" in text(page.get("/console/catalog/"))
    listed = text(page.get("/console/catalog/synonyms/?q=敬老院"))
    assert "养老机构" in listed
    assert "公共厕所" not in listed
    assert "已保存" in text(page.post("/console/catalog/synonyms/new/", {"words": "候车亭、公交站点"}, follow=True))
    group = SynonymGroup.objects.get(words="候车亭 公交站点")
    wrong = page.post(f"/console/catalog/synonyms/{group.pk}/", {"words": "候车亭"}, follow=True)
    assert "每组同义词须有" in text(wrong)
    assert "已删除" in text(page.post(f"/console/catalog/synonyms/{group.pk}/remove/", follow=True))
    for stranger in (signed_in("wang"), signed_in("zhou")):
        assert stranger.get("/console/catalog/synonyms/").status_code == 403
        assert stranger.post("/console/catalog/synonyms/new/", {"words": "甲 乙"}).status_code == 403
    assert anybody.get("/console/catalog/synonyms/").status_code == 302
    assert "没有符合" in text(page.get("/console/catalog/synonyms/?q=火箭"))
