"""`hipflask new`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import click
import pytest

from hipflask.errors import ConfigError
from hipflask.scaffold import create_project
from hipflask.scaffold.constraints import installed_versions, locked_versions
from hipflask.scaffold.names import check_name
from hipflask.scaffold.source import LEFT_OUT, files_to_copy, starter_folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new project."""
    return create_project(tmp_path_factory.mktemp("new") / "corner-shop").folder


def test_has_the_starters_files_and_its_own(made: Path) -> None:
    for path in files_to_copy(starter_folder()):
        assert (made / path).is_file(), path
    for name in ("README.md", "requirements.txt", "requirements-dev.txt", "constraints.txt"):
        assert (made / name).is_file(), name
    for name in (".gitignore", ".env.example"):
        assert (made / name).is_file(), name


def test_has_nothing_that_a_run_left_behind(made: Path) -> None:
    for path in made.rglob("*"):
        assert not LEFT_OUT & set(path.relative_to(made).parts), path
        assert path.suffix != ".pyc", path


def test_has_its_own_name(made: Path) -> None:
    config = tomllib.loads((made / "supabase" / "config.toml").read_text(encoding="utf-8"))
    assert config["project_id"] == "corner-shop"
    assert 'NAME = "Corner shop"' in (made / "app" / "__init__.py").read_text(encoding="utf-8")
    assert json.loads((made / "package.json").read_text())["name"] == "corner-shop"
    assert (made / "README.md").read_text(encoding="utf-8").startswith("# corner-shop\n")


def test_names_its_service_as_cloud_run_takes_it(tmp_path: Path) -> None:
    folder = create_project(tmp_path / "Corner_Shop-").folder
    cloud = tomllib.loads((folder / "hipflask.toml").read_text(encoding="utf-8"))
    assert cloud["service"]["name"] == "corner-shop"
    assert cloud["service"]["secrets"]["SECRET_KEY"] == "corner-shop-secret-key"
    assert "hipflask-starter" not in (folder / "hipflask.toml").read_text(encoding="utf-8")


def test_requirements_lead_to_the_wheel_inside(made: Path) -> None:
    (wheel,) = (made / "wheels").iterdir()
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (made / name).read_text(encoding="utf-8").splitlines()
        assert any(line.startswith(f"./wheels/{wheel.name}") for line in lines)
        assert not any(line.startswith("hipflask") for line in lines)
    pins = (made / "constraints.txt").read_text(encoding="utf-8")
    assert "\nflask==" in pins
    assert "\ncheroot==" in pins
    assert "mypy" not in pins


def test_same_versions_here_as_in_the_image(made: Path) -> None:
    locked = locked_versions(made / "requirements.lock")
    assert {"flask", "gunicorn", "psycopg-binary"} <= set(locked)
    pins = (made / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert {f"{name}=={version}" for name, version in locked.items()} <= set(pins)
    assert len(pins) == len({pin.partition("==")[0] for pin in pins})


def test_wheel_is_clean_and_complete(made: Path) -> None:
    (wheel,) = (made / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "hipflask/py.typed" in names
    assert "hipflask/scaffold/files/README.md" in names
    assert "hipflask/local/mailbox/pages/mailbox.html" in names
    assert "hipflask/scaffold/starter/supabase/config.toml" in names
    assert "hipflask/scaffold/starter/app/static/css/app.css" in names
    assert "hipflask/scaffold/starter/.gitignore" in names
    for name in names:
        assert not LEFT_OUT & set(name.split("/")), name
        assert not name.endswith(".pyc"), name


def test_installed_package_makes_the_same_project(made: Path, tmp_path: Path) -> None:
    """A project made by an installed Hipflask carries that Hipflask on."""
    environment = tmp_path / "venv"
    venv.create(environment, with_pip=False, system_site_packages=False)
    python = environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    (wheel,) = (made / "wheels").iterdir()
    # What pip would do with the wheel, without a network. The command needs click alone.
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(purelib)
    shutil.copytree(Path(click.__file__).parent, Path(purelib) / "click")
    done = subprocess.run(
        [python, "-m", "hipflask.cli", "new", "second"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    second = tmp_path / "second"
    (again,) = (second / "wheels").iterdir()
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as other:
        ours = {n: first.read(n) for n in first.namelist() if not n.endswith("RECORD")}
        theirs = {n: other.read(n) for n in other.namelist() if not n.endswith("RECORD")}
        assert ours == theirs
        assert other.testzip() is None
    ours_files = {p.relative_to(made) for p in made.rglob("*") if p.is_file()}
    assert {p.relative_to(second) for p in second.rglob("*") if p.is_file()} == ours_files


def test_printed_steps_are_for_this_system(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hipflask.cli", "new", "shop"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    steps = [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")]
    assert steps[0] == "cd shop"
    assert steps[1].endswith(" -m venv .venv")
    assert steps[2].endswith("pip install -r requirements-dev.txt")
    assert steps[3].endswith("hipflask dev")


@pytest.mark.parametrize("name", ["shop", "a", "corner-shop", "Shop_2", "x" * 40])
def test_good_names(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        ("9lives", "begin with a letter"),
        ("-x", "begin with a letter"),
        ("a b", "' '"),
        ("café", "'é'"),
        ("a.b", "'.'"),
        ("x" * 41, "longer than 40"),
        ("con", "Windows"),
        ("LPT1", "Windows"),
        ("hipflask", "package"),
    ],
)
def test_bad_names_are_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_name(name)
    assert reason in caught.value.message
    assert caught.value.hint


def test_occupied_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "mine.txt").write_text("x")
    with pytest.raises(ConfigError, match="not empty"):
        create_project(tmp_path / "shop")
    assert [path.name for path in (tmp_path / "shop").iterdir()] == ["mine.txt"]
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="is a file"):
        create_project(tmp_path / "file")


def test_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    assert create_project(tmp_path / "shop").name == "shop"


def test_failed_copy_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("hipflask.scaffold.create.write_wheel", full)
    with pytest.raises(OSError, match="disk full"):
        create_project(tmp_path / "shop")
    assert not (tmp_path / "shop").exists()


def test_pins_are_of_the_run_not_of_the_tools() -> None:
    versions = installed_versions()
    assert {"flask", "psycopg", "psycopg-binary", "cryptography", "cheroot"} <= set(versions)
    assert not {"mypy", "ruff", "playwright", "hipflask"} & set(versions)
