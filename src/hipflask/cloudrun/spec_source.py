"""Finds hipflask.toml and reads it from the disk: the one step of a spec that is not pure."""

from __future__ import annotations

from pathlib import Path

from hipflask.cloudrun.spec_file import FILE_NAME, SpecFile, parse_spec
from hipflask.errors import ConfigError


def find_spec_file(start: Path) -> Path:
    """Return the nearest ``hipflask.toml`` in ``start`` or above it."""
    folder = start.resolve()
    for each in (folder, *folder.parents):
        if (each / FILE_NAME).is_file():
            return each / FILE_NAME
    raise ConfigError(
        f"There is no {FILE_NAME} in {start} or above it.",
        hint="Go to the project's folder, or copy the file from a project of `hipflask new`.",
    )


def load_spec(path: Path) -> SpecFile:
    """Read the file. Raises ConfigError that names it and each line that is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8."
        ) from None
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}.",
            hint="`hipflask new` makes a project with such a file.",
        ) from None
    return parse_spec(text, name=path.name)
