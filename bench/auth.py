"""Calls of Auth a second: this stack beside npm's @supabase/lite. Linux only.

    python bench/auth.py [--rounds 5] [--seconds 3] [--clients 8]

Each client keeps one connection alive and one account of its own. Measured are sign-in by password,
refresh (each with the token that the one before answered), the signed-in user, and the admin's list
of users. Both hash passwords by bcrypt at cost 10. The contenders take turns within each round;
printed are medians over the rounds and the median of the ratios within them. A call that a
contender does not have shows as a dash. Needs npm.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.storage_contenders import Contender, hipflask, lite  # noqa: E402

PASSWORD = "correct horse battery"
OURS = "Hipflask"


class Refused(Exception):
    """The contender does not answer this call with a success."""


class Line:
    """One connection to one contender, and the account that uses it."""

    def __init__(self, contender: Contender, email: str) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", contender.port, timeout=60)
        self._key = dict(contender.headers)["apikey"]
        self.email = email
        self.tokens: dict[str, Any] = {}

    def ask(self, method: str, path: str, body: Any = None, bearer: str = "") -> dict[str, Any]:
        """Make one call and return its JSON."""
        headers = {
            "apikey": self._key,
            "Authorization": f"Bearer {bearer or self._key}",
            "Content-Type": "application/json",
        }
        sent = None if body is None else json.dumps(body)
        self._http.request(method, f"/auth/v1{path}", sent, headers)
        answer = self._http.getresponse()
        raw = answer.read()
        if not 200 <= answer.status < 300:
            raise Refused(f"{method} {path}: {answer.status} {raw[:200]!r}")
        read: dict[str, Any] = json.loads(raw)
        return read

    def sign_up(self) -> None:
        """Make the account."""
        self.ask("POST", "/signup", {"email": self.email, "password": PASSWORD})
        self.sign_in()

    def sign_in(self) -> None:
        """Sign in by password."""
        body = {"email": self.email, "password": PASSWORD}
        self.tokens = self.ask("POST", "/token?grant_type=password", body)

    def refresh(self) -> None:
        """Trade the refresh token."""
        body = {"refresh_token": self.tokens["refresh_token"]}
        self.tokens = self.ask("POST", "/token?grant_type=refresh_token", body)

    def get_user(self) -> None:
        """Ask who is signed in."""
        self.ask("GET", "/user", bearer=self.tokens["access_token"])

    def list_users(self) -> None:
        """Ask for a page of all users, as an administrator."""
        self.ask("GET", "/admin/users?page=1&per_page=50")


CALLS: Mapping[str, Callable[[Line], None]] = {
    "sign-in": Line.sign_in,
    "refresh": Line.refresh,
    "get-user": Line.get_user,
    "admin list": Line.list_users,
}


@dataclass(frozen=True)
class Runner:
    """Runs one call with several clients at once."""

    clients: int
    seconds: float

    def rate(self, contender: Contender, call: Callable[[Line], None], label: str) -> float | None:
        """Return calls a second, or None where the contender has no such call."""
        fork = multiprocessing.get_context("fork")
        barrier = fork.Barrier(self.clients + 1)
        pipes, processes = [], []
        for number in range(self.clients):
            here, there = fork.Pipe(duplex=False)
            line_arguments = (contender, f"bench-{label}-{number}@example.com")
            process = fork.Process(
                target=_client, args=(line_arguments, call, self.seconds, barrier, there)
            )
            process.start()
            there.close()
            pipes.append(here)
            processes.append(process)
        barrier.wait()
        began = time.perf_counter()
        counts = [pipe.recv() for pipe in pipes]
        taken = time.perf_counter() - began
        for process in processes:
            process.join()
        return None if None in counts else sum(counts) / taken


def _client(
    line_arguments: tuple[Contender, str],
    call: Callable[[Line], None],
    seconds: float,
    barrier: Barrier,
    told: Connection,
) -> None:
    line = Line(*line_arguments)
    line.sign_up()
    barrier.wait()
    deadline = time.perf_counter() + seconds
    count = 0
    try:
        while count == 0 or time.perf_counter() < deadline:
            call(line)
            count += 1
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        told.send(None)
        return
    told.send(count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/hipflask-bench")
    options = parser.parse_args()
    runner = Runner(options.clients, options.seconds)
    with ExitStack() as stack:
        contenders = [
            stack.enter_context(hipflask(options.cache / "auth", durable=True)),
            stack.enter_context(lite(options.cache / "lite")),
        ]
        print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
        names = [each.name for each in contenders]
        print("| calls a second | " + " | ".join([*names, f"to {names[1]}"]) + " |")
        print("|" + "---|" * (len(names) + 2), flush=True)
        for number, (name, call) in enumerate(CALLS.items()):
            print_row(name, measure(runner, contenders, call, options.rounds, f"{number}"))
    print(f"load average {os.getloadavg()[0]:.1f}")


def measure(
    runner: Runner,
    contenders: Sequence[Contender],
    call: Callable[[Line], None],
    rounds: int,
    label: str,
) -> Mapping[str, list[float | None]]:
    """Let the contenders take turns; the first round warms and does not count."""
    started = f"{int(time.time())}-{label}"
    rates: dict[str, list[float | None]] = {each.name: [] for each in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            rate = runner.rate(contender, call, f"{started}-{number}")
            if number:
                rates[contender.name].append(rate)
    return rates


def print_row(name: str, rates: Mapping[str, list[float | None]]) -> None:
    """Print the medians and how this stack compares."""
    cells = [name]
    for some in rates.values():
        known = [rate for rate in some if rate is not None]
        shown = f"{statistics.median(known):,.0f}" if known else "–"
        cells.append(f"{shown} ({min(known):,.0f}–{max(known):,.0f})" if known else shown)
    ours, peers = rates.values()
    ratios = [
        mine / other
        for mine, other in zip(ours, peers, strict=True)
        if mine is not None and other is not None
    ]
    cells.append(f"{statistics.median(ratios):.2f}" if ratios else "–")
    print("| " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
