"""Disputes about open types in the console (yongjia-28)."""

from __future__ import annotations

import pytest

from gongshu import rules
from gongshu.opening.models import TypeDispute
from gongshu.opening.states import TypeStatus

SAID = {"open_type": "CONDITIONAL", "reason": "脱敏后可以受限开放"}


@pytest.fixture
def yongjia():
    usual = rules.active().id
    rules.configure("yongjia")
    yield
    rules.configure(usual)


def text(response):
    return response.content.decode()


@pytest.mark.article("yongjia-28")
def test_the_centre_proposes_and_the_provider_answers_on_the_pages(
    city, signed_in, yongjia, django_assert_max_num_queries
):
    entry = city.collected()
    chen, li = signed_in("chen"), signed_in("li")
    assert "建议修改开放属性" in text(chen.get(f"/console/catalog/{entry.code}/"))
    assert "建议修改开放属性" not in text(li.get(f"/console/catalog/{entry.code}/"))
    address = f"/console/catalog/{entry.code}/open-type/"
    assert "第二十八条" in text(chen.get(address))
    for lacking in SAID:
        assert chen.post(address, SAID | {lacking: ""}).status_code == 400
    assert signed_in("lin").post(address, SAID).status_code == 403
    assert li.get(address).status_code == 403
    chen.post(address, SAID)
    found = TypeDispute.objects.get()
    page = f"/console/open-types/{found.number}/"
    assert 'id="decide"' not in text(chen.get(page))
    assert 'value="failed"' in text(li.get(page))
    assert li.post(page + "answer/", {"outcome": "failed", "remark": ""}).status_code == 400
    assert li.post(page + "answer/", {"outcome": "nonsense"}).status_code == 302
    assert signed_in("zhou").get(page).status_code == 404
    li.post(page + "answer/", {"outcome": "agreed"})
    found.refresh_from_db()
    assert found.status == TypeStatus.TO_CHANGE
    assert "自动办结" in text(li.get(page))
    for query, there in (("", True), ("?q=企业&status=to_change", True), ("?status=kept", False)):
        assert (found.number in text(li.get(f"/console/open-types/{query}"))) is there
    with django_assert_max_num_queries(10):
        li.get("/console/open-types/")
    assert chen.post(page + "withdraw/").status_code == 409


def test_where_the_rules_know_no_such_dispute_the_page_says_so(city, signed_in):
    assert "没有规定对开放属性" in text(signed_in("lin").get("/console/open-types/"))
