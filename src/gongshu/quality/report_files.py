"""A run's report as files that are handed on: XLSX with the failing rows, PDF for the record.

The PDF embeds the signs it uses from a Chinese font of the machine (Debian's fonts-noto-cjk), so that it looks the same
everywhere; the font itself is not shipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gongshu import clock
from gongshu.errors import EnvironmentFault, Text
from gongshu.lake.workbooks import Sheet, write_xlsx
from gongshu.quality import check_report
from gongshu.quality.checkset import DIMENSION_LABELS, SEVERITY_LABELS, Dimension, Severity

if TYPE_CHECKING:
    from fpdf import FPDF

    from gongshu.quality.check_models import CheckRun
    from gongshu.quality.check_queries import Failing

FONTS = (  # file, number within its collection: simplified Chinese
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
)
_MOST_NOTES = 2_000


def xlsx(run: CheckRun, failing: Iterable[Failing], target: Path, language: str, titles: Mapping[str, str]) -> int:
    """Summary, checks, and a sheet of failing rows for each check; how many rows of all sheets."""
    return write_xlsx(target, _sheets(run, failing, language, titles))


def _sheets(run: CheckRun, failing: Iterable[Failing], language: str, titles: Mapping[str, str]) -> Iterator[Sheet]:
    def say(zh: str, en: str) -> str:
        return Text(zh, en).say(language)

    yield Sheet(say("概要", "Summary"), [say("项目", "item"), say("内容", "content")], _facts(run, language))
    heads = [say("检查", "check"), say("维度", "dimension"), say("级别", "severity"), say("检查数", "checked")]
    heads += [say("不符", "fail"), say("例外", "excepted"), say("说明", "remark")]
    yield Sheet(say("检查结果", "Checks"), heads, _checks(run, language, titles))
    for one in failing:
        yield Sheet(one.check.named(titles).say(language), [say("源文件行号", "source row"), *one.heads], one.rows)


def _facts(run: CheckRun, language: str) -> list[tuple[str, Any]]:
    def say(zh: str, en: str) -> str:
        return Text(zh, en).say(language)

    ended = clock.local(run.ended_at) if run.ended_at else None
    facts: list[tuple[str, Any]] = [
        (say("数据资源", "resource"), f"{run.entry.title}（{run.entry.resource_code}）"),
        (say("提供单位", "provider"), run.entry.provider.say(language)),
        (say("数据版本", "data version"), f"v{run.version}"),
        (say("行数", "rows"), run.rows),
        (say("检测时间", "checked at"), f"{ended:%Y-%m-%d %H:%M}" if ended else ""),
        (say("错误", "errors"), run.errors),
        (say("提醒", "warnings"), run.warnings),
        (say("得分", "score"), str(run.score) if run.score is not None else "-"),
        (say("检查规则摘要", "digest of the checks"), run.digest),
    ]
    facts += [(say("算式", "arithmetic"), line.say(language)) for line in check_report.dimension_lines(run)]
    return facts


def _checks(run: CheckRun, language: str, titles: Mapping[str, str]) -> list[tuple[Any, ...]]:
    rows = []
    for one in run.outcomes:
        problem = Text(*one["problem"]).say(language) if one["problem"] else str(one["measured"])
        rows.append(
            (
                check_report.label(one["check"], titles).say(language),
                DIMENSION_LABELS[check_report.dimension_of(one["check"])].say(language),
                SEVERITY_LABELS[Severity(one["check"].get("severity", "error"))].say(language),
                one["checked"],
                one["failed"] - one["exempt"],
                one["exempt"],
                problem,
            )
        )
    return rows


def pdf(run: CheckRun, trend: Iterable[CheckRun], language: str, titles: Mapping[str, str]) -> bytes:
    """The report as PDF: facts, the six dimensions, every check, the arithmetic, the trend. Holds no value of the data.

    Raises EnvironmentFault ``quality.font_missing`` where the machine has no Chinese font.
    """
    from fpdf import FPDF
    from fpdf.enums import TableBordersLayout

    def say(zh: str, en: str) -> str:
        return Text(zh, en).say(language)

    page = FPDF(format="A4")
    family = _font(page)
    page.set_creation_date(clock.now())
    page.set_title(say("数据质量检测报告", "Data quality report"))
    page.set_lang("en" if language.startswith("en") else "zh-CN")
    page.set_auto_page_break(True, margin=18)
    page.add_page()
    page.set_font(family, size=18)
    page.cell(text=say("数据质量检测报告", "Data quality report"), new_x="LMARGIN", new_y="NEXT")
    page.set_font(family, size=10)
    layout = TableBordersLayout.HORIZONTAL_LINES

    def table(heads: list[str] | None, rows: Iterable[Iterable[Any]], widths: tuple[int, ...]) -> None:
        with page.table(
            col_widths=widths, borders_layout=layout, line_height=6, first_row_as_headings=heads is not None
        ) as grid:
            for row in ([heads] if heads else []) + [list(one) for one in rows]:
                grid.row([str(cell)[:_MOST_NOTES] for cell in row])
        page.ln(4)

    def head(zh: str, en: str) -> None:
        page.set_font(family, size=13)
        page.cell(text=say(zh, en), new_x="LMARGIN", new_y="NEXT")
        page.set_font(family, size=10)
        page.ln(1)

    page.ln(3)
    table(None, [fact for fact in _facts(run, language) if fact[0] != say("算式", "arithmetic")], (35, 155))
    head("六个维度（GB/T 36344）", "Six dimensions (GB/T 36344)")
    measured = {one["dimension"]: one["score"] for one in run.arithmetic.get("dimensions", [])}
    rows = [
        (DIMENSION_LABELS[one].say(language), measured.get(str(one), say("未检测", "not measured")))
        for one in Dimension
    ]
    table([say("维度", "dimension"), say("得分", "score")], rows, (95, 95))
    head("检查结果", "Checks")
    heads = [say("检查", "check"), say("维度", "dimension"), say("级别", "severity"), say("检查数", "checked")]
    heads += [say("不符", "fail"), say("例外", "exc."), say("说明", "remark")]
    table(heads, _checks(run, language, titles), (60, 20, 16, 24, 20, 15, 35))
    head("得分的算法", "How the score is made")
    for line in check_report.dimension_lines(run):
        page.multi_cell(0, 6, line.say(language), new_x="LMARGIN", new_y="NEXT")
    page.ln(3)
    past = [(f"v{one.version}", str(one.score or "-"), f"{one.errors:,}", f"{one.warnings:,}") for one in trend]
    if len(past) > 1:
        head("各版本得分", "Score by version")
        table(
            [say("版本", "version"), say("得分", "score"), say("错误", "errors"), say("提醒", "warnings")],
            past,
            (40, 50, 50, 50),
        )
    return bytes(page.output())


def _font(page: FPDF) -> str:
    for path, number in FONTS:
        if Path(path).is_file():
            page.add_font("chinese", "", path, collection_font_number=number)
            page.add_font("chinese", "B", path, collection_font_number=number)
            return "chinese"
    raise EnvironmentFault(
        "quality.font_missing",
        "本机没有中文字体，不能生成 PDF。请安装：apt-get install fonts-noto-cjk",
        "This machine has no Chinese font, so no PDF can be made. Install one: apt-get install fonts-noto-cjk",
    )
