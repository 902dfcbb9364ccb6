"""Signing and verifying tokens."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.signing import verify
from hipflask.local.key_ring import KeyRing
from hipflask.local.keys import ProjectKeys, SigningKey

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def rsa_key(status: str = "in_use") -> SigningKey:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private))
    return SigningKey(kid="rsa-1", alg="RS256", private_jwk=jwk, status=status)


def shared_key() -> SigningKey:
    jwk = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"}
    return SigningKey(kid="oct-1", alg="HS256", private_jwk=jwk)


def test_first_key_in_use_signs(keys: ProjectKeys) -> None:
    standby = replace(keys.signing_keys[0], status="standby")
    ring = KeyRing.from_keys(replace(keys, signing_keys=(standby, rsa_key())))
    token = ring.sign({"sub": "x"})
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": "rsa-1", "typ": "JWT"}
    assert verify(ring, token, now=NOW) == {"sub": "x"}
    assert [key["kty"] for key in ring.public_jwks] == ["EC", "RSA"]


def test_tokens_of_the_previous_key_are_still_good(keys: ProjectKeys) -> None:
    token = KeyRing.from_keys(keys).sign({"sub": "x"})
    old = replace(keys.signing_keys[0], status="previously_used")
    rotated = KeyRing.from_keys(replace(keys, signing_keys=(rsa_key(), old)))
    assert verify(rotated, token, now=NOW) == {"sub": "x"}


def test_shared_secret_is_never_published(keys: ProjectKeys) -> None:
    ring = KeyRing.from_keys(replace(keys, signing_keys=(shared_key(),)))
    token = ring.sign({"sub": "x"})
    assert verify(ring, token, now=NOW) == {"sub": "x"}
    assert list(ring.public_jwks) == []


def test_without_signing_keys_the_secret_signs(keys: ProjectKeys) -> None:
    ring = KeyRing.from_keys(replace(keys, signing_keys=()))
    token = ring.sign({"sub": "x"})
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}
    assert verify(ring, token, now=NOW) == {"sub": "x"}


def test_rsa_private_parts_are_not_published(keys: ProjectKeys) -> None:
    ring = KeyRing.from_keys(replace(keys, signing_keys=(rsa_key(),)))
    (public,) = ring.public_jwks
    assert set(public) == {"alg", "e", "key_ops", "kid", "kty", "n", "use"}


def test_algorithm_must_be_the_keys(keys: ProjectKeys) -> None:
    rsa_one = rsa_key()
    both = KeyRing.from_keys(replace(keys, signing_keys=(*keys.signing_keys, rsa_one)))
    only_rsa = KeyRing.from_keys(
        replace(keys, signing_keys=(replace(rsa_one, kid=keys.signing_keys[0].kid),))
    )
    with pytest.raises(AuthApiError, match=r"signing method is invalid|signature is invalid"):
        verify(both, only_rsa.sign({"sub": "x"}), now=NOW)


def test_unknown_key(keys: ProjectKeys) -> None:
    other = replace(keys, signing_keys=(replace(rsa_key(), kid="gone"),))
    with pytest.raises(AuthApiError, match="unrecognized JWT kid gone for algorithm RS256"):
        verify(KeyRing.from_keys(keys), KeyRing.from_keys(other).sign({"sub": "x"}), now=NOW)


def test_algorithm_that_is_not_supported(keys: ProjectKeys) -> None:
    key = replace(shared_key(), alg="HS512")
    with pytest.raises(ValueError, match="HS512 is not supported"):
        KeyRing.from_keys(replace(keys, signing_keys=(key,)))


def test_a_known_token_still_ends(keys: ProjectKeys) -> None:
    ring = KeyRing.from_keys(keys)
    token = ring.sign({"sub": "x", "exp": NOW.timestamp() + 60})
    for _ in range(2):
        assert verify(ring, token, now=NOW)["sub"] == "x"
    with pytest.raises(AuthApiError, match="token is expired"):
        verify(ring, token, now=NOW + timedelta(seconds=60))


def test_a_known_tokens_claims_cannot_be_changed_for_the_next(keys: ProjectKeys) -> None:
    ring = KeyRing.from_keys(keys)
    token = ring.sign({"sub": "x", "role": "authenticated"})
    verify(ring, token, now=NOW)["role"] = "service_role"
    assert verify(ring, token, now=NOW)["role"] == "authenticated"


def test_what_resembles_a_known_token_is_looked_at(keys: ProjectKeys) -> None:
    ring = KeyRing.from_keys(keys)
    token = ring.sign({"sub": "x"})
    verify(ring, token, now=NOW)
    header, claims, signature = token.split(".")
    other_claims = ring.sign({"sub": "y"}).split(".")[1]
    for forged in (f"{header}.{other_claims}.{signature}", f"{header}.{claims}.", token[:-8]):
        with pytest.raises(AuthApiError):
            verify(ring, forged, now=NOW)


def test_many_tokens_and_long_ones_take_no_memory(keys: ProjectKeys) -> None:
    ring = KeyRing.from_keys(replace(keys, signing_keys=()))  # HS256: quick to make
    for number in range(1100):
        verify(ring, ring.sign({"sub": str(number)}), now=NOW)
    verify(ring, long := ring.sign({"sub": "x" * 10_000}), now=NOW)
    assert len(ring._proven._known) == 1000
    assert ring._proven.find(long) is None
