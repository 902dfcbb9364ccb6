"""A folder with what the image holds: the locked packages, Hipflask's wheel, and the application.

Built by the same commands as the image's second stage, in a virtual environment with nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from hipflask.scaffold.wheel import write_wheel
from tests.container.dockerfile import STARTER, Stage, starters_stages

ROOT = Path(__file__).parents[2]
NO_NETWORK = re.compile(
    r"Temporary failure in name|Name or service not known|Network is unreachable|ProxyError"
    r"|Max retries exceeded|Failed to establish a new connection|ConnectionError"
)


class NotInstallable(Exception):
    """The sentence says why."""


@dataclass(frozen=True)
class Installed:
    """Where things are, and as whom they run (0: as whoever runs the tests)."""

    folder: Path
    uid: int
    gid: int
    runtime: Stage

    @property
    def app(self) -> Path:
        """The folder that is the image's working directory."""
        return self.folder / "app"

    @property
    def home(self) -> Path:
        """The one folder that may be written to."""
        return self.folder / "home"

    def environment(self, port: int, **more: str) -> dict[str, str]:
        """Return the image's variables with Cloud Run's PORT and an application's settings."""
        path = self.runtime.environment["PATH"].replace("/venv", str(self.folder / "venv"))
        return {
            **self.runtime.environment,
            "PATH": path.replace("$PATH", os.defpath),
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "PORT": str(port),
            **settings(port),
            **more,
        }

    def command(self) -> list[str]:
        """Return the image's command line, its program by its full path."""
        program, *arguments = self.runtime.command
        return [str(self.folder / "venv/bin" / program), *arguments]

    def written(self) -> list[str]:
        """Return every file that was not there after the installation."""
        before = set((self.folder / "files.txt").read_text().splitlines())
        return sorted(set(_files(self.folder)) - before)


def settings(port: int) -> dict[str, str]:
    """Return settings whose Supabase and database do not answer."""
    return {
        "SUPABASE_URL": "http://127.0.0.1:9",
        "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH",
        "DATABASE_URL": "postgresql://postgres:postgres@127.0.0.1:9/postgres",
        "SECRET_KEY": "tests-only-7Zk2v9Qp4Lx8Wd3Rb6Yh1Nc5",
        "SITE_URL": f"http://127.0.0.1:{port}",
    }


def install(folder: Path) -> Installed:
    """Fill the folder; raise NotInstallable where the machine does not allow it."""
    runtime = starters_stages()[-1]
    uid, gid = runtime.user if os.geteuid() == 0 else (0, 0)
    python = _python_for(uid, gid)
    if python is None:
        python, uid, gid = sys.executable, 0, 0
    environment = folder / "venv"
    _run([python, "-m", "venv", "--without-pip", str(environment)], folder)
    pip = [sys.executable, "-m", "pip", "--python", str(environment / "bin/python"), "install"]
    pip += ["--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    _run([*pip, "--require-hashes", "-r", str(STARTER / "requirements.lock")], folder)
    write_wheel(folder / "wheels", ROOT)
    requirements = str(STARTER / "requirements.txt")
    _run([*pip, "--no-index", "--find-links", "wheels", "-r", requirements], folder)
    app = folder / "app"
    app.mkdir()
    shutil.copy(STARTER / "gunicorn.conf.py", app)
    leave = shutil.ignore_patterns("__pycache__")
    shutil.copytree(STARTER / "app", app / "app", ignore=leave)
    _run([str(environment / "bin/python"), "-m", "compileall", "-q", str(app)], folder)
    for path in (app, *app.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222 | 0o444)
    (folder / "home").mkdir()
    os.chown(folder / "home", uid or os.geteuid(), gid or os.getegid())
    (folder / "files.txt").write_text("\n".join(["files.txt", *_files(folder)]))
    return Installed(folder, uid, gid, runtime)


def _python_for(uid: int, gid: int) -> str | None:
    """Return a Python that this user may run: our own may lie in a folder that is closed to it."""
    check = "import sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))"
    own = str(Path(sys.base_prefix, "bin", f"python3.{sys.version_info.minor}"))
    for name in (own, "python3.12", "python3.13", "python3.11", "python3"):
        path = shutil.which(name, path=f"/usr/local/bin{os.pathsep}/usr/bin")
        if path is None:
            continue
        user = {"user": uid, "group": gid, "extra_groups": []} if uid else {}
        try:
            done = subprocess.run([path, "-c", check], cwd="/", capture_output=True, **user)  # type: ignore[call-overload]
        except OSError:
            continue
        if done.returncode == 0:
            return path
    return None


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode and NO_NETWORK.search(done.stderr):
        raise NotInstallable("the package index does not answer, so nothing can be installed")
    assert done.returncode == 0, done.stdout + done.stderr


def _files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*"))]
