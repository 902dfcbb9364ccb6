"""The command line in this process, in a folder of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hipflask.cli import command_line as cli

STARTER = Path(__file__).parents[3] / "starter"


@dataclass(frozen=True)
class Said:
    """How a command ended and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def project(folder: Path) -> Path:
    """The folder with the starter's hipflask.toml."""
    shutil.copy(STARTER / "hipflask.toml", folder)
    return folder


@pytest.fixture
def hipflask(folder: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the `hipflask` command to its end."""

    def run(*arguments: str) -> Said:
        with pytest.raises(SystemExit) as caught:
            cli.run(list(arguments))
        wrote = capsys.readouterr()
        return Said(int(caught.value.code or 0), wrote.out, wrote.err)

    return run
