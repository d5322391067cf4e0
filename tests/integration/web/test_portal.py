"""The public pages without a gateway: search, facets, labels, errors, headers, and how often they ask the database."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import SEED, stops
from gongshu import clock
from gongshu.catalog import actions as catalog
from gongshu.catalog.models import Entry
from gongshu.grants import actions as grants
from gongshu.lake.spreadsheet import MOST_ROWS
from gongshu.web import gateway_client
from gongshu.web.portal import listing


def open_to_all(city, entry):
    """The state after a release: a public grant held by the platform, and the entry says so."""
    grant = grants.create(
        by=SEED,
        organization="platform",
        provider=entry.provider.code,
        resource=entry.code,
        items=["code", "name"],
        purpose="open",
        modes=["query", "batch"],
        valid_from=clock.now() - timedelta(minutes=1),
        valid_until=clock.now() + timedelta(days=1),
        public=True,
        cites=["《某办法》第一条"],
    )
    catalog.note_opened(by=SEED, code=entry.code, opened=True)
    return grant


def test_an_empty_platform_says_what_will_come(anybody):
    page = anybody.get("/")
    assert page.status_code == 200
    assert "还没有开放的数据集" in page.content.decode()
    assert "没有找到符合条件的数据集" in anybody.get("/catalog/?q=没有的词").content.decode()


def test_drafts_are_nobodys_business(city, anybody):
    draft = city.draft()
    assert draft.title not in anybody.get("/catalog/").content.decode()
    assert anybody.get(f"/datasets/{draft.code}/").status_code == 404


def test_search_facets_and_figures_agree(city, anybody):
    city.published()
    city.published(stops())
    page = anybody.get("/catalog/").content.decode()
    assert "共" in page
    assert "<b>2</b>" in page
    found = anybody.get("/catalog/?q=公交").content.decode()
    assert "<mark>公交</mark>站点" in found
    assert "企业登记信息" not in found
    narrowed = anybody.get("/catalog/?theme=市场监管").content.decode()
    assert "企业登记信息" in narrowed
    assert "/datasets/" in narrowed
    assert "公交站点" not in narrowed.split('id="results"')[1]
    figures = anybody.get("/api/v1/figures").json()
    assert (figures["entries"], figures["open_datasets"]) == (2, 0)


def test_words_that_never_meet_are_loosened_and_said_so(city, anybody):
    city.published()
    city.published(stops())
    page = anybody.get("/catalog/?q=公交 法定代表人").content.decode()
    assert "没有同时包含全部词语" in page


def test_a_closed_data_set_is_a_catalog_entry_with_its_label_and_no_download(city, anybody):
    entry = city.collected()
    page = anybody.get(f"/datasets/{entry.code}/").content.decode()
    assert "不予开放" in page
    assert "download" not in page
    refused = anybody.get(f"/datasets/{entry.code}/download.csv")
    assert refused.status_code == 404
    assert "portal.not_open" in refused.content.decode()


def test_the_official_spelling_of_the_code_is_understood(city, anybody):
    entry = city.published()
    assert anybody.get(f"/api/v1/datasets/{entry.code}").json()["title"] == entry.title


def test_the_list_of_what_is_found_is_taken_whole_under_the_same_filters(city, anybody, monkeypatch):
    companies, buses = city.published(), city.collected(stops())
    open_to_all(city, buses)
    city.draft(replace(stops(), title="尚未发布"))
    monkeypatch.setattr(listing, "AT_ONCE", 1)  # page after page

    def csv_of(query):
        text = b"".join(anybody.get(f"/catalog/list.csv{query}").streaming_content).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    everything = csv_of("")
    assert sorted(one["名称"] for one in everything) == sorted([companies.title, buses.title]), (
        "drafts are nobody's business"
    )
    (one,) = csv_of("?only=open")
    assert (one["名称"], one["可下载格式"], one["网址"]) == (
        buses.title,
        "CSV XLSX JSON API",
        f"http://testserver/datasets/{buses.code}/",
    )
    assert one["数据行数"] == str(buses.data_rows)
    assert [one["名称"] for one in csv_of("?theme=市场监管")] == [companies.title]
    assert [one["名称"] for one in csv_of("?q=公交")] == [buses.title]
    assert csv_of("?q=没有的词") == []

    answer = anybody.get("/catalog/list.xlsx?only=open&lang=en")
    head, row = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.iter_rows(
        values_only=True
    )
    assert head[:2] == ("Resource code", "Title")
    assert (row[1], row[8]) == (buses.title, buses.data_rows)
    page = anybody.get("/catalog/?only=open&q=公交&at=x").content.decode()
    assert "/catalog/list.xlsx?only=open&amp;q=%E5%85%AC%E4%BA%A4" in page
    assert anybody.get("/catalog/list.pdf").status_code == 404
    monkeypatch.setattr(listing, "MOST", 0)
    refused = anybody.get("/catalog/list.csv?q=公交")
    assert refused.status_code == 400
    assert "portal.list_long" in refused.content.decode()


def test_xlsx_is_promised_only_where_a_sheet_holds_the_rows(city, anybody):
    buses = city.collected(stops())
    open_to_all(city, buses)
    for rows, formats in ((MOST_ROWS, "CSV XLSX JSON API"), (MOST_ROWS + 1, "CSV JSON API")):
        Entry.objects.filter(pk=buses.pk).update(data_rows=rows)
        text = b"".join(anybody.get("/catalog/list.csv").streaming_content).decode("utf-8-sig")
        assert [one["可下载格式"] for one in csv.DictReader(io.StringIO(text))] == [formats]
        badge = '<span class="tag">XLSX</span>'
        assert (badge in anybody.get("/catalog/").content.decode()) == ("XLSX" in formats)


def test_no_cell_of_the_list_is_a_formula(city, anybody):
    entry = city.published()
    Entry.objects.filter(pk=entry.pk).update(title="=1+1")
    assert "'=1+1" in b"".join(anybody.get("/catalog/list.csv").streaming_content).decode()
    book = openpyxl.load_workbook(io.BytesIO(b"".join(anybody.get("/catalog/list.xlsx").streaming_content)))
    assert (book.active["B2"].value, book.active["B2"].data_type) == ("=1+1", "s")


def test_a_data_set_too_long_for_a_sheet_says_so_and_offers_none(city, anybody, monkeypatch):
    entry = city.collected(stops())
    open_to_all(city, entry)
    monkeypatch.setattr(gateway_client, "rows", lambda **_: gateway_client.Rows([], None, 1))
    assert "download.xlsx" in anybody.get(f"/datasets/{entry.code}/").content.decode()
    Entry.objects.filter(pk=entry.pk).update(data_rows=1_048_576)
    page = anybody.get(f"/datasets/{entry.code}/").content.decode()
    assert "download.xlsx" not in page
    assert "一个 Excel 工作表放不下" in page


def test_without_the_gateway_the_page_lives_and_downloads_say_503(city, anybody, monkeypatch):
    entry = city.collected(stops())
    open_to_all(city, entry)

    def away(**_):
        raise gateway_client.GatewayDown

    monkeypatch.setattr(gateway_client, "rows", away)
    monkeypatch.setattr(gateway_client, "download", away)
    page = anybody.get(f"/datasets/{entry.code}/")
    assert page.status_code == 200
    assert "数据网关暂时没有响应" in page.content.decode()
    for address in (f"/datasets/{entry.code}/download.csv", f"/api/v1/datasets/{entry.code}/rows"):
        answer = anybody.get(address)
        assert answer.status_code == 503
        assert "gateway.down" in answer.content.decode()


def test_a_gateway_that_is_really_away_is_found_out(city, anybody, settings, monkeypatch):
    entry = city.collected(stops())
    open_to_all(city, entry)
    monkeypatch.setenv("GONGSHU_GATEWAY_URL", "http://127.0.0.1:9")
    gateway_client._connection.cache_clear()
    try:
        assert anybody.get(f"/datasets/{entry.code}/download.csv").status_code == 503
    finally:
        gateway_client._connection.cache_clear()


def test_samples_map_and_attribution_of_an_open_data_set(city, anybody, monkeypatch):
    from gongshu.catalog.draft import ItemData
    from gongshu.catalog.states import DataType

    places = (
        ItemData("code", "站点编码", required=True, is_key=True),
        ItemData("name", "站点名称"),
        ItemData("lng", "经度", DataType.N),
        ItemData("lat", "纬度", DataType.N),
    )
    entry = city.collected(stops(items=places))
    grant = open_to_all(city, entry)
    grant.items = ["code", "name", "lng", "lat"]
    grant.save()
    rows = [
        {"code": "S1", "name": "<b>滨湖路</b>", "lng": 118.6, "lat": 32.1},
        {"code": "S2", "name": "无坐标", "lng": None, "lat": None},
        {"code": "S3", "name": "天外", "lng": 999, "lat": 1},
    ]
    asked = []

    def answer(**question):
        asked.append(question)
        return gateway_client.Rows(rows, None, 0)

    monkeypatch.setattr(gateway_client, "rows", answer)
    page = anybody.get(f"/datasets/{entry.code}/").content.decode()
    assert "&lt;b&gt;滨湖路&lt;/b&gt;" in page
    assert "<b>滨湖路</b>" not in page
    assert '"lon": 118.6' in page
    assert "999" not in page.split('id="points"')[1].split("</script>")[0]
    assert "数据来源" in page
    anybody.get(f"/datasets/{entry.code}/")
    assert len(asked) == 1, "a look at the page is not a new read of the data each time"
    assert asked[0]["grant"] == grant.grant_id


@pytest.mark.parametrize(("path", "status"), [("/nothing/", 404), ("/datasets/333999-000001/", 404)])
def test_error_pages_speak_both_languages_and_have_a_code(anybody, db, path, status):
    zh = anybody.get(path)
    assert zh.status_code == status
    assert "没有找到" in zh.content.decode()
    en = anybody.get(path + "?lang=en").content.decode()
    assert "Not found" in en


def test_a_wrong_host_name_is_a_page_too(anybody):
    response = anybody.get("/", HTTP_HOST="evil.example")
    assert response.status_code == 400
    assert "请求有误" in response.content.decode()


def test_a_defect_of_ours_is_a_plain_page(anybody, monkeypatch):
    from gongshu.web.portal import home

    anybody.raise_request_exception = False
    monkeypatch.setattr(home, "figures", lambda: 1 / 0)
    response = anybody.get("/")
    assert response.status_code == 500
    assert "不是您的操作有误" in response.content.decode()
    assert "ZeroDivisionError" not in response.content.decode()


def test_a_database_that_is_away_is_503(anybody, monkeypatch):
    from django.db import OperationalError

    from gongshu.web.portal import home

    def away():
        raise OperationalError("database is locked")

    monkeypatch.setattr(home, "figures", away)
    response = anybody.get("/")
    assert response.status_code == 503
    assert "数据库正忙" in response.content.decode()
    assert "locked" not in response.content.decode()


def test_nothing_inline_and_nothing_from_elsewhere(city, anybody):
    city.published()
    for path in ("/", "/catalog/", "/sign-in/", "/rules/", "/proof/", "/developers/"):
        response = anybody.get(path)
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        page = response.content.decode()
        assert " style=" not in page
        assert "onclick=" not in page
        assert "<style" not in page
        for script in page.split("<script")[1:]:
            head = script.split(">")[0]
            assert "src=" in head or "application/json" in head, head
        assert 'src="http' not in page
        assert '<link rel="stylesheet" href="/static/' in page


def test_the_lapsed_pack_says_so_on_every_page(anybody, db):
    from gongshu import rules

    notice = rules.active().notice(clock.today())
    page = anybody.get("/").content.decode()
    if notice is None:
        assert 'class="band"' not in page
    else:
        assert notice.zh in page
        assert notice.en.replace("'", "&#x27;") in anybody.get("/?lang=en").content.decode()


def test_the_rules_page_cites_every_parameter(anybody, db):
    from gongshu import rules

    page = anybody.get("/rules/").content.decode()
    pack = rules.active()
    demand = pack.refusal(clock.today())
    for citation in demand.citations:
        assert citation.label("zh") in page
    assert "Text(" not in page
    assert "RouteRule(" not in page


PINNED = {"/": 4, "/catalog/": 12, "/api/v1/datasets": 5}


@pytest.mark.parametrize("path", sorted(PINNED))
def test_lists_ask_the_database_a_fixed_number_of_times(city, anybody, path):
    def queries():
        anybody.get(path)
        with CaptureQueriesContext(connection) as seen:
            assert anybody.get(path).status_code == 200
        return len(seen)

    for n in range(3):
        open_to_all(city, city.collected(stops(title=f"站点{n}")))
    few = queries()
    for n in range(3, 10):
        open_to_all(city, city.collected(stops(title=f"站点{n}")))
    assert queries() == few == PINNED[path]
