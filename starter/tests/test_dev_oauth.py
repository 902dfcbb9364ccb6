"""The page that explains the last sign-in, for developers alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from app import create_app
from flask import Flask
from provider import at_provider
from visitor import Visitor

from hipflask.testing import SupabaseBackend

pytestmark = pytest.mark.supabase(auth={"site_url": "http://localhost"})


@pytest.fixture
def developer(backend: SupabaseBackend, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visitor]:
    """Somebody before an application in debug mode."""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    secret = {"SECRET_KEY": "tests-only-7Zk2v9Qp4Lx8Wd3Rb6", "SITE_URL": "http://localhost"}
    app = create_app(environ={**backend.environment, **secret}, clock=backend.clock)
    yield Visitor(app)
    app.extensions["hipflask"].close()


def test_not_there_in_production(visitor: Visitor, app: Flask) -> None:
    assert visitor.open("/dev/oauth").status == 404
    assert not [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/dev")]


def test_production_remembers_nothing(visitor: Visitor, app: Flask) -> None:
    visitor.open("/login")
    visitor.open(at_provider(visitor.client.get("/auth/oauth/google").location))
    assert app.extensions["hipflask"].auth.oauth.trace.last is None


def test_shows_the_steps_and_no_secret(developer: Visitor, backend: SupabaseBackend) -> None:
    assert "Nobody has signed in" in developer.open("/dev/oauth").text
    location = developer.client.get("/auth/oauth/google?next=/files").location
    back = at_provider(location)
    assert "not back yet" in developer.open("/dev/oauth").text
    developer.open(back)
    page = developer.open("/dev/oauth")
    assert "Google: signed in" in page.text
    assert "/auth/oauth/google?next=/files" in page.text
    assert re.findall(r'font-medium">([1-7, ]+)\. ([^<]+)<', page.html) == [
        ("1", "Browser → This application"),
        ("2", "This application → Browser"),
        ("3", "Browser → Supabase Auth"),
        ("4, 5", "Browser, Google, Supabase Auth"),
        ("6", "Supabase Auth → Browser"),
        ("6", "Browser → This application"),
        ("7", "This application → Supabase Auth"),
    ]
    assert "/auth/v1/authorize" in page.text
    assert "/auth/v1/token?grant_type=pkce" in page.text
    assert '"email": "ada@example.com"' in page.text
    for secret in (back.split("code=")[1][:36], back.split("flow=")[1][:28]):
        assert secret not in page.html
    assert "eyJ" not in page.html.replace("eyJhbG…", "")


def test_shows_a_refusal(developer: Visitor) -> None:
    location = developer.client.get("/auth/oauth/github").location
    developer.open(at_provider(location, decision="deny"))
    assert "GitHub: refused ( denied )" in developer.open("/dev/oauth").text


def test_other_machines_see_nothing(developer: Visitor) -> None:
    there = {"REMOTE_ADDR": "192.0.2.7"}
    assert developer.client.get("/dev/oauth", environ_overrides=there).status_code == 404
