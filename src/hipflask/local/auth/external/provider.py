"""One provider as an OAuth client sees it: lead there, trade the code, ask who it was."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote, urlencode

from hipflask.local.auth.external import id_token
from hipflask.local.auth.external.outbound import ProviderFailure

if TYPE_CHECKING:
    from hipflask.local.auth.external.endpoints import Directory, Endpoints
    from hipflask.local.auth.external.outbound import Outbound
    from hipflask.local.auth.external.profile import Profile


@dataclass(frozen=True, slots=True)
class ProviderTokens:
    """What a provider gave for the code."""

    access_token: str = field(repr=False)
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Visit:
    """What a reader of profiles needs: the tokens, and the ways to ask for more."""

    provider: Provider
    tokens: ProviderTokens
    outbound: Outbound
    directory: Directory
    now: datetime

    def get(self, url: str) -> Any:
        """Ask the provider's API in the person's name."""
        bearer = self.tokens.access_token
        return self.outbound.get_json(url, bearer=bearer, guarded=self.provider.guarded)

    def get_object(self, url: str) -> dict[str, Any]:
        """Ask for a JSON object."""
        answer = self.get(url)
        if not isinstance(answer, dict):
            raise ProviderFailure(f"{url}: the answer is no JSON object")
        return answer

    def id_claims(self, endpoints: Endpoints | None = None) -> dict[str, Any]:
        """Return the claims of the ID token, made for this client and this access token."""
        provider, token = self.provider, self.tokens.id_token
        if not token:
            raise ProviderFailure("the provider sent no ID token")
        claims = id_token.verified(
            self.directory,
            endpoints or provider.endpoints,
            token,
            now=self.now,
            guarded=provider.guarded,
        )
        id_token.require_audience(claims, *provider.client_ids)
        id_token.require_access_token(token, claims, self.tokens.access_token)
        return claims


ProfileReader: TypeAlias = Callable[[Visit], "Profile"]


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider that is switched on, with this project's account there.

    ``guarded``: its addresses come from an administrator of the project, so that only public ones
    are called. ``pkce``: the provider wants a challenge of ours (RFC 7636).
    """

    name: str
    client_ids: tuple[str, ...]
    secret: str = field(repr=False)
    endpoints: Endpoints
    redirect_uri: str
    scopes: tuple[str, ...]
    read_profile: ProfileReader = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    email_optional: bool = False
    pkce: bool = False
    guarded: bool = False

    @property
    def client_id(self) -> str:
        """The id that this project uses; the others are ids of its native apps."""
        return self.client_ids[0]

    def address(self, state: str, extra: Mapping[str, str], verifier: str = "") -> str:
        """Return where the browser goes to sign in."""
        values = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "state": state,
        }
        if self.scopes:
            values["scope"] = " ".join(self.scopes)
        values = {**values, **self.parameters, **extra, "state": state}
        if verifier:
            digest = hashlib.sha256(verifier.encode()).digest()
            values["code_challenge"] = urlsafe_b64encode(digest).rstrip(b"=").decode()
            values["code_challenge_method"] = "S256"
        base = self.endpoints.authorize
        separator = "&" if "?" in base else "?"
        return f"{base}{separator}{urlencode(sorted(values.items()))}"

    def exchange(self, outbound: Outbound, code: str, verifier: str = "") -> ProviderTokens:
        """Trade the code for tokens, or raise ProviderFailure (RFC 6749 section 4.1.3)."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
        }
        if verifier:
            form["code_verifier"] = verifier
        basic = ""
        if self.endpoints.basic_auth:  # both parts are form-encoded first: section 2.3.1
            basic = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        else:
            form |= {"client_id": self.client_id, "client_secret": self.secret}
        answer = outbound.post_form(
            self.endpoints.token, form, basic_auth=basic, guarded=self.guarded
        )
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            raise ProviderFailure("the provider gave no access token")
        return ProviderTokens(
            answer["access_token"],
            _text(answer.get("refresh_token")),
            _text(answer.get("id_token")),
        )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
