"""What supabase-py says when it is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from supabase import AuthApiError


def refusal(call: Callable[[], Any]) -> AuthApiError:
    """Return the error with which the server answers ``call``."""
    with pytest.raises(AuthApiError) as refused:
        call()
    return refused.value


def reason(call: Callable[[], Any]) -> tuple[int, str]:
    """Return the status and the code of that error, both of which programs look at."""
    error = refusal(call)
    return error.status, str(error.code)
