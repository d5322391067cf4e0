"""ADBC's driver for PostgreSQL: the table into Arrow batch by batch; nothing is checked or kept."""

import sys

from adbc_driver_postgresql import dbapi

with dbapi.connect(sys.argv[1]) as link, link.cursor() as cursor:
    cursor.execute("SELECT * FROM bench")
    print(sum(batch.num_rows for batch in cursor.fetch_record_batch()))
