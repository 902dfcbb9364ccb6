"""Rows of auth.refresh_tokens, and trading one for the next (GoTrue, tokens/service.go).

A token works once. Reuse is forgiven when the client probably never saw the answer (the token is
the parent of the session's newest one) or when it comes within the reuse interval; any other reuse
means that two parties hold it, and the whole family dies.

No lock is held while Python decides. The trade is one statement that locks the session, then the
token, and finds nothing to do if the token is no longer as it was read; then everything is read
again. Parallel refreshes with one token thus end with the same new token.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from base64 import urlsafe_b64decode
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, NoReturn
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Json

from hipflask.local.auth import access_tokens, audit, sessions, users
from hipflask.local.auth.access_tokens import TokenResponse
from hipflask.local.auth.errors import AuthApiError, OAuthError
from hipflask.local.auth.hooks import access_token
from hipflask.local.auth.sessions import Session
from hipflask.local.auth.sign_in import new_refresh_token
from hipflask.local.auth.users import INSTANCE, User

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx

_TOKEN: Final = re.compile(r"[a-z0-9]{12}")
_MOST_TRIES: Final = 50
#: Seconds between two tries while a hook is asked: five in all, as in GoTrue.
_PAUSE: Final = 0.1


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One row of auth.refresh_tokens. ``successor`` is the session's newest live token if this
    token is that one's parent, else "".
    """

    id: int
    token: str
    revoked: bool
    updated_at: datetime
    successor: str


_FIND: Final = f"""
select r.id, r.token, r.revoked, r.updated_at,
       coalesce((select case when a.parent = r.token then a.token end
                   from auth.refresh_tokens a
                  where a.session_id = r.session_id and a.revoked is false
                  order by a.id desc limit 1), ''),
       {users.COLUMNS}, {sessions.COLUMNS}
  from auth.refresh_tokens r
  join auth.users u on u.id = r.user_id::uuid
  left join auth.sessions s on s.id = r.session_id
 where r.token = %s"""  # noqa: S608
_OWN_WIDTH: Final = 5

#: Sessions of a user that were used after a moment (GoTrue, Session.LastRefreshedAt).
_OTHERS: Final = f"""
select {sessions.COLUMNS} from auth.sessions s
 where s.user_id = %s and s.id <> %s
   and coalesce(s.refreshed_at at time zone 'utc', s.created_at) > %s"""  # noqa: S608

_TRADE: Final = f"""
with session as (select id from auth.sessions where id = %(session)s for update),
old as (
  update auth.refresh_tokens r set revoked = true, updated_at = %(now)s
    from session s where r.id = %(old)s and r.session_id = s.id and r.revoked = %(was_revoked)s
  returning r.session_id, r.user_id, r.token),
new as (
  insert into auth.refresh_tokens
    (instance_id, token, user_id, parent, session_id, revoked, created_at, updated_at)
  select '{INSTANCE}', %(new)s, user_id, token, session_id, false, %(now)s, %(now)s from old),
used as (
  update auth.sessions s set refreshed_at = %(now)s at time zone 'utc', updated_at = %(now)s,
         user_agent = %(user_agent)s, ip = %(address)s::inet
    from old where s.id = old.session_id),
logged as (
  insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
  select '{INSTANCE}', l.id, l.payload, %(now)s, ''
    from old, (values (%(refreshed_id)s, %(refreshed)s::json),
                      (%(revoked_id)s, %(revoked)s::json)) as l(id, payload))
update auth.users u set updated_at = %(now)s from old where u.id = %(user)s
"""  # noqa: S608

_REUSE: Final = f"""
with used as (
  update auth.sessions set refreshed_at = %(now)s at time zone 'utc', updated_at = %(now)s,
         user_agent = %(user_agent)s, ip = %(address)s::inet
   where id = %(session)s returning id)
insert into auth.audit_log_entries (instance_id, id, payload, created_at, ip_address)
select '{INSTANCE}', %(refreshed_id)s, %(refreshed)s::json, %(now)s, '' from used
"""  # noqa: S608


def require_well_formed(token: str) -> None:
    """Raise validation_failed for text that no GoTrue ever issued as a refresh token."""
    if not (_TOKEN.fullmatch(token) or _is_signed_form(token)):
        raise AuthApiError("validation_failed", "Refresh token is not valid")


def _is_signed_form(token: str) -> bool:
    """Whether this is GoTrue's newer form: version 0, …, 4 bytes of SHA-256 over the rest."""
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return False
    checksum = hashlib.sha256(raw[:-4]).digest()[:4]
    return len(raw) >= 38 and raw[0] == 0 and hmac.compare_digest(checksum, raw[-4:])


def refresh(call: Call, token: str, *, oauth_client_id: UUID | None = None) -> TokenResponse:
    """Trade ``token`` for new ones, or raise GoTrue's reason why not.

    ``oauth_client_id`` is the application that proved itself; a session is only refreshed by the
    one that it belongs to.
    """
    for _ in range(_MOST_TRIES):
        try:
            with call.issuing() as tx:
                return _refresh(call, tx, token, oauth_client_id)
        except _OutrunError:
            if access_token.is_on(call.context):  # the other one may wait for it
                time.sleep(_PAUSE)
        except _ReusedError as reused:
            with call.reading() as tx:
                _punish_reuse(call, tx, reused.session_id)
    raise AuthApiError(
        "conflict",
        "Too many concurrent token refresh requests on the same session or refresh token",
    )


