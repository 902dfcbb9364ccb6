"""Who asks: the bearer token of GET /user, and the administrator's."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from hipflask.local.auth.call import Call
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.keys import ProjectKeys
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import AuthService, assert_refused, claims_of


def encoded(part: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b"])
def test_no_token(auth: AuthService, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = auth.get("/user", headers=headers)
    message = "This endpoint requires a valid Bearer token"
    assert_refused(answer, 401, "no_authorization", message)


@pytest.mark.parametrize("cut", [1, 2, 3, 86])
def test_cut_signature(auth: AuthService, cut: int) -> None:
    token = auth.sign_up()["access_token"]
    answer = auth.get("/user", bearer=token[:-cut])
    assert_refused(answer, 403, "bad_jwt")
    assert answer.json["msg"].endswith("token signature is invalid")


def test_changed_claims(auth: AuthService) -> None:
    head, claims, signature = auth.sign_up()["access_token"].split(".")
    changed = encoded({**claims_of(f"{head}.{claims}.{signature}"), "role": "service_role"})
    assert_refused(auth.get("/user", bearer=f"{head}.{changed}.{signature}"), 403, "bad_jwt")


@pytest.mark.parametrize("part", ["alg", "kid"])
def test_header_with_a_lone_surrogate(auth: AuthService, part: str) -> None:
    _, claims, signature = auth.sign_up()["access_token"].split(".")
    head = encoded({"alg": "ES256", part: "\ud800"})
    assert_refused(auth.get("/user", bearer=f"{head}.{claims}.{signature}"), 403, "bad_jwt")


def test_critical_extension_is_refused(auth: AuthService, keys: ProjectKeys) -> None:
    user_id = auth.sign_up()["user"]["id"]
    token = jwt.encode(
        {"sub": user_id}, keys.jwt_secret, algorithm="HS256", headers={"crit": ["x"], "x": 1}
    )
    assert_refused(auth.get("/user", bearer=token), 403, "bad_jwt")


def test_scheme_is_case_insensitive(auth: AuthService) -> None:
    token = auth.sign_up()["access_token"]
    assert auth.get("/user", headers={"Authorization": f"bEaReR {token}"}).status_code == 200


def test_unsigned_token(auth: AuthService) -> None:
    user_id = auth.sign_up()["user"]["id"]
    token = f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded({'sub': user_id})}."
    assert_refused(auth.get("/user", bearer=token), 403, "bad_jwt")


def test_token_of_another_project(auth: AuthService) -> None:
    tokens = auth.sign_up()
    stranger = ProjectKeys.generate(issuer="x", clock=auth.clock)
    forged = jwt.encode(claims_of(tokens["access_token"]), stranger.jwt_secret, algorithm="HS256")
    answer = auth.get("/user", bearer=forged)
    assert_refused(answer, 403, "bad_jwt")
    assert answer.json["msg"].startswith("invalid JWT: unable to parse or verify signature")


def test_public_key_is_no_shared_secret(auth: AuthService, keys: ProjectKeys) -> None:
    """Algorithm confusion: HS256 over what everyone can fetch (RFC 8725 section 2.1)."""
    tokens = auth.sign_up()
    claims = claims_of(tokens["access_token"])
    kid = keys.signing_keys[0].kid
    (public,) = auth.get("/.well-known/jwks.json").json["keys"]
    for secret in (json.dumps(public), public["x"], ""):
        head = encoded({"alg": "HS256", "typ": "JWT", "kid": kid})
        signature = jwt.get_algorithm_by_name("HS256").sign(
            f"{head}.{encoded(claims)}".encode(), secret.encode()
        )
        forged = f"{head}.{encoded(claims)}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"
        assert_refused(auth.get("/user", bearer=forged), 403, "bad_jwt")


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "....", "e30.e30.e30", "ä.ö.ü", "A" * 5000])
def test_nonsense(auth: AuthService, token: str) -> None:
    answer = auth.get(
        "/user", headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    )
    assert_refused(answer, 403, "bad_jwt")


def test_expired_to_the_second(auth: AuthService) -> None:
    token = auth.sign_up()["access_token"]
    auth.clock.advance(seconds=3599)
    assert auth.get("/user", bearer=token).status_code == 200
    auth.clock.advance(seconds=1)
    answer = auth.get("/user", bearer=token)
    assert_refused(answer, 403, "bad_jwt")
    assert answer.json["msg"].endswith("token has invalid claims: token is expired")


def test_not_yet_valid(auth: AuthService) -> None:
    later = int(auth.clock.now().timestamp()) + 60
    token = auth.sign(sub=str(uuid4()), nbf=later)
    assert "not valid yet" in auth.get("/user", bearer=token).json["msg"]


@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        ({}, 403, "bad_jwt"),
        ({"sub": ""}, 403, "bad_jwt"),
        ({"sub": "me"}, 400, "bad_jwt"),
        ({"sub": 7}, 400, "bad_jwt"),
        ({"sub": str(uuid4())}, 403, "user_not_found"),
        ({"sub": str(uuid4()), "session_id": "x"}, 403, "bad_jwt"),
        ({"sub": str(uuid4()), "exp": "soon"}, 403, "bad_jwt"),
        ({"sub": str(uuid4()), "session_id": ["x"]}, 403, "bad_jwt"),
    ],
)
def test_claims_that_lead_nowhere(
    auth: AuthService, claims: dict[str, Any], status: int, code: str
) -> None:
    assert_refused(auth.get("/user", bearer=auth.sign(**claims)), status, code)


def test_session_is_gone(auth: AuthService) -> None:
    tokens = auth.sign_up()
    auth.post("/logout", bearer=tokens["access_token"])
    answer = auth.get("/user", bearer=tokens["access_token"])
    message = "Session from session_id claim in JWT does not exist"
    assert_refused(answer, 403, "session_not_found", message)


def test_session_of_somebody_else(auth: AuthService) -> None:
    ada, bob = auth.sign_up(), auth.sign_up("bob@example.com")
    session_id = claims_of(bob["access_token"])["session_id"]
    token = auth.sign(sub=ada["user"]["id"], session_id=session_id)
    assert_refused(auth.get("/user", bearer=token), 403, "session_not_found")


def test_banned_user_with_a_token_from_before(auth: AuthService) -> None:
    token = auth.sign_up()["access_token"]
    auth.database.execute("update auth.users set banned_until = '2099-01-01'")
    assert_refused(auth.get("/user", bearer=token), 403, "user_banned", "User is banned")


def test_nil_session_is_no_session(auth: AuthService) -> None:
    user_id = auth.sign_up()["user"]["id"]
    token = auth.sign(sub=user_id, session_id="00000000-0000-0000-0000-000000000000")
    assert auth.get("/user", bearer=token).status_code == 200


def test_legacy_secret_still_signs(auth: AuthService, keys: ProjectKeys) -> None:
    tokens = auth.sign_up()
    legacy = jwt.encode(claims_of(tokens["access_token"]), keys.jwt_secret, algorithm="HS256")
    assert auth.get("/user", bearer=legacy).status_code == 200


def require_admin(auth: AuthService, token: str) -> str:
    """Ask for administration and return "" or the code of the refusal."""
    sent = EnvironBuilder(headers={"Authorization": f"Bearer {token}"}).get_environ()
    try:
        Call(auth.context, Request(sent)).require_admin()
    except AuthApiError as error:
        return f"{error.status} {error.code}"
    return ""


def test_admin_by_role(auth: AuthService, keys: ProjectKeys) -> None:
    assert require_admin(auth, auth.sign(role="service_role")) == ""
    assert require_admin(auth, auth.sign(role="supabase_admin")) == ""
    assert require_admin(auth, auth.sign(role="anon")) == "403 not_admin"
    assert require_admin(auth, auth.sign_up()["access_token"]) == "403 not_admin"
    assert require_admin(auth, keys.anon_key) == "403 not_admin"
    assert require_admin(auth, "x") == "403 bad_jwt"


def test_admins_session_must_live(make_auth: MakeAuth) -> None:
    auth = make_auth(sessions={"timebox": timedelta(minutes=30)})
    tokens = auth.sign_up()
    session_id = claims_of(tokens["access_token"])["session_id"]
    admin = auth.sign(role="service_role", sub=tokens["user"]["id"], session_id=session_id)
    assert require_admin(auth, admin) == ""
    auth.clock.advance(minutes=31)
    assert require_admin(auth, admin) == "403 session_expired"
    auth.database.execute("delete from auth.sessions")
    assert require_admin(auth, admin) == "403 session_not_found"
