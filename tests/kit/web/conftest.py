"""Small Flask apps with the kit around them; the database and Auth they name do not exist."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, redirect, render_template_string, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hipflask import HipFlask, csrf_exempt, flash
from hipflask.errors import DatabaseUnavailable, InputRefused, TooManyAttempts

ENVIRON = {
    "SUPABASE_URL": "http://127.0.0.1:1",
    "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_ABCDEFGHIJKLMNOPQRSTUV_abcdefgh",
    "DATABASE_URL": "postgresql://postgres:postgres@127.0.0.1:1/postgres",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCD",
    "SITE_URL": "http://localhost",
}
PRODUCTION = ENVIRON | {
    "SUPABASE_URL": "https://abcdefghijklmnop.supabase.co",
    "SECRET_KEY": "kT3vQ9xLw2Rb7NzY5mHs8JdFgAoPcUiE1",
    "SITE_URL": "https://notes.example.org",
    "K_SERVICE": "notes",
}


class MovedByHand:
    """A clock that a test moves by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


MakeApp = Callable[..., Flask]


def add_pages(app: Flask) -> None:
    """Add a page for each thing that a test looks at."""

    @app.get("/")
    def home() -> str:
        return "home"

    @app.get("/form")
    def form() -> str:
        return render_template_string("{{ csrf_field() }}")

    @app.get("/messages")
    def messages() -> str:
        return render_template_string(
            "{% for category, text in get_flashed_messages(true) %}{{ category }}:{{ text }};"
            "{% endfor %}"
        )

    @app.post("/save")
    def save() -> str:
        return "saved " + request.form.get("note", "")

    @app.post("/save-and-go")
    def save_and_go() -> object:
        flash("Saved “你好”", "good")
        return redirect(request.args.get("to", "/messages"), 303)

    @app.post("/hook")
    @csrf_exempt
    def hook() -> str:
        return "heard"

    @app.get("/boom")
    def boom() -> str:
        raise ZeroDivisionError("postgresql://me:hunter2@db/x")

    @app.get("/away")
    def away() -> str:
        raise DatabaseUnavailable("connection to 10.0.0.7 refused", reason="refused")

    @app.get("/hasty")
    def hasty() -> str:
        raise TooManyAttempts("slow down", retry_after=90)

    @app.post("/refuse")
    def refuse() -> str:
        raise InputRefused("The note is empty.", fields={"note": "Write something."})

    @app.get("/url")
    def url() -> str:
        return f"{request.scheme} {request.host} {request.remote_addr}"

    @app.get("/api/v1/thing")
    def thing() -> dict[str, str]:
        return {"a": "b"}

    @app.post("/api/v1/thing")
    def make_thing() -> dict[str, str]:
        return {"made": "yes"}


@pytest.fixture
def clock() -> MovedByHand:
    return MovedByHand()


@pytest.fixture
def make_app(clock: MovedByHand) -> MakeApp:
    """Makes an app from environment variables; ``None`` removes one."""

    def make(base: dict[str, str] = ENVIRON, **environ: str | None) -> Flask:
        app = Flask("hipflask_under_test")
        wanted = base | environ
        HipFlask().init_app(
            app, environ={name: text for name, text in wanted.items() if text}, clock=clock
        )
        add_pages(app)
        return app

    return make


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def production(make_app: MakeApp) -> Flask:
    """The app as on Cloud Run behind https://notes.example.org."""
    return make_app(PRODUCTION)


class CloudClient(FlaskClient):
    """Asks for notes.example.org, in plain HTTP."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", "http://notes.example.org")
        return super().open(*args, **kwargs)


@pytest.fixture
def cloud(production: Flask) -> FlaskClient:
    """A browser's requests as Cloud Run hands them over: plain HTTP, the rest in headers."""
    client = CloudClient(production)
    client.environ_base |= {
        "REMOTE_ADDR": "169.254.169.126",
        "HTTP_X_FORWARDED_PROTO": "https",
        "HTTP_X_FORWARDED_FOR": "203.0.113.9",
    }
    return client


@pytest.fixture(autouse=True)
def _own_log_handlers() -> Iterator[None]:
    """Take away what an app configured, so that tests do not see each other's handlers."""
    root = logging.getLogger()
    werkzeug = logging.getLogger("werkzeug")
    before, levels = list(root.handlers), (root.level, werkzeug.level)
    yield
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
    root.setLevel(levels[0])
    werkzeug.setLevel(levels[1])
