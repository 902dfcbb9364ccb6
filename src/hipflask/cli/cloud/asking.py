"""Asks before something changes; says what to do where nobody can answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click

from hipflask.errors import DeployError

_Answer = TypeVar("_Answer")


def confirm(question: str) -> None:
    """Ask for a yes. Raises Abort for a no, DeployError where nobody is there to answer."""
    if not _answered(lambda: click.confirm(question, err=True)):
        raise click.Abort


def require_name(question: str, name: str) -> None:
    """Ask for a name to be typed. Raises DeployError for another one, or for nobody there."""
    typed = _answered(lambda: click.prompt(question, err=True, default="", show_default=False))
    if typed != name:
        raise DeployError("That is not its name; nothing was deleted.")


def _answered(ask: Callable[[], _Answer]) -> _Answer:
    try:
        return ask()
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo(err=True)
        raise DeployError(
            "Nobody is there to answer, so nothing was changed.",
            hint="Say yes beforehand: repeat the command with --yes",
        ) from None
