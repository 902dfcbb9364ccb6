"""The OAuth 2.1 server, whole flows over the app."""

from __future__ import annotations

import hashlib
from base64 import b64encode, urlsafe_b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import AuthService, Reply, assert_refused, claims_of

BACK = "https://app.example/back?from=us"
METHODS = ("none", "client_secret_basic", "client_secret_post")
VERIFIER = "v" * 50
CHALLENGE = urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@pytest.fixture
def server(make_auth: MakeAuth) -> AuthService:
    return make_auth(oauth_server={"enabled": True, "allow_dynamic_registration": True})


def registered(server: AuthService, **more: Any) -> Any:
    answer = server.post("/oauth/clients/register", {"redirect_uris": [BACK], **more})
    assert answer.status_code == 201, answer.json
    return answer.json


def asking(server: AuthService, client: Any, **more: str) -> Reply:
    query = {
        "client_id": client["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "state": "s 1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **more,
    }
    return server.get("/oauth/authorize?" + urlencode(query))


def asked(server: AuthService, client: Any, **more: str) -> str:
    location = asking(server, client, **more).headers["Location"]
    assert location.startswith("http://127.0.0.1:8080/oauth/consent?authorization_id=")
    return location.partition("=")[2]


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def approved(server: AuthService, client: Any, bearer: str, **more: str) -> str:
    path = f"/oauth/authorizations/{asked(server, client, **more)}"
    shown = server.get(path, bearer=bearer)
    if "redirect_url" not in shown.json:
        shown = server.post(f"{path}/consent", {"action": "approve"}, bearer=bearer)
    came = query_of(shown.json["redirect_url"])
    assert (came["state"], came["from"]) == ("s 1", "us")
    return came["code"]


def traded(server: AuthService, client: Any, **form: str) -> Reply:
    sent = {"grant_type": "authorization_code", "code_verifier": VERIFIER, **form}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if client.get("client_secret"):
        pair = f"{client['client_id']}:{client['client_secret']}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    else:
        sent["client_id"] = client["client_id"]
    return server.post("/oauth/token", urlencode(sent).encode(), headers=headers)


def test_whole_flow(server: AuthService) -> None:
    person = server.sign_up()
    client = registered(server)
    code = approved(server, client, person["access_token"], scope="openid email profile", nonce="n")
    tokens = traded(server, client, code=code, redirect_uri=BACK)
    assert tokens.status_code == 200, tokens.json
    assert set(tokens.json) == {
        *("access_token", "token_type", "expires_in", "refresh_token", "id_token")
    }
    claims = claims_of(tokens.json["access_token"])
    assert claims["client_id"] == client["client_id"]
    assert claims["scope"] == "openid email profile"
    told = claims_of(tokens.json["id_token"])
    assert (told["nonce"], told["aud"]) == ("n", [client["client_id"]])
    assert (told["email"], told["email_verified"]) == ("ada@example.com", True)
    info = server.get("/oauth/userinfo", bearer=tokens.json["access_token"]).json
    assert info["sub"] == person["user"]["id"]
    assert info["email"] == "ada@example.com"
    again = traded(
        server,
        client,
        grant_type="refresh_token",
        refresh_token=tokens.json["refresh_token"],
        scope="openid email profile phone",
    )
    assert again.json["refresh_token"] != tokens.json["refresh_token"]
    refreshed = claims_of(again.json["access_token"])
    assert refreshed["scope"] == "openid email profile"
    assert refreshed["client_id"] == client["client_id"]
    assert again.headers["Cache-Control"] == "no-store"


def test_replayed_code_ends_what_it_opened(server: AuthService) -> None:
    bearer = server.sign_up()["access_token"]
    client = registered(server)
    code = approved(server, client, bearer)
    opened = traded(server, client, code=code).json
    assert traded(server, client, code=code).json["error"] == "invalid_grant"
    assert_refused(
        server.get("/oauth/userinfo", bearer=opened["access_token"]), 403, "session_not_found"
    )


@pytest.mark.parametrize(
    "form",
    [
        {"code_verifier": ""},
        {"code_verifier": CHALLENGE},
        {"redirect_uri": "https://app.example/back"},
        {"resource": "https://other.example"},
        {"code": "unknown"},
    ],
)
def test_code_is_bound_to_its_request(server: AuthService, form: dict[str, str]) -> None:
    bearer = server.sign_up()["access_token"]
    client = registered(server, token_endpoint_auth_method="none")
    code = approved(server, client, bearer)
    answer = traded(server, client, **{"code": code, **form})
    assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    assert traded(server, client, code=code).status_code == 200


def test_code_of_another_client_and_a_late_one(server: AuthService) -> None:
    bearer = server.sign_up()["access_token"]
    client, other = registered(server), registered(server)
    code = approved(server, client, bearer)
    assert traded(server, other, code=code).json["error"] == "invalid_grant"
    server.clock.move_to(server.clock.now() + timedelta(minutes=11))
    late = traded(server, client, code=code).json
    assert late["error_description"] == "Authorization code has expired"


def test_refresh_tokens_stay_with_their_client(server: AuthService) -> None:
    person = server.sign_up()
    client, other = registered(server), registered(server)
    token = traded(server, client, code=approved(server, client, person["access_token"])).json
    grant = {"grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
    assert traded(server, other, **grant).json["error"] == "invalid_client"
    assert server.refresh(token["refresh_token"]).json["error"] == "invalid_client"
    own = {**grant, "refresh_token": person["refresh_token"]}
    assert traded(server, client, **own).json["error"] == "invalid_client"


@pytest.mark.parametrize(
    "change",
    [
        {"scope": "admin"},
        {"response_type": "token"},
        {"code_challenge": ""},
        {"code_challenge_method": ""},
        {"code_challenge_method": "none"},
        {"code_challenge": "short"},
        {"resource": "relative"},
        {"resource": "https://a.example/#f"},
    ],
)
def test_faults_are_led_back(server: AuthService, change: dict[str, str]) -> None:
    answer = asking(server, registered(server), **change)
    came = query_of(answer.headers["Location"])
    assert answer.headers["Location"].startswith("https://app.example/back?")
    assert (came["error"], came["state"], came["from"]) == ("invalid_request", "s 1", "us")


def test_too_long_state_is_a_server_error(server: AuthService) -> None:
    answer = asking(server, registered(server), state="s" * 5000)
    assert query_of(answer.headers["Location"])["error"] == "server_error"


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/back",
        BACK + "#",
        BACK + "&x=1",
        "https://app.example@evil.example/back?from=us",
        "https://APP.example/back?from=us",
        "",
    ],
)
def test_unknown_redirect_uri_is_never_followed(server: AuthService, uri: str) -> None:
    answer = asking(server, registered(server), redirect_uri=uri)
    assert_refused(answer, 400, "validation_failed")
    assert "Location" not in answer.headers


