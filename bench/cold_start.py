"""Cold start: from the container's command to the first 200, against a bare Flask app. Linux only.

    python bench/cold_start.py [--rounds 15] [--path /healthz] [--quota 0.1]

Both run in one environment (the image's locked packages and nothing else, bytecode compiled), under
the same gunicorn with the same gunicorn.conf.py, in turn. Prints the median of wall time and of CPU
time, and the ratio of each pair of rounds. Files are warm in the machine's cache for both.
``--quota`` holds each to a part of one CPU where a cgroup (version 1) can be made, as root.
"""

from __future__ import annotations

import argparse
import http.client
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.process_memory import process_tree
from tests.container.installed import Installed, install

BARE = """
from flask import Flask

def create_app():
    app = Flask(__name__)

    @app.get("/", defaults={"path": ""})
    @app.get("/<path:path>")
    def page(path):
        return {"status": "ok"}

    return app
"""
LONGEST = 120.0
PERIOD = 100_000  # microseconds, the kernel's own default
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Start:
    """What one start took."""

    wall: float
    cpu: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--path", default="/healthz")
    parser.add_argument("--quota", type=float, help="part of one CPU, for example 0.1")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hipflask-cold-"))
    folder.chmod(0o755)
    try:
        installed = install(folder)
        bare = make_bare(installed)
        contenders = {"the starter": installed.app, "bare Flask": bare}
        with cpu_quota(options.quota) as group:
            measure(installed, contenders, options, group)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make_bare(installed: Installed) -> Path:
    """Make the peer: an application of one route, beside the same gunicorn.conf.py."""
    bare = installed.folder / "bare"
    (bare / "app").mkdir(parents=True)
    (bare / "app/__init__.py").write_text(BARE)
    shutil.copy(installed.app / "gunicorn.conf.py", bare)
    python = str(installed.folder / "venv/bin/python")
    subprocess.run([python, "-m", "compileall", "-q", str(bare)], check=True)
    return bare


def measure(
    installed: Installed, contenders: dict[str, Path], options: argparse.Namespace, group: Path
) -> None:
    """Start each in turn, print the medians and the ratio."""
    starts: dict[str, list[Start]] = {name: [] for name in contenders}
    for number in range(options.rounds + 1):
        # Who begins changes from round to round.
        order = list(contenders) if number % 2 else list(reversed(contenders))
        for name in order:
            start = start_once(installed, contenders[name], options.path, group)
            if number:  # the first round fills the machine's cache
                starts[name].append(start)
    print(f"{options.path}, {options.rounds} rounds, quota {options.quota or 'none'}")
    for name, each in starts.items():
        walls, cpus = [one.wall * 1000 for one in each], [one.cpu * 1000 for one in each]
        print(
            f"{name}: wall median {statistics.median(walls):.0f} ms"
            f" ({min(walls):.0f} to {max(walls):.0f}), CPU median {statistics.median(cpus):.0f} ms"
        )
    pairs = list(zip(*starts.values(), strict=True))
    wall = statistics.median(ours.wall / theirs.wall for ours, theirs in pairs)
    cpu = statistics.median(ours.cpu / theirs.cpu for ours, theirs in pairs)
    print(f"ratio, pair by pair: wall {wall:.2f}, CPU {cpu:.2f}")


def start_once(installed: Installed, folder: Path, path: str, group: Path) -> Start:
    """Start, ask every 2 ms until the answer is 200, stop."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    command = installed.command()
    if group != Path():
        join = 'echo $$ > "$0" && exec "$@"'
        command = ["/bin/sh", "-c", join, str(group / "cgroup.procs"), *command]
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=installed.environment(port),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while not answers(port, path):
            if process.poll() is not None or time.perf_counter() - began > LONGEST:
                sys.exit(f"{folder.name}: no answer ({process.returncode})")
            time.sleep(0.002)
        wall = time.perf_counter() - began
        return Start(wall, sum(cpu_seconds(pid) for pid in process_tree(process.pid)))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def cpu_seconds(pid: int) -> float:
    """Return what a process has used, in user and in kernel mode (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


@contextmanager
def cpu_quota(quota: float | None) -> Iterator[Path]:
    """Make a cgroup with a part of one CPU; an empty path stands for none."""
    if quota is None:
        yield Path()
        return
    group = Path(f"/sys/fs/cgroup/cpu/hipflask-bench-{os.getpid()}")
    group.mkdir()
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(int(quota * PERIOD)))
        yield group
    finally:
        time.sleep(1)
        group.rmdir()


if __name__ == "__main__":
    main()
