"""POST /token?grant_type=id_token."""

from __future__ import annotations

import hashlib
from typing import Any

import jwt
import pytest

from hipflask.local.config.auth import ExternalConfig
from tests.local.auth.external.conftest import Journey, Travel
from tests.local.auth.service import Reply, assert_refused, claims_of


def sign_in(journey: Journey, token: str, *, bearer: str | None = None, **more: Any) -> Reply:
    body = {"id_token": token, "provider": "google", **more}
    return journey.auth.post("/token?grant_type=id_token", body, bearer=bearer)


def refused(answer: Reply) -> str:
    assert answer.status_code == 400
    return str(answer.json["error_description"])


def test_signs_in(journey: Journey) -> None:
    answer = sign_in(journey, journey.provider.id_token())
    assert answer.json["user"]["email"] == "ada@example.com"
    assert claims_of(answer.json["access_token"])["amr"][0]["method"] == "oauth"


def test_nonce(journey: Journey) -> None:
    hashed = hashlib.sha256(b"secret").hexdigest()
    token = journey.provider.id_token(nonce=hashed)
    assert sign_in(journey, token, nonce="secret").status_code == 200
    assert refused(sign_in(journey, token, nonce="other")) == "Nonces mismatch"
    both = "Passed nonce and nonce in id_token should either both exist or not."
    assert refused(sign_in(journey, token)) == both
    assert refused(sign_in(journey, journey.provider.id_token(), nonce="x")) == both


def test_nonce_is_skipped_by_setting(travel: Travel) -> None:
    journey = travel(external={"google": ExternalConfig(enabled=True, skip_nonce_check=True)})
    assert sign_in(journey, journey.provider.id_token(nonce="whatever")).status_code == 200


def test_access_token_hash(journey: Journey) -> None:
    token = journey.provider.id_token(access_token="at-1")
    assert sign_in(journey, token, access_token="at-1").status_code == 200
    assert refused(sign_in(journey, token, access_token="at-2")) == "Bad ID token"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"iss": "https://evil.example"}, "Bad ID token"),
        ({"exp": 1}, "Bad ID token"),
        ({"nbf": 4102444800}, "Bad ID token"),
        ({"aud": "other"}, "Unacceptable audience in id_token: [other]"),
        ({"sub": ""}, "Missing sub claim in id_token"),
    ],
)
def test_claims_that_are_not_right(journey: Journey, claims: dict[str, Any], said: str) -> None:
    assert refused(sign_in(journey, journey.provider.id_token(**claims))) == said


def test_signatures_that_are_not_right(journey: Journey) -> None:
    good = journey.provider.id_token()
    claims = jwt.decode(good, options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", algorithm="none")
    by_secret = jwt.encode(claims, "s" * 32, algorithm="HS256", headers={"kid": "first"})
    for token in ("x", unsigned, by_secret, good[:-6] + "AAAAAA"):
        assert refused(sign_in(journey, token)) == "Bad ID token"
    assert journey.auth.count("auth.users") == 0


def test_audiences_of_native_apps(travel: Travel) -> None:
    journey = travel()
    url = journey.provider.issuer("acme")
    settings = ExternalConfig(enabled=True, client_id="web, ios", secret="s", url=url)
    journey = travel(external={"acme": settings})
    token = journey.provider.id_token("acme", aud=["ios"])
    assert sign_in(journey, token, provider="acme").status_code == 200


def test_what_is_missing(journey: Journey) -> None:
    assert refused(sign_in(journey, "")) == "id_token required"
    answer = sign_in(journey, "x", provider="")
    assert refused(answer) == "provider or client_id and issuer required"


@pytest.mark.parametrize("name", ["github", "discord", "nobody"])
def test_providers_whose_tokens_are_not_taken(journey: Journey, name: str) -> None:
    answer = sign_in(journey, "x", provider=name)
    said = f'Custom OIDC provider "{name}" not allowed'
    assert_refused(answer, 400, "validation_failed", said)


def test_a_provider_that_is_off(travel: Travel) -> None:
    journey = travel(external={})
    answer = sign_in(journey, "x")
    said = 'Provider (issuer "https://accounts.google.com") is not enabled'
    assert_refused(answer, 400, "provider_disabled", said)


def test_an_unverified_address(journey: Journey) -> None:
    journey.provider.person["email_verified"] = False
    answer = sign_in(journey, journey.provider.id_token())
    assert_refused(answer, 422, "provider_email_needs_verification")
    assert journey.auth.count("auth.users") == 1


def test_links(journey: Journey) -> None:
    first = sign_in(journey, journey.provider.id_token()).json["access_token"]
    token = journey.provider.id_token("acme", sub="a-1", email="other@example.com")
    more = {"provider": "acme", "link_identity": True}
    assert refused(sign_in(journey, token, **more)).startswith("Linking requires a valid user")
    answer = sign_in(journey, token, bearer=first, **more)
    assert answer.json["user"]["app_metadata"]["providers"] == ["google", "acme"]
    again = sign_in(journey, token, bearer=first, **more)
    assert_refused(again, 422, "identity_already_exists", "Identity is already linked")
