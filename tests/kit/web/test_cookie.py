"""The ``__session`` cookie: its form, its attributes, and when it is set at all."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hipflask.kit.web.cookie import SessionCookie, new_anonymous_id, new_session_id
from hipflask.kit.web.visit import visit
from tests.kit.web.browsing import session_cookie

SIGNED_IN = "s" * 43
ANONYMOUS = "a" * 22


@pytest.mark.parametrize(
    "text",
    [
        SIGNED_IN,
        ANONYMOUS,
        f"{SIGNED_IN}~dark.zh-Hans",
        f"{ANONYMOUS}~.en",
        f"{ANONYMOUS}~light.",
        f"{ANONYMOUS}~light.en.Asia/Shanghai",
        f"{ANONYMOUS}~..America/Argentina/Buenos_Aires",
        f"{ANONYMOUS}~..Etc/GMT+8",
    ],
)
def test_reads_back_what_it_wrote(text: str) -> None:
    assert SessionCookie.parse(text).text() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "short",
        "s" * 44,
        "a" * 23,
        f"{SIGNED_IN}~",
        f"{SIGNED_IN}~dark",
        f"{SIGNED_IN}~dark.en.x.y",
        f"{SIGNED_IN}~dark.en\n",
        f"{SIGNED_IN};x",
        "é" * 43,
        f"{SIGNED_IN}~dark.{'e' * 17}",
    ],
)
def test_a_malformed_cookie_counts_as_none(text: str) -> None:
    assert SessionCookie.parse(text) == SessionCookie()


def test_an_unknown_theme_is_dropped_and_the_id_kept() -> None:
    cookie = SessionCookie.parse(f"{SIGNED_IN}~neon.en")
    assert (cookie.id, cookie.theme, cookie.language) == (SIGNED_IN, "", "en")


def test_only_a_long_id_may_be_signed_in() -> None:
    assert SessionCookie.parse(SIGNED_IN).may_be_signed_in
    assert not SessionCookie.parse(ANONYMOUS).may_be_signed_in


def test_ids_have_their_lengths_and_differ() -> None:
    assert len(new_session_id()) == 43
    assert len(new_anonymous_id()) == 22
    assert new_session_id() != new_session_id()


def test_repr_does_not_tell_the_id() -> None:
    assert SIGNED_IN not in repr(SessionCookie.parse(SIGNED_IN))


def test_a_page_that_needs_no_cookie_sets_none(client: FlaskClient) -> None:
    assert "Set-Cookie" not in client.get("/").headers


def test_a_form_sets_an_anonymous_id_once(client: FlaskClient) -> None:
    assert re.match(r"__session=[\w-]{22};", session_cookie(client.get("/form")))
    assert "Set-Cookie" not in client.get("/form").headers


def test_attributes_on_loopback(client: FlaskClient) -> None:
    parts = session_cookie(client.get("/form")).split("; ")
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=31536000"} <= set(parts)
    assert "Secure" not in parts
    assert not any(part.startswith("Domain") for part in parts)


def test_secure_outside_loopback(cloud: FlaskClient) -> None:
    assert "Secure" in session_cookie(cloud.get("/form")).split("; ")


def test_secure_even_when_the_proxy_says_http(cloud: FlaskClient) -> None:
    # Somebody between us and the visitor must not get the id by stripping TLS once.
    response = cloud.get("/form", headers={"X-Forwarded-Proto": "http"})
    assert "Secure" in session_cookie(response).split("; ")


def test_sign_in_never_keeps_the_id_that_came_in(app: Flask, client: FlaskClient) -> None:
    # Session fixation: an attacker who planted a cookie must not know the id after the sign-in.
    @app.post("/enter")
    def enter() -> str:
        return visit().start_session()

    client.set_cookie("__session", SIGNED_IN)
    client.set_cookie("__session", f"{SIGNED_IN}~dark.en")
    app.view_functions["enter"]._hipflask_csrf_exempt = True  # type: ignore[attr-defined]
    response = client.post("/enter")
    assert response.text != SIGNED_IN
    assert session_cookie(response).startswith(f"__session={response.text}~dark.en;")


def test_sign_out_leaves_an_anonymous_id_and_the_preferences(
    app: Flask, client: FlaskClient
) -> None:
    @app.get("/leave")
    def leave() -> str:
        visit().end_session()
        return ""

    client.set_cookie("__session", f"{SIGNED_IN}~dark.en")
    assert re.match(r"__session=[\w-]{22}~dark\.en;", session_cookie(client.get("/leave")))


def test_the_cookie_stays_far_below_four_kilobytes(client: FlaskClient) -> None:
    longest = SessionCookie(SIGNED_IN, "system", "zh-Hans", "America/Argentina/ComodRivadavia")
    assert len(longest.text()) < 120
