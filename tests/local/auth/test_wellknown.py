"""GET /.well-known/…"""

from __future__ import annotations

import jwt

from tests.local.auth.service import ISSUER, AuthService, assert_refused


def test_published_key_verifies_our_tokens(auth: AuthService) -> None:
    token = auth.sign_up()["access_token"]
    answer = auth.get("/.well-known/jwks.json")
    keys = jwt.PyJWKSet.from_dict(answer.json)
    kid = jwt.get_unverified_header(token)["kid"]
    claims = jwt.decode(
        token,
        keys[kid],
        algorithms=["ES256"],
        audience="authenticated",
        issuer=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["email"] == "ada@example.com"
    assert answer.headers["Cache-Control"] == "public, max-age=600"


def test_no_private_part_is_published(auth: AuthService) -> None:
    (key,) = auth.get("/.well-known/jwks.json").json["keys"]
    assert set(key) == {"alg", "crv", "key_ops", "kid", "kty", "use", "x", "y"}
    assert (key["use"], key["key_ops"]) == ("sig", ["verify"])


def test_discovery_leads_to_the_keys(auth: AuthService) -> None:
    answer = auth.get("/.well-known/openid-configuration")
    assert answer.json["issuer"] == ISSUER
    assert answer.json["jwks_uri"] == f"{ISSUER}/.well-known/jwks.json"
    assert answer.headers["Cache-Control"] == "public, max-age=600"


def test_no_oauth_server(auth: AuthService) -> None:
    answer = auth.get("/.well-known/oauth-authorization-server")
    assert_refused(answer, 404, "feature_disabled", "OAuth server is disabled")
