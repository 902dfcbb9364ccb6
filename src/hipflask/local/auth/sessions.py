"""Rows of auth.sessions: opening, ending, and how long one lives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from hipflask.local.auth import users
from hipflask.local.auth.users import User

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx
    from hipflask.local.config.auth import SessionsConfig

AAL1: Final = "aal1"
AAL2: Final = "aal2"
_SECOND_FACTORS: Final = frozenset({"totp", "mfa/phone", "mfa/webauthn"})
#: Methods after which GoTrue takes the user for one who has lost the password (factor.go).
_RECOVERIES: Final = frozenset({"otp", "magiclink", "recovery"})


@dataclass(frozen=True, slots=True)
class Method:
    """One way in which the session's user proved who they are."""

    name: str
    used_at: datetime


@dataclass(slots=True)
class Session:
    """One row of auth.sessions with its authentication methods, newest first."""

    id: UUID
    user_id: UUID
    created_at: datetime
    not_after: datetime | None
    refreshed_at: datetime | None
    aal: str
    methods: list[Method] = field(default_factory=list)
    oauth_client_id: UUID | None = None
    scopes: str | None = None

    def __post_init__(self) -> None:
        self.methods = [
            one if isinstance(one, Method) else Method(one["n"], datetime.fromisoformat(one["t"]))
            for one in self.methods
        ]

    @property
    def is_recovery(self) -> bool:
        """Whether a one-time link or code opened it; which kind cannot be told apart."""
        return any(method.name in _RECOVERIES for method in self.methods)

    def why_over(
        self, rules: SessionsConfig, now: datetime, *, token_used_at: datetime | None = None
    ) -> str:
        """Return "" while the session is alive, else "expired" or "inactive"."""
        if self.not_after is not None and now > self.not_after:
            return "expired"
        if rules.timebox and now > self.created_at + rules.timebox:
            return "expired"
        last_used = self.refreshed_at or max(self.created_at, token_used_at or self.created_at)
        if rules.inactivity_timeout and now > last_used + rules.inactivity_timeout:
            return "inactive"
        return ""


#: The select list that ``Session(*row)`` reads; the table's alias is ``s``.
COLUMNS: Final = """s.id, s.user_id, s.created_at, s.not_after,
    s.refreshed_at at time zone 'utc', coalesce(s.aal::text, 'aal1'),
    (select coalesce(json_agg(json_build_object('n', c.authentication_method, 't', c.updated_at)
            order by c.updated_at desc), '[]')
       from auth.mfa_amr_claims c where c.session_id = s.id),
    s.oauth_client_id, s.scopes"""

_FIND_WITH_USER: Final = f"""select {users.COLUMNS}, {COLUMNS}
    from auth.users u left join auth.sessions s on s.id = %s and s.user_id = u.id
   where u.id = %s"""  # noqa: S608


def assurance_level(methods: Sequence[Method]) -> str:
    """Return aal2 if one of the methods is a second factor, else aal1."""
    return AAL2 if any(method.name in _SECOND_FACTORS for method in methods) else AAL1


def find_user_and_session(
    tx: Tx, user_id: UUID, session_id: UUID | None
) -> tuple[User, Session | None] | None:
    """Return the user and that session of theirs, in one trip; None without the user."""
    row = tx.execute(_FIND_WITH_USER, (session_id, user_id)).fetchone()
    if row is None:
        return None
    session = Session(*row[users.WIDTH :]) if row[users.WIDTH] is not None else None
    return User(*row[: users.WIDTH]), session


def end(tx: Tx, session_id: UUID) -> None:
    """Delete one session; its refresh tokens go with it."""
    tx.execute("delete from auth.sessions where id = %s", (session_id,))


def end_all(tx: Tx, user_id: UUID, *, except_for: UUID | None = None) -> None:
    """Delete every session of the user, but for one."""
    tx.execute(
        "delete from auth.sessions where user_id = %s and id is distinct from %s",
        (user_id, except_for),
    )


def amr_claim(methods: Sequence[Method]) -> list[dict[str, Any]]:
    """Return the token's ``amr`` claim, newest first."""
    newest_first = sorted(methods, key=lambda method: int(method.used_at.timestamp()), reverse=True)
    return [
        {"method": method.name, "timestamp": int(method.used_at.timestamp())}
        for method in newest_first
    ]
