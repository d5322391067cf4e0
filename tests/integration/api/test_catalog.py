"""The catalog by programs: the same entry sent twice is one entry; who changes it says what was read."""

from __future__ import annotations

import pytest

from factories import companies
from gongshu.catalog.models import Entry, EntryEvent
from gongshu.identity.models import KeptAnswer
from gongshu.identity.tokens import Scope

LINES = {
    "title": "公交线路",
    "abstract": "全市公交线路的基本信息。",
    "share_type": "UNCONDITIONAL",
    "open_type": "UNCONDITIONAL",
    "update_cycle": "MONTHLY",
    "theme": "交通运输",
    "items": [
        {"name": "code", "title": "线路编码", "required": True, "is_key": True},
        {"name": "name", "title": "线路名称", "length": 60},
    ],
}


@pytest.mark.article("xian-11")
def test_an_entry_is_kept_as_another_system_has_it(program):
    wang, li = program("wang"), program("li")
    status, made = wang.put("/catalog/entries", LINES)
    assert (status, made["written"], made["status"], made["provider"]) == (201, "created", "draft", "market")
    assert made["data"]["items"][1]["length"] == 60
    status, again = wang.put("/catalog/entries", LINES | {"title": " 公交 线路"})
    assert status == 200
    assert again["code"] == made["code"], "a name is compared without its spaces"
    assert wang.put("/catalog/entries", LINES)[1]["written"] == "changed"
    status, same = wang.put("/catalog/entries", LINES)
    assert (status, same["written"], same["revision"]) == (200, "unchanged", made["revision"])
    before = EntryEvent.objects.count()
    assert wang.put(f"/catalog/entries/{made['code']}", LINES)[1]["written"] == "unchanged"
    assert EntryEvent.objects.count() == before, "what changes nothing leaves no trace"
    assert Entry.objects.filter(title_key="公交线路").count() == 1

    status, submitted = wang.post(f"/catalog/entries/{made['code']}/submit")
    assert (status, submitted["status"]) == (200, "submitted")
    status, refused = wang.post(f"/catalog/entries/{made['code']}/review", {"outcome": "publish"})
    assert (status, refused["error"]["code"]) == (403, "catalog.same_person")
    status, refused = li.post(f"/catalog/entries/{made['code']}/review", {"outcome": "return"})
    assert (status, refused["error"]["code"]) == (400, "catalog.remark_missing")
    assert refused["error"]["zh"].startswith("退回时请写明"), "the sentence of the pages"
    status, published = li.post(f"/catalog/entries/{made['code']}/review", {"outcome": "publish"})
    if published.get("error", {}).get("code") == "catalog.secrecy_missing":
        assert li.post(f"/catalog/entries/{made['code']}/secrecy", {})[0] == 200
        status, published = li.post(f"/catalog/entries/{made['code']}/review", {"outcome": "publish"})
    assert (status, published["status"], published["version"]) == (200, "published", 1)


def test_what_is_published_is_changed_by_a_revision_beside_it(city, program):
    entry = city.published(companies(title="公交线路"))
    wang, zhou = program("wang"), program("zhou", Scope.READ)
    address = f"/catalog/entries/{entry.code}"
    data = wang.get(address)[1]["data"]
    status, same = wang.put(address, data)
    assert (status, same["written"], same["draft"]) == (200, "unchanged", None), "what is read can be sent as it is"
    status, changed = wang.put(address, data | {"abstract": "新的摘要。"})
    assert (status, changed["written"], changed["status"], changed["draft_status"]) == (
        200,
        "changed",
        "published",
        "draft",
    )
    assert changed["data"]["abstract"] == data["abstract"]
    assert changed["draft"]["abstract"] == "新的摘要。"
    assert zhou.get(address)[1]["draft"] is None, "readers see what is published"
    assert wang.put(address, data | {"abstract": "新的摘要。"})[1]["written"] == "unchanged"
    assert [one for one in wang.get(f"{address}/findings")[1] if one["severity"] == "error"] == []
    assert wang.post(f"{address}/discard")[1]["draft"] is None
    versions = zhou.get(f"{address}/versions")[1]
    assert (versions["total"], versions["results"][0]["number"]) == (1, 1)
    assert zhou.get(f"{address}/versions/1")[1]["abstract"] == data["abstract"]
    assert zhou.get(f"{address}/versions/2")[0] == 404


