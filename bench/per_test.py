"""What the pytest plugin costs per test: runs N empty tests with a backend and N without.

    python bench/per_test.py [N]

Prints the first backend's cost (server, bootstrap, migrations) and the median cost of the others,
from pytest's own report of setup and teardown times.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STARTER = Path(__file__).parents[1] / "starter"
PLUGIN = """
import json, pathlib

times = []

def pytest_runtest_logreport(report):
    times.append((report.nodeid, report.when, report.duration))

def pytest_sessionfinish():
    pathlib.Path("times.json").write_text(json.dumps(times))
"""
TESTS = """
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_with(backend, number): pass

@pytest.mark.parametrize("number", range({count}))
def test_without(number): pass
"""


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "conftest.py").write_text(PLUGIN)
        Path(folder, "test_cost.py").write_text(TESTS.format(count=count))
        Path(folder, "pytest.ini").write_text(f"[pytest]\nhipflask_project = {STARTER}\n")
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "pytest", "-q"], cwd=folder, check=True)
        whole = time.perf_counter() - began
        times = json.loads(Path(folder, "times.json").read_text())
    cost: dict[str, float] = {}
    for nodeid, _, duration in times:
        cost[nodeid] = cost.get(nodeid, 0.0) + duration * 1000
    first, *others = [value for name, value in cost.items() if "test_with[" in name]
    others = others[:-1]  # the last one's teardown stops the server
    without = statistics.median(value for name, value in cost.items() if "test_without[" in name)
    ordered = sorted(others)
    print(f"first test with a backend: {first:.0f} ms")
    print(
        f"each further one: median {statistics.median(ordered):.1f} ms,"
        f" 90 % within {ordered[int(len(ordered) * 0.9)]:.1f} ms (without: {without:.2f} ms)"
    )
    print(f"whole run of {count} + {count} tests: {whole:.1f} s")


if __name__ == "__main__":
    main()
