"""What a visitor typed into a form that failed for a reason outside the form, to be sent again.

Nothing typed is lost by an error, and a password is never written back into a page: it is asked for
again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from flask import request
from werkzeug.exceptions import HTTPException

from .csrf import FIELD

_SECRET: Final = re.compile(r"passw|passphrase|secret", re.IGNORECASE)
_MOST_FIELDS: Final = 100


@dataclass(frozen=True, slots=True)
class Resend:
    """A form to offer again: where it goes, what was in it, which secrets to ask for anew."""

    action: str
    fields: tuple[tuple[str, str], ...]
    secrets: tuple[str, ...]


def resend_of_request(*, may_be_empty: bool = False) -> Resend | None:
    """Return the current request's form; None if it has none or cannot be read.

    A form that is no more than its button counts only with ``may_be_empty``.
    """
    if request.method != "POST" or request.mimetype != "application/x-www-form-urlencoded":
        return None
    try:
        pairs = [(name, text) for name, text in request.form.items(multi=True) if name != FIELD]
    except HTTPException:
        return None  # too large to be read at all
    if not (pairs or may_be_empty) or len(pairs) > _MOST_FIELDS:
        return None
    secrets = dict.fromkeys(name for name, _ in pairs if _SECRET.search(name))
    return Resend(
        action=request.full_path.rstrip("?"),
        fields=tuple(pair for pair in pairs if pair[0] not in secrets),
        secrets=tuple(secrets),
    )