def test_the_revision_guards_against_overwriting(program):
    wang, li = program("wang"), program("li")
    response = wang.raw("PUT", "/catalog/entries", LINES)
    made, etag = response.json(), response.headers["ETag"]
    assert etag == f'"{made["revision"]}"'
    address = f"/catalog/entries/{made['code']}"
    assert li.put(address, LINES | {"abstract": "另一位改的"}, If_Match=etag)[0] == 200
    status, refused = wang.put(address, LINES | {"abstract": "我改的"}, If_Match=etag)
    assert (status, refused["error"]["code"]) == (412, "catalog.revision_changed")
    fresh = wang.raw("GET", address).headers["ETag"]
    assert wang.put(address, LINES | {"abstract": "我改的"}, If_Match=fresh)[1]["data"]["abstract"] == "我改的"
    assert wang.put("/catalog/entries", LINES, If_None_Match="*")[0] == 412
    assert wang.put("/catalog/entries", LINES | {"title": "没有的"}, If_Match="*")[0] == 412
    assert wang.put(address, LINES, If_Match='"a", "b"')[1]["error"]["code"] == "api.if_match"


@pytest.mark.article("xian-11")
def test_a_key_makes_a_call_repeatable(program):
    wang = program("wang")
    first = wang.raw("PUT", "/catalog/entries", LINES, Idempotency_Key="k-1")
    again = wang.raw("PUT", "/catalog/entries", LINES, Idempotency_Key="k-1")
    assert (first.status_code, again.status_code) == (201, 201), "answered the same, though the entry exists by now"
    assert first.content == again.content
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotency-Replayed"] == "true"
    status, refused = wang.put("/catalog/entries", LINES | {"theme": ""}, Idempotency_Key="k-1")
    assert (status, refused["error"]["code"]) == (409, "api.key_used")
    assert program("li").put("/catalog/entries", LINES, Idempotency_Key="k-1")[0] == 200, "keys are each token's own"
    for wrong in ("长", "x" * 201):
        assert wang.put("/catalog/entries", LINES, Idempotency_Key=wrong)[1]["error"]["code"] == "api.idempotency_key"


def test_a_refused_call_may_be_sent_again_with_its_key(program):
    wang = program("wang")
    status, refused = wang.put(
        "/catalog/entries", LINES | {"items": [{"name": "1", "title": "x"}]}, Idempotency_Key="k"
    )
    assert (status, refused["error"]["code"], refused["error"]["where"]) == (
        400,
        "catalog.item_name",
        {"field": "name", "row": 1},
    )
    assert not KeptAnswer.objects.exists()
    assert wang.put("/catalog/entries", LINES, Idempotency_Key="k")[0] == 201


def test_lists_have_totals_and_pages_and_no_silent_end(city, program):
    for n in range(7):
        city.draft(companies(title=f"第{n}个目录"))
    wang, zhou = program("wang"), program("zhou", Scope.READ)
    status, found = wang.get("/catalog/entries?limit=3&offset=3")
    assert (status, found["total"], len(found["results"])) == (200, 7, 3)
    pages = [wang.get(f"/catalog/entries?limit=3&offset={o}")[1]["results"] for o in (0, 3, 6)]
    assert len({one["code"] for shown in pages for one in shown}) == 7
    assert zhou.get("/catalog/entries")[1]["total"] == 0, "drafts are the provider's own"
    assert wang.get("/catalog/entries?status=published")[1]["total"] == 0
    assert wang.get("/catalog/entries?limit=1000")[0] == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        (LINES | {"unknown": 1}, "unknown"),
        (LINES | {"title": "长" * 4001}, "title"),
        (LINES | {"share_type": "SOMETIMES"}, "share_type"),
        (LINES | {"items": [{"name": "a", "title": "b", "length": -1}]}, "items.0.length"),
        (LINES | {"items": "none"}, "items"),
    ],
)
def test_a_wrong_shape_is_named_never_its_value(program, body, field):
    status, answer = program("wang").put("/catalog/entries", body)
    assert (status, answer["error"]["code"]) == (422, "api.invalid")
    assert answer["error"]["where"]["field"].endswith(field)
    assert "SOMETIMES" not in str(answer)


def test_what_is_no_json_or_holds_controls_is_refused_in_both_languages(program):
    wang = program("wang")
    for body in (b"{", b"[" * 100_000, b'{"title": NaN}', b'{"title": "\xff"}', b'{"n": ' + b"9" * 5000 + b"}"):
        response = wang.raw("PUT", "/catalog/entries", body)
        assert response.status_code == 400, body[:20]
        assert response.json()["error"]["code"] == "api.malformed"
    for sign in ("\x00", "\x1b", "\ud800"):
        assert wang.put("/catalog/entries", LINES | {"title": f"a{sign}"})[1]["error"]["code"] == "api.unprintable"
    assert wang.put("/catalog/entries", LINES | {"abstract": "长" * 20_001})[1]["error"]["code"] == "api.too_long"
    assert wang.raw("DELETE", "/catalog/entries").json()["error"]["code"] == "api.method"
    assert wang.raw("GET", "/nothing").json()["error"]["code"] == "web.404"
    large = wang.raw("PUT", "/catalog/entries", b"x" * 2_700_000)
    assert (large.status_code, large.json()["error"]["code"]) == (413, "api.too_large")
