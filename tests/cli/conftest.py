"""A small project on free ports, and the real command line run in it."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from hipflask.local.config.project_config import IDENTITY_PORT_DISTANCE

PATIENCE = 60.0
APP = """
import os
from flask import Flask

def create_app():
    app = Flask(__name__)

    @app.get("/")
    def index():
        return "first"

    @app.get("/env/<name>")
    def env(name):
        return os.environ.get(name, "")

    return app
"""


# Below the ports that systems give to outgoing connections: one of those could take a port between
# the look and the use.
FIRST_PORT, LAST_PORT = 15_000, 31_000
BLOCK = 10


def free_ports(count: int) -> list[int]:
    """Return the first ports of a block of ten that nobody listens on.

    The DevIdentityProvider's port, five above the first, is in the block, too.
    """
    assert count <= IDENTITY_PORT_DISTANCE
    while True:
        first = random.SystemRandom().randrange(FIRST_PORT, LAST_PORT, BLOCK)
        with ExitStack() as held:
            try:
                for port in range(first, first + BLOCK):
                    held.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
        return list(range(first, first + count))


@dataclass
class SmallProject:
    """A folder with config.toml and an application."""

    root: Path
    api: int
    database: int
    mailbox: int
    smtp: int
    app: int

    @property
    def app_file(self) -> Path:
        return self.root / "app" / "__init__.py"

    @property
    def state(self) -> Path:
        return self.root / ".hipflask"


def make_project(root: Path) -> SmallProject:
    """Write the files of a small project."""
    project = SmallProject(root, *free_ports(5))
    (root / "supabase" / "migrations").mkdir(parents=True)
    (root / "supabase" / "config.toml").write_text(
        f"""project_id = "small"
[api]
port = {project.api}
[db]
port = {project.database}
[local_smtp]
port = {project.mailbox}
smtp_port = {project.smtp}
[auth]
site_url = "http://127.0.0.1:8080"
""",
        encoding="utf-8",
    )
    project.app_file.parent.mkdir()
    project.app_file.write_text(APP, encoding="utf-8")
    return project


@pytest.fixture
def project(tmp_path: Path) -> SmallProject:
    return make_project(tmp_path / "small")


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> SmallProject:
    """One project for the tests of a file: its database is made once."""
    return make_project(tmp_path_factory.mktemp("shared") / "small")


def command_environment(**more: str) -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", **more}


@dataclass
class Outcome:
    """How a command ended."""

    code: int
    out: str
    err: str


def run_hipflask(folder: Path, *arguments: str, **environ: str) -> Outcome:
    """Run the command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "hipflask.cli", *arguments],
        cwd=folder,
        env=command_environment(**environ),
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


@dataclass
class Running:
    """A command that goes on, and what it has said so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                with self._changed:
                    self.lines.append(line.rstrip())
                    self._changed.notify_all()

    @property
    def said(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, text: str, *, after: int = 0) -> str:
        """Wait for a line that holds ``text`` and return it."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                for line in self.lines[after:]:
                    if text in line:
                        return line
                left = deadline - time.monotonic()
                assert self.process.poll() is None, f"it ended:\n{self.said}"
                assert left > 0, f"never said {text!r}:\n{self.said}"
                self._changed.wait(min(left, 0.5))

    def family(self) -> list[psutil.Process]:
        """Return every process that this one has started, directly or not."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self) -> int:
        """Ask it to stop and return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self._reader.join()


Start = Callable[..., Running]


@pytest.fixture
def dev() -> Iterator[Start]:
    """Start `hipflask dev` in a project; it is ended after the test."""
    started: list[Running] = []

    def start(project: SmallProject, *more: str, ready: bool = True, **environ: str) -> Running:
        running = Running(
            subprocess.Popen(
                [sys.executable, "-m", "hipflask.cli", "dev", "--port", str(project.app), *more],
                cwd=project.root,
                env=command_environment(**environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
            )
        )
        started.append(running)
        if ready:
            running.wait_for("Ready in")
        return running

    yield start
    for running in started:
        running.end()


def all_gone(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Wait until the processes have ended; return those that have not."""
    _, alive = psutil.wait_procs(processes, timeout=20)
    return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
