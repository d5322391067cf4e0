"""A list of entries at page 1 and at page 4,000, in an installation of its own; prints its figures as JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time
from datetime import UTC, datetime, timedelta

from benchmarks._catalog_words import records

from gongshu.cli import installation
from gongshu.crypto import keys
from gongshu.home import open_home

PAGE, DEEP = 20, 4000
TURNS = 60
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def main(n: int) -> None:
    home = open_home()
    for folder in home.folders:
        folder.mkdir(parents=True, exist_ok=True)
    keys.ensure(home)
    installation.apply_migrations(home)
    from gongshu.catalog import finding, keyset, queries

    _fill(n)
    size = min(PAGE, max(1, n // (DEEP + 1000)))
    rows, order = queries.published(), finding.ORDERS["updated"]
    # To page 4,000 by counting, once; from there with the token that its neighbour gives.
    before = keyset.take(rows, order, keyset.skipped(rows, order, (DEEP - 1) * size, size).previous, size)

    def cost(token: str) -> float:
        times = []
        for _ in range(TURNS):
            began = time.process_time()
            page = keyset.take(rows, order, token, size)
            times.append((time.process_time() - began) * 1000)
            assert len(page.rows) == size
        return statistics.median(times)

    assert keyset.take(rows, order, before.following, size).position == (DEEP - 1) * size
    began = time.process_time()
    keyset.skipped(rows, order, (DEEP - 1) * size, size)
    skipping = (time.process_time() - began) * 1000
    print(json.dumps({"first": cost(""), "deep": cost(before.following), "offset": skipping, "size": size}))


def _fill(n: int) -> None:
    from django.db import connection

    from gongshu.catalog.models import Entry
    from gongshu.identity import actions as identity
    from gongshu.identity.actor import Actor
    from gongshu.identity.states import Office

    unit = identity.register_organization(
        by=Actor.process("bench"), code="unit", name="江临市统计局", name_en="Statistics", office=Office.DEPARTMENT
    )
    rows = []
    for record in records(n):
        at = BEGINNING + timedelta(seconds=record.updated % 20_000_000)
        rows.append(
            Entry(
                code=record.code,
                title=record.title,
                title_key=record.title,
                abstract=record.abstract,
                provider=unit,
                share_type="UNCONDITIONAL",
                open_type="UNCONDITIONAL",
                update_cycle=record.facets["cycle"],
                theme=record.theme,
                status=record.facets["status"],
                created_at=at,
                changed_at=at,
                published_at=at,
                data_at=at if record.pk % 2 else None,
                data_rows=record.pk,
            )
        )
        if len(rows) == 5000:
            Entry.objects.bulk_create(rows)
            rows.clear()
    Entry.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


if __name__ == "__main__":
    main(int(sys.argv[1]))
