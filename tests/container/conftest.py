"""The image's content without the image, and what stands in for the image's bases."""

from __future__ import annotations

import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.installed import Installed, NotInstallable, install


@pytest.fixture(scope="session")
def installed() -> Iterator[Installed]:
    """The application as the image has it, once for all tests."""
    if sys.platform != "linux":
        pytest.skip("the container is Linux; so are its limits and its signals")
    if importlib.util.find_spec("pip") is None:
        pytest.skip("this environment has no pip, so the locked packages cannot be installed")
    # Not pytest's own folder: another user could not enter it.
    folder = Path(tempfile.mkdtemp(prefix="hipflask-container-"))
    folder.chmod(0o755)
    try:
        yield install(folder)
    except NotInstallable as reason:
        pytest.skip(f"{reason}.")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
