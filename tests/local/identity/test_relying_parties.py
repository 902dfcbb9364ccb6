"""Clients that we did not write sign people in at the stand-in, as they would at Google.

Authlib (PyPI) and openid-client (npm) find it by discovery and check what it says: state, issuer,
signature, audience, times, nonce and at_hash.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from authlib.integrations.base_client import OAuthError
from joserfc.errors import BadSignatureError, InvalidClaimError

from hipflask.local.identity import CLIENT_ID, CLIENT_SECRET
from tests.contract.js_client import NodeProcess, Thrown
from tests.contract.links import query_of
from tests.contract.openid_client import Application, refused, running
from tests.contract.relying_party import WELL_KNOWN, RelyingParty
from tests.local.identity.conftest import CALLBACK, Provider

METHODS = ("client_secret_basic", "client_secret_post")
HD_AND_HINT = {"login_hint": "grace@example.com", "hd": "example.com", "ui_locales": "zh-CN"}


@pytest.fixture(scope="module")
def script() -> Iterator[NodeProcess]:
    yield from running()


def authlib(
    provider: Provider, name: str = "google", *, method: str = METHODS[0], **more: Any
) -> RelyingParty:
    client = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "token_endpoint_auth_method": method,
    }
    return RelyingParty(f"{provider.url}/{name}{WELL_KNOWN}", client, CALLBACK, **more)


@pytest.fixture
def application(script: NodeProcess, provider: Provider) -> Application:
    return openid_client(script, provider)


def openid_client(
    script: NodeProcess, provider: Provider, name: str = "google", method: str = METHODS[0]
) -> Application:
    options = {"method": method, "clientId": CLIENT_ID, "secret": CLIENT_SECRET}
    return Application.made(script, f"{provider.url}/{name}", CALLBACK, **options)


def pressed(
    provider: Provider,
    url: str,
    *,
    person: str = "ada",
    email: str = "",
    decision: str = "allow",
    failure: str = "",
) -> str:
    """Open the page in a browser, press a button, and return the way back."""
    path = url.removeprefix(provider.url)
    assert provider.ask("GET", path).status == 200
    form = {"person": person, "email": email, "decision": decision, "failure": failure}
    answer = provider.ask("POST", path.partition("?")[0], query_of(url) | form)
    assert answer.status == 303
    return answer.headers["Location"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("pkce", ["S256", None])
def test_authlib(provider: Provider, method: str, pkce: str | None) -> None:
    app = authlib(provider, method=method, pkce=pkce)
    tokens = app.come_back(pressed(provider, app.leave(), person="xiaoyu"))
    claims = tokens["userinfo"]
    assert (claims["name"], claims["email"]) == ("林小雨", "xiaoyu@example.com")
    assert (claims["iss"], claims["azp"]) == (f"{provider.url}/google", CLIENT_ID)
    assert claims["hd"] == "example.com"
    status, told = app.userinfo(tokens)
    assert (status, told["sub"]) == (200, claims["sub"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["google", "github", "keycloak"])
def test_openid_client(script: NodeProcess, provider: Provider, name: str, method: str) -> None:
    app = openid_client(script, provider, name, method)
    came = app.come_back(pressed(provider, app.leave(scope="openid email offline_access")))
    subject = came["claims"]["sub"]
    assert came["claims"]["email_verified"] is True
    assert "name" not in came["claims"]
    assert app("userinfo", came["tokens"]["access_token"], subject)["email"] == "ada@example.com"
    again = app("refresh", came["tokens"]["refresh_token"])
    assert app("userinfo", again["access_token"], subject)["sub"] == subject
    app("revoke", came["tokens"]["refresh_token"])
    with pytest.raises(Thrown) as caught:
        app("refresh", came["tokens"]["refresh_token"])
    assert refused(caught)[0] == "invalid_grant"
    with pytest.raises(Thrown) as caught:
        app("userinfo", again["access_token"], subject)
    assert caught.value.error["error"] == "invalid_token"


def test_offline_access_in_googles_way(provider: Provider) -> None:
    app = authlib(provider)
    asked = {"access_type": "offline", "prompt": "consent"}
    tokens = app.come_back(pressed(provider, app.leave(**asked)))
    assert app.refreshed(tokens)["access_token"] != tokens["access_token"]
    # the second time Google gives none, unless consent is asked for again
    later = app.come_back(pressed(provider, app.leave(access_type="offline")))
    assert "refresh_token" not in later


def test_what_google_takes_besides_is_no_hindrance(application: Application) -> None:
    url = application.leave(include_granted_scopes="true", max_age="3600", **HD_AND_HINT)
    assert "hd=example.com" in url


def test_plain_challenge(provider: Provider, application: Application) -> None:
    way_back = pressed(provider, application.leave(plain=True))
    assert application.come_back(way_back)["claims"]["name"] == "Ada Lovelace"


def test_somebody_of_another_domain(provider: Provider) -> None:
    for email, domain in (("kim@shop.example", "shop.example"), ("kim@gmail.com", None)):
        app = authlib(provider)
        way_back = pressed(provider, app.leave(), person="other", email=email)
        claims = app.come_back(way_back)["userinfo"]
        assert (claims["email"], claims.get("hd")) == (email, domain)


def test_nobodys_address_is_vouched_for(provider: Provider) -> None:
    app = authlib(provider)
    claims = app.come_back(pressed(provider, app.leave(), person="mallory"))["userinfo"]
    assert (claims["email_verified"], "hd" in claims) == (False, False)
    claims = app.come_back(pressed(provider, app.leave(), person="noel"))["userinfo"]
    assert not {"email", "email_verified", "hd"} & set(claims)


def test_denied(provider: Provider, application: Application) -> None:
    with pytest.raises(Thrown) as caught:
        application.come_back(pressed(provider, application.leave(), decision="deny"))
    assert refused(caught)[0] == "access_denied"
    app = authlib(provider)
    with pytest.raises(OAuthError, match="access_denied"):
        app.come_back(pressed(provider, app.leave(), decision="deny"))


@pytest.mark.parametrize("failure", ["server_error", "temporarily_unavailable"])
def test_failures_at_the_redirect(
    provider: Provider, application: Application, failure: str
) -> None:
    with pytest.raises(Thrown) as caught:
        application.come_back(pressed(provider, application.leave(), failure=failure))
    assert refused(caught)[0] == failure


def test_clients_notice_each_failure_of_tokens(
    provider: Provider, application: Application
) -> None:
    for failure, why in (("wrong_nonce", "nonce"), ("bad_signature", "signature")):
        with pytest.raises(Thrown, match=why):
            application.come_back(pressed(provider, application.leave(), failure=failure))
    with pytest.raises(Thrown) as caught:
        application.come_back(pressed(provider, application.leave(), failure="token_down"))
    assert caught.value.error["status"] == 503
    expected: dict[str, type[Exception]] = {
        "wrong_nonce": InvalidClaimError,
        "bad_signature": BadSignatureError,
    }
    for failure, error in expected.items():
        app = authlib(provider)
        with pytest.raises(error):
            app.come_back(pressed(provider, app.leave(), failure=failure))


def test_mixed_up_providers_are_noticed(provider: Provider, application: Application) -> None:
    """RFC 9207: the answer says who gives it, so a code of another provider is not sent here."""
    way_back = pressed(provider, application.leave().replace("/google/", "/github/"))
    assert query_of(way_back)["iss"] == f"{provider.url}/github"
    with pytest.raises(Thrown, match=r"\(issuer\) response parameter"):
        application.come_back(way_back)


def test_wrong_verifier_and_a_code_that_comes_twice(
    provider: Provider, application: Application
) -> None:
    with pytest.raises(Thrown) as caught:
        application.come_back(pressed(provider, application.leave()), pkceCodeVerifier="v" * 43)
    assert refused(caught)[0] == "invalid_grant"
    way_back = pressed(provider, application.leave())
    came = application.come_back(way_back)
    with pytest.raises(Thrown):
        application.come_back(way_back)
    with pytest.raises(Thrown):
        application("userinfo", came["tokens"]["access_token"], came["claims"]["sub"])


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"prompt": "none"}, "login_required"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"request": "eyJ"}, "request_not_supported"),
        ({"request_uri": "https://a.example/r"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"access_type": "always"}, "invalid_request"),
    ],
)
def test_what_is_not_served_comes_back(
    provider: Provider, application: Application, more: dict[str, str], error: str
) -> None:
    answer = provider.ask("GET", application.leave(**more).removeprefix(provider.url))
    assert answer.status == 302
    with pytest.raises(Thrown) as caught:
        application.come_back(answer.headers["Location"])
    assert refused(caught)[0] == error
