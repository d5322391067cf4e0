"""Grants in the control plane: made, ended, told to the gateways, recorded; all of it or nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction

from gongshu import clock
from gongshu.errors import Conflict, GongshuError, NotAllowed, NotFound
from gongshu.grants import actions, feed, queries
from gongshu.grants.models import FeedRow, Grant
from gongshu.identity.actor import Actor
from gongshu.identity.hooks import ClientChange
from gongshu.identity.states import Office, Role
from gongshu.ledger import entry
from gongshu.ledger.models import Outbox

pytestmark = [pytest.mark.django_db, pytest.mark.article("luzhou-24", "xian-20")]


def actor(organization, *roles, number=7):
    return Actor(number, "someone", "某人", organization, "某单位", Office.DEPARTMENT, frozenset(roles))


AUTHORITY = actor("authority", Role.DATA_AUTHORITY)
PROVIDER = actor("police", Role.PROVIDER)
HOLDER = actor("housing", Role.CONSUMER)
STRANGER = actor("tax", Role.CONSUMER, Role.PROVIDER)


def make(**changes):
    plain = {
        "by": AUTHORITY,
        "organization": "housing",
        "provider": "police",
        "resource": "population",
        "items": ["name", "address"],
        "purpose": "公租房资格核验",
        "modes": ["verify", "query"],
        "valid_from": date(2026, 1, 1),
        "valid_until": date(2099, 12, 31),
        "source": "app_1",
        "cites": ["xian:第二十条"],
    }
    return actions.create(**{**plain, **changes})


def last_entry():
    return entry.parse(bytes(Outbox.objects.order_by("-id").first().leaf))


def feed_row(grant):
    row = FeedRow.objects.get(kind="grant", key=grant.grant_id)
    return row.revision, feed.decode_grant(row.body)


def test_a_grant_is_told_to_the_gateways_and_recorded():
    grant = make(masks={"name": "name"}, rows=[{"field": "district", "op": "eq", "value": "330324"}])
    revision, scope = feed_row(grant)
    assert revision == queries.feed_revision() == 1
    assert (scope.organization, scope.items, scope.modes) == ("housing", ("name", "address"), {"verify", "query"})
    assert (scope.masks, scope.rows[0].value, scope.listing, scope.kind) == (
        {"name": "name"},
        "330324",
        False,
        "sharing",
    )
    written = last_entry()
    assert (written.action, written.resource, written.actor) == ("grant.created", "population", "person:7")
    assert written.details["holder"] == "housing" and written.details["items"] == ["name", "address"]
    assert written.cites == ("xian:第二十条",)


def test_days_are_whole_days_in_shanghai():
    grant = make(valid_from=date(2026, 3, 1), valid_until=date(2026, 3, 31))
    assert grant.valid_from == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert grant.valid_until == datetime(2026, 3, 31, 16, tzinfo=UTC)


def test_a_public_grant_may_list_and_has_a_holder_too():
    grant = make(public=True, organization="platform", clients=["portal"], modes=["query", "batch"])
    assert feed_row(grant)[1].listing is True
    assert queries.public_grant("population") == grant
    assert queries.public_resources() == {"population"}


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("grants.items_invalid", {"items": []}),
        ("grants.items_invalid", {"items": ["name", "name"]}),
        ("grants.purpose_missing", {"purpose": "  "}),
        ("grants.modes_invalid", {"modes": []}),
        ("grants.modes_invalid", {"modes": ["everything"]}),
        ("grants.term_invalid", {"valid_until": date(2025, 1, 1)}),
        ("grants.mask_without_item", {"masks": {"phone": "phone"}}),
        ("grants.mask_unknown", {"masks": {"name": "blur"}}),
        ("grants.scope_invalid", {"rows": [{"field": "district", "op": "like", "value": "33%"}]}),
        ("grants.scope_invalid", {"rows": [{"op": "eq"}]}),
        ("grants.row_condition_invalid", {"rows": [{"field": "district", "op": "in", "value": "33"}]}),
        ("grants.row_condition_invalid", {"rows": [{"field": "district", "op": "eq"}]}),
        ("grants.limit_invalid", {"rate_per_minute": 0}),
        ("grants.limit_invalid", {"daily_quota": 0}),
    ],
)
def test_a_grant_that_is_not_whole_is_not_made(code, changes):
    with pytest.raises(GongshuError) as refused, transaction.atomic():
        make(**changes)
    assert refused.value.code == code
    assert refused.value.text.zh and refused.value.text.en
    assert not Grant.objects.exists() and not FeedRow.objects.exists() and not Outbox.objects.exists()


@pytest.mark.parametrize("by", [AUTHORITY, PROVIDER, HOLDER])
def test_those_concerned_may_revoke(by):
    grant = make()
    actions.revoke(by=by, grant_id=grant.grant_id, reason="项目终止")
    revision, scope = feed_row(grant)
    assert (revision, scope.status) == (2, "revoked")
    assert last_entry().action == "grant.revoked" and last_entry().details["reason"] == "项目终止"
    grant.refresh_from_db()
    assert (grant.end_reason, grant.ended_by) == ("项目终止", by.ref)


def test_others_may_not_and_nobody_twice_or_without_a_reason():
    grant = make()
    with pytest.raises(NotAllowed):
        actions.revoke(by=STRANGER, grant_id=grant.grant_id, reason="x")
    with pytest.raises(GongshuError, match=r"grants\.reason_missing"):
        actions.revoke(by=AUTHORITY, grant_id=grant.grant_id, reason=" ")
    with pytest.raises(NotFound):
        actions.revoke(by=AUTHORITY, grant_id="grant_x", reason="x")
    actions.revoke(by=AUTHORITY, grant_id=grant.grant_id, reason="x")
    with pytest.raises(Conflict):
        actions.revoke(by=AUTHORITY, grant_id=grant.grant_id, reason="x")
    assert feed_row(grant)[0] == 2
    assert not queries.can_revoke(AUTHORITY, queries.grant(AUTHORITY, grant.grant_id))


def test_the_clock_ends_what_is_over_and_nothing_else():
    over, later = make(valid_until=date(2026, 2, 1)), make()
    with clock.frozen(datetime(2026, 2, 1, 15, 59, tzinfo=UTC)):
        assert actions.expire() == 0
    with clock.frozen(datetime(2026, 2, 1, 16, 0, tzinfo=UTC)):
        assert actions.expire() == 1
        assert actions.expire() == 0
    assert feed_row(over)[1].status == "expired"
    assert feed_row(later)[1].status == "active"
    assert last_entry().action == "grant.expired" and last_entry().actor == "process:clock"


def test_a_client_is_told_with_its_secret_wrapped():
    change = ClientChange("app_1", "housing", "HMAC-SM3", "d3JhcHBlZA==", True)
    actions.publish_client(change)
    actions.publish_client(ClientChange("app_1", "housing", "HMAC-SM3", "d3JhcHBlZA==", False))
    row = FeedRow.objects.get(kind="client", key="app_1")
    assert row.revision == 2
    assert feed.decode_client(row.body).active is False


def test_everything_can_be_said_again():
    make()
    make()
    said = actions.republish_all(by=AUTHORITY, clients=[ClientChange("app_1", "housing", "HMAC-SM3", "eA==", True)])
    assert said == 3
    assert sorted(FeedRow.objects.values_list("revision", flat=True)) == [3, 4, 5]


def test_viewers_see_what_concerns_them():
    grant = make()
    for viewer in (AUTHORITY, PROVIDER, HOLDER, actor("audit", Role.AUDITOR)):
        assert list(queries.grants(viewer, resource="population")) == [grant]
    assert not queries.grants(STRANGER).exists()
    with pytest.raises(NotFound):
        queries.grant(STRANGER, grant.grant_id)


def test_in_force_means_now():
    make(valid_from=clock.now() + timedelta(days=1), valid_until=clock.now() + timedelta(days=2))
    now = make()
    assert list(queries.in_force(resource="population", organization="housing")) == [now]


def test_nothing_is_told_when_the_transaction_falls():
    with pytest.raises(RuntimeError), transaction.atomic():
        make()
        raise RuntimeError
    assert not FeedRow.objects.exists()
    assert queries.feed_revision() == 0


def test_hours_and_limits_are_set_told_and_recorded_and_change_nothing_else():
    grant = make()
    before = feed_row(grant)[1]
    actions.limit(
        by=PROVIDER, grant_id=grant.grant_id, hours=["1-5 08:30-18:00", " "], rate_per_minute=None, daily_quota=50
    )
    revision, scope = feed_row(grant)
    assert revision == 2 == queries.feed_revision()
    assert [(span.days, span.begin, span.end) for span in scope.hours] == [((1, 2, 3, 4, 5), 510, 1080)]
    assert (scope.rate_per_minute, scope.daily_quota) == (None, 50)
    assert (scope.items, scope.purpose, scope.modes, scope.valid_until) == (
        before.items, before.purpose, before.modes, before.valid_until,
    )  # fmt: skip
    told = last_entry()
    assert told.action == "grant.limited" and told.details["hours"] == ["1-5 08:30-18:00"]
    assert told.details["daily_quota"] == 50 and told.details["rate_per_minute"] == "none"


@pytest.mark.parametrize("by", [HOLDER, STRANGER])
def test_limits_are_not_the_holders_to_set(by):
    grant = make()
    with pytest.raises(NotAllowed):
        actions.limit(by=by, grant_id=grant.grant_id, hours=[], rate_per_minute=None, daily_quota=None)
    assert not queries.can_limit(by, grant) and queries.can_limit(AUTHORITY, grant)


@pytest.mark.parametrize(
    "changes",
    [{"hours": ["8 08:00-09:00"]}, {"rate_per_minute": 0}, {"daily_quota": -1}],
    ids=["hours", "rate", "quota"],
)
def test_limits_that_are_none_are_refused_whole(changes):
    grant = make()
    with pytest.raises(GongshuError):
        actions.limit(
            **{
                "by": AUTHORITY,
                "grant_id": grant.grant_id,
                "hours": [],
                "rate_per_minute": 1,
                "daily_quota": 1,
                **changes,
            }
        )
    assert feed_row(grant)[0] == 1
    actions.revoke(by=AUTHORITY, grant_id=grant.grant_id, reason="测试")
    with pytest.raises(Conflict):
        actions.limit(by=AUTHORITY, grant_id=grant.grant_id, hours=[], rate_per_minute=1, daily_quota=1)


def test_a_grant_of_hours_is_made_and_shifted_days_are_not_for_files():
    assert feed_row(make(hours=["6-7 09:00-12:00"]))[1].hours[0].days == (6, 7)
    with pytest.raises(GongshuError, match="hours_invalid"):
        make(hours=["always"])
    with pytest.raises(GongshuError, match="mask_not_for_files"):
        make(masks={"name": "shift"}, modes=["batch"])
    assert make(masks={"name": "shift"}, modes=["query"])
