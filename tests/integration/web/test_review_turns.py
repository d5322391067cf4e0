"""The reviewer's desk where the pack orders several offices (永嘉11): each sees whose turn it is and what agreeing does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gongshu import rules
from gongshu.catalog import actions, queries

pytestmark = [pytest.mark.django_db, pytest.mark.article("yongjia-11")]


@pytest.fixture
def yongjia() -> Iterator[None]:
    usual = rules.active().id
    rules.configure("yongjia")
    yield
    rules.configure(usual)


def test_the_desk_says_whose_turn_it_is_and_the_centers_agreement_publishes(city, signed_in, yongjia):
    entry = city.draft()
    actions.submit_entry(by=city.compiler, code=entry.code)
    actions.record_secrecy_review(by=city.reviewer, code=entry.code)
    desk, step = f"/console/catalog/{entry.code}/review/", f"/console/catalog/{entry.code}/step/"

    unit = signed_in("li")
    page = unit.get(desk).content.decode()
    assert "现由市市场监督管理局审核" in page
    assert "第十一条" in page
    assert "通过，转下一单位审核" in page
    assert "通过并发布" not in page
    said = unit.post(step, {"step": "publish", "from": "review"}, follow=True).content.decode()
    assert "审核通过，已转江临市大数据中心审核" in said
    assert not queries.published().exists()
    assert "通过并发布" not in unit.get(desk).content.decode()

    center = signed_in("chen")
    page = center.get(desk).content.decode()
    assert "现由江临市大数据中心审核" in page
    assert "通过并发布" in page
    said = center.post(step, {"step": "publish", "from": "review"}, follow=True).content.decode()
    assert "目录已发布" in said
    assert queries.published().get().code == entry.code
