"""The command line: one thin module per command, imported when it is called."""

from __future__ import annotations

import sys
import time

STARTED = time.time()
"""When this process began to run our code; the terminal counts from here."""


def main() -> None:
    """Run the `hipflask` command."""
    try:
        from hipflask.cli.command_line import run

        run()
    except KeyboardInterrupt:  # among the imports
        sys.exit(130)
