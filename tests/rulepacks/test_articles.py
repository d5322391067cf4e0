"""The article register: every row of the requirements has a state, and "enforced" means that tests prove it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongshu import rules
from gongshu.catalog.models import Entry
from gongshu.rules import register
from gongshu.rules.proofs import proofs

TESTS = Path(__file__).resolve().parents[1]
REQUIREMENTS = TESTS.parents[1] / "shared" / "regulations" / "requirements.md"
ROWS = {article.id: article for name in rules.available() for article in rules.articles(rules.load(name))}
PROVEN = proofs(TESTS)
BY = "{{id: city-1, capabilities: [rules, lake], state: {}, by: {{{}}}, does: {{zh: 一, en: one}}}}"


def test_a_row_marked_enforced_has_a_test():
    assert [row for row, article in ROWS.items() if article.state is rules.State.ENFORCED and row not in PROVEN] == []


def test_a_capability_marked_enforced_has_a_test_of_the_row():
    stated = {row: dict(article.by) for row, article in ROWS.items() if article.by}
    assert len(stated) >= 7, "rows that wait for one capability say so"
    assert [row for row, by in stated.items() if rules.State.ENFORCED in by.values() and row not in PROVEN] == []


def test_a_row_is_as_far_as_its_weakest_capability(tmp_path):
    folder = tmp_path / "city"
    folder.mkdir()
    row = "- " + BY.format("planned", "rules: enforced, lake: planned")
    (folder / "articles.yaml").write_text(row + "\n", encoding="utf-8")
    (article,) = register.read(folder)
    assert article.state_of("rules") is rules.State.ENFORCED
    assert article.state_of("lake") is article.state is rules.State.PLANNED
    assert article.as_json()["by"] == {"rules": "enforced", "lake": "planned"}


def test_a_mark_names_a_row():
    assert {row: tests for row, tests in PROVEN.items() if row not in ROWS} == {}


def rows_of(text: str) -> Iterator[tuple[str, set[str]]]:
    """Every row of the requirements with its capabilities; ``xian-6…9`` and ``luzhou-41, 42`` stand for each."""
    for city, numbers, capabilities in re.findall(r"^\| ([a-z]+)-(\d[^|]*) \|.*\| ([^|]+) \|$", text, re.MULTILINE):
        for part in numbers.split(","):
            first, _, last = part.strip().partition("…")
            for number in range(int(first), int(last) + 1) if last else [first]:
                yield f"{city}-{number}", set(re.split(r"[,;] *", capabilities.strip()))


def test_rows_that_stand_for_several():
    text = (
        "| xian-6…8 | Rights. | catalog |\n| luzhou-41, 42 | Validity. | rules; all |\n| zaozhuang-5.0 | It. | lake |\n"
    )
    assert list(rows_of(text)) == [
        ("xian-6", {"catalog"}),
        ("xian-7", {"catalog"}),
        ("xian-8", {"catalog"}),
        ("luzhou-41", {"rules", "all"}),
        ("luzhou-42", {"rules", "all"}),
        ("zaozhuang-5.0", {"lake"}),
    ]


def test_every_row_of_the_requirements_is_registered_with_its_capability():
    if not REQUIREMENTS.is_file():
        pytest.skip("needs the regulations beside the checkout: ../shared/regulations/requirements.md")
    asked = dict(rows_of(REQUIREMENTS.read_text(encoding="utf-8")))
    assert set(asked) == set(ROWS)
    assert {row: set(ROWS[row].capabilities) for row in asked} == asked


def test_the_register_is_written_in_both_languages_without_traditional_characters():
    for article in ROWS.values():
        assert re.search(r"[一-鿿]", article.does.zh), article.id
        assert not re.search(r"[一-鿿]", article.does.en), article.id


def test_a_district_inherits_the_register_of_its_city(tmp_path, monkeypatch):
    folder = tmp_path / "yanta"
    folder.mkdir()
    head = (rules.folder_of("xian") / "pack.yaml").read_text(encoding="utf-8")
    (folder / "pack.yaml").write_text(
        head.replace("id: xian", "id: yanta").replace("extends: national", "extends: xian"), encoding="utf-8"
    )
    (folder / "articles.yaml").write_text(
        "- {id: yanta-1, capabilities: [rules], state: recorded, does: {zh: 目的, en: purpose}}\n", encoding="utf-8"
    )
    monkeypatch.setenv("GONGSHU_RULEPACKS", str(tmp_path))
    found = rules.articles(rules.load("yanta"))
    assert [article.id for article in found[:2]] == ["yanta-1", "xian-4"]


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("{id: oslo-1, capabilities: [rules], state: planned, does: {zh: 一, en: one}}", "rules.wrong_article"),
        ("{id: city-1, capabilities: [dance], state: planned, does: {zh: 一, en: one}}", "rules.unknown_key"),
        ("{id: city-1, capabilities: [rules], state: someday, does: {zh: 一, en: one}}", "rules.unknown_key"),
        ("{id: city-1, capabilities: [rules], state: planned, does: one}", "rules.half_text"),
        ("{id: city-1, capabilities: [rules], state: planned}", "rules.missing_key"),
        (BY.format("planned", "lake: enforced, rules: enforced"), "rules.wrong_state"),
        (BY.format("enforced", "lake: planned, rules: enforced"), "rules.wrong_state"),
        (BY.format("planned", "lake: planned"), "rules.unknown_key"),
        (BY.format("planned", "lake: planned, rules: soon"), "rules.unknown_key"),
        (BY.format("planned", "lake: planned, rules: enforced, dance: planned"), "rules.unknown_key"),
    ],
)
def test_a_row_written_wrongly_is_located(tmp_path, row, code):
    folder = tmp_path / "city"
    folder.mkdir()
    (folder / "articles.yaml").write_text(f"# a comment\n- {row}\n", encoding="utf-8")
    with pytest.raises(rules.RulePackError) as caught:
        register.read(folder)
    assert (caught.value.code, caught.value.where["line"]) == (code, 2)


def test_marks_are_found_without_running_the_tests(tmp_path):
    (tmp_path / "test_x.py").write_text(
        "import pytest\npytestmark = pytest.mark.article('a-1')\n"
        "@pytest.mark.article('a-2', 'a-3')\ndef test_one(): ...\n"
        "class TestIt:\n    @pytest.mark.article('a-2')\n    async def test_two(self): ...\n",
        encoding="utf-8",
    )
    assert proofs(tmp_path) == {
        "a-1": ("test_x.py",),
        "a-2": ("test_x.py::test_one", "test_x.py::test_two"),
        "a-3": ("test_x.py::test_one",),
    }


@pytest.mark.article("yongjia-10")
def test_a_catalog_entry_has_the_elements_of_yongjia():
    """Name, content, encoding format, provider, share and open attributes, update frequency."""
    kept = {field.name for field in Entry._meta.get_fields()}
    assert {"title", "abstract", "format_type", "provider", "share_type", "open_type", "update_cycle"} <= kept
