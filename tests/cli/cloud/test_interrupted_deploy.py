"""Ctrl-C during a deploy: the step that runs comes to its end, and the same command goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.cloud.shop import PATIENCE, Shop
from tests.google import FakeGoogle


def test_stops_between_steps_and_goes_on(shop: Shop, google: FakeGoogle, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("a test cannot send Ctrl-C to one process alone on Windows")
    google.enable("run", "artifactregistry", "secretmanager", "iam", "containeranalysis")
    google.artifacts.add_repository("us-west1", "hipflask")
    process = subprocess.Popen(
        shop.command("cloud", "deploy", "--yes"),
        cwd=shop.root,
        env={**shop.environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        wait_for_step(shop, "secrets", process)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, said
    assert "Stopping after this step; Ctrl-C again stops now." in said
    assert "The step account (" in said
    assert "was not begun: you asked to stop" in said
    assert "Done and kept: docker-auth, secrets." in said
    assert "Go on with: hipflask cloud deploy --yes" in said
    # The step that ran was not cut off halfway: both secrets have their version.
    assert {len(each.versions) for each in google.secret_manager.secrets.values()} == {1}
    assert len(google.secret_manager.secrets) == 2
    answer = shop.run("cloud", "deploy", "--yes")
    assert answer.code == 0, answer.text
    assert "2 secrets in Secret Manager" in answer.err


def wait_for_step(shop: Shop, step: str, process: subprocess.Popen[str]) -> None:
    """Return when the log says that a step begins."""
    log = shop.root / ".hipflask/logs/deploy.log"
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        if log.exists() and f"# {step}: " in log.read_text(encoding="utf-8"):
            return
        time.sleep(0.02)
    raise AssertionError(f"the step {step} did not begin")
