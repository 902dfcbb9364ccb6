"""What a hook answered: an object, or the refusal in it (GoTrue, hookserrors.go)."""

from __future__ import annotations

import json
import logging
import math
from typing import Any, Final, NoReturn

from hipflask.local.auth.errors import AuthApiError

_log = logging.getLogger(__name__)
_UNREADABLE: Final = "Error unmarshaling JSON output."


def failure(message: str) -> AuthApiError:
    """Return the error of a hook that did not work."""
    return AuthApiError("unexpected_failure", message)


def read(name: str, raw: str | bytes | None) -> dict[str, Any] | None:
    """Return the object in ``raw``, None if there is none; raise the refusal that it holds."""
    if raw is None:
        return None
    try:
        answer = json.loads(raw, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise failure(_UNREADABLE) from error
    if answer is None:
        return {}
    if not isinstance(answer, dict):
        raise failure(_UNREADABLE)
    _raise_refusal(name, answer.get("error"))
    return answer


def text(answer: dict[str, Any] | None, key: str) -> str:
    """Return a text of the answer, "" if it is absent or null."""
    value = (answer or {}).get(key)
    if value is not None and not isinstance(value, str):
        raise failure(_UNREADABLE)
    return _whole(value or "")


def flag(answer: dict[str, Any] | None, key: str) -> bool:
    """Return a truth value of the answer, False if it is absent or null."""
    value = (answer or {}).get(key)
    if value is not None and not isinstance(value, bool):
        raise failure(_UNREADABLE)
    return bool(value)


def _raise_refusal(name: str, error: Any) -> None:
    """Raise what the hook refuses with.

    Without a message GoTrue takes the answer for a success. So does this, or a hook would refuse
    on a laptop and let everybody in once it is deployed; but the log says it.
    """
    if error is None:
        return
    message = error.get("message") if isinstance(error, dict) else None
    http_code = error.get("http_code") if isinstance(error, dict) else None
    is_number = isinstance(http_code, int) and not isinstance(http_code, bool)
    if not isinstance(message, str) or not message or not (http_code is None or is_number):
        _log.warning(
            "The hook %s answered an error that does not count: it must be an object with a"
            ' "message" (text, not empty) and an "http_code" (whole number).',
            name,
        )
        return
    status = http_code if is_number and 400 <= int(http_code or 0) <= 599 else 500
    code = "unexpected_failure" if status == 500 else "unknown"
    raise AuthApiError(code, _whole(message), status=status)


def _whole(words: str) -> str:
    """Replace half surrogate pairs, which no answer and no address could carry."""
    return words.encode(errors="replace").decode()


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is out of range")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
