"""A stack in a process of its own, for tests that kill it or weigh it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.cli.conftest import free_ports

_PROGRAM = Path(__file__).with_name("stack_program.py")


@dataclass(frozen=True)
class RunningStack:
    """Where the stack answers, and its process."""

    process: psutil.Process
    url: str
    key: str
    database: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers of somebody whom row-level security lets pass."""
        return {"Authorization": f"Bearer {self.key}"}


def write_project(folder: Path, *, settings: str = "") -> None:
    """Write a project with nothing but ports and ``settings``."""
    api, database, mailbox, smtp = free_ports(4)
    (folder / "supabase").mkdir(parents=True)
    (folder / "supabase" / "config.toml").write_text(
        f'project_id = "storage"\n[api]\nport = {api}\n[db]\nport = {database}\n'
        f"[local_smtp]\nport = {mailbox}\nsmtp_port = {smtp}\n{settings}",
        encoding="utf-8",
    )


@contextmanager
def running_stack(folder: Path) -> Iterator[RunningStack]:
    """Start the stack of a folder; it is killed at the end, if it still runs."""
    with subprocess.Popen(
        [sys.executable, str(_PROGRAM), str(folder)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        running = psutil.Process(said.pop("pid"))
        try:
            yield RunningStack(running, **said)
        finally:
            process.kill()
