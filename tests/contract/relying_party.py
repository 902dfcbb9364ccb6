"""An application that signs people in by OpenID Connect, of Authlib's making.

Authlib finds the provider by its metadata, makes state, nonce and PKCE, and checks what comes back:
the state, the ID token's signature by the published keys, its issuer, audience, time and nonce.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from tests.contract.links import query_of

WELL_KNOWN = "/.well-known/openid-configuration"


class RelyingParty:
    """The application, and the one browser that visits it."""

    def __init__(
        self,
        metadata_url: str,
        client: dict[str, Any],
        back: str,
        *,
        scope: str = "openid email profile",
        pkce: str | None = "S256",
    ) -> None:
        app = Flask("relying_party")
        app.secret_key = "of this test"
        app.testing = True  # what Authlib refuses reaches the test as an exception
        self._back = back
        self.provider = OAuth(app).register(
            "project",
            client_id=client["client_id"],
            client_secret=client.get("client_secret"),
            server_metadata_url=metadata_url,
            client_kwargs={
                "scope": scope,
                "token_endpoint_auth_method": client["token_endpoint_auth_method"],
                **({"code_challenge_method": pkce} if pkce else {}),
            },
        )
        app.add_url_rule("/sign-in", view_func=self._sign_in)
        app.add_url_rule(urlsplit(back).path, "back", view_func=self._finish)
        self.app = app
        self._browser = app.test_client()

    def _sign_in(self) -> ResponseReturnValue:
        leave: ResponseReturnValue = self.provider.authorize_redirect(
            self._back, **request.args.to_dict()
        )
        return leave

    def _finish(self) -> ResponseReturnValue:
        return jsonify(self.provider.authorize_access_token())

    def leave(self, **more: str) -> str:
        """Press "sign in" and return where the browser is led to."""
        answer = self._browser.get("/sign-in", query_string=more)
        assert answer.status_code == 302
        return answer.headers["Location"]

    def come_back(self, url: str) -> Any:
        """Follow the provider's answer and return the tokens, with the checked claims."""
        assert url.startswith(self._back)
        return self._browser.get(urlsplit(self._back).path, query_string=query_of(url)).json

    @contextmanager
    def using(self, tokens: dict[str, Any]) -> Iterator[OAuth2Session]:
        """Let Authlib ask with these tokens."""
        with self.app.app_context(), self.provider._get_oauth_client() as session:
            session.token = tokens
            yield session

    def userinfo(self, tokens: dict[str, Any]) -> tuple[int, Any]:
        """Ask who it is; return status and answer."""
        address = self.provider.load_server_metadata()["userinfo_endpoint"]
        with self.using(tokens) as session:
            answer = session.get(address)
        return answer.status_code, answer.json()

    def refreshed(self, tokens: dict[str, Any]) -> Any:
        """Trade the refresh token."""
        address = self.provider.load_server_metadata()["token_endpoint"]
        with self.using(tokens) as session:
            return session.refresh_token(address)
