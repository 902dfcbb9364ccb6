"""A site whose visitors keep files, over a real backend: bucket ``files`` has a folder each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import psycopg
import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from hipflask import HipFlask, api_login_required, csrf_exempt
from hipflask.kit.extension import AppState
from hipflask.kit.storage import Bucket
from hipflask.testing import SupabaseBackend
from tests.project_storage import without_project_storage

PASSWORD = "correct horse battery"
SITE = "http://localhost"

BUCKETS = """
insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values
  ('files', 'files', false, null, null),
  ('small', 'small', false, 1000, null),
  ('pictures', 'pictures', true, null, array['image/*']);
create policy "own folder" on storage.objects for all to authenticated
  using (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text)
  with check (bucket_id = 'files' and (storage.foldername(name))[1] = auth.uid()::text);
"""

T = TypeVar("T")


class Site:
    """The app, and one visitor's browser."""

    def __init__(self, backend: SupabaseBackend, **environ: str) -> None:
        self.backend = backend
        self.app = Flask("site_with_files")
        self.hip = HipFlask()
        self.hip.init_app(
            self.app,
            environ={
                "SUPABASE_URL": backend.url,
                "SUPABASE_PUBLISHABLE_KEY": backend.publishable_key,
                "SUPABASE_SECRET_KEY": backend.secret_key,
                "DATABASE_URL": backend.database_url,
                "DATABASE_POOL_SIZE": "2",
                "SECRET_KEY": "k3y",
                "SITE_URL": SITE,
            }
            | environ,
            clock=backend.clock,
        )
        self._job: Callable[[], object] = lambda: None
        self._result: object = None

        @self.app.post("/enter/<email>")
        @csrf_exempt
        def enter(email: str) -> str:
            return self.hip.auth.sign_in(email, PASSWORD).id

        @self.app.get("/do")
        def do() -> str:
            self._result = self._job()
            return "done"

        self.app.get("/api/v1/do", endpoint="api")(api_login_required(do))
        self.app.get("/api/v1/open", endpoint="open")(do)
        self.app.get("/body", endpoint="body")(lambda: self._job())

    @property
    def state(self) -> AppState:
        state: AppState = self.app.extensions["hipflask"]
        return state

    def sign_in(self, email: str) -> tuple[Client, str]:
        """Return a new browser in which somebody with an account is signed in, and their id."""
        browser = Client(self.app)
        answer = browser.post(f"/enter/{email}", base_url=SITE)
        assert answer.status_code == 200, answer.text
        return browser, answer.text

    def ask(
        self, browser: Client, job: Callable[[], object], path: str = "/do", token: str = ""
    ) -> TestResponse:
        """Run a job inside a request of this browser and return the answer."""
        self._job = job
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return browser.get(path, base_url=SITE, headers=headers)

    def run(self, browser: Client, job: Callable[[], T], path: str = "/do", token: str = "") -> T:
        """Run a job inside a request of this browser and return what it returns or raises."""
        failed: list[Exception] = []

        def caught() -> T | None:
            try:
                return job()
            except Exception as error:
                failed.append(error)
                return None

        answer = self.ask(browser, caught, path, token)
        assert answer.status_code == 200, answer.text
        if failed:
            raise failed[0]
        return self._result  # type: ignore[return-value]


@pytest.fixture
def backend(backend: SupabaseBackend) -> SupabaseBackend:
    """A backend without buckets of the project's own."""
    return without_project_storage(backend)


@pytest.fixture
def make_site(backend: SupabaseBackend) -> Iterator[Callable[..., Site]]:
    with psycopg.connect(backend.database_url, autocommit=True) as connection:
        connection.execute(BUCKETS)
    made: list[Site] = []

    def make(**environ: str) -> Site:
        made.append(Site(backend, **environ))
        return made[-1]

    yield make
    for site in made:
        site.state.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def files(site: Site) -> Iterator[Bucket]:
    """The private bucket, past row-level security."""
    with site.app.app_context():
        yield site.hip.storage.as_service().bucket("files")


@pytest.fixture
def ann(backend: SupabaseBackend, site: Site) -> tuple[Client, str]:
    """Ann's browser, signed in, and her id."""
    backend.create_user("ann@example.com", password=PASSWORD)
    return site.sign_in("ann@example.com")
