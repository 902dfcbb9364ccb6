"""Rows of auth.oauth_authorizations: one request of an application, from start to its code."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx

LIFETIME: Final = timedelta(minutes=10)
_COLUMNS: Final = """id, authorization_id, client_id, user_id, redirect_uri, scope,
    coalesce(state, ''), coalesce(resource, ''), coalesce(code_challenge, ''),
    coalesce(code_challenge_method::text, ''), coalesce(nonce, ''), status::text,
    coalesce(authorization_code, ''), expires_at"""


@dataclass(slots=True)
class Authorization:
    """One row of auth.oauth_authorizations."""

    id: UUID
    authorization_id: str
    client_id: UUID
    user_id: UUID | None
    redirect_uri: str
    scope: str
    state: str
    resource: str
    code_challenge: str
    code_challenge_method: str
    nonce: str
    status: str
    code: str = field(repr=False)
    expires_at: datetime

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over; its code dies with it."""
        return now > self.expires_at

    def proves(self, verifier: str) -> bool:
        """Whether ``verifier`` belongs to the challenge (RFC 7636 section 4.6)."""
        given = verifier.encode(errors="surrogatepass")
        if self.code_challenge_method == "s256":
            given = urlsafe_b64encode(hashlib.sha256(given).digest()).rstrip(b"=")
        return hmac.compare_digest(given, self.code_challenge.encode())

    def success_url(self) -> str:
        """Return where the browser takes the code (RFC 6749 section 4.1.2)."""
        answer = {"code": self.code} | ({"state": self.state} if self.state else {})
        return with_query(self.redirect_uri, answer)


def with_query(url: str, more: dict[str, str]) -> str:
    """Return ``url`` with ``more`` in its query; what it had under these names goes."""
    parts = urlsplit(url)
    had = dict(parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit(parts._replace(query=urlencode(sorted((had | more).items()))))


def error_url(redirect_uri: str, error: str, why: str, state: str) -> str:
    """Return where the browser takes an error (RFC 6749 section 4.1.2.1)."""
    answer = {"error": error, "error_description": why}
    return with_query(redirect_uri, answer | ({"state": state} if state else {}))


def insert(tx: Tx, one: Authorization, now: datetime) -> None:
    """Store a new request."""
    tx.execute(
        """insert into auth.oauth_authorizations (id, authorization_id, client_id, redirect_uri,
             scope, state, resource, code_challenge, code_challenge_method, nonce, created_at,
             expires_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s::auth.code_challenge_method, %s, %s, %s)""",
        (
            *(one.id, one.authorization_id, one.client_id, one.redirect_uri, one.scope),
            *(one.state or None, one.resource or None, one.code_challenge),
            *(one.code_challenge_method, one.nonce or None, now, one.expires_at),
        ),
    )


def lock(tx: Tx, authorization_id: str) -> Authorization | None:
    """Return the request and hold it; None also while another one holds it."""
    row = tx.execute(
        f"""select {_COLUMNS} from auth.oauth_authorizations
             where authorization_id = %s for update skip locked""",  # noqa: S608
        (authorization_id,),
    ).fetchone()
    return None if row is None else Authorization(*row)


def lock_by_code(tx: Tx, code: str) -> Authorization | None:
    """Return the approved request with that code and hold it, so that it is traded once."""
    row = tx.execute(
        f"""select {_COLUMNS} from auth.oauth_authorizations
             where authorization_code = %s and status = 'approved'
               for update skip locked""",  # noqa: S608
        (code,),
    ).fetchone()
    return None if row is None else Authorization(*row)


def save(tx: Tx, one: Authorization, now: datetime) -> None:
    """Store whose it is, how it stands and its code."""
    tx.execute(
        """update auth.oauth_authorizations set user_id = %s,
             status = %s::auth.oauth_authorization_status, authorization_code = %s,
             approved_at = case when %s = 'approved' then %s else approved_at end
           where id = %s""",
        (one.user_id, one.status, one.code or None, one.status, now, one.id),
    )


def delete(tx: Tx, one: Authorization) -> None:
    """Remove a request whose code was traded."""
    tx.execute("delete from auth.oauth_authorizations where id = %s", (one.id,))
