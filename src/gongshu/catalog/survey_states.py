"""A survey of the data that units hold (公共数据资源调查、国有企业数据资源摸底, zaozhuang-6.1), and its life."""

from __future__ import annotations

from enum import StrEnum

from gongshu.errors import Text
from gongshu.workflow import Table, Transition


class SurveyStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


SURVEY_LABELS: dict[SurveyStatus, Text] = {
    SurveyStatus.OPEN: Text("进行中", "Under way"),
    SurveyStatus.CLOSED: Text("已汇总", "Closed"),
}

SURVEY = Table(
    name="catalog_survey",
    title=Text("数据资源普查", "survey of data"),
    states=SURVEY_LABELS,
    initial=SurveyStatus.OPEN,
    transitions=(
        Transition(
            "close", SurveyStatus.OPEN, SurveyStatus.CLOSED, by=("data_authority",), label=Text("汇总", "Close")
        ),
    ),
)
