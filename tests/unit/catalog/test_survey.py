"""What a unit writes into a survey: read from tabs, commas or a table, and told by the row where it is wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongshu.catalog.shape import normal
from gongshu.catalog.survey import COLUMNS, MOST_LINES, Held, as_text, of_rows, read
from gongshu.errors import GongshuError

LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), max_size=40).map(
    str.strip
)
TITLE = LINE.filter(
    lambda text: normal(text) and normal(text) not in {normal(w) for w in (*COLUMNS[0], "名称", "title")}
)


def test_lines_are_read_with_or_without_a_head_from_tabs_or_commas() -> None:
    wanted = (Held("企业登记", "登记系统", "csv", 1200, True, ""), Held("公交站点"))
    head = "\t".join(column.zh for column in COLUMNS)
    assert read(f"{head}\n企业登记\t登记系统\tcsv\t1,200\t是\t\n\n公交站点\n") == wanted
    assert read("企业登记，登记系统，csv，1200，是\n公交站点") == wanted
    assert (
        of_rows([["企业登记", "登记系统", "csv", 1200, "有"], [None, None], ["公交站点", None, None, None, None]])
        == wanted
    )
    assert read(" \n") == ()


@pytest.mark.parametrize(
    ("text", "code", "row"),
    [
        ("\t系统", "catalog.survey_line", 1),
        ("甲\n乙\t\t\t很多", "catalog.survey_line", 2),
        ("甲\t\t\t²", "catalog.survey_line", 1),
        ("甲\t\t\t\t也许", "catalog.survey_line", 1),
        ("甲" * 101, "catalog.survey_line", 1),
        ("甲\t\t\t" + "9" * 19, "catalog.survey_line", 1),
        ("甲 乙\n甲乙", "catalog.survey_twice", 2),
    ],
)
def test_what_is_wrong_is_told_by_its_row(text: str, code: str, row: int) -> None:
    with pytest.raises(GongshuError) as wrong:
        read(text)
    assert (wrong.value.code, wrong.value.where["row"]) == (code, row)


def test_there_is_an_end_to_it() -> None:
    with pytest.raises(GongshuError) as many:
        read("\n".join(f"第{n}项" for n in range(MOST_LINES + 1)))
    assert many.value.code == "catalog.survey_many"


@given(
    st.lists(
        st.builds(
            Held,
            title=TITLE,
            system=LINE,
            form=LINE,
            rows=st.none() | st.integers(0, 10**17),
            personal=st.booleans(),
            reason=LINE,
        ),
        max_size=5,
        unique_by=lambda one: normal(one.title),
    )
)
def test_what_is_written_out_is_read_back(lines: list[Held]) -> None:
    assert read(as_text(lines)) == tuple(lines)
