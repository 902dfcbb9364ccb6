"""A site with limited pages over the embedded stack; its clock is the backend's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg
import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from werkzeug.test import Client, TestResponse

from hipflask import HipFlask, Limit, csrf_exempt, rate_limit
from hipflask.kit.extension import AppState
from hipflask.kit.limits.limit import Standing
from hipflask.kit.limits.limits import Limits
from hipflask.testing import SupabaseBackend

SITE = "http://127.0.0.1:8080"


class LimitedSite:
    """The app, and somebody at an address who asks for its pages."""

    def __init__(self, backend: SupabaseBackend, **environ: str) -> None:
        self.backend = backend
        self.app = Flask("limited")
        self.hip = HipFlask()
        wanted = backend.environment | {"SITE_URL": SITE, "SECRET_KEY": "k3y"} | environ
        self.hip.init_app(self.app, environ=wanted, clock=backend.clock)
        self.answered = 0
        hip, app = self.hip, self.app

        @app.get("/limited")
        @rate_limit(Limit(3, per=60))
        def limited() -> str:
            self.answered += 1
            return "answered"

        @app.get("/api/limited")
        @rate_limit(Limit(3, per=60, name="few"), Limit(5, per=3600, name="many"))
        def twice_limited() -> dict[str, bool]:
            return {"answered": True}

        @app.get("/api/mine")
        @rate_limit(Limit(2, per=60, by="user"))
        def mine() -> dict[str, bool]:
            return {"answered": True}

        @app.get("/api/ours")
        @rate_limit(Limit(2, per=60, by="everyone"))
        def ours() -> dict[str, bool]:
            return {"answered": True}

        @app.get("/api/by-key")
        @rate_limit(Limit(1, per=60, by=lambda: request.args.get("key", "")))
        def by_key() -> dict[str, bool]:
            return {"answered": True}

        @app.get("/api/strict")
        @rate_limit(Limit(2, per=60, when_away="refuse"))
        def strict() -> dict[str, bool]:
            return {"answered": True}

        @app.get("/api/cached")
        @rate_limit(Limit(2, per=60))
        def cached() -> Any:
            answer = app.make_response("the same for all")
            answer.cache_control.public = True
            return answer

        @app.post("/login")
        @csrf_exempt
        def login() -> dict[str, bool]:
            hip.auth.sign_in(request.form["email"], request.form["password"])
            return {"in": True}

        @app.post("/code")
        @csrf_exempt
        def code() -> dict[str, bool]:
            hip.auth.verify_code(request.form["email"], request.form["code"], "magiclink")
            return {"in": True}

    @property
    def state(self) -> AppState:
        state: AppState = self.app.extensions["hipflask"]
        return state

    @property
    def limits(self) -> Limits:
        return self.state.limits

    def limits_in_app(self, *limits: Limit, key: str) -> Sequence[Standing]:
        """Take from limits outside of a request."""
        return self.limits.take(*limits, key=key)

    def signed_in(self, email: str, password: str, address: str) -> FlaskClient:
        """A browser at an address in which somebody is signed in."""
        browser = self.app.test_client()
        browser.environ_base |= {"REMOTE_ADDR": address}
        form = {"email": email, "password": password}
        assert browser.post("/login", base_url=SITE, data=form).status_code == 200
        return browser

    def get(self, path: str, address: str = "203.0.113.7", **options: Any) -> TestResponse:
        return Client(self.app).get(
            path, base_url=SITE, environ_base={"REMOTE_ADDR": address}, **options
        )

    def post(self, path: str, address: str = "203.0.113.7", **form: str) -> TestResponse:
        return Client(self.app).post(
            path,
            base_url=SITE,
            data=form,
            headers={"Accept": "application/json"},
            environ_base={"REMOTE_ADDR": address},
        )

    def statuses(self, times: int, path: str, address: str = "203.0.113.7") -> list[int]:
        return [self.get(path, address).status_code for _ in range(times)]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.backend.database_url, autocommit=True) as connection:
            cursor = connection.execute(sql)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


MakeSite = Callable[..., LimitedSite]


@pytest.fixture
def make_site(backend: SupabaseBackend) -> Iterator[MakeSite]:
    backend.clock.freeze()
    made: list[LimitedSite] = []

    def make(**environ: str) -> LimitedSite:
        made.append(LimitedSite(backend, **environ))
        return made[-1]

    yield make
    for site in made:
        site.state.close()


@pytest.fixture
def site(make_site: MakeSite) -> LimitedSite:
    return make_site()
