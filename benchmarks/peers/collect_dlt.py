"""dlt: reads the CSV in Arrow batches and loads it to Parquet files with its load state; it checks no values."""

import os
import sys

os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "DESTINATION__BUCKET_URL": sys.argv[2],
}

import dlt
import pyarrow as pa
import pyarrow.csv as pc

NAMES = ("id", "citizen_id", "name", "address", "registered", "amount", "visits", "active")
texts = dict.fromkeys(NAMES, pa.string())  # with types of its own, one bad value would end the whole load


@dlt.resource(name="register")
def register():
    yield from pc.open_csv(sys.argv[1], convert_options=pc.ConvertOptions(column_types=texts))


pipeline = dlt.pipeline("bench", destination="filesystem", dataset_name="bench", pipelines_dir=sys.argv[2] + "/state")
pipeline.run(register, loader_file_format="parquet")
print(pipeline.last_trace.last_normalize_info.row_counts["register"])
