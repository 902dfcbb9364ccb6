"""Cross-site request forgery: one test per way in which another site could try."""

from __future__ import annotations

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from hipflask.kit.web.csrf import csrf_exempt, make_token, require_csrf_token, token_fits
from hipflask.kit.web.seal import Sealer
from tests.kit.web.browsing import token_of
from tests.kit.web.conftest import PRODUCTION, MakeApp

SEALER = Sealer(["k" * 40])
ADA = "a" * 43
EVE = "e" * 43


def test_our_own_form_is_accepted(client: FlaskClient) -> None:
    response = client.post("/save", data={"csrf_token": token_of(client), "note": "hi"})
    assert (response.status_code, response.text) == (200, "saved hi")


def test_our_own_script_is_accepted_by_header(client: FlaskClient) -> None:
    response = client.post("/save", headers={"X-CSRF-Token": token_of(client)})
    assert response.status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_every_changing_method_is_guarded(app: Flask, client: FlaskClient, method: str) -> None:
    app.add_url_rule("/change", "change", lambda: "changed", methods=[method])
    assert client.open("/change", method=method).status_code == 400


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_reading_needs_no_token(client: FlaskClient, method: str) -> None:
    assert client.open("/", method=method).status_code == 200


def test_a_form_on_another_site_is_refused(client: FlaskClient) -> None:
    # The plain attack: evil.example posts a form to us and the browser adds the cookie.
    token = token_of(client)
    response = client.post(
        "/save", data={"csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert response.status_code == 403
    assert "another site" in response.text


def test_a_sibling_subdomain_is_refused(client: FlaskClient) -> None:
    # "same-site" is not ours: blog.example.org may have been taken over.
    token = token_of(client)
    response = client.post(
        "/save", data={"csrf_token": token}, headers={"Sec-Fetch-Site": "same-site"}
    )
    assert response.status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",  # sandboxed frame, data: page
        "http://localhost.evil.example",
        "http://localhost:9999",  # another app on this machine
        "https://localhost",  # another scheme is another origin
        "http://localhost@evil.example",
        "http://",
        "rubbish",
    ],
)
def test_an_old_browser_from_another_origin_is_refused(client: FlaskClient, origin: str) -> None:
    token = token_of(client)
    response = client.post("/save", data={"csrf_token": token}, headers={"Origin": origin})
    assert response.status_code == 403


def test_an_old_browser_from_our_origin_is_accepted(client: FlaskClient) -> None:
    token = token_of(client)
    response = client.post(
        "/save", data={"csrf_token": token}, headers={"Origin": "http://localhost"}
    )
    assert response.status_code == 200


def test_behind_hosting_the_origin_is_the_site_though_the_host_is_not(make_app: MakeApp) -> None:
    # Firebase Hosting calls the service by its run.app name; the browser knows SITE_URL only.
    client = make_app(PRODUCTION).test_client()
    base_url = "http://notes-abc.a.run.app"
    token = token_of_at(client, base_url)
    response = client.post(
        "/save",
        base_url=base_url,
        data={"csrf_token": token},
        headers={"Origin": "https://notes.example.org"},
    )
    assert response.status_code == 200


def token_of_at(client: FlaskClient, base_url: str) -> str:
    return client.get("/form", base_url=base_url).text.partition('value="')[2].partition('"')[0]


def test_a_missing_token_is_refused_even_from_our_own_page(client: FlaskClient) -> None:
    token_of(client)
    response = client.post("/save", headers={"Sec-Fetch-Site": "same-origin"})
    assert response.status_code == 400


def test_a_token_of_another_visitor_is_refused(app: Flask) -> None:
    # Eve takes a token from her own page and puts it into a form for Ada.
    eve, ada = app.test_client(), app.test_client()
    token = token_of(eve)
    token_of(ada)
    assert ada.post("/save", data={"csrf_token": token}).status_code == 400


def test_a_planted_cookie_does_not_help_without_our_key() -> None:
    # A sibling subdomain can plant a cookie id, but cannot compute the HMAC that goes with it.
    forged = make_token(Sealer(["guess" * 8]), ADA)
    assert not token_fits(SEALER, ADA, forged)


def test_no_cookie_no_token_no_change(client: FlaskClient) -> None:
    # Login CSRF: a visitor without any cookie is signed in to the attacker's account.
    response = client.post("/save", data={"note": "x"})
    assert response.status_code == 400
    assert "Allow cookies" in response.text


def test_a_token_without_its_cookie_is_refused(app: Flask, client: FlaskClient) -> None:
    token = token_of(client)
    response = app.test_client().post("/save", data={"csrf_token": token})
    assert response.status_code == 400


