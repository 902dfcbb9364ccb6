"""@supabase/supabase-js before four Auths: to confirm, at once, closed, with asymmetric keys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.contract import configurations
from tests.contract.configurations import ANSWERS, CONFIGURATIONS
from tests.contract.js_client import JsClient

PASSWORD = "a long enough password"


@pytest.fixture(params=CONFIGURATIONS)
def configuration(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    configurations.use(request.node, tmp_path, request.param)
    return str(request.param)


def person(name: str) -> dict[str, str]:
    return {"email": f"{name}@example.com", "password": PASSWORD}


def outcome(js: JsClient, method: str, *args: Any) -> str:
    """Return "session", "wait" or the code of the error."""
    answer = js.node.call(js.name, method, list(args))
    if answer["error"]:
        return str(answer["error"]["code"])
    return "session" if answer["data"]["session"] else "wait"


def test_answers(configuration: str, js: JsClient, backend: SupabaseBackend) -> None:
    backend.create_user("ann@example.com", password=PASSWORD)
    backend.create_user("eve@example.com", password=PASSWORD, confirmed=False)
    answers = {
        "sign up": outcome(js, "auth.signUp", person("bob")),
        "sign up again": outcome(js, "auth.signUp", person("ann")),
        "sign in unconfirmed": outcome(js, "auth.signInWithPassword", person("eve")),
        "sign in unknown": outcome(js, "auth.signInWithPassword", person("nobody")),
        "code": outcome(js, "auth.signInWithOtp", {"email": "ann@example.com"}),
        "code unknown": outcome(js, "auth.signInWithOtp", {"email": "dan@example.com"}),
        "anonymous": outcome(js, "auth.signInAnonymously"),
        "sign in": outcome(js, "auth.signInWithPassword", person("ann")),
        "algorithm": js("auth.getClaims")["header"]["alg"],
    }
    assert answers == {asked: by_name[configuration] for asked, by_name in ANSWERS.items()}


def test_an_invited_guest_comes_in_everywhere(
    configuration: str, js: JsClient, js_admin: JsClient, backend: SupabaseBackend
) -> None:
    js_admin("auth.admin.inviteUserByEmail", "guest@example.com")
    code = backend.mailbox.latest(to="guest@example.com").code
    shown = {"email": "guest@example.com", "token": code, "type": "invite"}
    assert outcome(js, "auth.verifyOtp", shown) == "session", configuration
