"""The kit over a real Supabase-shaped backend: sign in, stay signed in, lose it, per app."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from jinja2 import DictLoader

from hipflask import HipFlask, api_login_required, api_user, csrf_exempt, current_user
from hipflask.testing import SupabaseBackend
from tests.kit.web.browsing import session_cookie

PASSWORD = "correct horse battery"


@pytest.fixture
def make_app(backend: SupabaseBackend) -> Iterator[Callable[..., Flask]]:
    """Makes apps over the test's backend, each with a key of its own."""
    made: list[Flask] = []

    def make(secret_key: str = "one-7Zk2v9Qp4Lx8Wd3Rb6Tn1Yc5Hm0Jf") -> Flask:
        app = Flask(f"app{len(made)}")
        hip = HipFlask()
        environ = {
            **backend.environment,
            "SECRET_KEY": secret_key,
            "SITE_URL": "http://localhost",
        }
        hip.init_app(app, environ=environ, clock=backend.clock)
        made.append(app)

        @app.post("/enter")
        @csrf_exempt
        def enter() -> str:
            return hip.auth.sign_in(request.form["email"], PASSWORD).id

        @app.get("/who")
        def who() -> str:
            return current_user.email or "?" if current_user else "nobody"

        @app.get("/api/v1/me")
        @api_login_required
        def me() -> dict[str, str | None]:
            return {"email": api_user.email}

        return app

    yield make
    for app in made:
        app.extensions["hipflask"].close()


@pytest.fixture
def client(make_app: Callable[..., Flask]) -> FlaskClient:
    return make_app().test_client()


@pytest.fixture(autouse=True)
def ada(backend: SupabaseBackend) -> None:
    backend.create_user("ada@example.com", password=PASSWORD)


def enter(client: FlaskClient) -> str:
    """Sign Ada in and return the cookie's value."""
    response = client.post("/enter", data={"email": "ada@example.com"})
    assert response.status_code == 200, response.text
    return session_cookie(response).partition("=")[2].partition(";")[0]


def test_the_session_cookie_signs_in(client: FlaskClient) -> None:
    assert client.get("/who").text == "nobody"
    assert len(enter(client)) == 43
    response = client.get("/who")
    assert response.text == "ada@example.com"
    assert response.headers["Cache-Control"] == "private, no-store"


def test_sign_in_changes_the_id_every_time(client: FlaskClient) -> None:
    assert enter(client) != enter(client)


def test_a_guessed_id_signs_nobody_in(client: FlaskClient) -> None:
    client.set_cookie("__session", "A" * 43)
    assert client.get("/who").text == "nobody"


def test_two_apps_in_one_process_do_not_know_each_others_sessions(
    make_app: Callable[..., Flask],
) -> None:
    # Same database, same visitor, another SECRET_KEY: the sealed tokens open nothing there.
    one, two = make_app(), make_app("two-0Qm5Xw8Ns3Vb6Ty1Kd9Gj4Lr7Zp2Hc")
    ours, theirs = one.test_client(), two.test_client()
    cookie = enter(ours)
    theirs.set_cookie("__session", cookie)
    assert theirs.get("/who").text == "nobody"
    assert ours.get("/who").text == "ada@example.com"


def test_readiness_with_everything_there(client: FlaskClient) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.get_json()) == (
        200,
        {"status": "ok", "database": "ok", "auth": "ok"},
    )


def test_the_api_takes_a_password_session_of_supabase_auth(
    client: FlaskClient, backend: SupabaseBackend
) -> None:
    token = backend.sign_in("ada@example.com", password=PASSWORD).access_token
    response = client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert response.get_json() == {"email": "ada@example.com"}


@pytest.mark.parametrize("key", ["publishable_key", "secret_key", "anon_key", "service_role_key"])
def test_an_api_key_is_nobodys_access_token(
    client: FlaskClient, backend: SupabaseBackend, key: str
) -> None:
    headers = {"Authorization": f"Bearer {getattr(backend, key)}"}
    assert client.get("/api/v1/me", headers=headers).status_code == 401


def test_an_error_page_knows_who_is_signed_in(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    app.jinja_env.loader = DictLoader({"error.html": "{{ problem.slug }} {{ current_user.email }}"})
    client = app.test_client()
    enter(client)
    assert client.get("/nowhere").text == "not-found ada@example.com"
