"""Supabase Auth counts and remembers the visitor, not the app's server."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from werkzeug.test import Client

from hipflask.local.backend import FORWARDING
from hipflask.protocol import api_keys
from tests.kit.auth.conftest import PASSWORD, SITE, Site


@pytest.fixture(autouse=True)
def _forwarding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch on in the embedded Auth what a hosted project has a switch for."""
    monkeypatch.setenv(FORWARDING, "true")


def sign_in(site: Site, email: str, address: str) -> None:
    answer = Client(site.app).post(
        "/login",
        data={"email": email, "password": PASSWORD},
        base_url=SITE,
        environ_base={"REMOTE_ADDR": address},
    )
    assert answer.get_json() == {"email": email}


def addresses(site: Site) -> list[Any]:
    with psycopg.connect(site.backend.database_url) as connection:
        rows = connection.execute("select host(ip) from auth.sessions order by created_at")
        return [row[0] for row in rows]


def test_a_session_knows_its_visitor(site: Site, ann: str) -> None:
    sign_in(site, ann, "203.0.113.7")
    sign_in(site, ann, "2001:db8::7")
    assert addresses(site) == ["203.0.113.7", "2001:db8::7"]


def test_a_stranger_cannot_name_an_address(site: Site, ann: str) -> None:
    answer = site.backend.request(
        "POST",
        "/auth/v1/token?grant_type=password",
        json={"email": ann, "password": PASSWORD},
        headers={"Sb-Forwarded-For": "203.0.113.7", "apikey": site.backend.publishable_key},
    )
    assert answer.status_code == 200
    assert len(addresses(site)) == 1
    assert addresses(site) != ["203.0.113.7"]


def test_a_legacy_key_names_nobody(make_site: Any, ann: str) -> None:
    site: Site = make_site()
    legacy = make_site(SUPABASE_SECRET_KEY=site.backend.service_role_key)
    assert api_keys.kind(site.backend.service_role_key).is_legacy
    sign_in(legacy, ann, "203.0.113.7")
    assert addresses(site) == ["127.0.0.1"]
