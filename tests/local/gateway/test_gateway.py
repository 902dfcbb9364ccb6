"""The gateway: API keys, CORS, and the way to the services."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from hipflask.local.gateway import AccessLog, ApiKeys, create_gateway

PUBLISHABLE = "sb_publishable_aaaaaaaaaaaaaaaaaaaaaa_bbbbbbbb"
SECRET = "sb_secret_aaaaaaaaaaaaaaaaaaaaaa_bbbbbbbb"
KEYS = ApiKeys(publishable=PUBLISHABLE, secret=SECRET, anon="anon.jwt", service_role="role.jwt")
USER_TOKEN = "Bearer user.jwt.token"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """A service that says what reached it."""
    seen = {
        "path": environ["PATH_INFO"],
        "script": environ["SCRIPT_NAME"],
        "authorization": environ.get("HTTP_AUTHORIZATION"),
        "query": environ["QUERY_STRING"],
    }
    start_response(
        "200 OK",
        [("Content-Type", "application/json"), ("Access-Control-Allow-Origin", "https://one")],
    )
    return [json.dumps(seen).encode()]


@pytest.fixture
def client() -> Client:
    return Client(create_gateway(keys=KEYS, auth=echo, storage=echo))


def ask(client: Client, path: str, key: str = "", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers={"apikey": key, **named} if key else named)


def test_strips_the_prefix(client: Client) -> None:
    seen = ask(client, "/auth/v1/user?a=1", PUBLISHABLE).json
    assert seen is not None
    assert (seen["path"], seen["script"], seen["query"]) == ("/user", "/auth/v1", "a=1")


@pytest.mark.parametrize(
    ("key", "token"),
    [
        (PUBLISHABLE, "Bearer anon.jwt"),
        (SECRET, "Bearer role.jwt"),
        ("anon.jwt", "Bearer anon.jwt"),
        ("role.jwt", "Bearer role.jwt"),
    ],
)
def test_key_becomes_the_roles_token(client: Client, key: str, token: str) -> None:
    assert ask(client, "/auth/v1/user", key).json["authorization"] == token  # type: ignore[index]


@pytest.mark.parametrize("key", [PUBLISHABLE, SECRET, "anon.jwt", "role.jwt"])
def test_users_token_stays(client: Client, key: str) -> None:
    seen = ask(client, "/auth/v1/user", key, Authorization=USER_TOKEN).json
    assert seen is not None
    assert seen["authorization"] == USER_TOKEN


def test_new_style_key_as_bearer_becomes_the_roles_token(client: Client) -> None:
    seen = ask(client, "/auth/v1/user", SECRET, Authorization=f"Bearer {SECRET}").json
    assert seen is not None
    assert seen["authorization"] == "Bearer role.jwt"


def test_bearer_key_gains_nothing_over_the_apikey(client: Client) -> None:
    seen = ask(client, "/auth/v1/user", PUBLISHABLE, Authorization=f"Bearer {SECRET}").json
    assert seen is not None
    assert seen["authorization"] == "Bearer anon.jwt"


def test_key_may_stand_in_the_query(client: Client) -> None:
    assert ask(client, f"/auth/v1/user?apikey={PUBLISHABLE}").status_code == 200


def test_missing_key_is_refused_in_hosteds_words(client: Client) -> None:
    answer = ask(client, "/auth/v1/user")
    assert answer.status_code == 401
    assert answer.json == {
        "message": "No API key found in request",
        "hint": "No `apikey` request header or url param was found.",
    }


@pytest.mark.parametrize("key", ["x", PUBLISHABLE + "x", PUBLISHABLE[:-1], "schlüssel"])
def test_wrong_key_is_refused(client: Client, key: str) -> None:
    answer = client.get("/auth/v1/user", headers={"apikey": key.encode().decode("latin-1")})
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["message"] == "Invalid API key"


def test_secret_key_is_refused_in_a_browser(client: Client) -> None:
    answer = ask(client, "/auth/v1/user", SECRET, User_Agent=BROWSER)
    assert answer.status_code == 401
    assert answer.json is not None
    assert answer.json["message"] == "Forbidden use of secret API key in browser"
    assert ask(client, "/auth/v1/user", PUBLISHABLE, User_Agent=BROWSER).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/auth/v1/verify?token=a",
        "/auth/v1/callback",
        "/auth/v1/authorize",
        "/auth/v1/sso/saml/acs",
        "/auth/v1/sso/saml/metadata",
        "/auth/v1/oauth/authorize",
        "/auth/v1/oauth/token",
        "/auth/v1/oauth/userinfo",
        "/auth/v1/oauth/clients/register",
        "/auth/v1/.well-known/jwks.json",
        "/auth/v1/.well-known/openid-configuration",
        "/auth/v1/.well-known/oauth-authorization-server",
    ],
)
def test_what_a_browser_or_an_application_opens_needs_no_key(client: Client, path: str) -> None:
    assert ask(client, path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "health",
        "settings",
        "signup",
        "token",
        "user",
        "logout",
        "sso",
        "admin/users",
        "user/oauth/grants",
        "user/identities/authorize",
        "oauth",
        "oauth/authorizations/a",
        "oauth/authorizations/a/consent",
        "oauth/clients",
        "admin/oauth/clients",
        "oauth/../admin/oauth/clients",
    ],
)
def test_the_rest_does(client: Client, path: str) -> None:
    assert ask(client, f"/auth/v1/{path}").status_code == 401


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("/.well-known/oauth-authorization-server", "oauth-authorization-server"),
        ("/.well-known/oauth-authorization-server/auth/v1", "oauth-authorization-server"),
        ("/.well-known/openid-configuration/auth/v1", "openid-configuration"),
    ],
)
def test_metadata_stands_between_host_and_path_too(
    client: Client, path: str, document: str
) -> None:
    seen = ask(client, path).json
    assert seen is not None
    assert (seen["path"], seen["script"]) == (f"/.well-known/{document}", "/auth/v1")


@pytest.mark.parametrize(
    "path", ["openid-configuration", "oauth-authorization-server/rest/v1", "jwks.json/auth/v1"]
)
def test_no_other_metadata_does(client: Client, path: str) -> None:
    assert ask(client, f"/.well-known/{path}").status_code == 404


def test_preflight_needs_no_key(client: Client) -> None:
    answer = client.options(
        "/auth/v1/token",
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "apikey,authorization,x-client-info",
        },
    )
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Headers"] == "apikey,authorization,x-client-info"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize("path", ["/auth/v1/user", "/rest/v1/notes", "/nowhere"])
def test_every_answer_is_readable_from_a_page(client: Client, path: str) -> None:
    answer = ask(client, path)
    assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"]
    assert "X-Supabase-Api-Version" in answer.headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("service", ["rest", "functions", "realtime", "graphql"])
def test_service_that_comes_later_says_so(client: Client, service: str) -> None:
    answer = ask(client, f"/{service}/v1/x", PUBLISHABLE)
    assert answer.status_code == 501
    assert answer.json is not None
    assert answer.json["message"].endswith(".")
    assert ask(client, f"/{service}/v1/x").status_code == 401


def test_unknown_path_has_no_route(client: Client) -> None:
    answer = ask(client, "/nowhere", PUBLISHABLE)
    assert answer.status_code == 404
    assert answer.json == {"message": "no Route matched with those values"}
    assert ask(client, "/auth/v10/user", PUBLISHABLE).status_code == 404


def test_auth_that_is_switched_off_says_where() -> None:
    answer = ask(
        Client(create_gateway(keys=KEYS, auth=None, storage=None)), "/auth/v1/user", PUBLISHABLE
    )
    assert answer.status_code == 501
    assert answer.json is not None
    assert "auth.enabled" in answer.json["message"]


def test_log_has_no_secrets_and_no_second_line(tmp_path: Path) -> None:
    log = AccessLog(tmp_path / "gateway.log")
    client = Client(create_gateway(keys=KEYS, auth=echo, storage=echo, log=log))
    ask(client, "/auth/v1/verify?token=one-time-token", SECRET, Authorization=USER_TOKEN)
    ask(client, "/auth/v1/user%0Aforged GET / 200")
    log.close()
    text = (tmp_path / "gateway.log").read_text(encoding="utf-8")
    assert "GET /auth/v1/verify 200" in text
    assert "GET /auth/v1/user\\nforged" in text
    assert len(text.splitlines()) == 2
    for secret in ("one-time-token", SECRET, "user.jwt"):
        assert secret not in text


def test_log_starts_anew_when_it_is_large(tmp_path: Path) -> None:
    path = tmp_path / "gateway.log"
    path.write_bytes(b"x" * (5 * 1024 * 1024 + 1))
    AccessLog(path).close()
    assert path.stat().st_size == 0
    assert path.with_suffix(".old.log").stat().st_size > 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's full device")
def test_full_disk_costs_the_line_and_not_the_answer() -> None:
    log = AccessLog(Path("/dev/full"))
    client = Client(create_gateway(keys=KEYS, auth=echo, storage=echo, log=log))
    for _ in range(2):
        assert ask(client, "/auth/v1/user", SECRET).status_code == 200
    log.close()


def test_storage_is_asked_without_a_key(client: Client) -> None:
    seen = ask(client, "/storage/v1/object/public/a/b").json
    assert seen is not None
    assert (seen["path"], seen["authorization"]) == ("/object/public/a/b", None)


def test_storage_gets_the_role_of_the_key(client: Client) -> None:
    assert ask(client, "/storage/v1/bucket", PUBLISHABLE).json["authorization"] == "Bearer anon.jwt"
    bearer = ask(client, "/storage/v1/bucket", Authorization=f"Bearer {SECRET}").json
    assert bearer["authorization"] == "Bearer role.jwt"


def test_storage_keeps_an_s3_signature(client: Client) -> None:
    signature = "AWS4-HMAC-SHA256 Credential=x"
    seen = ask(client, "/storage/v1/s3/a", Authorization=signature).json
    assert seen["authorization"] == signature


def test_secret_key_in_a_browser_does_not_reach_storage(client: Client) -> None:
    answer = ask(client, "/storage/v1/bucket", SECRET, User_Agent="Mozilla/5.0")
    assert answer.status_code == 401


def test_resumable_upload_may_ask_what_the_server_can(client: Client) -> None:
    path = "/storage/v1/upload/resumable"
    assert client.options(path).json["path"] == "/upload/resumable"
    preflight = client.options(path, headers={"Access-Control-Request-Method": "POST"})
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert not preflight.data
