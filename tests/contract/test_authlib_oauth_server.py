"""Authlib, an OAuth and OpenID Connect client that knows nothing of Supabase, signs people in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from joserfc.errors import InvalidClaimError

from hipflask.testing import SignedIn, SupabaseBackend
from tests.contract.consent import BACK, answered, registered
from tests.contract.links import query_of, redirect_of
from tests.contract.relying_party import RelyingParty

pytestmark = pytest.mark.supabase(
    auth={
        "site_url": "http://127.0.0.1:8080",
        "oauth_server": {"enabled": True, "allow_dynamic_registration": True},
        "email": {"enable_confirmations": False},
    }
)
ISSUER = "/auth/v1"
METHODS = ("client_secret_basic", "client_secret_post", "none")
#: Where the metadata may be, seen from the API URL: OpenID's way, RFC 8414's, and Supabase's own.
DOCUMENTS = (
    "/auth/v1/.well-known/openid-configuration",
    "/.well-known/openid-configuration/auth/v1",
    "/.well-known/oauth-authorization-server/auth/v1",
    "/.well-known/oauth-authorization-server",
    "/auth/v1/.well-known/oauth-authorization-server",
)
Make = Callable[..., RelyingParty]


@pytest.fixture
def ada(backend: SupabaseBackend) -> SignedIn:
    return backend.signed_in("ada@example.com")


@pytest.fixture
def application(backend: SupabaseBackend) -> Make:
    """Register an application and make it."""

    def make(
        *, method: str = "client_secret_basic", document: str = DOCUMENTS[0], **more: Any
    ) -> RelyingParty:
        client = registered(backend, token_endpoint_auth_method=method)
        return RelyingParty(backend.url + document, client, BACK, **more)

    return make


@pytest.mark.parametrize("method", METHODS)
def test_whole_flow(
    backend: SupabaseBackend, ada: SignedIn, application: Make, method: str
) -> None:
    app = application(method=method)
    tokens = app.come_back(answered(backend, ada, app.leave()))
    claims = tokens["userinfo"]  # the ID token's, which Authlib has verified
    assert claims["iss"] == backend.url + ISSUER
    assert (claims["sub"], claims["email"]) == (ada.user.id, "ada@example.com")
    assert claims["email_verified"] is True
    refreshed = app.refreshed(tokens)
    assert refreshed["refresh_token"] != tokens["refresh_token"]
    status, told = app.userinfo(refreshed)
    assert (status, told["sub"], told["email"]) == (200, ada.user.id, "ada@example.com")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_discovery(
    backend: SupabaseBackend, ada: SignedIn, application: Make, document: str
) -> None:
    app = application(document=document)
    assert app.provider.load_server_metadata()["issuer"] == backend.url + ISSUER
    assert app.come_back(answered(backend, ada, app.leave()))["userinfo"]["sub"] == ada.user.id


def test_registration_is_where_the_metadata_says(backend: SupabaseBackend) -> None:
    found = backend.request("GET", DOCUMENTS[2]).json
    assert found is not None
    client = registered(backend, address=found["registration_endpoint"], client_name="Calendar")
    assert client["client_secret"]
    assert client["token_endpoint_auth_method"] in found["token_endpoint_auth_methods_supported"]


def test_second_time_nobody_is_asked(
    backend: SupabaseBackend, ada: SignedIn, application: Make
) -> None:
    app = application()
    app.come_back(answered(backend, ada, app.leave()))
    # "deny" would be pressed if the page asked again
    assert "code" in query_of(answered(backend, ada, app.leave(), "deny"))


def test_without_openid_there_is_no_id_token(
    backend: SupabaseBackend, ada: SignedIn, application: Make
) -> None:
    app = application(scope="email")
    tokens = app.come_back(answered(backend, ada, app.leave()))
    assert "id_token" not in tokens
    told = {"sub": ada.user.id, "email": "ada@example.com", "email_verified": True}
    assert app.userinfo(tokens) == (200, told)


def test_denied(backend: SupabaseBackend, ada: SignedIn, application: Make) -> None:
    app = application()
    with pytest.raises(OAuthError, match="access_denied: User denied the request"):
        app.come_back(answered(backend, ada, app.leave(), "deny"))


def test_scope_that_nobody_may_have(application: Make) -> None:
    app = application(scope="openid admin")
    with pytest.raises(OAuthError, match="invalid_request: unsupported scope: admin"):
        app.come_back(redirect_of(app.leave()))


@pytest.mark.parametrize("method", ["none", "client_secret_basic"])
def test_nobody_comes_in_without_pkce(application: Make, method: str) -> None:
    app = application(method=method, pkce=None)
    with pytest.raises(OAuthError, match="invalid_request: PKCE flow requires both"):
        app.come_back(redirect_of(app.leave()))


def test_code_is_good_once(backend: SupabaseBackend, ada: SignedIn, application: Make) -> None:
    app = application()
    way_back = answered(backend, ada, app.leave())
    tokens = app.come_back(way_back)
    state = query_of(app.leave())["state"]  # Authlib itself knows a state once
    replayed = f"{BACK}?{urlencode({'code': query_of(way_back)['code'], 'state': state})}"
    with pytest.raises(OAuthError, match="invalid_grant"):
        app.come_back(replayed)
    # somebody else may have it: all that it opened ends
    assert app.userinfo(tokens)[0] == 403
    assert app.refreshed(tokens)["error_code"] == "refresh_token_not_found"


def test_code_of_another_browser_fails_by_its_verifier(
    backend: SupabaseBackend, ada: SignedIn, application: Make
) -> None:
    app = application()
    stolen = query_of(answered(backend, ada, app.leave()))["code"]
    state = query_of(app.leave())["state"]  # another sign-in, with another verifier
    with pytest.raises(OAuthError, match="invalid_grant: PKCE verification failed"):
        app.come_back(f"{BACK}?{urlencode({'code': stolen, 'state': state})}")


def test_code_of_another_application(
    backend: SupabaseBackend, ada: SignedIn, application: Make
) -> None:
    one, other = application(), application()
    stolen = query_of(answered(backend, ada, one.leave()))["code"]
    state = query_of(other.leave())["state"]
    with pytest.raises(OAuthError, match="was not issued for this client"):
        other.come_back(f"{BACK}?{urlencode({'code': stolen, 'state': state})}")


def test_state_of_nobody(backend: SupabaseBackend, ada: SignedIn, application: Make) -> None:
    app = application()
    way_back = answered(backend, ada, app.leave(state="mine"))
    with pytest.raises(MismatchingStateError):
        app.come_back(way_back.replace("state=mine", "state=another"))


def test_nonce_of_another_sign_in(
    backend: SupabaseBackend, ada: SignedIn, application: Make
) -> None:
    app = application()
    url = app.leave()
    other = url.replace(f"nonce={query_of(url)['nonce']}", "nonce=another")
    with pytest.raises(InvalidClaimError, match="nonce"):
        app.come_back(answered(backend, ada, other))


def test_revoked_grant_ends_the_application(
    backend: SupabaseBackend, ada: SignedIn, application: Make
) -> None:
    app = application()
    tokens = app.come_back(answered(backend, ada, app.leave()))
    path = f"/auth/v1/user/oauth/grants?client_id={app.provider.client_id}"
    assert backend.request("DELETE", path, headers=ada.headers).status_code == 204
    assert app.userinfo(tokens)[0] == 403
    assert app.refreshed(tokens)["error_code"] == "refresh_token_not_found"
    mine = backend.request("GET", "/auth/v1/user", headers=ada.headers)
    assert mine.status_code == 200  # the person's own session goes on


def test_strangers_are_led_nowhere(backend: SupabaseBackend, application: Make) -> None:
    app = application()
    client_id = str(app.provider.client_id)
    for url in (
        app.leave().replace("7777%2Fback", "7777%2Felsewhere"),
        app.leave().replace(client_id, "5f1d2d52-6f0c-4a39-9a4e-0b8f6f6f3c12"),
    ):
        answer = backend.request("GET", url.removeprefix(backend.url))
        assert (answer.status_code, "Location" in answer.headers) == (400, False)


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_wrong_secret(
    backend: SupabaseBackend, ada: SignedIn, application: Make, method: str
) -> None:
    app = application(method=method)
    app.provider.client_secret = "wrong"
    # GoTrue's words where RFC 6749 section 5.2 has error=invalid_client: Authlib reads them as an
    # answer without tokens
    answer = app.come_back(answered(backend, ada, app.leave()))
    assert (answer["code"], answer["error_code"]) == (400, "invalid_credentials")
    assert "access_token" not in answer
