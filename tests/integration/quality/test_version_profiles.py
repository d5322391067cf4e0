"""Every version has its profile and its scan for personal data, by whichever road it was committed: the same as a count of
its rows anew would say.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from factories import City
from gongshu import crypto
from gongshu.catalog.models import Entry
from gongshu.collection import actions as collection
from gongshu.collection import scanning
from gongshu.columns import profile
from gongshu.crypto import keys
from gongshu.errors import NotAllowed
from gongshu.home import Home, open_home
from gongshu.identity.models import Person
from gongshu.lake import upkeep
from gongshu.lake.tables import Table, Version, items_of
from gongshu.quality import cleaning_actions, version_actions
from gongshu.quality.cleaning import from_text

pytestmark = pytest.mark.django_db
CODES = ("91330324MA2TE5T016", "11510500MB0TE5T1XJ", "N2330324MF0TE5T22Q")
NUMBERS = ("330324-19900101-0011", "110105-19491231-002X", "810000-19940823-0021")
RECIPE = from_text('steps: [{step: remove, columns: [name], signs: "-"}]')


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


@pytest.fixture
def register(city: City) -> Entry:
    """One version, in whose names nobody sees numbers of people: they are written with separators."""
    entry = city.published()
    rows = "".join(f"{code},{number},张三\n" for code, number in zip(CODES, NUMBERS, strict=True))
    collection.submit_file(
        by=city.compiler, resource=entry.code, content=f"统一社会信用代码,企业名称,法定代表人\n{rows}".encode()
    )
    done = collection.work_one()
    assert done is not None
    assert done.version == 1, done.error
    entry.refresh_from_db()
    return entry


def told(home: Home, version: Version, code: str) -> dict[str, profile.Counted]:
    """What the version says of its columns, which is what its rows say."""
    table = Table(home, code)
    assert version.profile is not None, "no version without a profile"
    again = profile.of_files(table.files(version.number), items_of(table.schema(version.number)), keys=["uscc"])
    assert version.profile == again
    return {one.name: one for one in version.profile}


def findings(home: Home, code: str, number: int | None = None) -> dict[str, str]:
    return {one.column: one.kind for one in scanning.of_version(home, code, number)}


def test_cleaning_counts_what_it_writes_and_keeps_what_is_known_of_the_rest(
    register: Entry, city: City, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = told(home, Table(home, register.code).version(1), register.code)
    assert before["name"].kinds == {}
    looked: list[str] = []
    add = profile.Texts.add

    def counting(self: profile.Texts, texts: object) -> None:
        looked.append("column")
        add(self, texts)  # type: ignore[arg-type]

    monkeypatch.setattr(profile.Texts, "add", counting)
    done = cleaning_actions.apply(by=city.compiler, code=register.code, recipe=RECIPE)
    assert len(looked) == 1, "one batch of the one column that was written"
    monkeypatch.undo()
    monkeypatch.setenv("GONGSHU_HOME", str(home.root))
    after = told(home, done, register.code)
    assert after["name"].kinds == {"citizen_id": 3}
    assert (after["uscc"], after["legal_rep"]) == (before["uscc"], before["legal_rep"])
    assert findings(home, register.code) == {"uscc": "uscc", "name": "citizen_id", "legal_rep": "person"}
    assert "name" not in findings(home, register.code, 1)


def test_what_was_known_of_an_earlier_edition_is_counted_again(
    register: Entry, city: City, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table(home, register.code)
    old = table.version(1)
    monkeypatch.setattr(profile, "EDITION", profile.EDITION + 1)
    assert old.profile is None
    told(home, cleaning_actions.apply(by=city.compiler, code=register.code, recipe=RECIPE), register.code)
    told(
        home,
        version_actions.restore(by=city.compiler, code=register.code, version=1, reason="撤销清洗"),
        register.code,
    )


def test_going_back_and_compacting_carry_it_along(register: Entry, city: City, home: Home) -> None:
    cleaning_actions.apply(by=city.compiler, code=register.code, recipe=RECIPE)
    back = version_actions.restore(by=city.compiler, code=register.code, version=1, reason="撤销清洗")
    assert told(home, back, register.code)["name"].kinds == {}
    again = version_actions.restore(by=city.compiler, code=register.code, version=2, reason="再次清洗")
    assert told(home, again, register.code)["name"].kinds == {"citizen_id": 3}
    assert findings(home, register.code)["name"] == "citizen_id"


def test_fewer_files_tell_the_same(register: Entry, city: City, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table(home, register.code)
    one = table.parts()[0]
    schema = table.written_schema(1)
    with table.writer(schema, "more") as writer:  # a second small file, as a merge leaves them
        for batch in table.batches(1):
            writer.write(batch.cast(schema))
        more = writer.release()
    counted = profile.of_files(table.files(), items_of(schema))
    table.commit_parts([one, *more], schema, counted, run="more", info=dict(table.version().info))
    monkeypatch.setattr(profile, "EDITION", profile.EDITION + 1)
    done = upkeep.compact(table, run="compact-2")
    assert done is not None
    assert done.profile is not None
    assert {one.name: (one.filled, one.distinct) for one in done.profile} == {
        "uscc": (6, 3),
        "name": (6, 3),
        "legal_rep": (6, 1),
    }


def test_the_page_of_a_version_shows_both(register: Entry, city: City, home: Home) -> None:
    def page(who: str, address: str) -> tuple[int, str]:
        client = Client()
        person = Person.objects.get(username=who)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        answer = client.get(address)
        return answer.status_code, answer.content.decode()

    steps = RECIPE.as_yaml()
    client = Client()
    client.force_login(Person.objects.get(username="wang"), backend="django.contrib.auth.backends.ModelBackend")
    written = client.post(f"/console/quality/{register.code}/clean/", {"steps": steps, "do": "apply"})
    assert written["Location"] == f"/console/quality/{register.code}/versions/2/"
    status, text = page("wang", written["Location"])
    assert status == 200
    assert "清洗自 v1" in text
    assert "公民身份号码" in text
    assert "目录未标明含个人信息" in text
    assert 'id="profile"' in text
    assert NUMBERS[0].replace("-", "") not in text
    first = page("wang", f"/console/quality/{register.code}/versions/1/")[1]
    assert "公民身份号码" not in first
    assert (
        f'/console/quality/{register.code}/versions/2/"'
        in page("wang", f"/console/quality/{register.code}/versions/")[1]
    )
    assert "公民身份号码" in page("wang", f"/console/catalog/{register.code}/")[1], (
        "the entry tells of the present version"
    )
    assert page("wang", f"/console/quality/{register.code}/versions/9/")[0] == 404
    with pytest.raises(NotAllowed):
        scanning.profile_of_version(city.consumer, register.code, 2)
