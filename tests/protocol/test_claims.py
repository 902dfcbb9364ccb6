"""Claims are read strictly: what decides about access must be there and of the right type."""

from __future__ import annotations

from typing import Any

import pytest

from hipflask.errors import TokenRejected
from hipflask.protocol.claims import Amr, Claims

PAYLOAD: dict[str, Any] = {
    "sub": "2f4f4b7a-6a0f-4f7f-9d0c-1f2e3d4c5b6a",
    "aud": "authenticated",
    "role": "authenticated",
    "session_id": "8a1f",
    "email": "a@example.com",
    "phone": "",
    "aal": "aal1",
    "amr": [{"method": "password", "timestamp": 1700000000}],
    "is_anonymous": False,
    "app_metadata": {"provider": "email"},
    "user_metadata": {"name": "A"},
    "iat": 1700000000,
    "exp": 1700003600,
}


def test_reads_gotrue_payload() -> None:
    claims = Claims.from_payload(PAYLOAD)
    assert claims.sub == PAYLOAD["sub"]
    assert claims.phone is None
    assert claims.amr == (Amr("password", 1700000000),)
    assert claims.app_metadata["provider"] == "email"
    assert claims.raw == PAYLOAD


def test_repr_keeps_metadata_out() -> None:
    assert "provider" not in repr(Claims.from_payload(PAYLOAD))


@pytest.mark.parametrize("name", ["sub", "role", "iat", "exp"])
def test_requires_claim(name: str) -> None:
    with pytest.raises(TokenRejected) as caught:
        Claims.from_payload({key: value for key, value in PAYLOAD.items() if key != name})
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sub", 7),
        ("sub", ""),
        ("role", None),
        ("exp", "tomorrow"),
        ("exp", True),
        ("exp", float("nan")),
        ("exp", float("inf")),
        ("exp", 10**400),
        ("iat", -1),
        ("amr", "password"),
        ("amr", [7]),
        ("amr", [{"timestamp": 1}]),
        ("app_metadata", "admin"),
        ("session_id", 5),
    ],
)
def test_refuses_wrong_type(name: str, value: object) -> None:
    with pytest.raises(TokenRejected):
        Claims.from_payload(PAYLOAD | {name: value})


@pytest.mark.parametrize(
    ("methods", "one_time"),
    [
        (["otp"], True),
        (["recovery"], True),
        (["magiclink", "otp"], True),
        (["password"], False),
        (["totp", "otp"], False),
        (["oauth"], False),
        (["email/signup"], False),
        ([], True),
    ],
)
def test_one_time(methods: list[str], one_time: bool) -> None:
    amr = [{"method": method, "timestamp": 1} for method in methods]
    assert Claims.from_payload(PAYLOAD | {"amr": amr}).is_one_time is one_time
    assert Claims.from_payload(PAYLOAD | {"amr": methods}).is_one_time is one_time


def test_without_amr_nothing_proves_it_harmless() -> None:
    payload = {key: value for key, value in PAYLOAD.items() if key != "amr"}
    assert Claims.from_payload(payload).is_one_time


def test_truthy_is_not_anonymous() -> None:
    assert not Claims.from_payload(PAYLOAD | {"is_anonymous": "true"}).is_anonymous


@pytest.mark.parametrize(
    ("timestamps", "opened_at"),
    [([30, 10, 20], 10), ([], 0), ([30, float("inf")], 0), ([30, "soon"], 0)],
)
def test_opened_at_is_the_first_method(timestamps: list[Any], opened_at: int) -> None:
    amr = [{"method": "otp", "timestamp": timestamp} for timestamp in timestamps]
    assert Claims.from_payload(PAYLOAD | {"amr": amr}).opened_at == opened_at
