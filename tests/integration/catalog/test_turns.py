"""Where the pack orders the offices that review (永嘉11), each has its turn and the last one's agreement publishes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from factories import City, companies
from gongshu import rules
from gongshu.catalog import actions, queries
from gongshu.catalog.models import Entry
from gongshu.catalog.states import EntryStatus
from gongshu.duties import queries as duties
from gongshu.errors import Conflict, NotAllowed
from gongshu.ledger.models import Outbox

pytestmark = [pytest.mark.django_db, pytest.mark.article("yongjia-11")]


@pytest.fixture
def submitted(city: City, under: Callable[[str], rules.Pack]) -> Entry:
    under("yongjia")
    entry = city.draft()
    actions.submit_entry(by=city.compiler, code=entry.code)
    actions.record_secrecy_review(by=city.reviewer, code=entry.code)
    entry.refresh_from_db()
    return entry


def test_the_unit_reviews_first_and_then_the_center_publishes(city: City, submitted: Entry) -> None:
    code = submitted.code
    assert queries.to_review(city.reviewer).get().code == code
    for early in (city.center, city.authority, city.government):
        assert not queries.to_review(early).exists()
        assert not queries.can_review(early, submitted)
        with pytest.raises(NotAllowed) as refused:
            actions.publish_entry(by=early, code=code)
        assert refused.value.code == "catalog.other_turn"

    agreed = actions.publish_entry(by=city.reviewer, code=code)
    assert (agreed.status, agreed.version) == (EntryStatus.SUBMITTED, 0)
    assert sum(b"catalog.review_agreed" in bytes(row.leaf) for row in Outbox.objects.all()) == 1
    assert not queries.published().exists()
    assert queries.to_review(city.center).get().code == code
    duty = duties.todo(city.center).get(kind="catalog.review")
    assert any("第十一条" in cite["label"] for cite in duty.citations)
    for others in (city.reviewer, city.authority):
        assert not queries.to_review(others).exists()
        with pytest.raises(NotAllowed):
            actions.publish_entry(by=others, code=code)

    published = actions.publish_entry(by=city.center, code=code)
    assert (published.status, published.version) == (EntryStatus.PUBLISHED, 1)
    assert not duties.todo(city.center).filter(kind="catalog.review").exists()
    assert [event.action for event in queries.history(published)] == [
        "created",
        "submitted",
        "secrecy_passed",
        "agreed_provider",
        "published",
    ]


def test_every_update_of_a_published_entry_comes_before_the_center_again(
    city: City, under: Callable[[str], rules.Pack]
) -> None:
    under("yongjia")
    entry = city.published()
    actions.revise_entry(by=city.compiler, code=entry.code)
    actions.change_entry(by=city.compiler, code=entry.code, data=companies(abstract="要素有变化。"))
    actions.submit_entry(by=city.compiler, code=entry.code)
    actions.record_secrecy_review(by=city.reviewer, code=entry.code)
    assert actions.publish_entry(by=city.reviewer, code=entry.code).version == 1, "readers keep what was published"
    assert queries.entry(city.consumer, entry.code).abstract != "要素有变化。"
    assert actions.publish_entry(by=city.center, code=entry.code).version == 2
    assert queries.entry(city.consumer, entry.code).abstract == "要素有变化。"


def test_what_the_center_sends_back_begins_again_with_the_unit(city: City, submitted: Entry) -> None:
    code = submitted.code
    actions.publish_entry(by=city.reviewer, code=code)
    with pytest.raises(NotAllowed):
        actions.return_entry(by=city.reviewer, code=code, remark="轮到中心审核。")
    actions.return_entry(by=city.center, code=code, remark="请补充摘要。")
    assert not duties.todo(city.center).filter(kind="catalog.review").exists()
    actions.submit_entry(by=city.compiler, code=code)
    with pytest.raises(NotAllowed) as refused:
        actions.publish_entry(by=city.center, code=code)
    assert refused.value.code == "catalog.other_turn"
    assert city.reviewed(code).status == EntryStatus.PUBLISHED


def test_without_the_secrecy_review_no_office_agrees(city: City, under: Callable[[str], rules.Pack]) -> None:
    under("yongjia")
    entry = city.draft()
    actions.submit_entry(by=city.compiler, code=entry.code)
    with pytest.raises(Conflict) as refused:
        actions.publish_entry(by=city.reviewer, code=entry.code)
    assert refused.value.code == "catalog.secrecy_missing"
