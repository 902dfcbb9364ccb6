"""CPU of one API request: the starter beside bare Flask + psycopg and FastAPI + SQLAlchemy. Linux.

    python bench/api.py [--rounds 7] [--requests 1000]

Three servers, one process each, over the same embedded stack, table and policies; one client, one
connection. Measured is the CPU time of the server's processes, PostgreSQL's not among them. The
contenders take turns within each round, in another order each time; printed are medians over the
rounds, and the median of the ratios within them. Needs PyPI for the peer's packages.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from hipflask.testing import SupabaseBackend  # noqa: E402
from hipflask.testing.factory import BackendFactory  # noqa: E402
from hipflask.testing.project import ProjectUnderTest  # noqa: E402

PEERS = Path(__file__).parent / "api_peers"
PEER_PACKAGES = ("fastapi", "uvicorn", "sqlalchemy", "psycopg[binary]", "pyjwt[crypto]")
SECRET_KEY = "a secret key that only this benchmark knows, 0123456789abcdef"


@dataclass(frozen=True)
class Contender:
    """A server that runs."""

    name: str
    port: int
    process: psutil.Process

    def cpu(self) -> float:
        """Return the CPU seconds that its processes have taken."""
        family = [self.process, *self.process.children(recursive=True)]
        times = [each.cpu_times() for each in family]
        return sum(each.user + each.system for each in times)


CALLS: Mapping[str, tuple[str, str, bytes | None]] = {
    "list of 20": ("GET", "/api/v1/notes?limit=20", None),
    "create": ("POST", "/api/v1/notes", json.dumps({"title": "New", "body": "x" * 200}).encode()),
    "me": ("GET", "/api/v1/me", None),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache/hipflask-bench")
    options = parser.parse_args()
    factory = BackendFactory(ProjectUnderTest.find(ROOT / "starter", os.environ), os.environ)
    with ExitStack() as stack:
        stack.callback(factory.close)
        backend = factory.make()
        stack.callback(factory.take_back, backend)
        contenders = [stack.enter_context(each) for each in _contenders(backend, options.cache)]
        token = backend.signed_in("ada@example.com").access_token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for _ in range(40):
            _ask(contenders[0], CALLS["create"], headers, 1)
        print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
        names = [each.name for each in contenders]
        head = ["CPU per request, us", *names, *(f"to {name}" for name in names[1:])]
        print("| " + " | ".join(head) + " |")
        print("|" + "---|" * (2 * len(names)), flush=True)
        for name, call in CALLS.items():
            _print_row(name, _measure(contenders, call, headers, options.rounds, options.requests))
    print(f"load average {os.getloadavg()[0]:.1f}")


def _contenders(backend: SupabaseBackend, cache: Path) -> Sequence[object]:
    shared = {**os.environ, **backend.environment}
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "starter/gunicorn.conf.py")]
    starter = {
        "SECRET_KEY": SECRET_KEY,
        "SITE_URL": "http://127.0.0.1:{port}",
        "LOG_LEVEL": "warning",
        "PYTHONPATH": str(ROOT / "src"),
    }
    uvicorn = [str(_peer_python(cache)), "-m", "uvicorn", "fastapi_sqlalchemy:app"]
    uvicorn += ["--no-access-log", "--port", "{port}"]
    quiet = {**shared, "LOG_LEVEL": "warning"}
    return [
        _serving("Hipflask", [*gunicorn, "app:create_app()"], ROOT / "starter", quiet | starter),
        _serving("bare Flask", [*gunicorn, "bare_flask:app"], PEERS, quiet),
        _serving("FastAPI", uvicorn, PEERS, shared),
    ]


def _peer_python(cache: Path) -> Path:
    python = cache / "api-peer/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(cache / "api-peer")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PEER_PACKAGES], check=True)
    return python


@contextmanager
def _serving(
    name: str, command: Sequence[str], folder: Path, environ: Mapping[str, str]
) -> Iterator[Contender]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    filled = {key: text.replace("{port}", str(port)) for key, text in environ.items()}
    process = subprocess.Popen(
        [part.replace("{port}", str(port)) for part in command],
        cwd=folder,
        env={**filled, "PORT": str(port)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            time.sleep(0.05)
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield Contender(name, port, psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _measure(
    contenders: Sequence[Contender],
    call: tuple[str, str, bytes | None],
    headers: Mapping[str, str],
    rounds: int,
    requests: int,
) -> Mapping[str, list[float]]:
    """Return the CPU microseconds of a request, by contender and round; the first only warms."""
    found: dict[str, list[float]] = {each.name: [] for each in contenders}
    for number in range(rounds + 1):
        for contender in random.sample(contenders, len(contenders)):
            before = contender.cpu()
            _ask(contender, call, headers, requests)
            taken = (contender.cpu() - before) / requests * 1e6
            if number:
                found[contender.name].append(taken)
    return found


def _ask(
    contender: Contender,
    call: tuple[str, str, bytes | None],
    headers: Mapping[str, str],
    requests: int,
) -> None:
    method, path, body = call
    connection = http.client.HTTPConnection("127.0.0.1", contender.port, timeout=30)
    for _ in range(requests):
        connection.request(method, path, body, dict(headers))
        answer = connection.getresponse()
        raw = answer.read()
        if answer.status not in (200, 201):
            sys.exit(f"{contender.name} {method} {path}: {answer.status} {raw[:300]!r}")
    connection.close()


def _print_row(name: str, rates: Mapping[str, list[float]]) -> None:
    ours, *others = rates.values()
    cells = [f"{statistics.median(each):,.0f}" for each in rates.values()]
    for other in others:
        ratios = [mine / theirs for mine, theirs in zip(ours, other, strict=True)]
        cells.append(f"{statistics.median(ratios):.2f}")
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
