"""A list asks the database as often for many rows as for one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories import companies, stops
from factories.programs import body, program_of
from gongshu import clock, rules
from gongshu.catalog.states import OpenType
from gongshu.identity.models import AccessToken
from gongshu.ledger import sequencing

# Address, who asks, and how many questions it takes, the token's three among them; the ledger asks which groups of its index
# there are. Searching counts facets too, and how is the catalog's business: there only the growth is looked at.
LISTS = [
    ("/catalog/entries?", "li", None),
    ("/sharing/applications?", "li", 5),
    ("/sharing/disputes?", "zhou", 5),
    ("/opening/releases?", "li", 5),
    ("/opening/requests?", "li", 5),
    ("/duties?", "li", 5),
    ("/duties?mine=false&", "li", 5),
    ("/notices?", "li", 5),
    ("/grants?", "zhou", 5),
    ("/collection/runs?", "wang", 5),
    ("/ledger?", "shen", 9),
]


@pytest.fixture
def busy(city):
    """Three of everything."""
    zhou, wang, li = program_of("zhou"), program_of("wang"), program_of("li")
    city.person("citizen", "public")
    citizen = program_of("citizen")
    kind = rules.active().value("opening.applicants", on=clock.today()).value[0].id
    for n in range(3):
        entry = city.collected(companies(title=f"企业登记信息第{n}批"))
        filed = zhou.post(f"/sharing/entries/{entry.code}/applications", body())[1]
        li.post(f"/sharing/applications/{filed['number']}/decide", {"outcome": "refuse", "reason": "x", "basis": "x"})
        zhou.post(f"/sharing/applications/{filed['number']}/dispute", {"need": "确需"})
        free = city.collected(stops(title=f"公交站点第{n}批"))
        zhou.post(f"/sharing/entries/{free.code}/applications", body(items=("code",)))
        again = zhou.post(f"/sharing/entries/{entry.code}/applications", body())[1]
        li.post(f"/sharing/applications/{again['number']}/decide", {"outcome": "agree"})
        wang.post(f"/opening/entries/{free.code}/releases", {})
        wang.post(f"/collection/entries/{free.code}/files", b"code,name\n1,a\n")
        asked = city.published(stops(title=f"研究数据第{n}批", open_type=OpenType.CONDITIONAL, open_condition="研究"))
        citizen.post(
            f"/opening/entries/{asked.code}/requests",
            {"applicant_kind": kind, "applicant_name": "某某", "purpose": "研究", "scope": "x",
             "confidentiality": "x", "security_capability": "x"},
        )  # fmt: skip
    sequencing.run_once()
    return city


def test_a_list_asks_as_often_for_many_as_for_one(busy, subtests):
    for address, who, questions in LISTS:
        with subtests.test(address=address, who=who):
            one, rows = asked(who, f"{address}limit=1")
            many, more = asked(who, f"{address}limit=50")
            assert rows == 1
            assert more > 1, "the fixture makes several of each"
            assert one == many
            assert questions in (None, many)


def asked(who, address):
    """How many questions the database was asked for the list at ``address``, and how many rows came."""
    caller = program_of(who)
    AccessToken.objects.update(last_used_at=clock.now() + timedelta(seconds=1))  # noted already: no write comes between
    with CaptureQueriesContext(connection) as seen:
        status, answer = caller.get(address)
    assert status == 200
    return len(seen), len(answer["results"])
