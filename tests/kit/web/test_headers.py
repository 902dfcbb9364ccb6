"""The headers of each kind of response, whole: a new or a lost one shows here."""

from __future__ import annotations

import pytest
from flask import Flask, Response, make_response
from flask.testing import FlaskClient

from hipflask.kit.web.headers import content_security_policy
from tests.kit.web.conftest import ENVIRON, PRODUCTION, MakeApp

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), clipboard-read=(),"
        " display-capture=(), geolocation=(), gyroscope=(), hid=(), idle-detection=(),"
        " local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(),"
        " screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()"
    ),
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self';"
        " img-src 'self' data: http://127.0.0.1:1/storage/v1/;"
        " media-src 'self' http://127.0.0.1:1/storage/v1/; font-src 'self';"
        " connect-src 'self' http://127.0.0.1:1/storage/v1/; manifest-src 'self';"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
}
IN_THE_CLOUD = {
    "Content-Security-Policy": ALWAYS["Content-Security-Policy"].replace(
        ENVIRON["SUPABASE_URL"], PRODUCTION["SUPABASE_URL"]
    )
}


def own_headers(response: Response) -> dict[str, str]:
    """Return what the kit decides, without what changes from request to request."""
    dropped = {"Content-Type", "Content-Length", "X-Request-Id", "Set-Cookie"}
    return {name: text for name, text in response.headers if name not in dropped}


def test_a_page_without_a_visitor(client: FlaskClient) -> None:
    assert own_headers(client.get("/")) == ALWAYS | {"Cache-Control": "private, no-cache"}


def test_a_page_with_a_form(client: FlaskClient) -> None:
    assert own_headers(client.get("/form")) == ALWAYS | {
        "Cache-Control": "private, no-store",
        "Vary": "Cookie, Accept-Language",
    }


def test_a_page_on_cloud_run(cloud: FlaskClient) -> None:
    assert own_headers(cloud.get("/")) == ALWAYS | IN_THE_CLOUD | {
        "Cache-Control": "private, no-cache",
        "Strict-Transport-Security": "max-age=31536000",
    }


def test_an_error_page(client: FlaskClient) -> None:
    headers = own_headers(client.get("/nowhere"))
    assert headers.pop("Content-Security-Policy").count("'sha256-") == 1
    assert headers == {name: text for name, text in ALWAYS.items() if "Security" not in name} | {
        "Cache-Control": "private, no-cache",
        "Vary": "Cookie, Accept-Language",
    }


def test_an_api_answer(client: FlaskClient) -> None:
    assert own_headers(client.get("/api/v1/thing")) == ALWAYS


def test_no_hsts_on_plain_http(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/").headers


def test_no_hsts_on_loopback_even_with_https(client: FlaskClient) -> None:
    # A browser would remember it for localhost and break every other app on the machine.
    response = client.get("/", base_url="https://localhost")
    assert "Strict-Transport-Security" not in response.headers


def test_a_view_may_set_its_own_policy(app: Flask, client: FlaskClient) -> None:
    @app.get("/docs")
    def docs() -> Response:
        response = make_response("docs")
        response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response

    assert client.get("/docs").headers["Content-Security-Policy"] == "default-src 'self'"


def test_a_response_that_sets_the_cookie_is_never_stored(app: Flask, client: FlaskClient) -> None:
    # A shared cache that kept it would hand one visitor's id to the next.
    @app.get("/cached")
    def cached() -> Response:
        from hipflask.kit.web.csrf import csrf_token

        response = make_response(csrf_token())
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    assert client.get("/cached").headers["Cache-Control"] == "private, no-store"


def test_a_not_found_json_is_not_stored(client: FlaskClient) -> None:
    # Firebase Hosting keeps a backend's 404 for ten minutes unless it is told not to.
    assert "no-" in client.get("/api/v1/nowhere").headers["Cache-Control"]


def test_static_files_keep_flasks_caching(app: Flask, client: FlaskClient) -> None:
    @app.get("/app.css")
    def css() -> Response:
        return Response("a{}", mimetype="text/css", headers={"Cache-Control": "max-age=60"})

    assert client.get("/app.css").headers["Cache-Control"] == "max-age=60"


def test_the_policy_can_be_widened_by_origin() -> None:
    policy = content_security_policy({"img-src": ["https://cdn.example"], "frame-src": ["'self'"]})
    assert "img-src 'self' data: https://cdn.example;" in policy
    assert policy.endswith("frame-src 'self'")


def test_of_supabase_only_files_are_let_in() -> None:
    policy = content_security_policy(storage_url="https://x.supabase.co/storage/v1")
    let_in = {part.split()[0] for part in policy.split("; ") if "supabase" in part}
    assert let_in == {"img-src", "media-src", "connect-src"}
    assert policy.count("https://x.supabase.co") == policy.count(
        "https://x.supabase.co/storage/v1/"
    )
    assert "supabase" not in content_security_policy()


@pytest.mark.parametrize(
    "source",
    ["'unsafe-inline'", "'unsafe-eval'", "*", "'self'; script-src *", "a b", "x,y", "a\nb"],
)
def test_the_policy_cannot_be_undone(source: str) -> None:
    with pytest.raises(ValueError, match="must not be added"):
        content_security_policy({"script-src": [source]})


def test_the_policy_of_an_app_comes_from_its_config(make_app: MakeApp) -> None:
    from hipflask import HipFlask

    app = Flask("with_cdn")
    app.config["HIPFLASK_CSP"] = {"img-src": ["https://cdn.example"]}
    HipFlask().init_app(app, environ=ENVIRON)
    policy = app.test_client().get("/healthz").headers["Content-Security-Policy"]
    assert "https://cdn.example" in policy
