"""Chinese sentences use Chinese punctuation: half-width commas, colons and semicolons read as a slip of the hand."""

import io
import re
import tokenize

from architecture.source import PACKAGE

SLIP = re.compile(r"[一-鿿》）][,;:?!](?! )|[,;](?=[一-鿿《])")
# Files that hold data or patterns in which the half-width sign is meant.
MEANT = {
    "collection/typing.py": "patterns of dates and times",
    "collection/drafting.py": "patterns of column names",
    "demo/files.py": "dirt planted in CSV files",
    "demo/registers.py": "dirt planted in CSV files",
    "gateway/comparison.py": "patterns of dates",
}


def slips(source):
    """Lines of string literals in which a half-width sign touches Chinese; docstrings and patterns aside."""
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        literal = token.string
        if token.type != tokenize.STRING or literal.lstrip("fFbBuU").startswith(("r", "R", '"""', "'''")):
            continue
        if SLIP.search(re.sub(r"\{[^{}]*\}", "{}", literal)):
            found.append(token.start[0])
    return found


def test_chinese_sentences_use_chinese_punctuation():
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if "migrations" not in path.parts and name not in MEANT:
            found += [f"{name}:{line}" for line in slips(path.read_text(encoding="utf-8"))]
    assert found == []


def test_the_search_for_slips_finds_them():
    assert slips('a = "没有这个申请,请核对。"') == [1]
    assert slips('a = f"已完成:{n} 条"') == [1]
    assert slips('a = "没有这个申请,请核对。"'.replace(",", "，")) == []
