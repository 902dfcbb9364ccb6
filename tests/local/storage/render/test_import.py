"""The stack starts without waiting for Pillow."""

from __future__ import annotations

import subprocess
import sys


def test_pillow_is_loaded_by_the_first_picture_only() -> None:
    program = "import sys, hipflask.local.storage.render; print('PIL' in sys.modules)"
    outcome = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert outcome.stdout.strip() == "False", outcome.stderr
