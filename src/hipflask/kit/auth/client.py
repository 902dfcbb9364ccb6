"""A client for Supabase Auth that keeps nothing of any user: users, passwords, links, sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from urllib3.util import Timeout

from .answers import AuthUser, SignUpAnswer, Tokens
from .calls import AuthCalls

# Others wait for the row while a session is refreshed; Supabase lets them wait 8 s for a lock.
_SHORT: Final = Timeout(connect=1.5, read=4.5)


class AuthClient(AuthCalls):
    """What the app asks of Supabase Auth about users, passwords, links and sessions.

    The calls of other nouns (OAuth, factors, passkeys, identities) live in files of their own.
    """

    def sign_up(
        self,
        email: str,
        password: str,
        *,
        data: Mapping[str, Any] | None = None,
        redirect_to: str = "",
        challenge: str = "",
        address: str = "",
    ) -> SignUpAnswer:
        """Create a user. For an address that is taken GoTrue answers with an invented user."""
        body = {"email": email, "password": password, "data": dict(data or {})}
        answer = self._post(
            "/signup", body | _pkce(challenge), redirect_to=redirect_to, address=address
        )
        if "access_token" in answer:
            tokens = Tokens.from_json(answer)
            return SignUpAnswer(tokens.user or AuthUser.from_json(answer["user"]), tokens)
        return SignUpAnswer(AuthUser.from_json(answer), None)

    def sign_in_with_password(self, email: str, password: str, *, address: str = "") -> Tokens:
        """Exchange a password for tokens."""
        body = {"email": email, "password": password}
        return Tokens.from_json(self._post("/token?grant_type=password", body, address=address))

    def refresh(self, refresh_token: str, *, address: str = "") -> Tokens:
        """Exchange a refresh token for new tokens; the old one is used up by it."""
        body = {"refresh_token": refresh_token}
        answer = self.call(
            "POST", "/token?grant_type=refresh_token", body, address=address, timeout=_SHORT
        )
        return Tokens.from_json(answer)

    def exchange_code(self, code: str, verifier: str, *, address: str = "") -> Tokens:
        """Exchange the code of a PKCE link for tokens (RFC 7636 section 4.5)."""
        body = {"auth_code": code, "code_verifier": verifier}
        return Tokens.from_json(self._post("/token?grant_type=pkce", body, address=address))

    def verify_token_hash(self, kind: str, token_hash: str, *, address: str = "") -> Tokens | None:
        """Use up a link. None when the other address of an e-mail change must confirm as well."""
        return self._verify({"type": kind, "token_hash": token_hash}, address)

    def verify_code(self, kind: str, email: str, code: str, *, address: str = "") -> Tokens | None:
        """Use up a code that was typed in. None as for ``verify_token_hash``."""
        return self._verify({"type": kind, "email": email, "token": code}, address)

    def recover(
        self, email: str, *, redirect_to: str = "", challenge: str = "", address: str = ""
    ) -> None:
        """Send the mail that resets a password."""
        body = {"email": email} | _pkce(challenge)
        self._post("/recover", body, redirect_to=redirect_to, address=address)

    def resend(
        self,
        kind: str,
        email: str,
        *,
        redirect_to: str = "",
        challenge: str = "",
        address: str = "",
    ) -> None:
        """Send a confirmation mail again."""
        body = {"type": kind, "email": email} | _pkce(challenge)
        self._post("/resend", body, redirect_to=redirect_to, address=address)

    def send_magic_link(
        self, email: str, *, redirect_to: str = "", challenge: str = "", address: str = ""
    ) -> None:
        """Send a sign-in link to somebody who has an account."""
        body = {"email": email, "create_user": False} | _pkce(challenge)
        self._post("/otp", body, redirect_to=redirect_to, address=address)

    def get_user(self, access_token: str, *, address: str = "") -> AuthUser:
        """Return the bearer's user; raise SessionExpired when the session is gone."""
        return AuthUser.from_json(self.call("GET", "/user", token=access_token, address=address))

    def update_user(
        self,
        access_token: str,
        changes: Mapping[str, Any],
        *,
        redirect_to: str = "",
        challenge: str = "",
        address: str = "",
    ) -> AuthUser:
        """Change the bearer's user: ``password``, ``email``, ``data``, ``nonce`` and so on."""
        return AuthUser.from_json(
            self.call(
                "PUT",
                "/user",
                dict(changes) | _pkce(challenge),
                token=access_token,
                redirect_to=redirect_to,
                address=address,
            )
        )

    def sign_out(self, access_token: str, scope: str = "local", *, address: str = "") -> None:
        """End sessions of the bearer: this one (``local``), the ``others``, or all (``global``)."""
        path = "/logout?" + urlencode({"scope": scope})
        self.call("POST", path, token=access_token, address=address, may_repeat=True)

    def jwks(self) -> Mapping[str, Any]:
        """Return the public keys that verify access tokens."""
        return self.call("GET", "/.well-known/jwks.json")

    def health(self) -> None:
        """Ask for a sign of life; raise AuthUnavailable when there is none."""
        self.call("GET", "/health")

    def _verify(self, body: dict[str, Any], address: str) -> Tokens | None:
        answer = self._post("/verify", body, address=address)
        return Tokens.from_json(answer) if "access_token" in answer else None

    def _post(
        self, path: str, body: Mapping[str, Any], *, redirect_to: str = "", address: str = ""
    ) -> Mapping[str, Any]:
        return self.call("POST", path, body, redirect_to=redirect_to, address=address)


def _pkce(challenge: str) -> dict[str, Any]:
    return {"code_challenge": challenge, "code_challenge_method": "s256"} if challenge else {}
