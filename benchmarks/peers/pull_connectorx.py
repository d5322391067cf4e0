"""connectorx: the whole table into Arrow, in memory; nothing is checked or kept."""

import sys

import connectorx as cx

print(cx.read_sql(sys.argv[1], "SELECT * FROM bench", return_type="arrow").num_rows)
