"""A project of `hipflask new`, the real command line in it, and its containers for the fake."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from hipflask.testing import SupabaseBackend
from tests.google import FakeGoogle
from tests.google.gcloud import inherited
from tests.google.stand_in_docker import install_docker

PROJECT = "corner-shop-1234"
REGION = "us-west1"
SUPABASE = "https://abcdefghijklmnopqrst.supabase.co"
# Not Supabase's, whose limits would be checked, and of a private network, which needs no TLS.
DATABASE_HOST = "database.corner-shop.internal"
PATIENCE = 300


@dataclass
class Answer:
    """What a command line said."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams, for a look at a failure."""
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


@dataclass
class Shop:
    """The project's folder and the environment of its developer."""

    root: Path
    environ: Mapping[str, str]
    added: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, stdin: str = "", **environ: str) -> Answer:
        """Run `hipflask …` in the project's folder."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root,
            env={**self.environ, **self.added, **environ},
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def command(self, *arguments: str) -> list[str]:
        """Return the argument list of `hipflask …`."""
        return [sys.executable, "-m", "hipflask.cli", *arguments]

    def change(self, file: str, *changes: tuple[str, str]) -> None:
        """Replace texts in a file; each must be there."""
        path = self.root / file
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text, f"{file} has no {old!r}"
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def read(self, file: str) -> str:
        """Return a file's text."""
        return (self.root / file).read_text(encoding="utf-8")

    def write(self, file: str, text: str) -> None:
        """Write a file."""
        (self.root / file).write_text(text, encoding="utf-8")

    def commit(self, message: str = "change") -> str:
        """Commit everything and return the image's tag."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.tag

    @property
    def docker_calls(self) -> list[str]:
        """What docker was asked to do, a line each; not what gcloud asks of it for itself."""
        calls = self.root.parent / "bin" / "docker-calls.jsonl"
        lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
        said = [" ".join(json.loads(line)) for line in lines]
        return [line for line in said if not line.startswith("version")]

    def break_docker(self, command: str, words: str) -> None:
        """Let a command of docker fail with these words, until it is mended."""
        (self.root.parent / "bin" / f"fail-{command}").write_text(words, encoding="utf-8")

    def mend_docker(self, command: str) -> None:
        """Let it work again."""
        (self.root.parent / "bin" / f"fail-{command}").unlink()

    @property
    def tag(self) -> str:
        """The image's tag of the commit."""
        return self.git("rev-parse", "HEAD")[:12]

    def git(self, *arguments: str) -> str:
        """Run git in the project."""
        names = ("-c", "user.name=Shop", "-c", "user.email=shop@example.com")
        done = subprocess.run(
            ["git", *names, *arguments], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()


def fresh_shop(template: Path, folder: Path, google: FakeGoogle, backend: SupabaseBackend) -> Shop:
    """Return a copy of the project with everything filled in, committed, and a docker beside."""
    root = folder / "corner-shop"
    shutil.copytree(template, root)
    docker = install_docker(folder / "bin")
    environ = {**inherited(), **google.environ(folder / "home"), "PGHOSTADDR": "127.0.0.1"}
    environ["PATH"] = os.pathsep.join((str(docker.parent), environ["PATH"]))
    shop = Shop(root, environ)
    _fill_in(shop, backend)
    shop.git("init", "-q")
    shop.commit("first")
    return shop


def _fill_in(shop: Shop, backend: SupabaseBackend) -> None:
    """Write what a developer writes: project, Supabase, the database's address."""
    shop.change(
        "hipflask.toml",
        ('project = ""', f'project = "{PROJECT}"'),
        ('SUPABASE_URL = ""', f'SUPABASE_URL = "{SUPABASE}"'),
        (
            'SUPABASE_PUBLISHABLE_KEY = ""',
            f'SUPABASE_PUBLISHABLE_KEY = "{backend.publishable_key}"',
        ),
    )
    parts = urlsplit(backend.database_url)
    url = f"postgresql://postgres:postgres@{DATABASE_HOST}:{parts.port}{parts.path}"
    (shop.root / ".env.production").write_text(f"DATABASE_URL={url}\n", encoding="utf-8")


@dataclass
class StarterContainers:
    """Starts the starter as its image does, in place of the image that nobody here can pull.

    The names of the Internet in its environment lead to this machine: the fake is not asked to
    resolve them. ``environments`` keeps what each container got, before that.
    """

    root: Path
    backend: SupabaseBackend
    on_start: Callable[[int], None]
    environments: list[dict[str, str]] = field(default_factory=list)
    # Set to let the next containers fail.
    broken: dict[str, str] = field(default_factory=dict)

    def start(self, env: Mapping[str, str], image: str, port: int) -> subprocess.Popen[bytes]:
        """Start gunicorn with the image's own command line."""
        self.environments.append(dict(env))
        inside = {**env, **self.broken, "SUPABASE_URL": self.backend.url, "PGHOSTADDR": "127.0.0.1"}
        # In its place the real environment has only what makes Python run.
        inside["PATH"] = os.environ["PATH"]
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "app:create_app()"],
            cwd=self.root,
            env=inside,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.on_start(process.pid)
        return process
