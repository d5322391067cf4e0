"""Great Expectations on pandas: the same expectations, with the unexpected rows listed; it validates and writes nothing."""

import sys

import great_expectations as gx
import pandas as pd
from great_expectations import expectations as gxe

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
if result.statistics["evaluated_expectations"] != 9 or any(
    each.exception_info.get("raised_exception") for each in result.results
):
    raise SystemExit("an expectation could not be evaluated")
print(len(frame))
