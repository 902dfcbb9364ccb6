"""A fresh proof before a sensitive action, where the app has no page for it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from hipflask import recent_sign_in_required, second_factor_required
from hipflask.kit.auth.sessions import Session
from hipflask.kit.auth.user import User
from hipflask.kit.web import step_up
from hipflask.protocol.claims import Claims
from tests.kit.web.conftest import MakeApp

NOW = int(time.time())


def claims(aal: str, **methods: int) -> Claims:
    """Return claims whose methods are so many seconds old."""
    amr = [{"method": name, "timestamp": NOW - age} for name, age in methods.items()]
    payload: dict[str, Any] = {"sub": "u1", "role": "authenticated", "iat": NOW, "exp": NOW + 3600}
    return Claims.from_payload(payload | {"aal": aal, "amr": amr, "email": "ada@example.com"})


class Standing:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(NOW, UTC)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.mark.parametrize(
    ("who", "recent"),
    [
        (claims("aal1", password=60), True),
        (claims("aal1", password=660), False),
        (claims("aal1", password=660, oauth=5), True),
        (claims("aal2", password=5, totp=660), False),
        (claims("aal2", password=660, totp=5), True),
        (claims("aal1"), False),  # a hook took ``amr`` away: nothing proves it
    ],
)
def test_the_strongest_proof_must_be_young(
    app: Flask, monkeypatch: pytest.MonkeyPatch, who: Claims, recent: bool
) -> None:
    with app.test_request_context("/"):
        monkeypatch.setattr(step_up.app_state(), "clock", Standing())
        assert step_up.is_recent(who) is recent
        assert step_up.is_recent(who, None)


def test_nobody_is_led_to_the_sign_in(app: Flask) -> None:
    app.get("/close", endpoint="close")(recent_sign_in_required(lambda: "closed"))
    app.get("/pay", endpoint="pay")(second_factor_required(lambda: "paid"))
    for path in ("/close", "/pay"):
        answer = app.test_client().get(path)
        assert answer.status_code == 303
        assert answer.location.startswith("/login?next=")


def test_a_session_says_whether_the_factor_is_to_come() -> None:
    user = User.from_claims(claims("aal1", password=5))
    assert not Session(b"", user, "a", "r", datetime.now(UTC)).lacks_second_factor
