"""What schemathesis must do as a client does; loaded by its command line."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import schemathesis

HEADER = "Idempotency-Key"
_VALID = re.compile('"?[!#-~]{1,255}"?')


@schemathesis.hook
def before_call(_context: Any, case: Any, _options: Any) -> None:
    """Make each key a new one: the same key with another request is refused, as it must be."""
    if _VALID.fullmatch((case.headers or {}).get(HEADER, "")):
        case.headers[HEADER] = str(uuid4())
