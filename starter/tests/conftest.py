"""The application over a fresh backend for each test, and people who visit it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

# Whoever starts the tests, and from wherever: `app` and `visitor` are found.
for _folder in (Path(__file__).parent, Path(__file__).parents[1]):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from app import create_app  # noqa: E402
from visitor import Visitor  # noqa: E402

from hipflask.testing import SupabaseBackend  # noqa: E402

PASSWORD = "correct horse battery"


@pytest.fixture
def app(backend: SupabaseBackend) -> Iterator[Flask]:
    """The application, connected to the test's own backend."""
    environment = {
        **backend.environment,
        "SECRET_KEY": "tests-only-7Zk2v9Qp4Lx8Wd3Rb6",
        "SITE_URL": "http://localhost",
    }
    app = create_app(environ=environment, clock=backend.clock)
    app.testing = True
    yield app
    app.extensions["hipflask"].close()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who has never been here."""
    return Visitor(app)


@pytest.fixture
def new_visitor(app: Flask) -> Callable[..., Visitor]:
    """Makes visitors: `new_visitor(language="zh-Hans")`."""
    return lambda **options: Visitor(app, **options)


@pytest.fixture
def member(backend: SupabaseBackend, app: Flask) -> Visitor:
    """Ada, signed in."""
    backend.create_user("ada@example.com", password=PASSWORD)
    ada = Visitor(app)
    ada.sign_in("ada@example.com", PASSWORD)
    return ada


@pytest.fixture
def stranger(backend: SupabaseBackend, app: Flask) -> Visitor:
    """Eve, signed in."""
    backend.create_user("eve@example.com", password=PASSWORD)
    eve = Visitor(app)
    eve.sign_in("eve@example.com", PASSWORD)
    return eve
