"""Hooks that are functions of the database: ``pg-functions://postgres/SCHEMA/FUNCTION``."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql
from psycopg.types.string import TextLoader

from hipflask.local.auth.hooks import answers

if TYPE_CHECKING:
    from hipflask.local.auth.context import Tx
    from hipflask.local.config import HookConfig

_log = logging.getLogger(__name__)
_HINTS: Final = {
    "42501": (  # insufficient_privilege
        "It runs as {role}: grant usage on schema {schema} and execute on function"
        " {schema}.{name} to {role}, and what it reads and writes, or make it security definer."
    ),
    "42883": "It must take one argument of type jsonb or json.",  # undefined_function
    "57014": "It has {seconds:g} seconds.",  # query_canceled
}


def run(tx: Tx, hook: HookConfig, payload: str, *, timeout: timedelta) -> str | None:
    """Call the function and return its answer, None for NULL.

    Inside the transaction of ``tx``, so that what it writes stays or goes with the rest; without
    one, in one of its own.
    """
    schema, name = hook.function
    call = sql.SQL("select {}(%s)").format(sql.Identifier(schema, name))
    milliseconds = str(int(timeout.total_seconds() * 1000))
    try:
        with tx.transaction(), tx.cursor() as cursor:
            cursor.adapters.register_loader("json", TextLoader)
            cursor.adapters.register_loader("jsonb", TextLoader)
            cursor.execute("select set_config('statement_timeout', %s, true)", (milliseconds,))
            row = cursor.execute(call, (payload,)).fetchone()
            cursor.execute("set local statement_timeout to default")
    except psycopg.Error as error:
        _explain(tx, hook, error, timeout)
        raise answers.failure(f"Error running hook URI: {hook.shown_uri}") from error
    answer = row[0] if row else None
    return answer if answer is None or isinstance(answer, str) else str(answer)


def _explain(tx: Tx, hook: HookConfig, error: psycopg.Error, timeout: timedelta) -> None:
    schema, name = hook.function
    hint = _HINTS.get(error.sqlstate or "", "").format(
        role=tx.info.user, schema=schema, name=name, seconds=timeout.total_seconds()
    )
    reason = error.diag.message_primary or type(error).__name__
    _log.error("The hook %s.%s failed: %s. %s", schema, name, reason, hint)
