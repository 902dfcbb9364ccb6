"""Rows of auth.flow_state of people who are away at a provider: the row's id is the ``state``.

Rows of auth.oauth_client_states hold the verifier where the provider wants PKCE of us.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import LIFETIME, Challenge

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx

METHOD: Final = "oauth"
_VERIFIER_LIFETIME: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Departure:
    """What has to be known again when the person comes back."""

    provider: str
    challenge: Challenge
    home: str
    invite_token: str = field(default="", repr=False)
    linking_target: UUID | None = None
    email_optional: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """One row of auth.flow_state that waits for a provider."""

    id: UUID
    user_id: UUID | None
    auth_code: str = field(repr=False)
    code_challenge: str
    provider: str
    invite_token: str = field(repr=False)
    home: str
    client_state: UUID | None
    linking_target: UUID | None
    email_optional: bool
    created_at: datetime

    @property
    def is_pkce(self) -> bool:
        """Whether the app gets a code and no tokens."""
        return self.code_challenge != ""


_COLUMNS: Final = """id, user_id, coalesce(auth_code, ''), coalesce(code_challenge, ''),
    provider_type, coalesce(invite_token, ''), coalesce(referrer, ''), oauth_client_state_id,
    linking_target_id, email_optional, created_at"""


def start(tx: Tx, departure: Departure, verifier: str, *, now: datetime) -> str:
    """Remember who leaves and return the ``state``."""
    client_state = None
    if verifier:
        client_state = uuid4()
        tx.execute(
            """insert into auth.oauth_client_states (id, provider_type, code_verifier, created_at)
               values (%s, %s, %s, %s)""",
            (client_state, departure.provider, verifier, now),
        )
    state, challenge = uuid4(), departure.challenge
    tx.execute(
        """insert into auth.flow_state (id, auth_code, code_challenge, code_challenge_method,
               provider_type, provider_access_token, provider_refresh_token,
               authentication_method, invite_token, referrer, oauth_client_state_id,
               linking_target_id, email_optional, created_at, updated_at)
           values (%s, %s, %s, %s, %s, '', '', %s, %s, %s, %s, %s, %s, %s, %s)""",
        (
            state,
            str(uuid4()) if challenge else None,
            challenge.text or None,
            challenge.method or None,
            departure.provider,
            METHOD,
            departure.invite_token or None,
            departure.home or None,
            client_state,
            departure.linking_target,
            departure.email_optional,
            now,
            now,
        ),
    )
    return str(state)


def find(tx: Tx, text: str, *, now: datetime) -> State:
    """Return who comes back with this ``state``, or raise bad_oauth_state and its like."""
    if not text:
        raise AuthApiError("bad_oauth_callback", "OAuth state parameter missing")
    try:
        wanted = UUID(text)
    except ValueError:
        raise AuthApiError("bad_oauth_state", "OAuth state parameter is invalid") from None
    row = tx.execute(
        f"select {_COLUMNS} from auth.flow_state where id = %s and authentication_method = %s",  # noqa: S608
        (wanted, METHOD),
    ).fetchone()
    if row is None:
        raise AuthApiError("bad_oauth_state", "OAuth state not found or expired")
    state = State(*row)
    if now > state.created_at + LIFETIME:
        raise AuthApiError("bad_oauth_state", "OAuth state has expired")
    if state.is_pkce and state.user_id is not None:
        raise AuthApiError("flow_state_already_used", "State has already been used")
    return state


def take_verifier(tx: Tx, state: State, *, wanted: bool, now: datetime) -> str:
    """Return the verifier for the provider, once; "" where it wants none."""
    if state.client_state is None:
        if wanted:
            raise AuthApiError("oauth_invalid_state", "OAuth PKCE code verifier missing")
        return ""
    row = tx.execute(
        """delete from auth.oauth_client_states where id = %s
           returning provider_type, coalesce(code_verifier, ''), created_at""",
        (state.client_state,),
    ).fetchone()
    if row is None:
        raise AuthApiError("oauth_client_state_not_found", "OAuth state not found")
    provider, verifier, created_at = row
    if provider != state.provider:
        raise AuthApiError("oauth_invalid_state", "OAuth provider mismatch")
    if now > created_at + _VERIFIER_LIFETIME:
        raise AuthApiError("oauth_client_state_expired", "OAuth state expired")
    return str(verifier)


def finish(
    tx: Tx, state: State, user_id: UUID, access_token: str, refresh_token: str, *, now: datetime
) -> None:
    """Let the code of the flow stand for this user. Only the first request may."""
    changed = tx.execute(
        """update auth.flow_state set user_id = %s, provider_access_token = %s,
               provider_refresh_token = %s, auth_code_issued_at = %s, updated_at = %s
            where id = %s and user_id is null""",
        (user_id, access_token, refresh_token, now, now, state.id),
    )
    if changed.rowcount != 1:
        raise AuthApiError("flow_state_already_used", "State has already been used")


def end(tx: Tx, state: State) -> None:
    """Forget an implicit flow. Only the first request may."""
    if tx.execute("delete from auth.flow_state where id = %s", (state.id,)).rowcount != 1:
        raise AuthApiError("flow_state_already_used", "State has already been used")
