"""What `python run.py` adds to a start when there is nothing to install.

Runs `run.py --version` against `.venv`'s own `python -m hipflask.cli --version`, in turn, and
prints the medians and their difference; the plan's bound is 0.3 s. Needs a finished first start.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
ROUNDS = 10


def seconds(*command: str | Path) -> float:
    """Return how long a command takes as a whole process."""
    began = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    if not PYTHON.exists():
        raise SystemExit("There is no .venv yet. Run `python run.py` once.")
    direct, through = [], []
    for _ in range(ROUNDS):
        direct.append(seconds(PYTHON, "-m", "hipflask.cli", "--version"))
        through.append(seconds(sys.executable, "run.py", "--version"))
    for name, measured in (("direct", direct), ("run.py", through)):
        print(f"{name:<8} median {statistics.median(measured):.3f} s, min {min(measured):.3f} s")
    added = statistics.median(b - a for a, b in zip(direct, through, strict=True))
    print(f"run.py adds {added:.3f} s (median of {ROUNDS} pairs)")


if __name__ == "__main__":
    main()
