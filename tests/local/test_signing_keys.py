"""Reading `auth.signing_keys_path`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from hipflask.errors import ConfigError
from hipflask.local.signing_keys import new_signing_key, read_signing_keys

SECRET = "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA"


def es256(**more: Any) -> dict[str, Any]:
    return {**new_signing_key().private_jwk, **more}


def rs256(**more: Any) -> dict[str, Any]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private))
    return {**made, "kid": "rsa", **more}


def hs256(**more: Any) -> dict[str, Any]:
    return {"kty": "oct", "k": SECRET, "kid": "shared", "key_ops": ["sign", "verify"], **more}


def public(jwk: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in jwk.items() if key in ("kty", "crv", "x", "y", "n", "e")}
    return {**shown, "kid": jwk["kid"], "key_ops": ["verify"]}


def statuses(tmp_path: Path, *jwks: dict[str, Any]) -> list[tuple[str, str]]:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps(jwks), encoding="utf-8")
    return [(key.alg, key.status) for key in read_signing_keys(path)]


def test_first_that_may_sign_does(tmp_path: Path) -> None:
    verifies = ["verify"]
    assert statuses(tmp_path, es256(), rs256()) == [
        ("ES256", "in_use"),
        ("RS256", "previously_used"),
    ]
    assert statuses(tmp_path, es256(key_ops=verifies), hs256(), rs256()) == [
        ("ES256", "previously_used"),
        ("HS256", "in_use"),
        ("RS256", "previously_used"),
    ]


def test_public_half_verifies(tmp_path: Path) -> None:
    found = statuses(tmp_path, public(es256()), public(rs256()), es256())
    assert [status for _, status in found] == ["previously_used", "previously_used", "in_use"]


def test_kid_is_made_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(json.dumps([es256(kid="")]), encoding="utf-8")
    (first,), (second,) = read_signing_keys(path), read_signing_keys(path)
    assert len(first.kid) == 43
    assert first.kid == second.kid


def refused(tmp_path: Path, *jwks: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        statuses(tmp_path, *jwks)
    assert str(tmp_path / "keys.json") in caught.value.message
    assert SECRET not in caught.value.message
    return caught.value.message


def test_what_cannot_work_is_refused(tmp_path: Path) -> None:
    mine, other = es256(), es256()
    assert "no key that may sign" in refused(tmp_path, es256(key_ops=["verify"]))
    assert "no key that may sign" in refused(tmp_path, es256(key_ops="sign"))
    assert "no key that may sign" in refused(tmp_path, public(mine))
    assert "two keys" in refused(tmp_path, mine, es256(kid=mine["kid"]))
    assert "at least 32 bytes" in refused(tmp_path, hs256(k="c2hvcnQ"))
    assert "not P-384" in refused(tmp_path, es256(crv="P-384"))
    assert "not RS512" in refused(tmp_path, rs256(alg="RS512"))
    assert "no P-256, RSA" in refused(tmp_path, {"kty": "OKP", "crv": "Ed25519", "x": "a"})
    assert "key 2" in refused(tmp_path, mine, {"kty": "RSA", "n": "x"})
    assert "do not fit" in refused(tmp_path, es256(d="%%%"))
    assert "do not fit" in refused(tmp_path, {**mine, "x": other["x"], "y": other["y"]})
    assert "do not fit" in refused(tmp_path, mine, {**public(other), "x": "AA"})
