"""Codes of authenticator apps, by the known answers of RFC 6238."""

from __future__ import annotations

from base64 import b32encode
from datetime import UTC, datetime, timedelta

import pytest

from hipflask.local.auth.factors import totp

# RFC 6238 appendix B, SHA-1; the last six of its eight digits.
SECRET = b32encode(b"12345678901234567890").decode()
KNOWN = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.mark.parametrize(("seconds", "code"), KNOWN.items())
def test_known_answers(seconds: int, code: str) -> None:
    assert totp.code_at(SECRET, seconds // totp.PERIOD) == code
    assert totp.matches(SECRET, code, datetime.fromtimestamp(seconds, UTC))


def test_one_step_of_skew_and_no_more() -> None:
    now = datetime.fromtimestamp(1111111109, UTC)
    for steps in (-1, 0, 1):
        assert totp.matches(SECRET, "081804", now + timedelta(seconds=30 * steps))
    for steps in (-2, 2):
        assert not totp.matches(SECRET, "081804", now + timedelta(seconds=30 * steps))


@pytest.mark.parametrize("code", ["", "08180", "0818040", "81804", "０８１８０４", "abcdef", "\0"])
def test_other_text_is_no_code(code: str) -> None:
    assert not totp.matches(SECRET, code, datetime.fromtimestamp(1111111109, UTC))


def test_secrets_are_long_and_new() -> None:
    made = {totp.new_secret() for _ in range(50)}
    assert len(made) == 50
    assert {len(secret) for secret in made} == {32}


def test_the_picture_can_stand_in_an_address() -> None:
    svg = totp.qr_code("otpauth://totp/a:b?secret=ABC")
    assert "<svg" in svg
    assert "xmlns=" in svg
    assert "#" not in svg.replace("http://www.w3.org/2000/svg", "")
