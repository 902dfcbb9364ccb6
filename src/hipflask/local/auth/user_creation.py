"""Storing somebody who becomes a user by themselves, by an invitation or by a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from hipflask.local.auth import users
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.hooks import new_user

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User


def store(call: Call, tx: Tx, user: User) -> User:
    """Store a new user, without an identity yet; the hook before_user_created has been asked."""
    new_user.require_asked(call)
    try:
        users.insert(tx, user)
    except psycopg.Error as error:  # most often a trigger of the project's own on auth.users
        raise AuthApiError("unexpected_failure", "Database error saving new user") from error
    return user
