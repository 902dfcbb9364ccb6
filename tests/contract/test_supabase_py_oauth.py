"""supabase-py, the official Python client: sign-in with providers, and identities."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from supabase import AuthApiError, Client

from tests.contract import oauth
from tests.contract.links import fragment_of, query_of
from tests.contract.oauth import HOME, go
from tests.local.auth.external.loopback_provider import Provider

ASK: Any = {"provider": "keycloak", "options": {"redirect_to": HOME}}
ASK_GITLAB: Any = {"provider": "gitlab", "options": {"redirect_to": HOME}}


@pytest.fixture(autouse=True)
def provider(request: pytest.FixtureRequest) -> Iterator[Provider]:
    yield from oauth.serve(request.node)


def sign_in(client: Client) -> None:
    """Sign in by the implicit flow and let the client keep the session."""
    tokens = fragment_of(go(client.auth.sign_in_with_oauth(ASK).url))
    client.auth.set_session(tokens["access_token"], tokens["refresh_token"])


def providers(client: Client) -> set[str]:
    answer = client.auth.get_user_identities()
    return {one.provider for one in answer.identities}


def refusal(call: Callable[[], Any]) -> AuthApiError:
    with pytest.raises(AuthApiError) as refused:
        call()
    return refused.value


def exchange(client: Client, code: str) -> Any:
    return client.auth.exchange_code_for_session(
        {"auth_code": code, "code_verifier": "", "redirect_to": ""}
    )


def test_implicit(supabase: Client) -> None:
    sign_in(supabase)
    answer = supabase.auth.get_user()
    assert answer is not None
    assert answer.user.email == "ada@example.com"
    assert providers(supabase) == {"keycloak"}


def test_pkce(python_client: Callable[..., Client]) -> None:
    client = python_client(flow_type="pkce")
    end = go(client.auth.sign_in_with_oauth(ASK).url)
    session = exchange(client, query_of(end)["code"]).session
    assert (session.provider_token, session.provider_refresh_token) == ("at-1", "rt-1")


def test_a_code_is_worthless_elsewhere(python_client: Callable[..., Client]) -> None:
    first, second = (python_client(flow_type="pkce") for _ in range(2))
    code = query_of(go(first.auth.sign_in_with_oauth(ASK).url))["code"]
    second.auth.sign_in_with_oauth(ASK)
    assert refusal(lambda: exchange(second, code)).code == "bad_code_verifier"


def test_links_and_unlinks(supabase: Client, provider: Provider) -> None:
    sign_in(supabase)
    provider.person["email"] = "other@example.com"
    go(supabase.auth.link_identity(ASK_GITLAB).url)
    assert providers(supabase) == {"keycloak", "gitlab"}
    again = query_of(go(supabase.auth.link_identity(ASK_GITLAB).url))
    assert again["error_code"] == "identity_already_exists"
    answer = supabase.auth.get_user_identities()
    gitlab = next(one for one in answer.identities if one.provider == "gitlab")
    supabase.auth.unlink_identity(gitlab)
    (left,) = supabase.auth.get_user_identities().identities
    error = refusal(lambda: supabase.auth.unlink_identity(left))
    assert error.code == "single_identity_not_deletable"


def test_an_identity_that_is_not_there(supabase: Client) -> None:
    sign_in(supabase)
    go(supabase.auth.link_identity(ASK_GITLAB).url)
    identity = supabase.auth.get_user_identities().identities[0]
    unknown = identity.model_copy(update={"identity_id": str(uuid4())})
    error = refusal(lambda: supabase.auth.unlink_identity(unknown))
    assert error.code == "identity_not_found"


def test_links_an_unknown_provider(supabase: Client) -> None:
    sign_in(supabase)
    asked: Any = {"provider": "nobody"}
    assert refusal(lambda: supabase.auth.link_identity(asked)).code == "validation_failed"


def test_signs_in_with_an_id_token(supabase: Client, provider: Provider) -> None:
    asked: Any = {"provider": "acme", "token": provider.id_token("acme")}
    answer = supabase.auth.sign_in_with_id_token(asked)
    assert answer.user is not None
    assert answer.user.email == "ada@example.com"


def test_an_id_token_that_is_not_right(supabase: Client, provider: Provider) -> None:
    asked: Any = {"provider": "acme", "token": provider.id_token("beta")}
    assert refusal(lambda: supabase.auth.sign_in_with_id_token(asked)).status == 400
