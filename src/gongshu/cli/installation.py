"""The installation that a command works on: found, connected to Django, its database brought up to date."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from gongshu.crypto import keys
from gongshu.errors import EnvironmentFault
from gongshu.home import Home, open_home

if TYPE_CHECKING:
    from django.db.migrations.executor import MigrationExecutor


def require_installation() -> Home:
    """The installation, or the sentence that says how to make one."""
    home = open_home()
    if not home.exists:
        raise EnvironmentFault(
            "home.not_initialized",
            f"{home.root} 还不是公数安装。请先运行：gongshu init --city <城市>",
            f"{home.root} is not a Gongshu installation yet. Run first: gongshu init --city <city>",
        )
    return home


def connect(home: Home) -> None:
    """Set Django up on ``home``, once per process."""
    os.environ["GONGSHU_HOME"] = str(home.root)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongshu.web.settings")
    import django

    django.setup()


def apply_migrations(home: Home) -> int:
    """Apply what is pending, all or nothing; how many were.

    One transaction around them all: Django notes a migration after its own transaction, and a process killed between
    the two would leave a database that can be neither used nor migrated.
    """
    keys.ensure(home)  # a new release may know keys that this installation never had
    connect(home)
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if pending:
        connection.disable_constraint_checking()  # SQLite can do so only before the transaction begins
        try:
            with transaction.atomic():
                if connection.introspection.table_names():
                    call_command("migrate", verbosity=0, interactive=False)
                else:
                    _create_tables(executor)
        finally:
            connection.close()  # the next one checks constraints again; after a full disk this one takes no more queries
    connection.close()  # the supervisor forks children and must not share a connection with them
    return len(pending)


def _create_tables(executor: MigrationExecutor) -> None:
    """The tables of an empty database as the models are now, every migration noted as applied.

    Walking through all migrations comes to the same tables (a test compares them) and takes twenty times as long:
    Django renders every model again for every change. A migration may therefore change tables only; what an
    installation starts with is put there by ``post_migrate`` receivers.
    """
    from django.apps import apps
    from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
    from django.db import DEFAULT_DB_ALIAS

    emit_pre_migrate_signal(0, False, DEFAULT_DB_ALIAS)
    with executor.connection.schema_editor() as editor:
        for model in apps.get_models(include_auto_created=False):
            if model._meta.can_migrate(executor.connection):
                editor.create_model(model)
    executor.recorder.ensure_schema()
    for app, name in executor.loader.graph.nodes:
        executor.recorder.record_applied(app, name)
    emit_post_migrate_signal(0, False, DEFAULT_DB_ALIAS)
