"""The worked examples in ``rulepacks/*/cases`` hold, and every number in a city's pack has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from gongshu import rules
from gongshu.rules import cases
from gongshu.rules.shapes import DayOfYear, Deadline, Term

ALL = [case for name in rules.available() for case in cases.read(rules.folder_of(name))]


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
def test_case(case):
    outcome = cases.run(rules.load(case.pack), case)
    assert not outcome.problems, f"{case.name}: {outcome.problems}; found {outcome.found}"


def numbers():
    for name in rules.available():
        pack = rules.load(name)
        for parameter, entries in pack.entries.items():
            for entry in entries:
                for variant in entry.variants:
                    value = variant.value
                    number = value.days if isinstance(value, Deadline) else getattr(value, "value", None)
                    if isinstance(value, Deadline | Term | DayOfYear) and number is not None:
                        yield pytest.param(name, parameter, number, id=f"{name}:{parameter}:{number}")


@pytest.mark.parametrize(("pack", "parameter", "number"), list(numbers()))
def test_every_number_has_a_case(pack, parameter, number):
    def names_it(case):
        asked = case.given.get("parameter") or case.given.get("deadline", {}).get("parameter")
        return asked == parameter and number in (case.expect.get("days"), case.expect.get("value"))

    assert any(names_it(case) for case in ALL if case.pack == pack)


ASKED_AS = {
    "application": "sharing.chain",
    "opening": "opening.chain",
    "public_access": "opening.access",
    "office": "authority.offices",
}


def parameter_of(case: cases.Case) -> str:
    """The parameter that a case asks about; empty for the pack itself."""
    given = case.given
    if "parameter" in given:
        return str(given["parameter"])
    if "deadline" in given:
        return str(given["deadline"]["parameter"])
    if "label" in given:
        return f"labels.{given['label']}"
    if "refusal" in given:
        return f"{given['refusal']}.refusal_requires"
    return next((name for question, name in ASKED_AS.items() if question in given), "")


@pytest.mark.parametrize("name", rules.available())
def test_every_parameter_that_a_pack_gives_has_a_case(name):
    """What only the platform's own convention says is no law and needs no example for lawyers."""
    given = {
        parameter
        for parameter, entries in rules.load(name).entries.items()
        for entry in entries
        for variant in entry.variants
        if any(citation.source.id != "platform" for citation in variant.citations)
    }
    assert given - {parameter_of(case) for case in ALL if case.pack == name} == set()


def test_cases_cite_rows_of_their_own_text():
    for case in ALL:
        if case.pack != "national":
            assert case.because.startswith(f"{case.pack}-"), case.name


def test_a_case_that_does_not_hold_says_what_was_found(tmp_path: Path):
    folder = tmp_path / "xian"
    (folder / "cases").mkdir(parents=True)
    (folder / "cases" / "wrong.yaml").write_text(
        "- on: 2020-03-02\n  given: {parameter: sharing.reply_deadline}\n  expect: {days: 9}\n  because: xian-21\n",
        encoding="utf-8",
    )
    (case,) = cases.read(folder)
    outcome = cases.run(rules.load("xian"), case)
    assert outcome.problems == ("days: expected 9, found 10", "because: expected xian-21, the answer cites xian-20")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("on: 2020-01-01\n", "rules.wrong_type"),
        ("- {on: 2020-01-01, given: {weather: fine}, expect: {}, because: x-1}\n", "rules.unknown_key"),
        ("- {on: 2020-01-01, given: {parameter: a.b}, expect: {}}\n", "rules.missing_key"),
    ],
)
def test_a_case_written_wrongly_is_located(tmp_path, text, code):
    folder = tmp_path / "xian"
    (folder / "cases").mkdir(parents=True)
    (folder / "cases" / "wrong.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(rules.RulePackError) as caught:
        list(cases.read(folder))
    assert caught.value.code == code
    assert caught.value.where["file"] == "xian/cases/wrong.yaml"
