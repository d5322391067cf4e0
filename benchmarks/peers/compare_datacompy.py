"""datacompy on Polars: rows of one side alone, and those whose values differ, written as Parquet."""

import sys

import polars as pl
from datacompy import PolarsCompare

left, right = (pl.read_parquet(f"{sys.argv[1]}/{name}.parquet") for name in ("left", "right"))
found = PolarsCompare(left, right, join_columns="id")
unlike = found.all_mismatch()
unlike.write_parquet(sys.argv[2] + "/unlike.parquet")
found.df1_unq_rows.write_parquet(sys.argv[2] + "/missing.parquet")
found.df2_unq_rows.write_parquet(sys.argv[2] + "/extra.parquet")
print(len(left), len(found.df1_unq_rows), len(found.df2_unq_rows), len(unlike))
