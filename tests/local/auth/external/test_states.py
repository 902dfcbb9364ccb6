"""What stands between leaving for a provider and coming back: lost, foreign or too old."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external import states
from hipflask.local.auth.external.states import Departure
from hipflask.local.auth.flow_state import Challenge
from tests.local.auth.external.conftest import Journey, Travel
from tests.local.auth.service import PASSWORD, AuthService, Reply, assert_refused


def error_code(answer: Reply) -> str:
    """Return the error with which the browser is led home."""
    parts = urlsplit(answer.headers["Location"])
    (code,) = parse_qs(parts.query)["error_code"]
    return code


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("delete from auth.oauth_client_states", "oauth_client_state_not_found"),
        ("update auth.oauth_client_states set provider_type = 'x'", "oauth_invalid_state"),
        (
            "update auth.oauth_client_states set created_at = created_at - interval '1 day'",
            "oauth_client_state_expired",
        ),
        ("update auth.flow_state set oauth_client_state_id = null", "oauth_invalid_state"),
    ],
)
def test_the_verifier_for_the_provider_must_be_there(
    auth: AuthService, damage: str, code: str
) -> None:
    now = auth.clock.now()
    with auth.context.pool.connection() as tx:
        key = states.start(tx, Departure("custom:acme", Challenge(), ""), "v" * 43, now=now)
        auth.database.execute(damage)
        state = states.find(tx, key, now=now)
        with pytest.raises(AuthApiError) as refused:
            states.take_verifier(tx, state, wanted=True, now=now)
    assert refused.value.code == code


def test_a_provider_that_was_switched_off_meanwhile(journey: Journey, travel: Travel) -> None:
    values = journey.provider.consent(journey.leave())
    answer = travel(external={}).come_back(values)
    assert error_code(answer) == "oauth_provider_not_supported"


def test_an_invitation_that_was_used_meanwhile(journey: Journey) -> None:
    auth = journey.auth
    auth.post("/invite", {"email": "ada@example.com"}, bearer=auth.service_role)
    (token,) = auth.row("select confirmation_token from auth.users")
    values = journey.provider.consent(journey.leave(invite_token=token))
    auth.database.execute("delete from auth.one_time_tokens")
    assert error_code(journey.come_back(values)) == "invite_not_found"
    assert auth.count("auth.identities", "provider = 'google'") == 0


def test_unlinking_for_another_audience(journey: Journey) -> None:
    auth = journey.auth
    ada = {"email": "ada@example.com", "password": PASSWORD, "email_confirm": True}
    auth.post("/admin/users", ada, bearer=auth.service_role)
    bearer = auth.sign_in()["access_token"]
    answer = auth.delete(
        f"/user/identities/{uuid4()}", bearer=bearer, headers={"X-JWT-AUD": "others"}
    )
    assert_refused(answer, 403, "unexpected_audience")