class _OutrunError(Exception):
    """Another request was faster; everything has to be read again."""


class _ReusedError(Exception):
    """Two parties hold the session's tokens. Leaves the transaction: the punishment must stay."""

    def __init__(self, session_id: UUID) -> None:
        super().__init__(session_id)
        self.session_id = session_id


def _refresh(call: Call, tx: Tx, token: str, oauth_client_id: UUID | None) -> TokenResponse:
    old, user, session = _load(tx, token)
    _require_alive(call, old, user, session)
    if call.config.sessions.single_per_user:
        _require_newest(call, tx, old, session)
    _require_client(session, oauth_client_id)
    if access_token.is_on(call.context):
        _lock(tx, session)
    return access_tokens.make_response(
        call,
        tx,
        user,
        session.id,
        session.methods,
        _successor_or_new(call, tx, old, user, session),
        authentication_method="token_refresh",
        oauth_client_id=session.oauth_client_id,
        scopes=session.scopes,
    )


def _lock(tx: Tx, session: Session) -> None:
    """Take the session, or raise that another request has it.

    Who has it waits for a hook. Waiting here would keep a connection, which the hook may need.
    """
    locked = tx.execute(
        "select from auth.sessions where id = %s for update skip locked", (session.id,)
    )
    if locked.rowcount != 1:
        raise _OutrunError


def _load(tx: Tx, token: str) -> tuple[RefreshToken, User, Session]:
    row = tx.execute(_FIND, (token,)).fetchone()
    if row is None:
        raise AuthApiError(
            "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found"
        )
    user_end = _OWN_WIDTH + users.WIDTH
    if row[user_end] is None:
        raise AuthApiError(
            "session_not_found", "Invalid Refresh Token: No Valid Session Found", status=400
        )
    return (
        RefreshToken(*row[:_OWN_WIDTH]),
        User(*row[_OWN_WIDTH:user_end]),
        Session(*row[user_end:]),
    )


def _require_newest(call: Call, tx: Tx, old: RefreshToken, session: Session) -> None:
    """Raise session_expired if the user has used another session, still alive, more recently."""
    last_used = session.refreshed_at or max(session.created_at, old.updated_at)
    rows = tx.execute(_OTHERS, (session.user_id, session.id, last_used))
    rules = call.config.sessions
    if any(not Session(*row).why_over(rules, call.now) for row in rows):
        raise AuthApiError(
            "session_expired",
            "Invalid Refresh Token: Session Expired (Revoked by Newer Login)",
        )


def _require_client(session: Session, oauth_client_id: UUID | None) -> None:
    if session.oauth_client_id == oauth_client_id:
        return
    if oauth_client_id is None:
        why = "Client authentication required for OAuth session"
    elif session.oauth_client_id is None:
        why = "Client authentication not allowed for non-OAuth session"
    else:
        why = "Client does not match the session's OAuth client"
    raise OAuthError("invalid_client", why)


def _require_alive(call: Call, old: RefreshToken, user: User, session: Session) -> None:
    if user.is_banned(call.now):
        raise AuthApiError("user_banned", "Invalid Refresh Token: User Banned", status=400)
    over = session.why_over(call.config.sessions, call.now, token_used_at=old.updated_at)
    if over:
        why = "Session Expired (Inactivity)" if over == "inactive" else "Session Expired"
        raise AuthApiError("session_expired", f"Invalid Refresh Token: {why}")


def _successor_or_new(call: Call, tx: Tx, old: RefreshToken, user: User, session: Session) -> str:
    """Return the token to answer with, or raise that another request was faster."""
    values = {
        "session": session.id,
        "user": user.id,
        "now": call.now,
        "user_agent": call.user_agent or None,
        "address": call.address or None,
        "refreshed_id": uuid4(),
        "refreshed": Json(audit.payload(user, "token_refreshed")),
    }
    if old.revoked and old.successor:
        if tx.execute(_REUSE, values).rowcount != 1:
            raise _OutrunError
        return old.successor
    if old.revoked and call.now > old.updated_at + _reuse_interval(call):
        raise _ReusedError(session.id)
    new = new_refresh_token()
    values |= {
        "old": old.id,
        "was_revoked": old.revoked,
        "new": new,
        "revoked_id": uuid4(),
        "revoked": Json(audit.payload(user, "token_revoked")),
    }
    user.updated_at = call.now
    try:
        if tx.execute(_TRADE, values).rowcount == 1:
            return new
    except psycopg.errors.ForeignKeyViolation:  # the session ended in this very moment
        raise _OutrunError from None
    raise _OutrunError


def _reuse_interval(call: Call) -> timedelta:
    return timedelta(seconds=call.config.refresh_token_reuse_interval)


def _punish_reuse(call: Call, tx: Tx, session_id: UUID) -> NoReturn:
    """Raise refresh_token_already_used; with rotation on, no token of the session lives on.

    Stricter than GoTrue, whose reuse interval begins anew with the revocation: whoever holds the
    newest token could trade it for ten seconds more, and the thief would keep the session.
    """
    if call.config.enable_refresh_token_rotation:
        beyond = call.now - _reuse_interval(call) - timedelta(seconds=1)
        tx.execute(
            """update auth.refresh_tokens set revoked = true, updated_at = least(updated_at, %s)
                where session_id = %s""",
            (beyond, session_id),
        )
    raise AuthApiError("refresh_token_already_used", "Invalid Refresh Token: Already Used")