@pytest.mark.parametrize("client_id", ["x", "5f1d2d52-6f0c-4a39-9a4e-0b8f6f6f3c12"])
def test_unknown_client(server: AuthService, client_id: str) -> None:
    assert_refused(asking(server, {"client_id": client_id}), 400, "oauth_client_not_found")


def test_deny_and_foreign_users(server: AuthService) -> None:
    ada = server.sign_up()["access_token"]
    eve = server.sign_up("eve@example.com")["access_token"]
    path = f"/oauth/authorizations/{asked(server, registered(server))}"
    approve = {"action": "approve"}
    missing = (404, "oauth_authorization_not_found")
    assert_refused(server.post(f"{path}/consent", approve, bearer=ada), *missing)
    shown = server.get(path, bearer=ada).json
    assert (shown["scope"], shown["user"]["email"]) == ("email", "ada@example.com")
    assert_refused(server.get(path, bearer=eve), *missing)
    assert_refused(server.post(f"{path}/consent", approve, bearer=eve), *missing)
    assert_refused(
        server.post(f"{path}/consent", {"action": "x"}, bearer=ada), 400, "validation_failed"
    )
    strange = server.get(path, bearer=ada, headers={"Origin": "https://evil.example"})
    assert_refused(strange, 400, "validation_failed", "unauthorized request origin")
    denied = server.post(f"{path}/consent", {"action": "deny"}, bearer=ada).json
    assert query_of(denied["redirect_url"])["error"] == "access_denied"
    again = server.post(f"{path}/consent", approve, bearer=ada)
    assert_refused(again, 400, "validation_failed")


