"""Puts Hipflask itself into a new project as a wheel, so that it installs without an index.

From a clone the wheel is built; from an installed package it is put together again from the
files that pip has unpacked (their list is RECORD, see "Binary distribution format" of the Python
packaging guide).
"""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
import zipfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from hipflask.errors import ConfigError

_BUILD = """
import sys
from hatchling.build import build_wheel
print(build_wheel(sys.argv[1]))
"""
# Written by pip at the installation; no part of the wheel.
_INSTALLERS = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}


def write_wheel(folder: Path, clone: Path | None) -> Path:
    """Write the wheel into ``folder`` and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    return _build(folder, clone) if clone is not None else _pack(folder, distribution("hipflask"))


def _build(folder: Path, clone: Path) -> Path:
    done = subprocess.run(
        [sys.executable, "-c", _BUILD, str(folder)],
        cwd=clone,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise ConfigError(
            f"Hipflask's own wheel could not be built: {last}",
            hint="Run it from the clone's own environment: python run.py new NAME",
        )
    return folder / done.stdout.strip().splitlines()[-1]


def _pack(folder: Path, package: Distribution) -> Path:
    """Zip the installed files with fresh checksums."""
    name = f"hipflask-{package.version}"
    wheel = folder / f"{name}-py3-none-any.whl"
    record = f"{name}.dist-info/RECORD"
    lines = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(package.files or [], key=str):
            inside = file.as_posix()
            if inside.startswith("..") or file.suffix == ".pyc" or file.name in _INSTALLERS:
                continue
            content = Path(str(file.locate())).read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            lines.append(f"{inside},sha256={digest.decode()},{len(content)}")
            archive.writestr(inside, content)
        archive.writestr(record, "\n".join([*lines, f"{record},,", ""]))
    return wheel
