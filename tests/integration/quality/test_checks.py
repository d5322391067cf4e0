"""Checks of a version: run by the worker for whatever check set is in force, scored, alerted, seen by whom it may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError

from factories import SEED, City, companies, stops
from gongshu import clock, crypto
from gongshu.catalog.models import Entry
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.errors import Conflict, GongshuError, NotAllowed
from gongshu.grants import actions as grants
from gongshu.home import Home, open_home
from gongshu.ledger import entry as ledger_entry
from gongshu.ledger.models import Outbox
from gongshu.notifications import queries as notices
from gongshu.quality import check_actions, check_queries
from gongshu.quality.check_models import CheckRun
from gongshu.quality.checkset import from_text
from gongshu.quality.states import CheckRunStatus

pytestmark = pytest.mark.django_db

A, B, C = "91330324MA2TE5T016", "11510500MB0TE5T1XJ", "91330324MA2TE5T024"
ROWS = f"统一社会信用代码,企业名称,法定代表人\n{A},甲公司,张三\n{B},乙公司,\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("GONGSHU_HOME", str(tmp_path))
    place = open_home()
    for folder in place.folders:
        folder.mkdir()
    keys.ensure(place)
    yield place
    crypto.forget()


@pytest.fixture
def city(home: Home) -> City:
    return City()


def collect(city: City, entry: Entry, text: str) -> Entry:
    collection.submit_file(by=city.compiler, resource=entry.code, content=text.encode())
    done = collection.work_one()
    assert done is not None
    assert done.version is not None, done.error
    entry.refresh_from_db()
    return entry


@pytest.fixture
def register(city: City) -> Entry:
    return collect(city, city.published(), ROWS)


def checks(*lines: str) -> str:
    return "checks:\n" + "\n".join(f"- {line}" for line in lines)


def leaves(word: str) -> list[dict[str, object]]:
    found = [ledger_entry.body(bytes(row.leaf)) for row in Outbox.objects.order_by("pk")]
    return [leaf for leaf in found if leaf["action"] == f"quality.{word}"]


@pytest.mark.article("luzhou-33", "xian-21", "yongjia-19")
def test_the_worker_checks_each_new_version_once(register: Entry, city: City) -> None:
    run = check_actions.work_one(by=SEED)
    assert run is not None
    assert (run.entry_id, run.version, run.status, run.rows) == (register.pk, 1, CheckRunStatus.DONE, 2)
    assert run.check_set is None, "nobody saved checks: what the catalog entry implies was checked"
    kinds = [one["check"]["check"] for one in run.outcomes]
    assert kinds == ["accessible", "required", "uscc", "required", "unique", "freshness", "accessible"]
    assert str(run.score) == "100.00"
    assert check_actions.work_one(by=SEED) is None
    collect(city, register, f"{ROWS}{A},又是甲,李四\nX,丙,\n")
    again = check_actions.work_one(by=SEED)
    assert again is not None
    arrival = again.outcome("arrival")
    assert arrival is not None
    assert (arrival["checked"], arrival["failed"]) == (4, 2), "rows refused at the door count against the version"
    assert again.score is not None
    assert again.score < 100
    [leaf] = [one for one in leaves("checked") if one["details"]["version"] == 2]  # type: ignore[index]
    assert leaf["details"]["score"] == str(again.score)  # type: ignore[index]
    assert [one.version for one in check_queries.trend(register)] == [1, 2]


def test_saved_checks_are_versions_and_the_present_data_are_checked_by_them(register: Entry, city: City) -> None:
    assert check_actions.work_one(by=SEED) is not None
    source = checks("{id: rep, check: required, columns: [legal_rep]}", "{check: unique, columns: [uscc]}")
    saved = check_actions.save(by=city.compiler, code=register.code, checks=from_text(source), note="先看法人")
    assert saved.number == 1
    same = check_actions.save(by=city.compiler, code=register.code, checks=from_text(source))
    assert same.number == 1, "the same again is no version"
    run = check_actions.work_one(by=SEED)
    assert run is not None
    assert run.check_set_id == saved.pk
    assert (run.errors, run.outcome("rep")["rows"]) == (1, [3])  # type: ignore[index]
    excused = source.replace(
        "columns: [legal_rep]",
        f"columns: [legal_rep], exceptions: [{{where: {{uscc: {B}}}, reason: 分支机构无法人, until: 2099-01-01}}]",
    )
    assert check_actions.save(by=city.compiler, code=register.code, checks=from_text(excused)).number == 2
    done = check_actions.check(by=city.compiler, code=register.code)
    assert (done.errors, done.outcome("rep")["exempt"]) == (0, 1)  # type: ignore[index]
    assert check_actions.work_one(by=SEED) is None
    own = json.dumps(check_queries.visible_checks(city.compiler, register, from_text(excused)))
    others = json.dumps(check_queries.visible_checks(city.auditor, register, from_text(excused)))
    assert B in own
    assert B not in others
    assert [leaf["details"]["number"] for leaf in leaves("checks_saved")] == [1, 2]  # type: ignore[index]


def test_what_does_not_fit_is_refused_before_it_is_kept(register: Entry, city: City) -> None:
    def refused(line: str) -> str:
        with pytest.raises(GongshuError) as error:
            check_actions.save(by=city.compiler, code=register.code, checks=from_text(checks(line)))
        return error.value.code

    assert refused("{check: required, columns: [nowhere]}") == "quality.check_unfit"
    assert refused("{check: freshness, columns: [nowhere], days: 1}") == "quality.check_unfit"
    assert refused("{check: sql, query: 'SELECT * FROM entries'}") == "quality.query_refused"
    assert refused("{check: reference, columns: [uscc], resource: 333004-999999}") == "quality.resource_unreadable"
    with pytest.raises(NotAllowed):
        check_actions.save(by=city.consumer, code=register.code, checks=from_text("checks: []"))
    with pytest.raises(NotAllowed):
        check_actions.check(by=city.auditor, code=register.code)


def test_checks_read_other_data_only_when_their_provider_may(register: Entry, city: City) -> None:
    """The other entry is the market bureau's own here; then it becomes housing's, which gave no grant."""
    text = "站点编码,站点名称\nA,甲\n"
    listed = collect(city, city.published(stops(title="登记机关", open_type="PROHIBITED")), text)
    line = f"{{id: r, check: reference, columns: [name], resource: {listed.code}, to: [name]}}"
    check_actions.save(by=city.compiler, code=register.code, checks=from_text(checks(line)))
    run = check_actions.check(by=city.compiler, code=register.code)
    assert run.outcome("r")["failed"] == 2  # type: ignore[index]
    from gongshu.identity import queries as identity

    Entry.objects.filter(pk=listed.pk).update(provider=identity.organization("housing"))
    run = check_actions.check(by=city.compiler, code=register.code)
    assert run.outcome("r")["problem"], "no longer readable, and so not passed either"  # type: ignore[index]
    assert "r" in run.arithmetic["left_out"]
    grants.create(
        by=SEED, organization="market", provider="housing", resource=listed.code, items=["name"],
        purpose="verification", modes=["batch"], valid_from=clock.now() - timedelta(days=1),
        valid_until=clock.now() + timedelta(days=1),
    )  # fmt: skip
    assert check_actions.check(by=city.compiler, code=register.code).outcome("r")["failed"] == 2  # type: ignore[index]


def test_the_steward_is_told_of_a_low_score(register: Entry, city: City) -> None:
    source = "alert_below: 80\n" + checks("{id: rep, check: required, columns: [legal_rep]}")
    check_actions.save(by=city.compiler, code=register.code, checks=from_text(source))
    run = check_actions.work_one(by=SEED)
    assert run is not None
    assert (str(run.score), run.below) == ("75.00", True), "conformity 100 on arrival, completeness 50"
    told = [notice for notice in notices.of(city.reviewer) if notice.kind == "quality.alert"]
    assert len(told) == 1
    assert told[0].link == f"/console/quality/{register.code}/"
    assert check_queries.alert_limit(from_text("checks: []"))[0] == 90, "the platform's own convention"


def test_failing_rows_are_masked_for_who_may_not_see(register: Entry, city: City) -> None:
    source = checks("{id: rep, check: pattern, columns: [legal_rep], pattern: 李.*}")
    check_actions.save(by=city.compiler, code=register.code, checks=from_text(source))
    check_actions.check(by=city.compiler, code=register.code)
    [own] = [(one.heads, list(one.rows)) for one in check_queries.failing(city.compiler, register)]
    assert own == (["统一社会信用代码", "企业名称", "法定代表人"], [(2, A, "甲公司", "张三")])
    [masked] = [list(one.rows) for one in check_queries.failing(city.auditor, register)]
    assert masked == [(2, "913303********T016", "甲公司", "张*")]
    with pytest.raises(NotAllowed):
        list(check_queries.failing(city.consumer, register))
    with pytest.raises(NotAllowed):
        check_queries.entry_of(city.consumer, register.code)


def test_a_run_is_taken_over_when_its_worker_died(register: Entry) -> None:
    digest = check_actions._digest(check_queries.in_force(register).checks.canonical())
    dead = CheckRun.objects.create(
        entry=register, version=1, digest=digest, status=CheckRunStatus.RUNNING, worker="dead", attempts=1,
        lease_until=clock.now() + timedelta(seconds=60), started_at=clock.now(),
    )  # fmt: skip
    assert check_actions.work_one(by=SEED) is None, "it may still be alive"
    with pytest.raises(Conflict):
        check_actions.check(by=SEED, code=register.code)
    CheckRun.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    run = check_actions.work_one(by=SEED)
    assert run is not None
    assert (run.pk, run.status, run.attempts) == (dead.pk, CheckRunStatus.DONE, 2)
    with pytest.raises(IntegrityError):
        CheckRun.objects.create(
            entry=register, version=1, digest=digest, status=CheckRunStatus.RUNNING, started_at=clock.now()
        )


def test_what_cannot_be_read_fails_with_the_reason_and_is_not_tried_for_ever(register: Entry, home: Home) -> None:
    for part in (home.lake / register.code / "data").glob("*.parquet"):
        part.unlink()
    runs = []
    for _ in range(5):
        CheckRun.objects.update(lease_until=clock.now() - timedelta(seconds=1))
        runs.append(check_actions.work_one(by=SEED))
    last = CheckRun.objects.get()
    assert last.status == CheckRunStatus.FAILED
    assert last.error is not None
    assert runs[-1] is None


def test_the_overview_shows_the_worst_first_to_whom_it_may(register: Entry, city: City) -> None:
    check_actions.work_one(by=SEED)
    data = companies(title="企业名录二", items=companies().items)
    other = collect(city, city.published(data), f"{ROWS}{C},,\n")
    assert other.pk != register.pk
    check_actions.work_one(by=SEED)
    scores = [run.score for run in check_queries.overview(city.authority)]
    assert scores == sorted(scores)  # type: ignore[type-var]
    assert len(scores) == 2
    assert check_queries.overview(city.compiler).count() == 2
    assert check_queries.overview(city.consumer).count() == 0
    assert [run.entry.title for run in check_queries.overview(city.authority, text="名录二")] == ["企业名录二"]
