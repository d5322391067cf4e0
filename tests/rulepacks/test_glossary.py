"""The glossary keeps one word per concept, and the canonical words of the packs are in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gongshu import rules

GLOSSARY = Path(__file__).resolve().parents[2] / "GLOSSARY.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in GLOSSARY.read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| 中文"))
]


def test_every_row_has_a_chinese_term_an_identifier_and_a_note_cell():
    for row in ROWS:
        assert len(row) == 3, row
        assert re.search(r"[一-鿿]", row[0]), row
        assert re.search(r"`[A-Za-z_]+`", row[1]), row


def test_no_chinese_term_is_defined_twice():
    terms = [row[0] for row in ROWS]
    assert sorted(terms) == sorted(set(terms))


@pytest.mark.parametrize(
    "words", [rules.ShareType, rules.OpenType, rules.Office, rules.Act, rules.Access, rules.Status]
)
def test_canonical_words_are_in_the_glossary(words):
    text = " ".join(" ".join(row[1:]) for row in ROWS)
    known = set(re.findall(r"[A-Za-z_]+", text))
    missing = {word.value for word in words} - known - {"collect", "advise", "DRAFT", "INTERPRETATION"}
    assert not missing
