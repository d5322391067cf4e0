"""A group of commands that knows their names and one line each, and imports a module only to run its command.

``gongshu --help`` must answer at once; importing Django or Polars for it would take seconds.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

from gongshu.errors import Text


class Entry(NamedTuple):
    """Where a command is; ``target`` names a function or a ``typer.Typer`` as ``module:attribute``."""

    target: str
    help: Text
    panel: Text


class LazyGroup(TyperGroup):
    """A ``typer`` group whose sub-commands are the class attribute ``entries``."""

    entries: ClassVar[Mapping[str, Entry]] = {}
    language: ClassVar[str] = "zh"

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(self.entries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """For a listing: the name and its line. ``resolve_command`` loads the real thing."""
        del ctx
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        return TyperCommand(
            cmd_name, help=entry.help.say(self.language), rich_help_panel=entry.panel.say(self.language)
        )

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        return name, command if name is None else load(name, self.entries[name]), rest


def load(name: str, entry: Entry) -> Any:
    """Import the module of ``entry`` and return its click command under ``name``."""
    module_name, _, attribute = entry.target.partition(":")
    found = getattr(importlib.import_module(module_name), attribute)
    if isinstance(found, typer.Typer):
        single = len(found.registered_commands) == 1 and not found.registered_groups
        command = get_command(found) if single and found.registered_callback is None else get_group(found)
    else:
        app = typer.Typer(add_completion=False, rich_markup_mode="rich")
        app.command(name)(found)
        command = get_command(app)
    command.name = name
    return command
