"""The hook before_user_created, for those who come from a provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.local.auth.external.conftest import Journey, Travel
from tests.local.auth.external.loopback_provider import Provider
from tests.local.auth.hooks.ways import ServiceHook, serving
from tests.local.auth.service import assert_refused

REFUSAL = {"error": {"http_code": 403, "message": "Members only"}}


@pytest.fixture
def hook() -> Iterator[ServiceHook]:
    with serving() as running:
        yield running


@pytest.fixture
def journey(travel: Travel, hook: ServiceHook) -> Journey:
    """Somebody who comes from a provider to an Auth app that asks about new users."""
    return travel(hook={"before_user_created": hook.config})


def test_somebody_from_a_provider(journey: Journey, hook: ServiceHook) -> None:
    assert "access_token=" in journey.go()
    (event,) = hook.events
    user = event["user"]
    assert user["email"] == "ada@example.com"
    assert user["app_metadata"] == {"provider": "google", "providers": ["google"]}
    assert user["user_metadata"]["full_name"] == "Ada L"
    assert "access_token=" in journey.go()
    assert len(hook.events) == 1  # the second time they were known


def test_somebody_refused_from_a_provider(journey: Journey, hook: ServiceHook) -> None:
    hook.answer(REFUSAL)
    home = journey.go()
    assert "error_description=Members+only" in home
    assert "access_token=" not in home
    assert journey.auth.count("auth.users") == journey.auth.count("auth.identities") == 0


def test_somebody_with_an_id_token(journey: Journey, provider: Provider, hook: ServiceHook) -> None:
    hook.answer(REFUSAL)
    token = provider.id_token("google")
    path = "/token?grant_type=id_token"
    answer = journey.auth.post(path, {"provider": "google", "id_token": token})
    assert_refused(answer, 403, "unknown", "Members only")
    assert journey.auth.count("auth.users") == 0


def test_a_link_to_another_identity_is_no_new_user(journey: Journey, hook: ServiceHook) -> None:
    journey.go()
    hook.answer(REFUSAL)
    assert "access_token=" in journey.go("github")
    assert journey.auth.count("auth.users") == 1


def test_nobody_is_made_where_sign_up_is_closed(travel: Travel, hook: ServiceHook) -> None:
    closed = travel(hook={"before_user_created": hook.config}, enable_signup=False)
    assert "error_code=signup_disabled" in closed.go()
    assert hook.events == []


def test_linking_by_hand_asks_nobody(journey: Journey, hook: ServiceHook) -> None:
    journey.go()
    bearer = journey.auth.sign(
        sub=str(journey.auth.row("select id from auth.users")[0]), role="authenticated"
    )
    hook.answer(REFUSAL)
    journey.provider.person |= {"sub": "g-2", "email": "else@example.com"}
    assert "access_token=" in journey.go("acme", bearer=bearer)
    assert len(hook.events) == 1


def test_a_refused_token_leaves_nobody_behind(travel: Travel, hook: ServiceHook) -> None:
    refusing = travel(hook={"custom_access_token": hook.config})
    hook.answer(REFUSAL)
    home = refusing.go()
    assert "error_description=Members+only" in home
    assert "access_token=" not in home
    assert refusing.auth.count("auth.users") == refusing.auth.count("auth.sessions") == 0
