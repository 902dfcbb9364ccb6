"""The background process of `hipflask start`: one stack, until somebody asks it to stop.

It tells its starter how the start went in one line of JSON on standard output, and then lets go
of it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from pathlib import Path

from hipflask.errors import HipFlaskError


def main() -> None:
    """Start the stack that the arguments name, report, wait, stop.

    They are the folder, the settings file (empty for the usual one) and the offset of ports.
    """
    from hipflask.cli.stop_signals import stop_on_signals, wait
    from hipflask.local.config import ProjectConfig
    from hipflask.local.config.dotenv import project_environ
    from hipflask.local.project import Project
    from hipflask.local.stack import Stack

    root, other_config, port_offset = sys.argv[1:4]
    config_file = Path(other_config) if other_config else None
    project = Project(Path(root), config_file, int(port_offset))
    steps: list[tuple[str, str, float]] = []
    try:
        environ = project_environ(project.root, os.environ)
        config = ProjectConfig.of(project, environ)
        stack = Stack(
            project,
            config,
            environ=environ,
            on_step=lambda step: steps.append((step.name, step.note, step.seconds)),
        )
        stopped = threading.Event()
        with stop_on_signals(stack.stop_requested, stopped):
            try:
                stack.start()
                _report({"ok": True, "steps": steps, "warnings": config.warnings})
                wait(stack.stop_requested)
            finally:
                stack.stop()
                stopped.set()
    except HipFlaskError as error:
        _report({"ok": False, "message": error.message, "hint": error.hint})
        sys.exit(1)
    except Exception as error:
        logging.getLogger("hipflask").exception("the stack failed")
        _report({"ok": False, "message": f"{type(error).__name__}: {error}", "hint": ""})
        sys.exit(1)


def _report(result: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
    # The starter reads to the end of the pipe; later output belongs to the log.
    os.dup2(2, 1)


if __name__ == "__main__":
    main()