def test_consent_is_kept_until_revoked(server: AuthService) -> None:
    bearer = server.sign_up()["access_token"]
    client = registered(server, client_name="App")
    opened = traded(server, client, code=approved(server, client, bearer)).json
    first = server.get(f"/oauth/authorizations/{asked(server, client)}", bearer=bearer)
    assert "code" in query_of(first.json["redirect_url"])
    wider = asked(server, client, scope="email phone")
    assert "redirect_url" not in server.get(f"/oauth/authorizations/{wider}", bearer=bearer).json
    (grant,) = server.get("/user/oauth/grants", bearer=bearer).json
    assert (grant["client"]["name"], grant["scopes"]) == ("App", ["email"])
    revoke = f"/user/oauth/grants?client_id={client['client_id']}"
    assert server.delete(revoke, bearer=bearer).status_code == 204
    assert_refused(server.delete(revoke, bearer=bearer), 404, "oauth_consent_not_found")
    gone = server.get("/oauth/userinfo", bearer=opened["access_token"])
    assert_refused(gone, 403, "session_not_found")
    assert server.get("/user/oauth/grants", bearer=bearer).json == []


def test_clients_prove_themselves_by_their_method(server: AuthService) -> None:
    public = registered(server, token_endpoint_auth_method="none")
    assert "client_secret" not in public
    secretive = {"client_id": public["client_id"], "client_secret": "x", "grant_type": "x"}
    assert_refused(server.post("/oauth/token", secretive), 400, "invalid_credentials")
    basic = registered(server)
    wrong = {**basic, "client_secret": "wrong"}
    assert_refused(traded(server, wrong, code="x"), 400, "invalid_credentials")
    assert_refused(
        server.post("/oauth/token", {"client_id": basic["client_id"]}), 400, "invalid_credentials"
    )
    post = registered(server, token_endpoint_auth_method="client_secret_post")
    body = {"client_id": post["client_id"], "client_secret": post["client_secret"]}
    assert server.post("/oauth/token", body).json["error"] == "invalid_request"
    body["grant_type"] = "password"
    assert server.post("/oauth/token", body).json["error"] == "unsupported_grant_type"
    assert server.count("auth.oauth_clients", "client_secret_hash = %s", post["client_secret"]) == 0


def test_json_that_cannot_be_read(server: AuthService) -> None:
    json_type = {"Content-Type": "application/json"}
    known = {**json_type, "Authorization": "Basic eDp5"}
    for body in (b"{", b"[]", b'{"client_id": 5}', b'{"code": 5, "client_id": "x"}'):
        answer = server.post("/oauth/token", body, headers=json_type)
        why = "Invalid client credentials: failed to parse JSON body"
        assert_refused(answer, 400, "invalid_credentials", why)
        told = server.post("/oauth/token", body, headers=known).json
        assert told == {"error": "invalid_request", "error_description": "Invalid JSON body"}
    for header in ("Basic", "Basic !", "Basic eA=="):
        answer = server.post("/oauth/token", {}, headers={"Authorization": header})
        assert_refused(answer, 400, "invalid_credentials")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("post", "/oauth/authorize", "GET"),
        ("post", "/oauth/userinfo", "GET"),
        ("get", "/oauth/token", "POST"),
        ("get", "/oauth/clients/register", "POST"),
        ("delete", "/oauth/authorizations/x", "GET"),
        ("get", "/oauth/authorizations/x/consent", "POST"),
        ("post", "/user/oauth/grants", "GET, DELETE"),
        ("delete", "/admin/oauth/clients", "GET, POST"),
        ("post", "/admin/oauth/clients/x", "GET, PUT, DELETE"),
        ("get", "/admin/oauth/clients/x/regenerate_secret", "POST"),
    ],
)
def test_other_methods(server: AuthService, method: str, path: str, allowed: str) -> None:
    person = server.service_role if "admin" in path else server.sign_up()["access_token"]
    answer = getattr(server, method)(path, bearer=person)
    assert_refused(answer, 405, "unknown")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize("path", ["revoke", "introspect", "clients", "token/x", "x", ""])
