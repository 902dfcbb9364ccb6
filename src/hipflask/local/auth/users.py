"""Rows of auth.users: loading and storing. What clients see of them is in user_shape.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from hipflask.local.auth.identities import Identity

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx


@dataclass(slots=True)
class User:
    """One row of auth.users with its identities and factors.

    The fields follow COLUMNS, so that ``User(*row)`` reads a row. Text that is absent is "".
    """

    id: UUID
    aud: str
    role: str
    email: str
    encrypted_password: str
    email_confirmed_at: datetime | None
    invited_at: datetime | None
    confirmation_token: str
    confirmation_sent_at: datetime | None
    recovery_token: str
    recovery_sent_at: datetime | None
    email_change_token_new: str
    email_change: str
    email_change_sent_at: datetime | None
    last_sign_in_at: datetime | None
    app_metadata: dict[str, Any]
    user_metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    phone: str
    phone_confirmed_at: datetime | None
    phone_change: str
    phone_change_token: str
    phone_change_sent_at: datetime | None
    email_change_token_current: str
    email_change_confirm_status: int
    banned_until: datetime | None
    reauthentication_token: str
    reauthentication_sent_at: datetime | None
    is_sso_user: bool
    deleted_at: datetime | None
    is_anonymous: bool
    identities: list[Identity] = field(default_factory=list)
    factors: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.identities = [
            one if isinstance(one, Identity) else Identity.from_json(one) for one in self.identities
        ]

    @property
    def is_confirmed(self) -> bool:
        """Whether the e-mail address is known to be the user's."""
        return self.email_confirmed_at is not None

    @property
    def confirmed_at(self) -> datetime | None:
        """The earlier of both confirmations, as the generated column has it."""
        moments = [one for one in (self.email_confirmed_at, self.phone_confirmed_at) if one]
        return min(moments, default=None)

    @property
    def has_verified_factor(self) -> bool:
        """Whether the user finished setting up a second factor."""
        return any(factor["status"] == "verified" for factor in self.factors)

    def is_banned(self, now: datetime) -> bool:
        """Whether a ban is in force at ``now``."""
        return self.banned_until is not None and now < self.banned_until


#: Field of User -> its column, where the two differ.
_COLUMN_OF: Final = {"app_metadata": "raw_app_meta_data", "user_metadata": "raw_user_meta_data"}
_TEXTS: Final = frozenset(name for name, kind in User.__annotations__.items() if kind == "str")
_JSON: Final = frozenset(_COLUMN_OF)
_ALWAYS_STAMPED: Final = frozenset({"created_at", "updated_at"})
_RELATIONS: Final = ("identities", "factors")
_FIELDS: Final = tuple(name for name in User.__slots__ if name not in _RELATIONS)


def _selected(name: str) -> str:
    column = f"u.{_COLUMN_OF.get(name, name)}"
    if name in _TEXTS:
        return f"coalesce({column}, '')"
    if name in _JSON:
        return f"coalesce({column}, '{{}}')"
    if name in _ALWAYS_STAMPED:
        return f"coalesce({column}, to_timestamp(0))"
    if name == "email_change_confirm_status":
        return f"coalesce({column}, 0)"
    return column


_OWN_COLUMNS: Final = ", ".join(_selected(name) for name in _FIELDS)
#: The select list that ``User(*row)`` reads; the table's alias is ``u``.
COLUMNS: Final = f"""{_OWN_COLUMNS},
    (select coalesce(json_agg(i order by i.created_at, i.id), '[]')
       from auth.identities i where i.user_id = u.id),
    (select coalesce(json_agg(json_build_object('id', f.id, 'friendly_name', f.friendly_name,
            'factor_type', f.factor_type, 'status', f.status, 'created_at', f.created_at,
            'updated_at', f.updated_at, 'phone', f.phone,
            'last_challenged_at', f.last_challenged_at,
            'web_authn_aaguid', f.web_authn_aaguid) order by f.created_at, f.id), '[]')
       from auth.mfa_factors f where f.user_id = u.id)"""  # noqa: S608
#: How many values of a row belong to the user; a query may select more after them.
WIDTH: Final = len(User.__slots__)


def find(tx: Tx, condition: str, *values: Any) -> User | None:
    """Return the first user for whom ``condition`` (literal SQL about ``u``) holds."""
    row = tx.execute(
        f"select {COLUMNS} from auth.users u where {condition} limit 1",  # noqa: S608
        values,
    ).fetchone()
    return None if row is None else User(*row)


def find_by_id(tx: Tx, user_id: UUID) -> User | None:
    """Return the user with this id."""
    return find(tx, "u.id = %s", user_id)


#: The column instance_id is always this; naming it lets PostgreSQL use GoTrue's index on e-mail.
INSTANCE: Final = "00000000-0000-0000-0000-000000000000"
_HAS_EMAIL: Final = f"u.instance_id = '{INSTANCE}' and lower(u.email) = %s and not u.is_sso_user"


def find_by_email(tx: Tx, email: str, audience: str) -> User | None:
    """Return the user whose own address this is; users of SSO providers are not looked at."""
    return find(tx, f"{_HAS_EMAIL} and u.aud = %s", email.lower(), audience)


def find_by_phone(tx: Tx, phone: str, audience: str) -> User | None:
    """Return the user whose number this is; users of SSO providers are not looked at."""
    return find(tx, "u.phone = %s and u.aud = %s and not u.is_sso_user", phone, audience)


