"""Which API keys open the gateway, and the role each stands for.

The words and rules are hosted Supabase's. The translation of a key into a role's token is that of
the Supabase CLI's Kong (``internal/start/start.go``, ``BearerToken``).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hipflask.local.keys import ProjectKeys

NEW_KEY = "sb_"
SECRET_KEY = "sb_secret_"
_BROWSER = "Mozilla/"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not let in."""

    message: str
    hint: str
    status: int = 401

    @property
    def body(self) -> Mapping[str, str]:
        """The answer's JSON."""
        return {"message": self.message, "hint": self.hint}


MISSING = Refused(
    "No API key found in request", "No `apikey` request header or url param was found."
)
INVALID = Refused(
    "Invalid API key",
    "Double check the API key: `hipflask status -o env` prints the ones of this project.",
)
SECRET_IN_BROWSER = Refused(
    "Forbidden use of secret API key in browser",
    "Secret API keys can only be used in a protected environment and should never be used in a"
    " browser. Delete this secret API key immediately.",
)


@dataclass(frozen=True, slots=True)
class ApiKeys:
    """The four keys of a project."""

    publishable: str = field(repr=False)
    secret: str = field(repr=False)
    anon: str = field(repr=False)
    service_role: str = field(repr=False)

    @classmethod
    def of(cls, keys: ProjectKeys) -> ApiKeys:
        """Return the API keys among a project's keys."""
        return cls(keys.publishable_key, keys.secret_key, keys.anon_key, keys.service_role_key)

    def refusal(self, apikey: str, user_agent: str) -> Refused | None:
        """Return why ``apikey`` is refused, or ``None`` when it is good."""
        if not apikey:
            return MISSING
        # A secret key in a page's script is a leak, whoever typed it: hosted refuses it loudly.
        if apikey.startswith(SECRET_KEY) and user_agent.startswith(_BROWSER):
            return SECRET_IN_BROWSER
        known = (self.publishable, self.secret, self.anon, self.service_role)
        # Every key is compared, and in constant time: the time tells nothing about the right one.
        equal = [hmac.compare_digest(apikey.encode(), key.encode()) for key in known]
        return None if any(equal) else INVALID

    def may_forward(self, apikey: str) -> bool:
        """Whether the caller may name its visitor's address (``Sb-Forwarded-For``).

        Hosted Supabase takes it with a secret key only, not with the legacy service_role.
        """
        return hmac.compare_digest(apikey.encode(), self.secret.encode())

    def authorization(self, apikey: str, authorization: str) -> str:
        """Return the Authorization header that the service gets.

        A user's own token stays. A new-style key is no JWT, so the role's legacy key stands in
        for it; so does it when there is no token at all.
        """
        if authorization and not authorization.startswith(f"Bearer {NEW_KEY}"):
            return authorization
        role_tokens = {self.publishable: self.anon, self.secret: self.service_role}
        return f"Bearer {role_tokens.get(apikey, apikey)}"
