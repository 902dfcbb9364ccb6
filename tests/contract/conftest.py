"""The official clients, each talking to the backend of the test over real HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from supabase import (
    AsyncClient,
    AsyncClientOptions,
    Client,
    ClientOptions,
    acreate_client,
    create_client,
)

from hipflask.testing import SupabaseBackend
from tests.contract.blocking import Blocking, EventLoopThread
from tests.contract.js_client import JsClient, NodeProcess, start_node
from tests.contract.supabase_page import OpenPage, SupabasePage
from tests.project_storage import without_project_storage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = Path(__file__).parent


@pytest.fixture
def backend(backend: SupabaseBackend) -> SupabaseBackend:
    """A backend without buckets of the project's own."""
    return without_project_storage(backend)


@pytest.fixture(scope="session")
def event_loop_thread() -> Iterator[EventLoopThread]:
    """Where the asynchronous clients run."""
    loop = EventLoopThread()
    yield loop
    loop.close()


@pytest.fixture
def flavour() -> str:
    """Which supabase-py answers: sync, and in the tests of Auth async too (see below)."""
    return "sync"


@pytest.fixture
def python_client(
    backend: SupabaseBackend, flavour: str, event_loop_thread: EventLoopThread
) -> Iterator[Callable[..., Client]]:
    """Make supabase-py clients with the publishable key (or another one)."""
    made: list[Client] = []

    def make(key: str | None = None, *, flow_type: str = "implicit", **more: Any) -> Client:
        key = key or backend.publishable_key
        options: dict[str, Any] = {"auto_refresh_token": False, "flow_type": flow_type, **more}
        if flavour == "async":
            asked = acreate_client(backend.url, key, AsyncClientOptions(**options))
            inner: AsyncClient = event_loop_thread.wait_for(asked)
            client = cast(Client, Blocking(inner, event_loop_thread))
        else:
            client = create_client(backend.url, key, ClientOptions(**options))
        made.append(client)
        return client

    yield make
    for client in made:
        client.auth.close()


@pytest.fixture
def supabase(python_client: Callable[..., Client]) -> Client:
    """A supabase-py client of a visitor."""
    return python_client()


@pytest.fixture
def supabase_admin(python_client: Callable[..., Client], backend: SupabaseBackend) -> Client:
    """A supabase-py client with the secret key."""
    return python_client(backend.secret_key)


@pytest.fixture(scope="session")
def node() -> Iterator[NodeProcess]:
    """The Node process that runs supabase-js."""
    process = start_node()
    yield process
    process.close()


@pytest.fixture
def js(node: NodeProcess, backend: SupabaseBackend) -> JsClient:
    """A supabase-js client of a visitor."""
    return node.create(backend.url, backend.publishable_key)


@pytest.fixture
def js_admin(node: NodeProcess, backend: SupabaseBackend) -> JsClient:
    """A supabase-js client with the secret key."""
    return node.create(backend.url, backend.secret_key, persistSession=False)


@pytest.fixture
def open_page(chromium: Browser, backend: SupabaseBackend) -> Iterator[OpenPage]:
    """Opens pages of Chromium with a supabase-js client of a visitor."""
    opened: list[SupabasePage] = []

    def open_at(url: str) -> SupabasePage:
        opened.append(SupabasePage(chromium, backend, url))
        return opened[-1]

    yield open_at
    for one in opened:
        one.page.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Use GoTrue's own mail templates, whose links lead to /auth/v1/verify, not the starter's."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.supabase(auth={"email": {"template": {}}}))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask the tests of Auth with both clients of supabase-py: its code is written twice."""
    about_auth = "storage" not in metafunc.module.__name__
    if "flavour" in metafunc.fixturenames and about_auth:
        metafunc.parametrize("flavour", ["sync", "async"])
