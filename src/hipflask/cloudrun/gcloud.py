"""Runs gcloud, and turns what it says into values and errors that can be acted upon."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from hipflask.cloudrun.command import Command
from hipflask.cloudrun.gcloud_advice import advice_about
from hipflask.cloudrun.programs import Completed, Programs
from hipflask.errors import CommandFailed, ToolMissing

INSTALL: Final = "Install the Google Cloud CLI: https://cloud.google.com/sdk/docs/install"
_ERROR: Final = re.compile(r"^ERROR: (?:\(gcloud[\w.-]*\) )?", re.MULTILINE)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
# gcloud never waits for an answer, writes no colours into pipes (NO_COLOR does not stop it), asks
# no survey, and does not switch an API on as a side effect of a question. Nor do the settings of
# its user take its answers and errors away, or the code page of a Windows console their letters.
_SETTINGS: Final = {
    "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
    "CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API": "false",
    "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
    "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "true",
    "CLOUDSDK_CORE_USER_OUTPUT_ENABLED": "true",
    "CLOUDSDK_CORE_SHOW_STRUCTURED_LOGS": "never",
    "CLOUDSDK_CORE_VERBOSITY": "warning",
    "PYTHONIOENCODING": "utf-8",
    "TERM": "dumb",
}
# gcloud takes a second of CPU to start; more at once only get into each other's way.
_AT_ONCE: Final = 4
# An API that is off, a region that is none: that says nothing about the thing.
_NOT_ASKED: Final = re.compile(r"SERVICE_DISABLED|Deployment endpoint was not found")
_MISSING: Final = re.compile(
    r"NOT_FOUND|not found|Cannot find|could not be found|does not exist", re.IGNORECASE
)


class Gcloud:
    """The gcloud of this machine. ``calls`` go one by one; several threads may call at once."""

    def __init__(self, programs: Programs, environ: Mapping[str, str] = os.environ) -> None:
        self._programs = programs
        self._environ = {**environ, **_SETTINGS}
        self._launcher: list[str] | None = None

    def run(
        self,
        command: Command,
        *,
        stdin: str = "",
        folder: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a gcloud command. Raises CommandFailed with gcloud's own words, or ToolMissing."""
        done = self._programs.run(
            [*self._program(), *command.argv[1:]],
            stdin=stdin,
            folder=folder,
            environ=self._environ,
            on_line=on_line,
        )
        if done.exit_code:
            raise failed(command, done)
        return done

    def ask(self, command: Command) -> Any:
        """Run a command with ``--format=json`` and return its answer.

        Raises CommandFailed, also where the answer is no JSON.
        """
        done = self.run(Command((*command.argv, "--format=json"), command.stdin_of))
        try:
            return json.loads(done.stdout or "null")
        except ValueError:
            raise CommandFailed(
                f"{' '.join(command.argv[:4])} answered with something that is no JSON.",
                command=command.text,
                exit_code=0,
                output=done.stdout[:500],
                hint="Is this gcloud old? Hipflask is tested with 528: `gcloud version`.",
            ) from None

    def ask_for(self, command: Command) -> Any | None:
        """Like ``ask``; ``None`` where the thing does not exist."""
        try:
            return self.ask(command)
        except CommandFailed as error:
            if is_missing(error):
                return None
            raise

    @contextlib.contextmanager
    def at_once(self) -> Iterator[ThreadPoolExecutor]:
        """Give threads for several questions; an exception, also Ctrl-C, ends them all."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="gcloud") as pool:
            try:
                yield pool
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._programs.stop()
                raise

    def _program(self) -> list[str]:
        if self._launcher is None:
            self._launcher = find_gcloud(self._environ)
        return self._launcher


def find_gcloud(environ: Mapping[str, str]) -> list[str]:
    """Return how gcloud is started. Raises ToolMissing.

    On Windows gcloud is a .cmd file, whose arguments cmd.exe would interpret (% and ^ in a
    variable's value): what that file starts is started directly.
    """
    found = shutil.which("gcloud", path=environ.get("PATH"))
    if found is None:
        raise ToolMissing("gcloud", needed_for="it talks to Google Cloud", hint=INSTALL)
    if sys.platform != "win32" and not found.lower().endswith((".cmd", ".bat")):
        return [found]
    root = Path(found).parent.parent
    script = root / "lib" / "gcloud.py"
    if not script.is_file():
        return [found]
    bundled = root / "platform" / "bundledpython" / "python.exe"
    python = bundled if bundled.is_file() else sys.executable
    return [environ.get("CLOUDSDK_PYTHON") or str(python), "-S", str(script)]


def is_missing(error: CommandFailed) -> bool:
    """Tell whether a command failed because what it asked for does not exist."""
    return bool(_MISSING.search(error.output)) and not _NOT_ASKED.search(error.output)


def is_there_already(error: CommandFailed) -> bool:
    """Tell whether a command failed because what it was to make exists."""
    return bool(re.search(r"ALREADY_EXISTS|already exists", error.output))


def failed(command: Command, done: Completed) -> CommandFailed:
    """Return the error of a program that ended with one."""
    said = plain(done.stderr) or plain(done.stdout)
    found = list(_ERROR.finditer(said))
    words = said[found[-1].end() :].strip() if found else "\n".join(said.splitlines()[-8:])
    name = " ".join(word for word in command.argv[:4] if not word.startswith("-"))
    return CommandFailed(
        f"{name} failed: {words or f'it ended with {done.exit_code} and said nothing'}",
        command=command.text,
        exit_code=done.exit_code,
        output=said,
        hint=advice_about(said, command),
    )


def plain(text: str) -> str:
    """Return output without colours, Windows' ends of lines, and blank ends."""
    return _COLOUR.sub("", text).replace("\r\n", "\n").strip()
