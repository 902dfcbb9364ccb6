"""``Idempotency-Key``: a POST that is sent again gets the first one's answer, and nothing happens
twice (IETF draft-ietf-httpapi-idempotency-key-header-07).

A row in ``hipflask.idempotency_keys`` holds the key before the handler runs, so of two that come at
once one is refused (409). Kept for a day are answers of success. A refusal changed nothing, and its
key may be used again. What a crash interrupted stays refused: nobody knows whether it happened.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import msgspec
from flask import Response, request

from hipflask.errors import DataError, InputRefused, KeyReused, RequestUnderWay
from hipflask.kit.data import SERVICE
from hipflask.kit.web.i18n import gettext as _
from hipflask.kit.web.visit import app_state

from .access import caller
from .operation import Operation

HEADER: Final = "Idempotency-Key"
KEPT: Final = timedelta(hours=24)
PATTERN: Final = '^"?([!#-~]{1,255})"?$'
"""The draft wants the key quoted, most clients do not quote it."""
_KEPT_HEADERS: Final = ("Content-Type", "Location", "ETag", "Link")

_CLAIM: Final = """
with swept as (
  delete from hipflask.idempotency_keys
   where expires_at < %(now)s and (user_id, key) <> (%(user)s, %(key)s)
), claimed as (
  insert into hipflask.idempotency_keys as k (user_id, key, request_hash, expires_at)
  values (%(user)s, %(key)s, %(hash)s, %(expires)s)
  on conflict (user_id, key) do update
     set request_hash = excluded.request_hash, expires_at = excluded.expires_at, status = null,
         headers = null, body = null
   where k.expires_at < %(now)s
  returning true
)
select exists (select from claimed) as mine, k.request_hash, k.status, k.headers, k.body
  from (select 1) as one
  left join hipflask.idempotency_keys k on k.user_id = %(user)s and k.key = %(key)s
"""

_STORE: Final = """
update hipflask.idempotency_keys
   set status = %(status)s, headers = %(headers)s::jsonb, body = %(body)s
 where user_id = %(user)s and key = %(key)s
"""

_FREE: Final = "delete from hipflask.idempotency_keys where user_id = %(user)s and key = %(key)s"


def guarded(view: Callable[..., Response], operation: Operation) -> Callable[..., Response]:
    """Return the view with an eye on the key; without the header nothing is different."""
    admit = operation.who.admit

    def guard(**path_values: Any) -> Response:
        if HEADER not in request.headers:
            return view(**path_values)
        admit()
        user = caller()
        if user is None:
            return view(**path_values)
        return _once({"user": user.id, "key": _key()}, lambda: view(**path_values))

    return guard


def _once(names: dict[str, str], run: Callable[[], Response]) -> Response:
    earlier = _claim(names)
    if earlier is not None:
        return earlier
    db = app_state().db
    try:
        response = run()
    except BaseException:
        with contextlib.suppress(DataError):  # what went wrong first is what the caller must hear
            db.execute_as(SERVICE, _FREE, names)
        raise
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    stored = {
        "status": response.status_code,
        "headers": msgspec.json.encode(kept).decode(),
        "body": response.get_data(),
    }
    db.execute_as(SERVICE, _STORE, {**names, **stored})
    return response


def _claim(names: dict[str, str]) -> Response | None:
    """Take the key for this request; return the answer that it has already, if any.

    Raises RequestUnderWay while the first request runs, KeyReused when it was another one.
    """
    state = app_state()
    now = state.clock.now()
    fingerprint = _fingerprint()
    row = state.db.fetch_one_as(
        SERVICE, _CLAIM, {**names, "hash": fingerprint, "now": now, "expires": now + KEPT}
    )
    assert row is not None, "the query always has one row"
    if row["mine"]:
        return None
    if row["request_hash"] is not None and bytes(row["request_hash"]) != fingerprint:
        raise KeyReused()
    if row["status"] is None:
        raise RequestUnderWay()
    response = Response(bytes(row["body"]), status=row["status"])
    response.headers.update(row["headers"])
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _key() -> str:
    found = re.fullmatch(PATTERN, request.headers[HEADER])
    if found is not None:
        return found[1]
    message = _("Send up to 255 printable ASCII characters, such as a UUID.")
    raise InputRefused(message, fields={HEADER: message})


def _fingerprint() -> bytes:
    """Return what tells this request from another one that comes with the same key."""
    parts = (request.method, request.full_path, request.mimetype)
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + request.get_data()).digest()
