"""supabase-py before four Auths: to confirm, at once, closed, with asymmetric keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from supabase import AuthApiError, Client

from hipflask.testing import SupabaseBackend
from tests.contract import configurations
from tests.contract.configurations import ANSWERS, CONFIGURATIONS

PASSWORD = "a long enough password"


@pytest.fixture(params=CONFIGURATIONS)
def configuration(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    configurations.use(request.node, tmp_path, request.param)
    return str(request.param)


def person(name: str) -> Any:
    return {"email": f"{name}@example.com", "password": PASSWORD}


def outcome(call: Callable[..., Any], *args: Any) -> str:
    """Return "session", "wait" or the code of the error."""
    try:
        answer = call(*args)
    except AuthApiError as error:
        return str(error.code)
    return "session" if getattr(answer, "session", None) else "wait"


def test_answers(configuration: str, supabase: Client, backend: SupabaseBackend) -> None:
    backend.create_user("ann@example.com", password=PASSWORD)
    backend.create_user("eve@example.com", password=PASSWORD, confirmed=False)
    auth = supabase.auth
    answers = {
        "sign up": outcome(auth.sign_up, person("bob")),
        "sign up again": outcome(auth.sign_up, person("ann")),
        "sign in unconfirmed": outcome(auth.sign_in_with_password, person("eve")),
        "sign in unknown": outcome(auth.sign_in_with_password, person("nobody")),
        "code": outcome(auth.sign_in_with_otp, {"email": "ann@example.com"}),
        "code unknown": outcome(auth.sign_in_with_otp, {"email": "dan@example.com"}),
        "anonymous": outcome(auth.sign_in_anonymously),
        "sign in": outcome(auth.sign_in_with_password, person("ann")),
    }
    claims = auth.get_claims()
    assert claims is not None
    answers["algorithm"] = claims["headers"]["alg"]
    assert answers == {asked: by_name[configuration] for asked, by_name in ANSWERS.items()}
