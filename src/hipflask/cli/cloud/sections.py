"""Options under headings: with twenty of them, a single list is no help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class SectionOption(click.Option):
    """An option that stands under a heading of the help."""

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section


class SectionedCommand(click.Command):
    """A command whose help lists the options by section, in the order of the sections."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list for each section."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                name = getattr(parameter, "section", "Output")
                sections.setdefault(name, []).append(record)
        for name, records in sections.items():
            with formatter.section(name):
                formatter.write_dl(records)


def option(section: str, *names: str, **settings: Any) -> Callable[[Decorated], Decorated]:
    """Add an option under a heading."""
    return click.option(*names, cls=SectionOption, section=section, **settings)


def options(*added: Callable[[Any], Any]) -> Callable[[Decorated], Decorated]:
    """Add several options, in the order given."""

    def add(command: Decorated) -> Decorated:
        for each in reversed(added):
            command = each(command)
        return command

    return add
