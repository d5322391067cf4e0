"""pandera on pandas: types, required, pattern, length, unique key, and of the identity number the check digit as a check of
one's own on each element and the day of birth; good rows to Parquet, failing ones with their text and their reasons too.
"""

import sys

import pandas as pd
import pandera.pandas as pa

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def check_digit(text: str) -> bool:
    if len(text) != 18 or not text[:17].isdecimal():
        return False
    return (
        "10X98765432"[sum(int(digit) * weight for digit, weight in zip(text[:17], WEIGHTS, strict=True)) % 11]
        == text[17]
    )


schema = pa.DataFrameSchema(
    {
        "id": pa.Column(str, [pa.Check.str_matches(r"^-?[0-9]+$")], unique=True),
        "citizen_id": pa.Column(
            str,
            [
                pa.Check.str_matches(r"^[0-9]{17}[0-9X]$"),
                pa.Check(check_digit, element_wise=True),
                pa.Check(lambda s: pd.to_datetime(s.str.slice(6, 14), format="%Y%m%d", errors="coerce").notna()),
            ],
        ),
        "name": pa.Column(str, pa.Check.str_length(max_value=20), nullable=True),
        "address": pa.Column(str, pa.Check.str_length(max_value=100), nullable=True),
        "registered": pa.Column(str, pa.Check(lambda s: pd.to_datetime(s, format="%Y-%m-%d", errors="coerce").notna())),
        "amount": pa.Column(str, pa.Check(lambda s: pd.to_numeric(s, errors="coerce").notna()), nullable=True),
        "visits": pa.Column(str, pa.Check.str_matches(r"^-?[0-9]+$"), nullable=True),
        "active": pa.Column(str, pa.Check.isin(["是", "否"]), nullable=True),
    }
)
frame = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
bad: set[int] = set()
try:
    schema.validate(frame, lazy=True)
except pa.errors.SchemaErrors as errors:
    cases = errors.failure_cases.dropna(subset=["index"])
    bad = set(cases["index"].astype(int))
    cases[["index", "column", "check"]].astype(str).to_parquet(sys.argv[2] + "/reasons.parquet")
    frame.loc[sorted(bad)].to_parquet(sys.argv[2] + "/bad.parquet")
good = frame.drop(index=list(bad))
good = good.assign(
    id=good["id"].astype("int64"),
    registered=pd.to_datetime(good["registered"]),
    amount=pd.to_numeric(good["amount"]),
    visits=good["visits"].astype("int64"),
    active=good["active"] == "是",
)
good.to_parquet(sys.argv[2] + "/good.parquet")
print(len(frame))
