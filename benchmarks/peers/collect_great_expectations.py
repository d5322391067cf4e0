"""Great Expectations on pandas: the same expectations, of the identity number the check digit and the day of birth by an
expectation of one's own; the unexpected rows are listed, and nothing is written.
"""

import sys

import great_expectations as gx
import pandas as pd
from great_expectations import expectations as gxe
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import ColumnMapExpectation
from great_expectations.expectations.metrics import ColumnMapMetricProvider, column_condition_partial

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def check_digit(text: str) -> bool:
    if len(text) != 18 or not text[:17].isdecimal():
        return False
    return (
        "10X98765432"[sum(int(digit) * weight for digit, weight in zip(text[:17], WEIGHTS, strict=True)) % 11]
        == text[17]
    )


class CitizenIds(ColumnMapMetricProvider):
    condition_metric_name = "column_values.citizen_id"

    @column_condition_partial(engine=PandasExecutionEngine)
    def _pandas(cls, column, **_):
        born = pd.to_datetime(column.str.slice(6, 14), format="%Y%m%d", errors="coerce")
        return column.map(check_digit) & born.notna()


class ExpectColumnValuesToBeCitizenIds(ColumnMapExpectation):
    map_metric = "column_values.citizen_id"


frame = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
context = gx.get_context(mode="ephemeral")
context.variables.progress_bars = {"globally": False}
asset = context.data_sources.add_pandas("files").add_dataframe_asset("file")
batch = asset.add_batch_definition_whole_dataframe("all")
suite = context.suites.add(
    gx.ExpectationSuite(
        name="register",
        expectations=[
            gxe.ExpectColumnValuesToBeUnique(column="id"),
            gxe.ExpectColumnValuesToMatchRegex(column="id", regex=r"^-?[0-9]+$"),
            gxe.ExpectColumnValuesToMatchRegex(column="citizen_id", regex=r"^[0-9]{17}[0-9X]$"),
            ExpectColumnValuesToBeCitizenIds(column="citizen_id"),
            gxe.ExpectColumnValueLengthsToBeBetween(column="name", max_value=20),
            gxe.ExpectColumnValueLengthsToBeBetween(column="address", max_value=100),
            gxe.ExpectColumnValuesToMatchStrftimeFormat(column="registered", strftime_format="%Y-%m-%d"),
            gxe.ExpectColumnValuesToMatchRegex(column="amount", regex=r"^-?[0-9]+(\.[0-9]+)?$"),
            gxe.ExpectColumnValuesToMatchRegex(column="visits", regex=r"^-?[0-9]+$"),
            gxe.ExpectColumnValuesToBeInSet(column="active", value_set=["是", "否"]),
        ],
    )
)
definition = context.validation_definitions.add(gx.ValidationDefinition(name="check", data=batch, suite=suite))
result = definition.run(
    batch_parameters={"dataframe": frame},
    result_format={"result_format": "COMPLETE"},
)
if result.statistics["evaluated_expectations"] != 10 or any(
    each.exception_info.get("raised_exception") for each in result.results
):
    raise SystemExit("an expectation could not be evaluated")
print(len(frame))
