"""A link is read from a query or a form; reading decides nothing."""

from __future__ import annotations

import pytest

from hipflask.kit.auth.links import Link, parse_link


@pytest.mark.parametrize(
    ("values", "shape"),
    [
        ({"token_hash": "h", "type": "signup"}, "token_hash"),
        ({"code": "c"}, "code"),
        ({"access_token": "a", "refresh_token": "r", "type": "recovery"}, "tokens"),
        ({"message": "Confirmation link accepted"}, "message"),
        ({"error": "access_denied"}, "error"),
        ({"error_code": "otp_expired"}, "error"),
        # GoTrue repeats the error beside what the redirect address had already.
        ({"error_code": "otp_expired", "code": "c", "token_hash": "h"}, "error"),
        ({"token_hash": "h", "code": "c", "access_token": "a"}, "token_hash"),
    ],
)
def test_shapes(values: dict[str, str], shape: str) -> None:
    link = parse_link(values)
    assert link is not None
    assert link.shape == shape


@pytest.mark.parametrize(
    "values", [{}, {"type": "recovery"}, {"flow": "f"}, {"code": ""}, {"code": "x" * 20_000}]
)
def test_no_link(values: dict[str, str]) -> None:
    assert parse_link(values) is None


def test_unknown_type_is_no_type() -> None:
    link = parse_link({"token_hash": "h", "type": "<script>"})
    assert link == Link("token_hash", token_hash="h")


def test_fields_bring_it_back() -> None:
    values = {"token_hash": "h", "type": "signup", "flow": "f"}
    link = parse_link(values)
    assert link is not None
    assert link.fields == values
    assert parse_link(link.fields) == link


def test_repr_has_no_secret() -> None:
    link = parse_link({"access_token": "SECRET", "refresh_token": "SECRET"})
    assert "SECRET" not in repr(link)
    assert "SECRET" not in repr(parse_link({"token_hash": "SECRET"}))
    assert "SECRET" not in repr(parse_link({"code": "SECRET"}))
