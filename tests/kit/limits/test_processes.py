"""200 clients at once on 4 processes: to the request, and whatever they write into headers."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pytest

from hipflask.testing import SupabaseBackend

PROCESSES = 4
CLIENTS = 200
EACH = 2


@contextmanager
def app_process(backend: SupabaseBackend, hops: int) -> Iterator[int]:
    """Run one process and return its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.kit.limits.app_process"],
        env=os.environ
        | backend.environment
        | {
            "SITE_URL": "http://127.0.0.1:8080",
            "SECRET_KEY": "k3y",
            "TRUSTED_PROXY_HOPS": str(hops),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        try:
            process.wait(20)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            process.stdout.close()


def all_at_once(ports: Sequence[int], path: str, forwarded: Callable[[int], str]) -> Counter[int]:
    """Let every client ask ``EACH`` times, another process each time; count the statuses."""
    statuses: Counter[int] = Counter()
    lock = threading.Lock()
    start = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        start.wait(30)
        for turn in range(EACH):
            line = http.client.HTTPConnection("127.0.0.1", ports[(number + turn) % PROCESSES])
            line.request("GET", path, headers={"X-Forwarded-For": forwarded(number * EACH + turn)})
            answer = line.getresponse()
            answer.read()
            line.close()
            with lock:
                statuses[answer.status] += 1

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.parametrize(
    ("hops", "chain"), [(0, ""), (1, ", 203.0.113.9"), (2, ", 203.0.113.9, 35.191.0.1")]
)
def test_exact_to_the_request_whatever_is_forged(
    backend: SupabaseBackend, hops: int, chain: str
) -> None:
    with ExitStack() as stack:
        ports = [stack.enter_context(app_process(backend, hops)) for _ in range(PROCESSES)]
        # Each request claims to come from somewhere else; the proxies append what they saw.
        statuses = all_at_once(
            ports,
            "/api/limited",
            lambda n: f"10.{n // 250}.{n % 250}.1, 198.51.100.{n % 250}{chain}",
        )
    assert statuses == {200: 100, 429: CLIENTS * EACH - 100}


def test_guesses_at_once_are_counted_one_by_one(backend: SupabaseBackend) -> None:
    with ExitStack() as stack:
        ports = [stack.enter_context(app_process(backend, 0)) for _ in range(PROCESSES)]
        statuses = all_at_once(ports, "/api/guess", lambda _: "")
    assert statuses == {401: 5, 429: CLIENTS * EACH - 5}
