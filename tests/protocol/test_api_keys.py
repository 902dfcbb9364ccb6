"""The kind of a key is told from its form."""

from __future__ import annotations

import base64
import hashlib

import jwt
import pytest

from hipflask.protocol.api_keys import (
    PUBLISHABLE_PREFIX,
    SECRET_PREFIX,
    KeyKind,
    is_demo_key,
    kind,
    new_key,
    unverified_payload,
)

SECRET = "k" * 40


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (new_key(PUBLISHABLE_PREFIX, "abcd", bytes(16)), KeyKind.PUBLISHABLE),
        (new_key(SECRET_PREFIX, "abcd", bytes(range(16))), KeyKind.SECRET),
        (jwt.encode({"role": "anon"}, SECRET), KeyKind.ANON),
        (jwt.encode({"role": "service_role"}, SECRET), KeyKind.SERVICE_ROLE),
        (jwt.encode({"role": "authenticated"}, SECRET), KeyKind.UNKNOWN),
        ("", KeyKind.UNKNOWN),
        ("sb_secret_", KeyKind.UNKNOWN),
        ("sb_secret_short", KeyKind.UNKNOWN),
        ("sb_secret_with blanks in it, twenty", KeyKind.UNKNOWN),
        ("a.b.c", KeyKind.UNKNOWN),
        ("a.bnVsbA.c", KeyKind.UNKNOWN),
    ],
)
def test_kind(key: str, expected: KeyKind) -> None:
    assert kind(key) is expected


def test_new_key_has_supabase_shape() -> None:
    key = new_key(SECRET_PREFIX, "abcd", bytes(range(16)))
    body, checksum = key[:-9], key[-8:]
    digest = hashlib.sha256(f"abcd|{body}".encode()).digest()
    assert len(body) == len(SECRET_PREFIX) + 22
    assert checksum == base64.urlsafe_b64encode(digest).decode()[:8]


def test_new_key_wants_enough_randomness() -> None:
    with pytest.raises(ValueError, match="16"):
        new_key(SECRET_PREFIX, "abcd", bytes(8))


def test_privilege_and_age() -> None:
    assert {kind for kind in KeyKind if kind.is_privileged} == {
        KeyKind.SECRET,
        KeyKind.SERVICE_ROLE,
    }
    assert {kind for kind in KeyKind if kind.is_legacy} == {KeyKind.ANON, KeyKind.SERVICE_ROLE}


def test_demo_keys() -> None:
    published = "super-secret-jwt-token-with-at-least-32-characters-long"
    assert is_demo_key("sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz")
    assert is_demo_key(jwt.encode({"iss": "supabase-demo", "role": "anon"}, SECRET))
    assert is_demo_key(jwt.encode({"iss": "me", "role": "anon"}, published))
    assert not is_demo_key(jwt.encode({"iss": "me", "role": "anon"}, SECRET))
    assert not is_demo_key(new_key(SECRET_PREFIX, "abcd", bytes(16)))


def test_unverified_payload_of_garbage() -> None:
    assert unverified_payload("a.%%%.c") == {}
    assert unverified_payload("a.WzFd.c") == {}
