"""Who is asking: the session cookie on pages, a bearer token on the API, and never both."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient

from hipflask import api_login_required, api_user, current_user, login_required
from tests.kit.web.browsing import token_of
from tests.kit.web.conftest import MakeApp, MovedByHand

SECRET = "a-jwt-secret-that-only-this-test-file-knows-0123456789"
SIGNED_IN_SHAPE = "s" * 43


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    app = make_app(SUPABASE_JWT_SECRET=SECRET)

    @app.get("/dashboard")
    @login_required
    def dashboard() -> str:
        return f"dashboard of {current_user.email}"

    @app.post("/notes")
    @login_required
    def notes() -> str:
        return "made"

    @app.get("/who")
    def who() -> str:
        return f"page: {current_user.email if current_user else 'nobody'}"

    @app.route("/api/v1/me", methods=["GET", "POST"])
    @api_login_required
    def me() -> dict[str, Any]:
        return {"api": api_user.email, "page": bool(current_user)}

    return app


@pytest.fixture
def token(clock: MovedByHand) -> Any:
    """Makes access tokens as Supabase Auth would with the shared secret."""

    def make(*methods: str, **changes: Any) -> str:
        now = int(clock.now().timestamp())
        payload: dict[str, Any] = {
            "sub": "6a2c6f0e-0000-4000-8000-000000000001",
            "aud": "authenticated",
            "role": "authenticated",
            "aal": "aal2",
            "email": "ada@example.com",
            "iss": "http://127.0.0.1:1/auth/v1",
            "iat": now,
            "exp": now + 3600,
            "session_id": "6a2c6f0e-0000-4000-8000-000000000002",
            "amr": [{"method": method, "timestamp": now} for method in methods or ("password",)],
        }
        return jwt.encode(payload | changes, SECRET, algorithm="HS256")

    return make


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_a_stranger_is_led_to_the_sign_in_page_and_back(client: FlaskClient) -> None:
    response = client.get("/dashboard?page=2&q=a%26b")
    assert response.status_code == 303
    location = urlsplit(response.headers["Location"])
    assert location.path == "/login"
    assert parse_qs(location.query) == {"next": ["/dashboard?page=2&q=a%26b"]}


def test_the_way_back_never_leads_to_another_site(client: FlaskClient) -> None:
    from hipflask.kit.web.redirects import is_safe_path

    for path in ("/dashboard?next=//evil.example", "/dashboard?x=/\\evil.example"):
        location = urlsplit(client.get(path).headers["Location"])
        assert is_safe_path(parse_qs(location.query)["next"][0])


def test_the_way_back_drops_a_message_that_is_shown_once(client: FlaskClient) -> None:
    location = client.get("/dashboard?flash=v1.abc&page=2").headers["Location"]
    assert location == "/login?next=%2Fdashboard%3Fpage%3D2"


def test_a_program_is_told_401(client: FlaskClient) -> None:
    response = client.get("/dashboard", headers={"Accept": "application/json"})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    assert response.get_json()["type"] == "/problems/sign-in-needed"


def test_what_was_written_is_kept_when_nobody_is_signed_in(client: FlaskClient) -> None:
    token = token_of(client)
    response = client.post("/notes", data={"csrf_token": token, "text": "an hour of work"})
    assert response.status_code == 401
    assert 'name="text" value="an hour of work"' in response.text
    assert 'href="/login" target="_blank"' in response.text


def test_an_anonymous_visitor_costs_no_query(client: FlaskClient) -> None:
    # The database that this app names does not exist: a look-up would be a 503.
    token_of(client)
    assert client.get("/who").text == "page: nobody"


def test_a_malformed_cookie_is_nobody(client: FlaskClient) -> None:
    client.set_cookie("__session", "' or 1=1 --")
    assert client.get("/who").text == "page: nobody"


def test_a_database_that_is_away_signs_nobody_out(client: FlaskClient) -> None:
    client.set_cookie("__session", SIGNED_IN_SHAPE)
    response = client.get("/dashboard")
    assert response.status_code == 503
    assert "Set-Cookie" not in response.headers


def test_health_does_not_look_at_the_session(client: FlaskClient) -> None:
    client.set_cookie("__session", SIGNED_IN_SHAPE)
    assert client.get("/healthz").status_code == 200


def test_a_password_token_opens_the_api(client: FlaskClient, token: Any) -> None:
    response = client.get("/api/v1/me", headers=bearer(token("password")))
    assert response.get_json() == {"api": "ada@example.com", "page": False}


def test_the_api_needs_no_csrf_token(client: FlaskClient, token: Any) -> None:
    assert client.post("/api/v1/me", headers=bearer(token())).status_code == 200


@pytest.mark.parametrize("method", ["otp", "magiclink", "recovery"])
def test_a_one_time_token_is_refused_by_the_api(
    client: FlaskClient, token: Any, method: str
) -> None:
    # Whoever reads a reset mail must not get at the data: recovery may only reset the password.
    response = client.get("/api/v1/me", headers=bearer(token(method)))
    assert response.status_code == 403
    assert response.get_json()["type"] == "/problems/one-time-token"


def test_a_token_that_names_no_method_is_refused(client: FlaskClient, token: Any) -> None:
    assert client.get("/api/v1/me", headers=bearer(token(amr=[]))).status_code == 403


def test_a_one_time_sign_in_with_a_second_factor_is_accepted(
    client: FlaskClient, token: Any
) -> None:
    response = client.get("/api/v1/me", headers=bearer(token("totp", "otp")))
    assert response.status_code == 200


def test_no_token_is_401_without_an_error_code(client: FlaskClient) -> None:
    # RFC 6750 section 3.1: without credentials the challenge names no error.
    response = client.get("/api/v1/me")
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="localhost"'


def test_an_expired_token_is_401_and_says_so(
    client: FlaskClient, token: Any, clock: MovedByHand
) -> None:
    headers = bearer(token())
    clock.advance(hours=2)
    response = client.get("/api/v1/me", headers=headers)
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody-else"},
        {"iss": "https://evil.example/auth/v1"},
        {"role": "service_role"},
        {"role": "anon"},
        {"sub": ""},
        {"sub": None},
        {"amr": "password"},
        {"exp": "soon"},
    ],
)
def test_a_token_for_something_else_is_refused(
    client: FlaskClient, token: Any, changes: dict[str, Any]
) -> None:
    response = client.get("/api/v1/me", headers=bearer(token(**changes)))
    assert response.status_code in (401, 403)


@pytest.mark.parametrize("text", ["x", "a.b.c", "eyJ.eyJ.x", "é", "a" * 20_000, "\x00", "null"])
def test_rubbish_is_401(client: FlaskClient, text: str) -> None:
    response = client.get("/api/v1/me", headers=bearer(text))
    assert response.status_code == 401


def test_a_token_signed_by_somebody_else_is_401(client: FlaskClient, token: Any) -> None:
    payload = jwt.decode(token(), options={"verify_signature": False})
    forged = jwt.encode(payload, "b" * 40, algorithm="HS256")
    assert client.get("/api/v1/me", headers=bearer(forged)).status_code == 401


def test_an_unsigned_token_is_401(client: FlaskClient, token: Any) -> None:
    payload = jwt.decode(token(), options={"verify_signature": False})
    unsigned = jwt.encode(payload, None, algorithm="none")
    assert client.get("/api/v1/me", headers=bearer(unsigned)).status_code == 401


def test_the_cookie_does_not_open_the_api(client: FlaskClient) -> None:
    # Else another site's form could use the API with the visitor's cookie.
    client.set_cookie("__session", SIGNED_IN_SHAPE)
    assert client.get("/api/v1/me").status_code == 401


def test_a_bearer_token_does_not_open_pages(client: FlaskClient, token: Any) -> None:
    assert client.get("/who", headers=bearer(token())).text == "page: nobody"
    assert client.get("/dashboard", headers=bearer(token())).status_code == 303


def test_with_a_bearer_token_the_cookie_is_not_even_read(client: FlaskClient, token: Any) -> None:
    # It would have to be looked up in a database that is not there.
    client.set_cookie("__session", SIGNED_IN_SHAPE)
    assert client.get("/who", headers=bearer(token())).text == "page: nobody"


def test_an_api_answer_is_not_for_caches(client: FlaskClient, token: Any) -> None:
    response = client.get("/api/v1/me", headers=bearer(token()))
    assert response.headers["Cache-Control"] == "private, no-store"


def test_a_bearer_token_after_anything_is_not_remembered(client: FlaskClient, token: Any) -> None:
    assert client.get("/api/v1/me", headers=bearer(token())).status_code == 200
    assert client.get("/api/v1/me").status_code == 401
