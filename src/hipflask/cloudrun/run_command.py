"""Runs the commands of a plan, each by the program that it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hipflask.cloudrun.command import Command
from hipflask.cloudrun.gcloud import Gcloud, failed
from hipflask.cloudrun.programs import Completed, Programs
from hipflask.errors import ToolMissing


@dataclass(frozen=True)
class CommandRunner:
    """Where commands run: a folder, an environment, and the programs of this machine."""

    programs: Programs
    gcloud: Gcloud
    folder: Path
    environ: Mapping[str, str]

    def run(
        self,
        command: Command,
        *,
        stdin: str = "",
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a command to its end. Raises CommandFailed, or ToolMissing."""
        if command.program == "gcloud":
            return self.gcloud.run(command, stdin=stdin, folder=self.folder, on_line=on_line)
        try:
            done = self.programs.run(
                command.argv,
                stdin=stdin,
                folder=self.folder,
                environ=self.environ,
                on_line=on_line,
            )
        except FileNotFoundError:
            raise ToolMissing(
                command.program,
                needed_for="it builds the image",
                hint="Install it, or let Google build: --builder cloudbuild",
            ) from None
        if done.exit_code:
            raise failed(command, done)
        return done
