"""Starts the product in a fresh copy, as a newcomer would, and stops it again. Twice.

Standard library only. Prints the two times; exits with 1 and a sentence when something is wrong:
no page, a stop that hangs, a process that is left.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fresh_copy import answers, copy_tracked, use_free_ports

FIRST_SECONDS = 120
STOP_SECONDS = 20


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="hipflask-smoke-"))
    try:
        copy_tracked(folder)
        app_port = use_free_ports(folder / "starter/supabase/config.toml")
        for attempt in ("first", "second"):
            seconds = start_and_stop(folder, app_port)
            print(f"{attempt} start: page after {seconds:.2f} s", flush=True)
        left = processes_of(folder)
        if left:
            sys.exit(f"processes are left: {left}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start_and_stop(folder: Path, port: int) -> float:
    """Start, ask for /healthz, stop by SIGTERM; returns the seconds until the first answer."""
    log = folder / "smoke.log"
    environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "run.py", "--port", str(port)],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while not answers(f"http://127.0.0.1:{port}/healthz"):
                if process.poll() is not None:
                    sys.exit(f"run.py ended with {process.returncode}:\n{log.read_text()}")
                if time.monotonic() - began > FIRST_SECONDS:
                    sys.exit(f"no page within {FIRST_SECONDS} s:\n{log.read_text()}")
                time.sleep(0.02)
            seconds = time.monotonic() - began
            process.send_signal(signal.SIGTERM)
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            sys.exit(f"SIGTERM did not end it within {STOP_SECONDS} s:\n{log.read_text()}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    return seconds


def processes_of(folder: Path) -> list[str]:
    """Return the command lines that name the copy; only Linux tells."""
    deadline = time.monotonic() + 5
    while True:
        left = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(folder) in words and path.parent.name != str(os.getpid()):
                left.append(words)
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.1)


if __name__ == "__main__":
    main()
