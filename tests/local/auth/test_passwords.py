"""Hashing, checking and judging passwords."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipflask.local.auth import passwords
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.config import AuthConfig

# Made by golang.org/x/crypto/bcrypt's published test vectors' format: "allmine", cost 10.
KNOWN = "$2a$10$XajjQvNhvvRt5GSeFk1xFeyqRrsxkhBkUiQeg0dt.wU1qD4aFDcga"


def test_hash_matches_its_password_alone() -> None:
    stored = passwords.hash_password("correct horse", 4)
    assert passwords.matches("correct horse", stored, 4)
    assert not passwords.matches("correct hors", stored, 4)
    assert not passwords.matches("", stored, 4)


def test_hash_of_another_bcrypt_matches() -> None:
    assert passwords.matches("allmine", KNOWN, 4)


@pytest.mark.parametrize("stored", ["", "$2a$", "$2a$04$short", "plain", "$argon2id$x"])
def test_broken_hash_matches_nothing(stored: str) -> None:
    assert not passwords.matches("plain", stored, 4)


def test_longer_than_bcrypt_reads_is_compared_as_bcrypt_would() -> None:
    stored = passwords.hash_password("x" * 72, 4)
    assert passwords.matches("x" * 80, stored, 4)
    assert not passwords.matches("x" * 71, stored, 4)


@pytest.mark.parametrize(
    ("requirements", "password", "strong"),
    [
        ("", "aaaaaa", True),
        ("", "aaaaa", False),
        ("letters_digits", "abcdef", False),
        ("letters_digits", "abcde1", True),
        ("lower_upper_letters_digits", "abcde1", False),
        ("lower_upper_letters_digits", "abcdE1", True),
        ("lower_upper_letters_digits_symbols", "abcdE1", False),
        ("lower_upper_letters_digits_symbols", "abcdE1!", True),
        ("lower_upper_letters_digits_symbols", "abcdE1:", True),
    ],
)
def test_requirements(requirements: str, password: str, strong: bool) -> None:
    config = replace(AuthConfig(), password_requirements=requirements)
    reasons, _ = passwords.weaknesses(password, config)
    assert (not reasons) is strong


def test_says_every_reason() -> None:
    config = replace(AuthConfig(), password_requirements="letters_digits")
    with pytest.raises(AuthApiError) as refused:
        passwords.require_strong("a", config)
    assert refused.value.code == "weak_password"
    assert refused.value.weak_password_reasons == ["length", "characters"]
    assert refused.value.message == (
        "Password should be at least 6 characters. Password should contain at least one character"
        " of each: abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ, 0123456789."
    )


def test_length_is_counted_in_bytes() -> None:
    assert passwords.weaknesses("äää", AuthConfig()) == ([], [])
    with pytest.raises(AuthApiError, match="longer than 72"):
        passwords.require_strong("ä" * 37, AuthConfig())
