"""A check against several sources: the authority makes objections of it, the provider answers them as any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from factories import City
from gongshu import crypto
from gongshu.catalog.models import Entry
from gongshu.collection import actions as collection
from gongshu.crypto import keys
from gongshu.errors import GongshuError, NotAllowed
from gongshu.home import Home, open_home
from gongshu.quality import actions, queries, reconcile_actions, reconciling, sides
from gongshu.quality.models import Objection
from gongshu.quality.reconciling import Choice, Proposal, Source
from gongshu.quality.states import Channel, ObjectionStatus

pytestmark = pytest.mark.django_db
A, B = "91330324MA2TE5T016", "11510500MB0TE5T1XJ"
HEAD = "统一社会信用代码,企业名称,法定代表人\n"


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


def collect(city: City, entry: Entry, rows: str) -> None:
    collection.submit_file(by=city.compiler, resource=entry.code, content=(HEAD + rows).encode())
    done = collection.work_one()
    assert done is not None
    assert done.version is not None, done.error
    entry.refresh_from_db()


@pytest.mark.article("xian-5")
def test_what_other_sources_say_becomes_an_objection(city: City, home: Home, tmp_path: Path) -> None:
    entry = city.published()
    collect(city, entry, f"{A},甲公司,张三\n{B},乙公司,李四\n")
    for name in ("tax", "social"):
        (tmp_path / f"{name}.csv").write_text(f"uscc,legal_rep\n{A},张三丰\n{B},李四\n", encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    named = [
        sides.named(city.authority, home, one, scratch)
        for one in (entry.code, str(tmp_path / "tax.csv"), str(tmp_path / "social.csv"))
    ]
    found: list[Proposal] = []
    agreement = reconciling.reconcile(
        [Source(one.side, one.side.label, one.as_of) for one in named],
        named[0].keys,
        ["legal_rep"],
        Choice.MAJORITY,
        scratch=scratch,
        use=found.extend,
    )
    assert (agreement.agreed, agreement.disputed) == (1, 1)
    line = sides.masked_row(reconciling.row(found[0], [], "zh"), "legal_rep", ["uscc"], named[0].masks)
    assert line[0] == "913303********T016"
    assert "张三丰" not in line
    with pytest.raises(NotAllowed):
        reconcile_actions.object_to(
            by=city.compiler, code=entry.code, keys=["uscc"], source=0, proposals=found, channel=Channel.COMMAND
        )
    [made] = reconcile_actions.object_to(
        by=city.authority, code=entry.code, keys=["uscc"], source=0, proposals=found, channel=Channel.COMMAND
    )
    assert made.item == "legal_rep"
    content = queries.content(city.authority, made)
    assert content is not None
    assert (content.seen, content.right) == ("张三", "张三丰")
    assert "3 个来源中 2 个一致" in content.evidence
    Objection.objects.filter(pk=made.pk).update(status=ObjectionStatus.CHECKING)
    collect(city, entry, f"{A},甲公司,张三丰\n{B},乙公司,李四\n")
    done = actions.correct(by=city.reviewer, number=made.number, version=2)
    assert done.status == ObjectionStatus.CORRECTED
    many = found * 300
    with pytest.raises(GongshuError) as refused:
        reconcile_actions.object_to(
            by=city.authority, code=entry.code, keys=["uscc"], source=0, proposals=many, channel=Channel.COMMAND
        )
    assert refused.value.code == "quality.reconcile_many"
