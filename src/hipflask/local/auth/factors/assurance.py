"""Raising a session to two factors (GoTrue, token.go updateMFASessionAndClaims)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import psycopg

from hipflask.local.auth import access_tokens, sessions
from hipflask.local.auth.access_tokens import TokenResponse
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.factors.factor import AMR
from hipflask.local.auth.sign_in import new_refresh_token
from hipflask.local.auth.users import INSTANCE

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.factors.factor import Factor

#: The method, the session's level, its next refresh token; and every session of the user that has
#: only one factor ends. Tokens from before the second factor are nobody's parents and too old to be
#: forgiven: whoever stole one would otherwise get aal2 without a code (GoTrue steps its counter by
#: two for that).
_RAISE: Final = f"""
with method as (
  insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
  values (%(method_id)s, %(session)s, %(now)s, %(now)s, %(method)s)
  on conflict (session_id, authentication_method) do update set updated_at = excluded.updated_at),
raised as (
  update auth.sessions set aal = 'aal2', factor_id = %(factor)s, updated_at = %(now)s
   where id = %(session)s),
ended as (
  delete from auth.sessions
   where user_id = %(user)s and id <> %(session)s and coalesce(aal, 'aal1') < 'aal2'),
revoked as (
  update auth.refresh_tokens set revoked = true, updated_at = least(updated_at, %(long_ago)s)
   where session_id = %(session)s)
insert into auth.refresh_tokens
  (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at)
values ('{INSTANCE}', %(token)s, %(user)s::text, '', %(session)s, false, %(now)s, %(now)s)
"""  # noqa: S608


def raise_session(call: Call, tx: Tx, factor: Factor, session_id: UUID) -> TokenResponse:
    """Raise the session to aal2 by ``factor`` and answer with its new tokens."""
    token = new_refresh_token()
    gone = AuthApiError("session_not_found", "Session from session_id claim in JWT does not exist")
    forgiven = timedelta(seconds=call.config.refresh_token_reuse_interval + 1)
    try:
        tx.execute(
            _RAISE,
            {
                "method_id": uuid4(),
                "session": session_id,
                "user": factor.user_id,
                "factor": factor.id,
                "method": AMR[factor.factor_type],
                "token": token,
                "now": call.now,
                "long_ago": call.now - forgiven,
            },
        )
    except psycopg.errors.ForeignKeyViolation:  # the session, or the factor, ended meanwhile
        raise gone from None
    found = sessions.find_user_and_session(tx, factor.user_id, session_id)
    user, session = found or (None, None)
    if user is None or session is None:
        raise gone
    return access_tokens.make_response(
        call,
        tx,
        user,
        session_id,
        session.methods,
        token,
        authentication_method=AMR[factor.factor_type],
        oauth_client_id=session.oauth_client_id,
        scopes=session.scopes,
    )
