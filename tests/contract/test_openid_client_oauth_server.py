"""openid-client (npm), which knows nothing of Supabase, signs people in; supabase-js consents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract.consent import BACK, authorization_id, registered
from tests.contract.js_client import JsClient, NodeProcess, Thrown
from tests.contract.links import query_of, redirect_of
from tests.contract.openid_client import Application, refused, running

pytestmark = pytest.mark.supabase(
    auth={
        "site_url": "http://127.0.0.1:8080",
        "oauth_server": {"enabled": True, "allow_dynamic_registration": True},
        "email": {"enable_confirmations": False},
    }
)
METADATA: dict[str, Any] = {"redirect_uris": [BACK], "client_name": "Calendar"}
SKIP = {"skipBrowserRedirect": True}


@pytest.fixture(scope="module")
def script() -> Iterator[NodeProcess]:
    yield from running()


@pytest.fixture
def ada(js: JsClient) -> JsClient:
    """supabase-js on the consent page, where Ada is signed in."""
    js("auth.signUp", {"email": "ada@example.com", "password": "a long enough password"})
    return js


@pytest.fixture
def app(script: NodeProcess, backend: SupabaseBackend) -> Application:
    """An application that has a secret."""
    return made(script, backend, "client_secret_post")


def made(
    script: NodeProcess,
    backend: SupabaseBackend,
    method: str,
    *,
    algorithm: str = "oidc",
    secret: str = "",
) -> Application:
    """Make an application. A public one registers itself; of another the id is configured."""
    issuer = f"{backend.url}/auth/v1"
    options: dict[str, Any] = {"method": method, "metadata": METADATA, "algorithm": algorithm}
    if method != "none":
        client = registered(backend, **METADATA, token_endpoint_auth_method=method)
        options |= {"clientId": client["client_id"], "secret": secret or client["client_secret"]}
    return Application.made(script, issuer, BACK, **options)


def approved(ada: JsClient, url: str) -> str:
    """Let the application in on the consent page; return the way back."""
    asked = authorization_id(url)
    shown = ada("auth.oauth.getAuthorizationDetails", asked)
    if "redirect_url" in shown:
        return str(shown["redirect_url"])
    return str(ada("auth.oauth.approveAuthorization", asked, SKIP)["redirect_url"])


@pytest.mark.parametrize("algorithm", ["oidc", "oauth2"])
@pytest.mark.parametrize("method", ["client_secret_post", "none"])
def test_whole_flow(
    script: NodeProcess, backend: SupabaseBackend, ada: JsClient, method: str, algorithm: str
) -> None:
    app = made(script, backend, method, algorithm=algorithm)
    came = app.come_back(approved(ada, app.leave()))
    assert came["claims"]["email"] == "ada@example.com"
    assert came["claims"]["aud"] == [app.client["client_id"]]
    subject = came["claims"]["sub"]
    assert app("userinfo", came["tokens"]["access_token"], subject)["email_verified"] is True
    again = app("refresh", came["tokens"]["refresh_token"])
    assert app("userinfo", again["access_token"], subject)["sub"] == subject
    (grant,) = ada("auth.oauth.listGrants")
    assert grant["client"]["name"] == "Calendar"
    ada("auth.oauth.revokeGrant", {"clientId": app.client["client_id"]})
    with pytest.raises(Thrown) as caught:
        app("userinfo", again["access_token"], subject)
    assert caught.value.error["status"] == 403
    with pytest.raises(Thrown):
        app("refresh", again["refresh_token"])


def test_plain_challenge(app: Application, ada: JsClient) -> None:
    assert app.come_back(approved(ada, app.leave(plain=True)))["claims"]["sub"]


def test_denied(app: Application, ada: JsClient) -> None:
    asked = authorization_id(app.leave())
    ada("auth.oauth.getAuthorizationDetails", asked)
    way_back = ada("auth.oauth.denyAuthorization", asked, SKIP)["redirect_url"]
    with pytest.raises(Thrown) as caught:
        app.come_back(way_back)
    assert refused(caught) == ("access_denied", "User denied the request")


def test_wrong_verifier(app: Application, ada: JsClient) -> None:
    way_back = approved(ada, app.leave())
    with pytest.raises(Thrown) as caught:
        app.come_back(way_back, pkceCodeVerifier="v" * 43)
    assert refused(caught)[0] == "invalid_grant"
    assert app.come_back(way_back)["claims"]["sub"]  # a wrong try does not use the code up


def test_code_is_good_once(app: Application, ada: JsClient) -> None:
    way_back = approved(ada, app.leave())
    first = app.come_back(way_back)
    with pytest.raises(Thrown) as caught:
        app.come_back(way_back)
    assert refused(caught) == ("invalid_grant", "Invalid authorization code")
    with pytest.raises(Thrown):
        app("userinfo", first["tokens"]["access_token"], first["claims"]["sub"])


def test_nonce_and_state_of_another_sign_in(app: Application, ada: JsClient) -> None:
    way_back = approved(ada, app.leave())
    with pytest.raises(Thrown, match="state"):
        app.come_back(way_back, expectedState="another")
    with pytest.raises(Thrown, match="nonce"):
        app.come_back(way_back, expectedNonce="another")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"scope": "openid admin"}, "unsupported scope: admin"),
        ({"response_type": "id_token"}, "only response_type=code is supported"),
        ({"code_challenge": "short"}, "code_challenge must be between 43 and 128 characters"),
        ({"code_challenge_method": "S512"}, "code_challenge_method must be 'S256' or 'plain'"),
    ],
)
def test_faults_come_back_to_the_application(
    app: Application, more: dict[str, str], why: str
) -> None:
    with pytest.raises(Thrown) as caught:
        app.come_back(redirect_of(app.leave(**more)))
    assert refused(caught) == ("invalid_request", why)


#: What openid-client says of GoTrue's own errors: RFC 6749 section 5.2 does not know their body.
NOT_OAUTH = {"code": "OAUTH_RESPONSE_IS_NOT_CONFORM", "status": 400}


def test_wrong_secret(script: NodeProcess, backend: SupabaseBackend, ada: JsClient) -> None:
    thief = made(script, backend, "client_secret_post", secret="wrong")
    with pytest.raises(Thrown) as caught:
        thief.come_back(approved(ada, thief.leave()))
    assert caught.value.error.items() >= NOT_OAUTH.items()


def test_basic_is_not_form_encoded(
    script: NodeProcess, backend: SupabaseBackend, ada: JsClient
) -> None:
    """GoTrue reads id and secret as they come; openid-client encodes "-", as RFC 6749 2.3.1 has it.

    So this client needs client_secret_post, at hosted projects as here.
    """
    app = made(script, backend, "client_secret_basic")
    with pytest.raises(Thrown) as caught:
        app.come_back(approved(ada, app.leave()))
    assert caught.value.error.items() >= NOT_OAUTH.items()


def test_secret_of_a_registration_has_no_end(script: NodeProcess, backend: SupabaseBackend) -> None:
    """GoTrue leaves client_secret_expires_at out, without which RFC 7591 has no secret."""
    options = {"method": "client_secret_post", "metadata": METADATA}
    with pytest.raises(Thrown, match="OAUTH_INVALID_RESPONSE"):
        Application.made(script, f"{backend.url}/auth/v1", BACK, **options)


def test_foreign_redirect_uri_is_not_followed(app: Application, backend: SupabaseBackend) -> None:
    url = app.leave(redirect_uri="http://127.0.0.1:7777/elsewhere")
    answer = backend.request("GET", url.removeprefix(backend.url))
    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_registration_is_refused_in_gotrues_words(
    script: NodeProcess, backend: SupabaseBackend
) -> None:
    options = {"method": "none", "metadata": {"redirect_uris": ["http://app.example/back"]}}
    with pytest.raises(Thrown):
        Application.made(script, f"{backend.url}/auth/v1", BACK, **options)


def test_there_is_no_revocation_endpoint(app: Application, ada: JsClient) -> None:
    """GoTrue has none: the user revokes, at /user/oauth/grants."""
    assert not {"revocation_endpoint", "introspection_endpoint"} & set(app.server)
    assert query_of(approved(ada, app.leave()))["code"]
