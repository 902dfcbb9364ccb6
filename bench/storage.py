"""Uploads and downloads a second: this stack beside npm's @supabase/lite and nginx. Linux only.

    python bench/storage.py [--sizes 1000,100000] [--rounds 5] [--seconds 2] [--without lite,nginx]

Clients that keep their connections alive upload under new names, then download one object again and
again, each with a role's key. The contenders take turns within each round, on one machine, and what
one has written is on the disk before the next begins. Prints medians over the rounds and, as the
median of the ratios within the rounds, how this stack compares. nginx shows what the machine and
the load generator can do: it serves plain files, checks nobody, and does not wait for the disk.
Needs nginx (Debian: nginx-light) and npm.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.storage_contenders import Contender, hipflask, lite, nginx  # noqa: E402
from bench.storage_load import Load, Outcome, run  # noqa: E402

SIZES = (10**3, 10**4, 10**5, 10**6, 10**7, 10**8)
OURS = "Hipflask"
_DELETED_FROM = 10**6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(str(size) for size in SIZES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--without", default="", help="of lite, nginx, loose")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/hipflask-bench")
    options = parser.parse_args()
    left_out = options.without.split(",")
    with ExitStack() as stack:
        contenders = [stack.enter_context(hipflask(options.cache / "storage", durable=True))]
        if "loose" not in left_out:
            folder = options.cache / "storage-loose"
            contenders.append(stack.enter_context(hipflask(folder, durable=False)))
        if "lite" not in left_out:
            contenders.append(stack.enter_context(lite(options.cache / "lite")))
        if "nginx" not in left_out:
            contenders.append(stack.enter_context(nginx(options.cache / "nginx")))
        print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
        bench = Bench(contenders, options.clients, options.seconds, options.rounds)
        print_head(contenders)
        for size in (int(text) for text in options.sizes.split(",")):
            body = os.urandom(size)
            print_row("upload", size, bench.uploads(body))
            print_row("download", size, bench.downloads(body))
    print(f"load average {os.getloadavg()[0]:.1f}")


class Bench:
    """Rounds in which the contenders take turns."""

    def __init__(
        self, contenders: Sequence[Contender], clients: int, seconds: float, rounds: int
    ) -> None:
        self._contenders = contenders
        self._clients, self._seconds, self._rounds = clients, seconds, rounds

    def uploads(self, body: bytes) -> Mapping[str, list[Outcome]]:
        """Upload; large objects are deleted again outside the time.

        Small ones stay: ext4 looks long for a free inode when many were freed a minute ago.
        """

        def upload(contender: Contender, number: int) -> Outcome:
            outcome = self._run(contender.upload(body), f"up-{len(body)}-{number}")
            if len(body) >= _DELETED_FROM:
                contender.delete(outcome.names)
            return outcome

        return self._in_turns(upload)

    def downloads(self, body: bytes) -> Mapping[str, list[Outcome]]:
        """Download one object that was uploaded before."""
        name = f"down-{len(body)}"
        for contender in self._contenders:
            contender.put(name, body)
        return self._in_turns(
            lambda contender, _: self._run(contender.download(name, len(body)), name)
        )

    def _run(self, load: Load, label: str) -> Outcome:
        os.sync()
        return run(load, label=label, clients=self._clients, seconds=self._seconds)

    def _in_turns(
        self, measure: Callable[[Contender, int], Outcome]
    ) -> Mapping[str, list[Outcome]]:
        outcomes: dict[str, list[Outcome]] = {each.name: [] for each in self._contenders}
        for contender in self._contenders:  # warm, and not counted
            measure(contender, 0)
        for number in range(1, self._rounds + 1):
            for contender in self._contenders:
                outcomes[contender.name].append(measure(contender, number))
        return outcomes


def print_head(contenders: Sequence[Contender]) -> None:
    others = [each.name for each in contenders if each.name != OURS]
    columns = ["a second", "bytes", OURS, *others, *(f"to {name}" for name in others), "client CPU"]
    print("| " + " | ".join(columns) + " |")
    print("|" + "---|" * len(columns), flush=True)


def print_row(what: str, size: int, outcomes: Mapping[str, list[Outcome]]) -> None:
    """Print the medians, the ratios, and how much of a core the clients took beside us."""
    rates = {name: [each.rate for each in some] for name, some in outcomes.items()}
    cells = [what, f"{size:,}", *(_shown(rates[name]) for name in rates)]
    for name in rates:
        if name != OURS:
            ratios = [mine / other for mine, other in zip(rates[OURS], rates[name], strict=True)]
            cells.append(f"{statistics.median(ratios):.2f}")
    cpu = statistics.median(each.client_cpu_seconds / each.seconds for each in outcomes[OURS])
    print("| " + " | ".join([*cells, f"{cpu:.2f}"]) + " |", flush=True)


def _shown(rates: Sequence[float]) -> str:
    low, middle, high = min(rates), statistics.median(rates), max(rates)
    digits = 0 if middle >= 100 else 1 if middle >= 10 else 2
    return f"{middle:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


if __name__ == "__main__":
    main()
