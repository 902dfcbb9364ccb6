"""Prints the lines of a report, with a colour where the terminal has any."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Final, TextIO

from hipflask.cli.terminal import Terminal
from hipflask.cloudrun.cost.table import Kind, TextLine

_STYLES: Final = {
    Kind.TITLE: "bold",
    Kind.HEADING: "bold",
    Kind.TOTAL: "bold",
    Kind.CHARGED: "yellow",
    Kind.STOPPED: "red",
    Kind.ASIDE: "dim",
}


def print_lines(
    lines: Iterable[TextLine], terminal: Terminal, stream: TextIO | None = None
) -> None:
    """Write the lines to standard output, or to standard error where that is the stream."""
    write = terminal.line if stream is sys.stderr else terminal.result
    for line in lines:
        style = _STYLES.get(line.kind)
        write(terminal.styled(line.text, style, stream) if style and line.text else line.text)
