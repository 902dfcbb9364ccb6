"""The code in docs/how-to/auth-hooks.md works as it stands there."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from werkzeug.serving import make_server

from hipflask.local.config import HookConfig
from hipflask.protocol.clock import SystemClock
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.hooks.ways import SECRET
from tests.local.auth.service import PASSWORD, AuthService, claims_of

PAGE = (Path(__file__).parents[4] / "docs/how-to/auth-hooks.md").read_text(encoding="utf-8")
BODY = {"email": "ada@example.com", "password": PASSWORD}


def block(language: str) -> str:
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return str(found)


@pytest.fixture
def with_plans(make_auth: MakeAuth) -> Iterator[AuthService]:
    config = HookConfig(True, "pg-functions://postgres/public/add_plan")
    auth = make_auth(hook={"custom_access_token": config})
    auth.database.execute(block("sql").encode())
    yield auth
    auth.database.execute("drop function public.add_plan; drop table public.plans")


def test_claims_from_a_function(with_plans: AuthService) -> None:
    first = with_plans.sign_up()
    assert claims_of(first["access_token"])["plan"] == "free"
    with_plans.database.execute("insert into public.plans select id, 'gold' from auth.users")
    second = with_plans.refresh(first["refresh_token"]).json
    assert claims_of(second["access_token"])["plan"] == "gold"
    allowed = "select has_function_privilege(%s, 'public.add_plan(jsonb)', 'execute')"
    for role, may in (("anon", False), ("authenticated", False), ("supabase_auth_admin", True)):
        assert with_plans.row(allowed, role) == (may,), role


@pytest.fixture
def mailing(
    make_auth: MakeAuth, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[AuthService, str]]:
    """The page's application behind a real server, and an Auth app that sends mail by it."""
    other = "v1,whsec_YW5vdGhlciBzZWNyZXQsIDI0IGxvbmcu"
    monkeypatch.setenv("SEND_EMAIL_HOOK_SECRETS", SECRET)
    names: dict[str, Any] = {"__name__": "how_to"}
    exec(compile(block("python"), "auth-hooks.md", "exec"), names)
    server = make_server("127.0.0.1", 0, names["app"])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    uri = f"http://127.0.0.1:{server.server_port}/hooks/send-email"
    config = HookConfig(True, uri, f"{other}|{SECRET}")
    try:
        yield (
            make_auth(
                hook={"send_email": config},
                email={"enable_confirmations": True},
                context={"clock": SystemClock()},
            ),
            uri,
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_service_over_http(
    mailing: tuple[AuthService, str], capsys: pytest.CaptureFixture[str]
) -> None:
    auth, _ = mailing
    assert auth.post("/signup", BODY).status_code == 200
    assert "signup to ada@example.com with" in capsys.readouterr().out


@pytest.mark.parametrize("headers", [{}, {"webhook-timestamp": "1", "webhook-signature": "v1,x"}])
def test_the_service_refuses_anybody_else(
    mailing: tuple[AuthService, str], headers: dict[str, str]
) -> None:
    _, uri = mailing
    answer = urllib3.request("POST", uri, json={"user": {}}, headers=headers)
    assert answer.status == 401
