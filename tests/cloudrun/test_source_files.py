"""Which state of the code an image's tag stands for, asked of the real git."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hipflask.cloudrun.programs import RealPrograms
from hipflask.cloudrun.release import SourceVersion
from hipflask.cloudrun.source_files import source_version

NEEDS_GIT = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
# Docker's rule for tags.
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def git(folder: Path, *arguments: str) -> str:
    """Run git without the settings of whoever runs the tests."""
    alone = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    names = ("-c", "user.name=Shop", "-c", "user.email=shop@example.com")
    done = subprocess.run(
        ["git", *names, *arguments],
        cwd=folder,
        env={**os.environ, **alone},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def version(folder: Path) -> SourceVersion:
    found = source_version(folder, RealPrograms())
    assert TAG.fullmatch(found.tag)
    return found


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder with a few files, committed."""
    folder = tmp_path / "shop"
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "main.py").write_text("print(1)\n", encoding="utf-8")
    (folder / ".gitignore").write_text("*.log\n", encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def dirty(shop: Path) -> str:
    """Return the digest of a folder that differs from its commit."""
    found = version(shop)
    commit, word, digest = found.tag.split("-")
    assert (found.is_dirty, word) == (True, "dirty")
    assert found.commit.startswith(commit)
    return digest


@NEEDS_GIT
def test_clean_folder_is_its_commit(shop: Path) -> None:
    commit = git(shop, "rev-parse", "HEAD")
    assert version(shop) == SourceVersion(commit[:12], commit)


@NEEDS_GIT
def test_changed_file_has_a_digest_of_its_own(shop: Path) -> None:
    main = shop / "app" / "main.py"
    main.write_text("print(2)\n", encoding="utf-8")
    second = dirty(shop)
    main.write_text("print(3)\n", encoding="utf-8")
    assert dirty(shop) != second
    main.write_text("print(2)\n", encoding="utf-8")
    assert dirty(shop) == second
    main.write_text("print(1)\n", encoding="utf-8")
    assert not version(shop).is_dirty


@NEEDS_GIT
@pytest.mark.parametrize("name", ["new.py", "書.txt", " leading space", 'quo"te', "app/deep.py"])
def test_untracked_file_counts(shop: Path, name: str) -> None:
    if sys.platform == "win32" and '"' in name:
        pytest.skip("Windows has no such name")
    (shop / name).write_text("a", encoding="utf-8")
    one = dirty(shop)
    (shop / name).write_text("b", encoding="utf-8")
    assert dirty(shop) != one


@NEEDS_GIT
def test_untracked_file_counts_whatever_git_is_told_to_show(shop: Path) -> None:
    git(shop, "config", "status.showUntrackedFiles", "no")
    (shop / "new.py").write_text("a", encoding="utf-8")
    assert version(shop).is_dirty


@NEEDS_GIT
def test_removed_and_renamed_files_count(shop: Path) -> None:
    main = shop / "app" / "main.py"
    main.rename(shop / "app" / "other.py")
    renamed = dirty(shop)
    (shop / "app" / "other.py").unlink()
    assert dirty(shop) != renamed


@NEEDS_GIT
def test_ignored_file_does_not_count(shop: Path) -> None:
    (shop / "debug.log").write_text("a", encoding="utf-8")
    assert not version(shop).is_dirty


@NEEDS_GIT
def test_staged_is_as_good_as_written(shop: Path) -> None:
    (shop / "new.py").write_text("a", encoding="utf-8")
    untracked = dirty(shop)
    git(shop, "add", "-A")
    assert dirty(shop) == untracked


@NEEDS_GIT
def test_secrets_are_never_digested(shop: Path) -> None:
    (shop / "new.py").write_text("a", encoding="utf-8")
    before = dirty(shop)
    (shop / ".env.production").write_text("DATABASE_URL=postgresql://x", encoding="utf-8")
    (shop / "app" / ".env").write_text("SECRET_KEY=x", encoding="utf-8")
    assert dirty(shop) == before


@NEEDS_GIT
def test_folder_within_a_larger_repository_is_looked_at_alone(shop: Path) -> None:
    (shop / "README.md").write_text("changed", encoding="utf-8")
    assert not version(shop / "app").is_dirty
    (shop / "app" / "main.py").write_text("print(2)\n", encoding="utf-8")
    one = dirty(shop / "app")
    (shop / "README.md").write_text("changed again", encoding="utf-8")
    assert dirty(shop / "app") == one


@NEEDS_GIT
def test_files_from_elsewhere_count_where_they_go_in_too(shop: Path) -> None:
    (shop / "src").mkdir()
    (shop / "src" / "framework.py").write_text("a", encoding="utf-8")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "second")
    app, also = shop / "app", (shop / "src",)
    assert not source_version(app, RealPrograms(), also).is_dirty
    (shop / "src" / "framework.py").write_text("b", encoding="utf-8")
    one = source_version(app, RealPrograms(), also)
    assert one.is_dirty
    assert not version(app).is_dirty
    (shop / "src" / "framework.py").write_text("c", encoding="utf-8")
    assert source_version(app, RealPrograms(), also).tag != one.tag


@NEEDS_GIT
def test_repository_without_a_commit_is_digested(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("a", encoding="utf-8")
    before = version(tmp_path)
    git(tmp_path, "init", "-q")
    assert version(tmp_path) == before


def plain(folder: Path, *names: str) -> str:
    """Write files and return the tag of a folder that git does not know."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    found = version(folder)
    assert (found.commit, found.is_dirty) == ("", False)
    assert found.tag.startswith("files-")
    return found.tag


def test_same_files_without_git_have_the_same_tag(tmp_path: Path) -> None:
    names = ("b.py", "a/c.py", "書.txt")
    assert plain(tmp_path / "one", *names) == plain(tmp_path / "two", *reversed(names))


def test_files_from_elsewhere_count_without_git(tmp_path: Path) -> None:
    before = plain(tmp_path / "app", "a.py")
    also = (tmp_path / "src", tmp_path / "pyproject.toml")
    (tmp_path / "src").mkdir()
    (tmp_path / "pyproject.toml").write_text("a", encoding="utf-8")
    one = source_version(tmp_path / "app", RealPrograms(), also).tag
    (tmp_path / "pyproject.toml").write_text("b", encoding="utf-8")
    assert len({before, one, source_version(tmp_path / "app", RealPrograms(), also).tag}) == 3


def test_other_file_without_git_is_another_tag(tmp_path: Path) -> None:
    assert plain(tmp_path, "a.py") != plain(tmp_path, "b.py")


@pytest.mark.parametrize(
    "name", [".venv/x.py", ".hipflask/state", "app/__pycache__/x.pyc", ".env", "app/.env.local"]
)
def test_what_no_image_holds_is_left_out(tmp_path: Path, name: str) -> None:
    assert plain(tmp_path, "a.py") == plain(tmp_path, "a.py", name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows by the name what it can run")
def test_file_that_can_be_run_is_another_one(tmp_path: Path) -> None:
    before = plain(tmp_path, "start.sh")
    (tmp_path / "start.sh").chmod(0o755)
    assert version(tmp_path).tag != before


def test_empty_folder_has_a_tag(tmp_path: Path) -> None:
    assert plain(tmp_path)


def test_git_that_is_not_installed_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert plain(tmp_path, "a.py")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has names that are no text")
def test_name_that_is_no_text_is_no_hindrance(tmp_path: Path) -> None:
    before = plain(tmp_path, "a.py")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")).write_bytes(b"x")
    assert plain(tmp_path) != before
