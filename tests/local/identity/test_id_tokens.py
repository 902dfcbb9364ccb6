"""A client that we did not write (PyJWT's) verifies ID tokens by discovery and JWKS."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import jwt
import pytest

from hipflask.local.identity import CLIENT_ID
from tests.local.identity.conftest import Provider


def verified(provider: Provider, token: str, name: str = "google") -> dict[str, Any]:
    document = provider.ask("GET", f"/{name}/.well-known/openid-configuration").json
    key = jwt.PyJWKClient(document["jwks_uri"]).get_signing_key_from_jwt(token)
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=document["id_token_signing_alg_values_supported"],
        audience=CLIENT_ID,
        issuer=document["issuer"],
        options={"require": ["iss", "sub", "aud", "exp", "iat"]},
    )
    return claims


def test_discovery_names_what_is_there(provider: Provider) -> None:
    document = provider.ask("GET", "/github/.well-known/openid-configuration").json
    assert document["issuer"] == f"{provider.url}/github"
    for endpoint in ("authorization", "token", "userinfo"):
        assert document[f"{endpoint}_endpoint"].startswith(f"{provider.url}/github/")
    assert document["code_challenge_methods_supported"] == ["S256", "plain"]


def test_id_token_says_who(provider: Provider) -> None:
    answer = provider.token(provider.code()).json
    claims = verified(provider, answer["id_token"])
    assert claims["email"] == "ada@example.com"
    assert claims["email_verified"] is True
    assert claims["name"] == "Ada Lovelace"
    assert claims["nonce"] == "the nonce"
    assert claims["picture"].startswith(f"{provider.url}/google/picture/")
    half = hashlib.sha256(answer["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert answer["token_type"] == "Bearer"


def test_without_nonce_there_is_none(provider: Provider) -> None:
    claims = verified(provider, provider.token(provider.code(nonce="")).json["id_token"])
    assert "nonce" not in claims


def test_same_person_is_another_subject_at_another_provider(provider: Provider) -> None:
    def subject(name: str) -> str:
        token = provider.token(provider.code(name), name).json["id_token"]
        return str(verified(provider, token, name)["sub"])

    assert subject("google") == subject("google")
    assert subject("google") != subject("github")
    assert subject("github").isdigit()


def test_unverified_and_missing_address(provider: Provider) -> None:
    unverified = verified(
        provider, provider.token(provider.code(person="mallory")).json["id_token"]
    )
    assert unverified["email_verified"] is False
    without = verified(provider, provider.token(provider.code(person="noel")).json["id_token"])
    assert "email" not in without
    assert "email_verified" not in without


def test_any_address(provider: Provider) -> None:
    code = provider.code(person="other", email=" Kim.Lee@example.org ")
    claims = verified(provider, provider.token(code).json["id_token"])
    assert (claims["email"], claims["email_verified"]) == ("Kim.Lee@example.org", True)


def test_address_typed_beside_a_person_counts(provider: Provider) -> None:
    claims = verified(provider, provider.token(provider.code(email="kim@x.org")).json["id_token"])
    assert claims["email"] == "kim@x.org"


def test_wrong_nonce_on_demand(provider: Provider) -> None:
    code = provider.code(failure="wrong_nonce")
    assert verified(provider, provider.token(code).json["id_token"])["nonce"] != "the nonce"


def test_bad_signature_on_demand(provider: Provider) -> None:
    token = provider.token(provider.code(failure="bad_signature")).json["id_token"]
    with pytest.raises(jwt.InvalidSignatureError):
        verified(provider, token)
