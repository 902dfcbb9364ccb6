"""Makes the new project's folder."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from string import Template

from hipflask.errors import ConfigError
from hipflask.scaffold.constraints import installed_versions, locked_versions
from hipflask.scaffold.names import check_name
from hipflask.scaffold.source import HERE, clone_folder, files_to_copy, starter_folder
from hipflask.scaffold.wheel import write_wheel

FILES = HERE / "files"


@dataclass(frozen=True, slots=True)
class NewProject:
    """What was made."""

    folder: Path
    name: str


def create_project(folder: Path) -> NewProject:
    """Copy the starter to ``folder``, whose last part is the project's name.

    Raises ``ConfigError`` for a bad name and for a folder that holds anything. On an error nothing
    half-made stays behind.
    """
    name = check_name(folder.name)
    folder = folder.absolute()
    existed = folder.exists()
    _refuse_occupied(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{folder} cannot be made: {error.strerror}.", hint="Choose a folder of yours."
        ) from error
    try:
        _fill(folder, name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        if existed:
            folder.mkdir(exist_ok=True)
        raise
    return NewProject(folder, name)


def _refuse_occupied(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        raise ConfigError(
            f"{folder} exists and is not empty.", hint="Choose another name, or empty it."
        )
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} exists and is a file.", hint="Choose another name.")


def _fill(folder: Path, name: str) -> None:
    starter = starter_folder()
    for path in files_to_copy(starter):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        # Contents alone: a read-only file of an installation must not become read-only here.
        target.write_bytes((starter / path).read_bytes())
    _name_it(folder, name)
    wheel = write_wheel(folder / "wheels", clone_folder())
    _write_requirements(folder, wheel)
    readme = Template((FILES / "README.md").read_text(encoding="utf-8"))
    (folder / "README.md").write_text(
        readme.substitute(name=name, image=name.lower()), encoding="utf-8"
    )


def _name_it(folder: Path, name: str) -> None:
    """Give the project its own id, and its name in the page's bar and in package.json."""
    _replace(
        folder / "supabase" / "config.toml", r'(?m)^project_id = ".*"$', f'project_id = "{name}"'
    )
    # The service, its secrets and its label; Cloud Run takes lowercase letters, digits and hyphens.
    service = re.sub(r"[-_]+", "-", name.lower()).strip("-")
    _replace(folder / "hipflask.toml", r"hipflask-starter", service)
    title = re.sub(r"[-_]+", " ", name).strip().capitalize()
    _replace(folder / "app" / "__init__.py", r'(?m)^NAME = "Hipflask"$', f'NAME = "{title}"')
    for file in ("package.json", "package-lock.json"):
        _replace(folder / file, r'"name": "hipflask-starter"', f'"name": "{name.lower()}"')


def _replace(path: Path, pattern: str, replacement: str) -> None:
    if path.exists():
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(pattern, replacement, text), encoding="utf-8")


def _write_requirements(folder: Path, wheel: Path) -> None:
    """Point the requirements at the wheel, and pin what is beneath it.

    By path, not by name: a package of the same name on an index must never come instead.
    """
    requirements = folder / "requirements.txt"
    here = f"./wheels/{wheel.name}"
    text = requirements.read_text(encoding="utf-8") if requirements.exists() else "hipflask\n"
    text = re.sub(r"(?m)^hipflask\b.*$", here, text)
    requirements.write_text(f"-c constraints.txt\n{text}", encoding="utf-8")
    (folder / "requirements-dev.txt").write_text(
        "# What `hipflask dev` and the tests need besides.\n"
        f"-r requirements.txt\n{here}[local]\npytest\n",
        encoding="utf-8",
    )
    # The lock wins: what is tried here is then what the image runs.
    versions = installed_versions() | locked_versions(folder / "requirements.lock")
    pins = "".join(f"{name}=={version}\n" for name, version in sorted(versions.items()))
    (folder / "constraints.txt").write_text(
        f"# The versions that this project was made with.\n{pins}", encoding="utf-8"
    )
