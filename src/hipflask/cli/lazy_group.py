"""A group of commands that are imported when they are called: help and errors import nothing."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """A group that knows its commands' names and one-liners without importing them.

    ``table`` holds name: (module, attribute, what it does), in the order for a newcomer.
    """

    def __init__(
        self, *args: Any, table: Mapping[str, tuple[str, str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in their order."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in self._table:
            return None
        module, attribute, _ = self._table[cmd_name]
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the list from the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in self._table.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest name for one that is not there."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self._table:
            close = get_close_matches(name, self._table, n=1)
            advice = f" Did you mean `{ctx.command_path} {close[0]}`?" if close else ""
            ctx.fail(f"There is no command {name!r}.{advice}")
        return super().resolve_command(ctx, args)
