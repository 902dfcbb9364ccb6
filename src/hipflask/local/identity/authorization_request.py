"""What an application asks of ``/authorize`` (RFC 6749 4.1.1, OpenID Connect Core 3.1.2.1)."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from urllib.parse import urlencode, urlsplit, urlunsplit

from werkzeug.datastructures import MultiDict

from hipflask.local.identity.client import CLIENT_ID, is_loopback
from hipflask.local.identity.refusals import Refused

PROMPTS = frozenset({"none", "login", "consent", "select_account"})
_CHALLENGE = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 sections 4.1 and 4.2


class Untrusted(Exception):
    """The request says nobody whom an answer may be sent to: only the person is told."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """The parameters, as they came."""

    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    response_mode: str = ""
    scope: str = ""
    state: str = ""
    nonce: str = ""
    prompt: str = ""
    login_hint: str = ""
    ui_locales: str = ""
    access_type: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""
    request: str = ""
    request_uri: str = ""
    registration: str = ""
    repeated: str = ""

    @classmethod
    def read(cls, given: MultiDict[str, str]) -> AuthorizationRequest:
        """Take the parameters. Raises ``Untrusted`` when no answer may be sent anywhere.

        An open redirector helps thieves of codes, so client and address are checked before all
        else (RFC 6749 section 4.1.2.1).
        """
        names = [field.name for field in fields(cls) if field.name != "repeated"]
        repeated = [name for name in names if len(given.getlist(name)) > 1]
        sent = {name: given.get(name, "") for name in names}
        request = cls(**sent, repeated=", ".join(repeated))
        if request.client_id != CLIENT_ID or "client_id" in repeated:
            raise Untrusted("client")
        if not is_loopback(request.redirect_uri) or "redirect_uri" in repeated:
            raise Untrusted("redirect")
        return request

    @property
    def parameters(self) -> dict[str, str]:
        """What was sent, for the form of the consent page."""
        sent = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in sent.items() if value}

    @property
    def scopes(self) -> frozenset[str]:
        """What the application asks to see; OpenID Connect's own scope when it names none."""
        return frozenset(self.scope.split()) or frozenset({"openid"})

    def wants_refresh_token(self, held: Collection[str]) -> bool:
        """Whether a refresh token is due to who holds these already.

        In OpenID's way (Core section 11) always. In Google's the first time only, and again after
        ``prompt=consent``: an application that forgets that finds out here.
        """
        if "offline_access" in self.scopes:
            return True
        return self.access_type == "offline" and (not held or "consent" in self.prompt.split())

    def check(self) -> None:
        """Raise ``Refused`` with what the application is told through the browser."""
        if self.repeated:
            raise Refused("invalid_request", f"{self.repeated}: sent more than once.")
        for name in ("request", "request_uri", "registration"):  # Core sections 6 and 7.2.1
            if getattr(self, name):
                raise Refused(f"{name}_not_supported", f"{name} is not served.")
        if self.access_type not in ("", "online", "offline"):
            raise Refused("invalid_request", "access_type must be online or offline.")
        if self.response_type != "code":
            raise Refused("unsupported_response_type", "Only response_type=code is served.")
        if self.response_mode not in ("", "query"):
            raise Refused("invalid_request", "Only response_mode=query is served.")
        prompts = set(self.prompt.split())
        if not prompts <= PROMPTS or ("none" in prompts and len(prompts) > 1):
            raise Refused("invalid_request", "The prompt is not one that OpenID Connect knows.")
        if self.code_challenge_method and not self.code_challenge:
            raise Refused("invalid_request", "A code_challenge_method without code_challenge.")
        if self.code_challenge:
            if self.code_challenge_method not in ("", "plain", "S256"):
                raise Refused("invalid_request", "code_challenge_method must be S256 or plain.")
            if not _CHALLENGE.fullmatch(self.code_challenge):
                raise Refused("invalid_request", "The code_challenge is not one of RFC 7636.")
        if "none" in prompts:
            # Nobody stays signed in here, so nobody can be let through unseen.
            raise Refused("login_required", "Nobody is signed in, and prompt=none was asked.")

    def answer_url(self, **answer: str) -> str:
        """Return where the browser goes next, with ``answer`` and the state."""
        parts = urlsplit(self.redirect_uri)
        sent = {**answer, **({"state": self.state} if self.state else {})}
        query = "&".join(filter(None, (parts.query, urlencode(sent))))
        return urlunsplit(parts._replace(query=query))
