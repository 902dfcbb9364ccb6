"""50 requests over 4 processes at the moment the token ends: one refresh, nobody signed out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.kit.auth.conftest import PASSWORD, SITE, Site
from tests.kit.auth.counting_gateway import CountingGateway

PROCESSES = 4
REQUESTS = 50


@contextmanager
def app_process(backend: SupabaseBackend, auth_url: str) -> Iterator[subprocess.Popen[str]]:
    environ = os.environ | {
        "SUPABASE_URL": auth_url,
        "SUPABASE_PUBLISHABLE_KEY": backend.publishable_key,
        "DATABASE_URL": backend.database_url,
        "DATABASE_POOL_SIZE": "2",
        "SECRET_KEY": "k3y",
        "SITE_URL": SITE,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.kit.auth.app_process"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(20)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            assert process.stdout is not None
            process.stdout.close()


Ask = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def gateway(backend: SupabaseBackend) -> Iterator[CountingGateway]:
    # A slow Auth keeps the window open in which everybody would like to refresh.
    with CountingGateway(backend.url, slow=0.25) as gateway:
        yield gateway


@pytest.fixture
def ask(backend: SupabaseBackend, gateway: CountingGateway) -> Iterator[Ask]:
    """Lets every process ask at once, and returns all answers."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(app_process(backend, gateway.url)) for _ in range(PROCESSES)
        ]

        def ask(cookie: str, *, requests: int = REQUESTS, **offset: float) -> list[dict[str, Any]]:
            if offset:
                backend.clock.advance(**offset)
                ask.offset += sum(  # type: ignore[attr-defined]
                    value * {"seconds": 1, "minutes": 60}[name] for name, value in offset.items()
                )
            for number, process in enumerate(processes):
                share = requests // PROCESSES + (number < requests % PROCESSES)
                order = {"cookie": cookie, "threads": share, "offset": ask.offset}  # type: ignore[attr-defined]
                assert process.stdin is not None
                process.stdin.write(json.dumps(order) + "\n")
                process.stdin.flush()
            answers: list[dict[str, Any]] = []
            for process in processes:
                assert process.stdout is not None
                answers += json.loads(process.stdout.readline())
            return answers

        ask.offset = 0.0  # type: ignore[attr-defined]
        yield ask


def test_one_refresh_for_all(site: Site, ann: str, gateway: CountingGateway, ask: Ask) -> None:
    tab = site.browser()
    tab.send("/login", email=ann, password=PASSWORD)
    before = ask(tab.cookie)
    assert {answer["who"] for answer in before} == {ann}
    assert gateway.refreshes == 0

    at_expiry = ask(tab.cookie, minutes=60)
    assert len(at_expiry) == REQUESTS
    assert {answer["who"] for answer in at_expiry} == {ann}
    assert gateway.refreshes == 1
    assert len({answer["token"] for answer in at_expiry}) == 1
    assert at_expiry[0]["token"] != before[0]["token"]

    # An hour later the same again: the refresh token that was stored is the living one.
    assert {answer["who"] for answer in ask(tab.cookie, minutes=60)} == {ann}
    assert gateway.refreshes == 2


def test_sign_out_reaches_every_process(site: Site, ann: str, ask: Ask) -> None:
    tab = site.browser()
    tab.send("/login", email=ann, password=PASSWORD)
    ask(tab.cookie, requests=PROCESSES)
    cookie = tab.cookie
    tab.send("/logout")
    answers = ask(cookie, requests=PROCESSES, seconds=6)
    assert {answer["who"] for answer in answers} == {None}