def test_what_gotrue_does_not_have(server: AuthService, path: str) -> None:
    assert_refused(server.post(f"/oauth/{path}", {}), 404, "unknown")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"redirect_uris": []}, "redirect_uris is required"),
        ({"redirect_uris": ["https://a.example"] * 11}, "redirect_uris cannot exceed 10 items"),
        ({"client_type": "x", "token_endpoint_auth_method": "x"}, "client_type must be 'public'"),
        ({"token_endpoint_auth_method": "x"}, "token_endpoint_auth_method must be one of"),
        ({"client_type": "public", "token_endpoint_auth_method": "client_secret_post"}, "is incon"),
        ({"grant_types": ["implicit"]}, "grant_types must only contain"),
        ({"logo_uri": "javascript:x"}, "logo_uri must be a valid URL"),
    ],
)
def test_registration_is_checked(server: AuthService, said: dict[str, Any], why: str) -> None:
    refused = server.post("/oauth/clients/register", {"redirect_uris": [BACK], **said})
    assert_refused(refused, 400, "validation_failed")
    assert why in refused.json["msg"]


@pytest.mark.parametrize(
    "uri",
    [
        "http://app.example/",
        "javascript://x/%0aalert(1)",
        "https://a.example/,javascript:alert(1)",
        "https://a.example\\@evil.example",
        "https://a.example/#f",
        "/back",
        "com.app:/back",
    ],
)
def test_dangerous_redirect_uris_are_not_registered(server: AuthService, uri: str) -> None:
    answer = server.post("/oauth/clients/register", {"redirect_uris": [uri]})
    assert_refused(answer, 400, "validation_failed")


def test_admin_keeps_clients(server: AuthService) -> None:
    admin = {"bearer": server.service_role}
    made = server.post("/admin/oauth/clients", {"redirect_uris": [BACK]}, **admin).json
    path = f"/admin/oauth/clients/{made['client_id']}"
    assert server.put(path, {"client_name": "New"}, **admin).json["client_name"] == "New"
    for wrong, why in (
        ({}, "No fields provided for update"),
        ({"redirect_uris": []}, "redirect_uris cannot be empty"),
        (
            {"token_endpoint_auth_method": "private_key_jwt"},
            f"invalid token_endpoint_auth_method: must be one of [{' '.join(METHODS)}]",
        ),
    ):
        assert_refused(server.put(path, wrong, **admin), 400, "validation_failed", why)
    not_its_own = server.put(path, {"token_endpoint_auth_method": "none"}, **admin)
    assert_refused(not_its_own, 400, "validation_failed")
    fresh = server.post(f"{path}/regenerate_secret", **admin).json
    assert fresh["client_secret"] != made["client_secret"]
    shown = server.get(path, **admin).json
    assert "client_secret" not in shown
    listed = server.get("/admin/oauth/clients", **admin).json["clients"]
    assert shown in listed
    assert server.delete(path, **admin).status_code == 204
    assert_refused(server.get(path, **admin), 404, "oauth_client_not_found")


def test_switches(make_auth: MakeAuth) -> None:
    server = make_auth(oauth_server={"enabled": True})
    refused = server.post("/oauth/clients/register", {})
    assert_refused(refused, 403, "oauth_dynamic_client_registration_disabled")
    assert_refused(server.get("/oauth/nothing"), 404, "unknown")
    found = server.get("/.well-known/oauth-authorization-server").json
    assert "registration_endpoint" not in found
    off = make_auth()
    assert_refused(off.post("/oauth/token"), 404, "feature_disabled")


def test_discovery_names_the_registration(server: AuthService) -> None:
    found = server.get("/.well-known/openid-configuration").json
    assert found["registration_endpoint"].endswith("/oauth/clients/register")
    assert server.get("/.well-known/oauth-authorization-server").json == found
