"""What the deploy sets is what the image's server and the kit read."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hipflask.cloudrun.managed_variables import MANAGED, managed_variables
from hipflask.cloudrun.validate.environment import RESERVED
from tests.cloudrun.specs import spec

STARTER = Path(__file__).parents[2] / "starter"


@pytest.mark.parametrize(("workers", "threads"), [(1, 16), (3, 40)])
def test_gunicorn_follows(workers: int, threads: int) -> None:
    pytest.importorskip("gunicorn.app.wsgiapp", reason="gunicorn does not run on this system")
    variables = managed_variables(spec(workers=workers, threads=threads))
    printed = subprocess.run(
        [sys.executable, "-m", "gunicorn", "--print-config", "wsgiref.simple_server:demo_app"],
        cwd=STARTER,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    settings = dict(re.findall(r"(?m)^(\w+)\s*= (.*)$", printed))
    assert settings["workers"] == str(workers)
    assert settings["threads"] == str(threads)


def test_pool_size_is_set() -> None:
    assert managed_variables(spec(database_pool_size=7))["DATABASE_POOL_SIZE"] == "7"


def test_everything_that_is_set_is_refused_by_hand() -> None:
    assert managed_variables(spec(workers=2)).keys() <= MANAGED.keys()
    assert not MANAGED.keys() & RESERVED
