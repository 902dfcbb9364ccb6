"""The ways in which somebody can sign in, besides a password: GoTrue's ``/user/identities``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode

from hipflask.errors import AuthUnavailable

from .answers import AuthUser
from .client import AuthClient
from .provider_scopes import more_scopes

OWN_PROVIDERS: Final = frozenset({"email", "phone"})


@dataclass(frozen=True, slots=True)
class Identity:
    """One entry of ``identities``: who vouches for the user, and under which name."""

    id: str
    provider: str
    name: str
    created_at: datetime | None
    last_sign_in_at: datetime | None

    @property
    def is_external(self) -> bool:
        """Whether another service vouches, and not an address or a number of the user's own."""
        return self.provider not in OWN_PROVIDERS

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Identity:
        """Read one element; ``identity_id`` is what the calls take, ``id`` the provider's."""
        data = body.get("identity_data")
        told: Mapping[str, Any] = data if isinstance(data, Mapping) else {}
        names = ("email", "preferred_username", "user_name", "name", "phone")
        return cls(
            id=str(body.get("identity_id") or ""),
            provider=str(body.get("provider") or ""),
            name=next((str(told[name]) for name in names if told.get(name)), ""),
            created_at=_time(body.get("created_at")),
            last_sign_in_at=_time(body.get("last_sign_in_at")),
        )


def identities_of(user: AuthUser) -> list[Identity]:
    """Return the identities of an answer, the oldest first as GoTrue has them."""
    found = user.raw.get("identities")
    rows = found if isinstance(found, list) else []
    return [Identity.from_json(row) for row in rows if isinstance(row, Mapping)]


def unlink(client: AuthClient, token: str, identity_id: str, *, address: str = "") -> None:
    """Take an identity away. GoTrue refuses the last one: ``single_identity_not_deletable``."""
    path = f"/user/identities/{quote(identity_id, safe='')}"
    client.call("DELETE", path, token=token, address=address)


def link_url(
    client: AuthClient,
    token: str,
    provider: str,
    *,
    redirect_to: str,
    challenge: str = "",
    address: str = "",
) -> str:
    """Return the provider's address at which the bearer agrees to be linked.

    As ``linkIdentity`` of the official clients: Auth remembers whom to link to.
    """
    query = {"provider": provider, "redirect_to": redirect_to, "skip_http_redirect": "true"}
    query |= more_scopes(provider)
    if challenge:
        query |= {"code_challenge": challenge, "code_challenge_method": "s256"}
    path = "/user/identities/authorize?" + urlencode(query)
    url = client.call("GET", path, token=token, address=address).get("url")
    if not isinstance(url, str):
        raise AuthUnavailable("Supabase Auth sent no address to go to.", reason="malformed")
    return url


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
