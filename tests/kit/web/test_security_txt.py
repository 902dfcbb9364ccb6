"""``security.txt``, as RFC 9116 wants it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from hipflask.errors import ConfigError
from hipflask.kit.web.settings import WebSettings
from tests.kit.web.conftest import ENVIRON, PRODUCTION, MakeApp, MovedByHand

PATH = "/.well-known/security.txt"


def test_it_says_whom_to_tell_and_until_when(make_app: MakeApp, clock: MovedByHand) -> None:
    app = make_app(PRODUCTION, SECURITY_CONTACT="security@example.org, https://example.org/report")
    response = app.test_client().get(PATH, base_url="http://notes.example.org")
    assert response.content_type == "text/plain; charset=utf-8"
    assert response.headers["Cache-Control"] == "public, max-age=86400"
    assert response.text.splitlines() == [
        "Contact: mailto:security@example.org",
        "Contact: https://example.org/report",
        "Expires: 2026-07-01T00:00:00Z",
        "Preferred-Languages: en, zh-Hans",
        "Canonical: https://notes.example.org/.well-known/security.txt",
    ]


def test_it_never_expires_while_it_is_served(make_app: MakeApp, clock: MovedByHand) -> None:
    client = make_app(SECURITY_CONTACT="tel:+49-30-1234").test_client()
    for _ in range(3):
        found = re.search(r"Expires: (\S+)Z", client.get(PATH).text)
        assert found
        until = datetime.fromisoformat(found[1]).replace(tzinfo=UTC)
        assert timedelta(days=170) < until - clock.now() < timedelta(days=365)
        clock.advance(days=300)


def test_without_a_contact_there_is_none(make_app: MakeApp) -> None:
    assert make_app().test_client().get(PATH).status_code == 404


@pytest.mark.parametrize(
    "contact",
    ["ask me", "http://example.org/", "javascript:alert(1)", "mailto:", "a@b", "x@y.org\nEvil: 1"],
)
def test_what_is_no_contact_is_refused_at_the_start(contact: str) -> None:
    with pytest.raises(ConfigError, match="SECURITY_CONTACT"):
        WebSettings.from_env(ENVIRON | {"SECURITY_CONTACT": contact})
