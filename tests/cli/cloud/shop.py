"""A project of `hipflask new`, the real command line in it, and its containers for the fake."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hipflask.testing import SupabaseBackend

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

    def commit(self, message: str = "change") -> str:
        """Commit everything and return the image's tag."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.tag

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


def make_ready(shop: Shop, backend: SupabaseBackend, *, database_port: int) -> None:
    """Fill in what a developer fills in: project, Supabase, the database's address."""
    shop.change(
        "hipflask.toml",
        ('project = ""', f'project = "{PROJECT}"'),
        ('SUPABASE_URL = ""', f'SUPABASE_URL = "{SUPABASE}"'),
        (
            'SUPABASE_PUBLISHABLE_KEY = ""',
            f'SUPABASE_PUBLISHABLE_KEY = "{backend.publishable_key}"',
        ),
    )
    name = backend.database_url.rpartition("/")[2]
    url = f"postgresql://postgres:postgres@{DATABASE_HOST}:{database_port}/{name}"
    (shop.root / ".env.production").write_text(f"DATABASE_URL={url}\n", encoding="utf-8")


@dataclass
class StarterContainers:
    """Starts the starter as its image does, in place of the image that nobody here can pull.

    The names of the Internet in its environment lead to this machine: the fake is not asked to
    resolve them. ``environments`` keeps what each container got, before that.
    """

    root: Path
    backend: SupabaseBackend
    environments: list[dict[str, str]] = field(default_factory=list)
    # Set to let the next containers fail.
    broken: dict[str, str] = field(default_factory=dict)

    def start(self, env: Mapping[str, str], image: str, port: int) -> subprocess.Popen[bytes]:
        """Start gunicorn with the image's own command line."""
        self.environments.append(dict(env))
        inside = {**env, **self.broken, "SUPABASE_URL": self.backend.url, "PGHOSTADDR": "127.0.0.1"}
        # In its place the real environment has only what makes Python run.
        inside["PATH"] = os.environ["PATH"]
        return subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "app:create_app()"],
            cwd=self.root,
            env=inside,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