def find_owner_of_email(
    tx: Tx, email: str, audience: str, *, other_than: UUID | None = None
) -> User | None:
    """Return who uses ``email`` as their own address or as that of an identity.

    Identities of SSO providers live in domains of their own and do not count.
    """
    return find(
        tx,
        f"""u.aud = %s and u.id is distinct from %s and u.id in (
              select u.id from auth.users u where {_HAS_EMAIL}
              union
              select i.user_id from auth.identities i
               where i.email = %s and i.provider not like 'sso:%%')
            order by lower(u.email) = %s desc nulls last""",  # noqa: S608
        audience,
        other_than,
        email.lower(),
        email.lower(),
        email.lower(),
    )


def new_user(
    *,
    audience: str,
    role: str,
    now: datetime,
    email: str = "",
    phone: str = "",
    encrypted_password: str = "",
    user_metadata: dict[str, Any] | None = None,
    app_metadata: dict[str, Any] | None = None,
) -> User:
    """Return a user that is not stored yet."""
    values: dict[str, Any] = dict.fromkeys(_FIELDS) | dict.fromkeys(_TEXTS, "")
    values |= {
        "id": uuid4(),
        "aud": audience,
        "role": role,
        "email": email.lower(),
        "phone": phone,
        "encrypted_password": encrypted_password,
        "user_metadata": user_metadata if user_metadata is not None else {},
        "app_metadata": app_metadata if app_metadata is not None else {},
        "email_change_confirm_status": 0,
        "is_sso_user": False,
        "is_anonymous": False,
        "created_at": now,
        "updated_at": now,
    }
    return User(**values)


def _stored(user: User, name: str) -> Any:
    value = getattr(user, name)
    if name in _JSON:
        return Jsonb(value)
    if name in {"email", "phone"}:
        return value or None  # both are unique, so absence must be null
    return value


@cache
def _insert_statement() -> str:
    columns = ", ".join(_COLUMN_OF.get(name, name) for name in _FIELDS)
    places = ", ".join(["%s"] * len(_FIELDS))
    return (
        f"insert into auth.users (instance_id, {columns})"  # noqa: S608
        f" values ('{INSTANCE}', {places})"
    )


def insert(tx: Tx, user: User) -> None:
    """Store ``user`` and read back what the database's own triggers made of it.

    Identities are rows of their own.
    """
    tx.execute(_insert_statement(), [_stored(user, name) for name in _FIELDS])
    stored = find_by_id(tx, user.id)
    if stored is not None:
        for name in User.__slots__:
            setattr(user, name, getattr(stored, name))


@cache
def _update_statement(names: tuple[str, ...], clear_one_time_tokens: bool) -> str:
    clear = "with cleared as (delete from auth.one_time_tokens where user_id = %s) "
    changes = ", ".join(f"{_COLUMN_OF.get(name, name)} = %s" for name in names)
    update = f"update auth.users set {changes}, updated_at = %s where id = %s"  # noqa: S608
    return clear + update if clear_one_time_tokens else update


def save(
    tx: Tx, user: User, *names: str, now: datetime, clear_one_time_tokens: bool = False
) -> None:
    """Store the named fields of ``user``; optionally drop every one-time token of theirs."""
    unknown = set(names).difference(_FIELDS)
    if unknown or not names:
        raise ValueError(f"not fields of a user: {sorted(unknown)}")
    user.updated_at = now
    values = [_stored(user, name) for name in names]
    if clear_one_time_tokens:
        values.insert(0, user.id)
    tx.execute(_update_statement(names, clear_one_time_tokens), (*values, now, user.id))


def merge_metadata(metadata: dict[str, Any], changes: dict[str, Any]) -> None:
    """Lay ``changes`` over ``metadata``; a null removes its key."""
    for key, value in changes.items():
        if value is None:
            metadata.pop(key, None)
        else:
            metadata[key] = value


def confirm_email(tx: Tx, user: User, *, now: datetime) -> None:
    """Record that the address is the user's, and drop every one-time token of theirs."""
    user.confirmation_token = ""
    user.email_confirmed_at = now
    user.user_metadata["email_verified"] = True
    save(
        tx,
        user,
        "confirmation_token",
        "email_confirmed_at",
        "user_metadata",
        now=now,
        clear_one_time_tokens=True,
    )


#: What was sent before a password changed is no longer trusted: the old one, or a mail, may have
#: come into the wrong hands.
_UNTRUSTED_TOKENS: Final = (
    "confirmation_token",
    "recovery_token",
    "email_change_token_current",
    "email_change_token_new",
    "phone_change_token",
    "reauthentication_token",
)
_UNTRUSTED_MOMENTS: Final = (
    "confirmation_sent_at",
    "recovery_sent_at",
    "email_change_sent_at",
    "phone_change_sent_at",
    "reauthentication_sent_at",
)


def store_password(tx: Tx, user: User, encrypted_password: str, *, now: datetime) -> None:
    """Store a new password's hash and drop every one-time token of the user.

    The caller ends the sessions that shall not survive.
    """
    user.encrypted_password = encrypted_password
    for token in _UNTRUSTED_TOKENS:
        setattr(user, token, "")
    for moment in _UNTRUSTED_MOMENTS:
        setattr(user, moment, None)
    save(
        tx,
        user,
        "encrypted_password",
        *_UNTRUSTED_TOKENS,
        *_UNTRUSTED_MOMENTS,
        now=now,
        clear_one_time_tokens=True,
    )
