"""The graph of an entry: the same things in picture, table, interface and command; what is not ours only counted."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from typer.testing import CliRunner

from factories import SEED, companies, purpose, stops
from factories.programs import program_of
from gongshu import clock
from gongshu.catalog import queries as catalog
from gongshu.catalog.draft import ItemData
from gongshu.errors import NotFound
from gongshu.grants import actions as grants
from gongshu.identity import actions as identity
from gongshu.identity.states import Role
from gongshu.web import lineage, lineage_drawing
from gongshu.web.lineage import Edge, Kind


def granted(entry, organization="housing", **changes):
    base = {
        "organization": organization,
        "provider": "market",
        "resource": entry.code,
        "items": ["name"],
        "purpose": purpose(),
        "modes": ["query"],
        "valid_from": clock.now(),
        "valid_until": clock.today() + timedelta(days=90),
    }
    return grants.create(by=SEED, **(base | changes))


def titles(graph, kind):
    return [node.title.zh for node in graph.group(kind).nodes]


def test_from_the_source_to_the_user(city):
    entry = city.collected()
    grant = granted(entry)
    client, _ = identity.create_client(by=SEED, organization="housing", name="预售核查系统")
    graph = lineage.graph(city.compiler, entry.code)
    assert titles(graph, Kind.SYSTEM) == ["企业登记系统"]
    assert titles(graph, Kind.ITEM) == ["统一社会信用代码", "企业名称", "法定代表人"]
    assert titles(graph, Kind.VERSION) == ["第 0 版"]
    assert titles(graph, Kind.ORGANIZATION) == ["市住房和城乡建设局"]
    way = [
        "system", f"entry:{entry.code}", "item:name", "version:0", "interface",
        f"grant:{grant.grant_id}", "organization:housing",
    ]  # fmt: skip
    assert {Edge(a, b) for a, b in pairwise(way)} <= set(graph.edges)
    assert graph.group(Kind.CLIENT).total == 0, "the provider does not know the systems of others"
    own = lineage.graph(city.consumer, entry.code)
    assert Edge("organization:housing", f"client:{client.client_id}") in own.edges


def test_who_is_no_party_to_a_grant_learns_only_that_there_is_one(city):
    entry = city.collected()
    granted(entry)
    stranger = city.person("bai", "government", Role.CONSUMER)
    seen = lineage.graph(stranger, entry.code)
    group = seen.group(Kind.GRANT)
    assert (group.nodes, group.withheld, group.total) == ((), 1, 1)
    assert titles(seen, Kind.ORGANIZATION) == []
    assert "住房" not in json.dumps(seen.as_json(), ensure_ascii=False)
    for knows in (city.consumer, city.compiler, city.authority, city.auditor):
        assert lineage.graph(knows, entry.code).group(Kind.GRANT).withheld == 0


def test_what_is_open_to_everybody_everybody_sees(city):
    entry = city.collected(stops())
    granted(entry, organization="public", public=True, purpose="open")
    stranger = city.person("bai", "government", Role.CONSUMER)
    seen = lineage.graph(stranger, entry.code)
    assert seen.group(Kind.GRANT).withheld == 0
    assert titles(seen, Kind.ORGANIZATION) == ["社会公众"]


def test_an_ended_grant_leads_nowhere(city):
    entry = city.collected()
    grant = granted(entry)
    grants.revoke(by=city.authority, grant_id=grant.grant_id, reason="用途已结束")
    assert lineage.graph(city.authority, entry.code).group(Kind.GRANT).total == 0


def test_a_draft_has_no_graph_for_others(city):
    entry = city.draft()
    with pytest.raises(NotFound):
        lineage.graph(city.consumer, entry.code)
    seen = lineage.graph(city.compiler, entry.code)
    assert [group.kind for group in seen.groups] == [Kind.SYSTEM, Kind.ENTRY, Kind.ITEM]


def test_related_and_replaced_entries_as_far_as_they_are_seen(city):
    hidden = city.draft(stops(title="站点草稿"))
    shown = city.published(stops())
    entry = city.published(companies(related=(hidden.code, shown.code)))
    assert titles(lineage.graph(city.consumer, entry.code), Kind.RELATED) == ["公交站点"]
    assert sorted(titles(lineage.graph(city.compiler, entry.code), Kind.RELATED)) == ["公交站点", "站点草稿"]


def test_much_is_counted_and_costs_as_many_queries(city):
    entry = city.collected()
    granted(entry)
    with CaptureQueriesContext(connection) as few:
        lineage.graph(city.authority, entry.code)
    for number in range(60):
        identity.register_organization(
            by=SEED, code=f"body{number}", name=f"单位{number}", name_en="", office="department"
        )
        granted(entry, f"body{number}")
    with CaptureQueriesContext(connection) as many:
        graph = lineage.graph(city.authority, entry.code)
    group = graph.group(Kind.GRANT)
    assert (len(group.nodes), group.more, group.total) == (lineage.LIMIT, 11, 61)
    assert len(few) <= 14
    assert len(many) <= len(few) + 1, "one more: how many grants there are"
    picture = lineage_drawing.draw(graph)
    assert [box.title.zh for box in picture.boxes if box.rest] == ["还有 55 个", "还有 44 个"]
    assert all(box.x + picture.box_width <= picture.width for box in picture.boxes)
    assert all(box.y + picture.box_height <= picture.height for box in picture.boxes)


def test_no_two_boxes_touch_and_long_names_are_cut(city):
    items = tuple(
        ItemData(f"i{n}", f"第{n}个名称很长很长的信息项标题说明", is_key=n == 0, required=n == 0) for n in range(9)
    )
    entry = city.collected(companies(items=items))
    picture = lineage_drawing.draw(lineage.graph(city.compiler, entry.code))
    places = [(box.x, box.y) for box in picture.boxes]
    assert len(set(places)) == len(places)
    by_column: dict[int, list[int]] = {}
    for x, y in places:
        by_column.setdefault(x, []).append(y)
    for ys in by_column.values():
        assert all(b - a >= picture.box_height for a, b in pairwise(sorted(ys)))
    cut = [box for box in picture.boxes if box.kind == "item" and not box.rest]
    assert len(cut) == lineage_drawing.SHOWN
    assert all(box.title.zh.endswith("…") for box in cut)
    assert "信息项标题说明" in cut[0].full.zh, "the whole name is told on hovering"


def test_the_page_has_picture_and_table(city, signed_in):
    entry = city.collected(companies(title="<b>企业</b>登记"))
    grant = granted(entry)
    page = signed_in("wang").get(f"/console/catalog/{entry.code}/?tab=relations").content.decode()
    assert '<svg class="lineage"' in page
    assert page.count(f"/console/grants/{grant.grant_id}/") == 2, "once in the picture, once in the table"
    assert "<b>企业</b>" not in page
    assert "style=" not in page.split('<svg class="lineage"')[1].split("</svg>")[0], "the page's policy forbids it"
    city.person("bai", "government", Role.CONSUMER)
    other = signed_in("bai").get(f"/console/catalog/{entry.code}/?tab=relations&lang=en").content.decode()
    assert "other grants: 1" in other
    assert grant.grant_id not in other


def test_programs_and_the_command_get_the_same(city):
    entry = city.collected()
    granted(entry)
    status, answer = program_of("wang").get(f"/catalog/entries/{entry.code}/graph")
    assert status == 200
    assert answer == lineage.graph(city.compiler, entry.code).as_json()
    assert program_of("wang").get("/catalog/entries/000000-000000/graph")[0] == 404


def test_the_command(city, monkeypatch):
    from gongshu.cli import catalog as command
    from gongshu.cli import session

    monkeypatch.setattr(session, "connect", lambda: None)
    entry = city.collected()
    granted(entry)
    plain = CliRunner().invoke(command.app, ["graph", entry.code, "--as", "wang", "--json"])
    assert plain.exit_code == 0
    assert json.loads(plain.stdout) == lineage.graph(city.compiler, entry.code).as_json()
    table = CliRunner().invoke(command.app, ["graph", entry.code])
    assert table.exit_code == 0
    assert "企业登记系统" in table.stdout
    assert "住房" not in table.stdout
    assert catalog.entry(city.compiler, entry.code).title in table.stdout
