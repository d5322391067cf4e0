"""A new installation's tables are made from the models at once; an old one walks the migrations. Both come out alike."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import live as platform

# What a database consists of and how many rows a new one has, without the order of columns and the names of constraints.
DESCRIBE = """
import json, os, sys
from gongshu.cli.installation import apply_migrations, connect
from gongshu.home import Home, open_home

home = open_home()
for folder in home.folders:
    folder.mkdir(parents=True, exist_ok=True)
connect(home)
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

if sys.argv[1] == "migrate":
    call_command("migrate", verbosity=0, interactive=False)
else:
    apply_migrations(home)
look = connection.introspection
found = {"applied": sorted(map(list, MigrationRecorder(connection).applied_migrations()))}
with connection.cursor() as cursor:
    for table in sorted(look.table_names(cursor)):
        columns = sorted(
            [column.name, str(column.type_code), str(column.internal_size), str(column.precision), column.null_ok,
             str(column.pk) if hasattr(column, "pk") else ""]
            for column in look.get_table_description(cursor, table)
        )
        constraints = sorted(
            json.dumps([sorted(each["columns"]) if each["check"] else each["columns"], each["primary_key"],
                        each["unique"], each["foreign_key"], each["check"], each["index"], each.get("orders")])
            for each in look.get_constraints(cursor, table).values()
        )
        cursor.execute(f'SELECT count(*) FROM "{table}"')
        found[table] = {"columns": columns, "constraints": constraints, "rows": cursor.fetchone()[0]}
print(json.dumps(found))
"""


def described(way: str, home, database: str) -> dict:
    answer = subprocess.run(
        [sys.executable, "-c", DESCRIBE, way],
        env=platform.environment(GONGSHU_HOME=str(home), GONGSHU_CITY="xian", GONGSHU_DATABASE_URL=database),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


@pytest.fixture
def another_database(request, own_database, tmp_path):
    """A second empty database: on PostgreSQL beside the first, on SQLite the second home's own."""
    if not own_database:
        yield ""
        return
    import psycopg

    name = own_database.rsplit("/", 1)[1] + "_b"
    with psycopg.connect(own_database, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    yield own_database + "_b"
    with psycopg.connect(own_database, autocommit=True) as server:
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.heavy
@pytest.mark.postgres
def test_created_at_once_and_migrated_step_by_step_are_the_same_database(tmp_path, own_database, another_database):
    at_once = described("create", tmp_path / "new", own_database)
    step_by_step = described("migrate", tmp_path / "old", another_database)
    assert at_once["applied"] == step_by_step["applied"]
    assert len(at_once) > 60
    assert at_once["catalog_synonymgroup"]["rows"] > 20
    for database in (
        at_once,
        step_by_step,
    ):  # Django's own: its migrations make this key a bigint, its model an integer
        database["auth_group_permissions"]["columns"] = [
            column for column in database["auth_group_permissions"]["columns"] if column[0] != "id"
        ]
    assert at_once == step_by_step


@pytest.mark.django_db(transaction=True)
def test_an_emptied_table_of_synonyms_is_filled_again_and_a_changed_one_is_left_alone():
    from django.core.management import call_command

    from gongshu.catalog.models import SynonymGroup
    from gongshu.catalog.search.synonyms import SEED

    call_command("flush", verbosity=0, interactive=False)
    assert SynonymGroup.objects.count() == len(SEED)
    SynonymGroup.objects.exclude(words=" ".join(SEED[0])).delete()
    call_command("migrate", verbosity=0, interactive=False)
    assert SynonymGroup.objects.get().words == " ".join(SEED[0])
    SynonymGroup.objects.all().delete()
    call_command("migrate", verbosity=0, interactive=False)
    assert SynonymGroup.objects.count() == len(SEED)