def test_tokens_differ_on_every_page_but_all_fit() -> None:
    # A secret that is the same in every compressed page can be guessed from lengths (BREACH).
    one, two = make_token(SEALER, ADA), make_token(SEALER, ADA)
    assert one != two
    assert token_fits(SEALER, ADA, one)
    assert token_fits(SEALER, ADA, two)
    assert not token_fits(SEALER, EVE, one)


@pytest.mark.parametrize("token", ["", "x", "A" * 48, "é", "A" * 5000, "=" * 48, "\0"])
def test_rubbish_is_no_token(token: str) -> None:
    assert not token_fits(SEALER, ADA, token)


def test_a_token_survives_a_key_rotation() -> None:
    token = make_token(Sealer(["old" * 15]), ADA)
    assert token_fits(Sealer(["new" * 15, "old" * 15]), ADA, token)
    assert not token_fits(Sealer(["new" * 15]), ADA, token)


def test_an_empty_id_has_no_token() -> None:
    assert not token_fits(SEALER, "", make_token(SEALER, ""))


def test_a_bearer_request_needs_no_token(client: FlaskClient) -> None:
    # No browser adds this header by itself, and the cookie is not looked at (signed_in.py).
    response = client.post("/api/v1/thing", headers={"Authorization": "Bearer abc"})
    assert response.status_code == 200


@pytest.mark.parametrize(
    "header", ["Basic dTpw", "Bearer", "bearer   ", "Negotiate abc", "Bearer on-a-page"]
)
def test_other_credentials_do_not_exempt(client: FlaskClient, header: str) -> None:
    # A browser does send Basic and Negotiate by itself, as it does cookies.
    response = client.post("/save", headers={"Authorization": header})
    assert response.status_code == 400


def test_an_exempt_view_is_reached(client: FlaskClient) -> None:
    response = client.post("/hook", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.text == "heard"


def test_an_unknown_address_is_not_found_rather_than_refused(client: FlaskClient) -> None:
    assert client.post("/nowhere").status_code == 404


def test_a_program_without_credentials_is_asked_for_them(client: FlaskClient) -> None:
    response = client.post("/api/v1/thing", json={})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="localhost"'


def test_a_script_of_ours_with_a_stale_token_gets_a_problem(client: FlaskClient) -> None:
    token_of(client)
    response = client.post("/api/v1/thing", json={}, headers={"X-CSRF-Token": "stale"})
    assert response.status_code == 400
    assert response.mimetype == "application/problem+json"
    assert response.get_json()["type"] == "/problems/form-expired"


def test_what_was_typed_is_kept_when_only_the_token_is_stale(client: FlaskClient) -> None:
    token_of(client)
    response = client.post(
        "/save?draft=1",
        data={"csrf_token": "stale", "note": '<b>"quotes"</b>', "password": "hunter2"},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    page = response.text
    assert response.status_code == 400
    assert 'action="/save?draft=1"' in page
    assert 'name="note" value="&lt;b&gt;&#34;quotes&#34;&lt;/b&gt;"' in page
    assert "hunter2" not in page
    assert '<input type="password" name="password" required>' in page
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    again = client.post("/save", data={"csrf_token": token, "note": "kept"})
    assert again.text == "saved kept"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_request_nobody_vouches_for_is_not_offered_again(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    # Else one click on "Send it again" would carry out what another site has filled in.
    response = client.post("/save", data={"note": "give all to eve"}, headers=headers)
    assert "<form" not in response.text
    assert "eve" not in response.text


@pytest.fixture
def streaming(app: Flask) -> Flask:
    """An app with a view that reads its body by itself, the token first."""

    @app.post("/stream")
    @csrf_exempt
    def stream() -> str:
        require_csrf_token(request.stream.read(48).decode())
        return f"then {request.stream.read().decode()}"

    return app


def test_a_view_that_reads_by_itself_finds_the_body_unread(streaming: Flask) -> None:
    client = streaming.test_client()
    response = client.post("/stream", data=token_of(client) + "the file")
    assert (response.status_code, response.text) == (200, "then the file")


@pytest.mark.parametrize(
    ("token", "headers", "status"),
    [
        ("x" * 48, {}, 400),
        ("", {}, 400),
        (None, {"Sec-Fetch-Site": "cross-site"}, 403),
        (None, {"Origin": "https://evil.example"}, 403),
    ],
)
def test_a_view_that_reads_by_itself_is_guarded_as_others(
    streaming: Flask, token: str | None, headers: dict[str, str], status: int
) -> None:
    client = streaming.test_client()
    ours = token_of(client)
    data = ours if token is None else token
    assert client.post("/stream", data=data, headers=headers).status_code == status
