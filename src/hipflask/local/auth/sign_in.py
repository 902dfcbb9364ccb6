"""Opening a session: what every way of signing in ends with."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from psycopg.types.json import Json

from hipflask.local.auth import access_tokens, audit
from hipflask.local.auth.access_tokens import TokenResponse
from hipflask.local.auth.sessions import Method
from hipflask.local.auth.users import INSTANCE

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User

_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz234567"

#: Session, refresh token, method, log entry and last_sign_in_at in one trip. PostgreSQL checks the
#: foreign keys between them when the statement ends.
_OPEN: Final = f"""
with opened as (
  insert into auth.sessions (id, user_id, created_at, updated_at, aal, user_agent, ip,
                             oauth_client_id, scopes)
  values (%(session)s, %(user)s, %(now)s, %(now)s, 'aal1', %(user_agent)s, %(address)s::inet,
          %(oauth_client_id)s, %(scopes)s)),
token as (
  insert into auth.refresh_tokens
    (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at)
  values ('{INSTANCE}', %(token)s, %(user)s::text, '', %(session)s, false, %(now)s, %(now)s)),
method as (
  insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
  values (%(method_id)s, %(session)s, %(now)s, %(now)s, %(method)s)),
logged as (
  insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
  select '{INSTANCE}', %(log_id)s, %(log)s::json, %(now)s, '' where %(log)s::json is not null)
update auth.users set last_sign_in_at = %(now)s, updated_at = %(now)s where id = %(user)s
"""  # noqa: S608


def new_refresh_token() -> str:
    """Return twelve random characters (60 bits), the form of GoTrue's refresh tokens."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def open_session(
    call: Call,
    tx: Tx,
    user: User,
    method: str,
    *,
    logged_as: str | None = "login",
    traits: Mapping[str, Any] | None = None,
    session_id: UUID | None = None,
    oauth_client_id: UUID | None = None,
    scopes: str | None = None,
) -> TokenResponse:
    """Open a session for ``user``, who proved themselves by ``method``, and log it.

    ``method`` is an ``amr`` word: password, otp, magiclink, recovery, email/signup, invite, …
    ``logged_as`` is an action of audit.py; None when the caller has logged what happened.
    ``tx`` is a transaction or comes from ``call.issuing()``.
    ``oauth_client_id`` and ``scopes`` make it the session of an application that the user let in.
    """
    session_id = session_id or uuid4()
    refresh_token, now = new_refresh_token(), call.now
    user.last_sign_in_at = user.updated_at = now
    tx.execute(
        _OPEN,
        {
            "session": session_id,
            "user": user.id,
            "now": now,
            "user_agent": call.user_agent or None,
            "address": call.address or None,
            "token": refresh_token,
            "method_id": uuid4(),
            "method": method,
            "log_id": uuid4(),
            "oauth_client_id": oauth_client_id,
            "scopes": scopes,
            "log": Json(audit.payload(user, logged_as, traits=traits)) if logged_as else None,
        },
    )
    methods = [Method(method, now)]
    return access_tokens.make_response(
        call,
        tx,
        user,
        session_id,
        methods,
        refresh_token,
        authentication_method=method,
        oauth_client_id=oauth_client_id,
        scopes=scopes,
    )
