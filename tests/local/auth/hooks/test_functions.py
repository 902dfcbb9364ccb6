"""A hook that is a function of the database (GoTrue, hookspgfunc.go)."""

from __future__ import annotations

import pytest

from hipflask.local.config import HookConfig
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.hooks.conftest import IMPATIENT, Hooked
from tests.local.auth.hooks.ways import FunctionHook
from tests.local.auth.service import PASSWORD, AuthService, Reply, assert_refused

FAILED = "Error running hook URI: pg-functions://postgres/public/hook"


@pytest.fixture
def auth(hooked: Hooked, function: FunctionHook) -> AuthService:
    """An Auth app that asks a function about new users."""
    return hooked("before_user_created", function)


def sign_up(auth: AuthService) -> Reply:
    return auth.post("/signup", {"email": "ada@example.com", "password": PASSWORD})


@pytest.mark.parametrize(
    ("argument", "returns"), [("jsonb", "jsonb"), ("json", "json"), ("jsonb", "text")]
)
def test_json_goes_in_and_out(
    auth: AuthService, function: FunctionHook, argument: str, returns: str
) -> None:
    function.define("return '{}'", argument=argument, returns=returns)
    assert sign_up(auth).status_code == 200
    assert function.events[0]["user"]["email"] == "ada@example.com"


def test_null_agrees(auth: AuthService, function: FunctionHook) -> None:
    function.define("return null")
    assert sign_up(auth).status_code == 200


@pytest.mark.parametrize("answer", ["[]", '"yes"', "1"])
def test_an_answer_that_is_no_object(
    auth: AuthService, function: FunctionHook, answer: str
) -> None:
    function.define(f"return '{answer}'")
    assert_refused(sign_up(auth), 500, "unexpected_failure", "Error unmarshaling JSON output.")
    assert auth.count("auth.users") == 0


def test_it_runs_as_gotrues_role(auth: AuthService, function: FunctionHook) -> None:
    function.answer({})
    function.define(
        "return jsonb_build_object('error', jsonb_build_object('message', current_user))"
    )
    assert sign_up(auth).json["msg"] == "supabase_auth_admin"


def test_a_function_without_grant(
    auth: AuthService, function: FunctionHook, caplog: pytest.LogCaptureFixture
) -> None:
    function.database.execute("revoke execute on function public.hook from public")
    assert_refused(sign_up(auth), 500, "unexpected_failure", FAILED)
    assert auth.count("auth.users") == 0
    assert "permission denied for function hook. It runs as supabase_auth_admin" in caplog.text
    assert "execute on function public.hook to supabase_auth_admin" in caplog.text
    function.database.execute("grant execute on function public.hook to supabase_auth_admin")
    assert sign_up(auth).status_code == 200


def test_a_schema_without_grant(
    make_auth: MakeAuth, function: FunctionHook, caplog: pytest.LogCaptureFixture
) -> None:
    config = HookConfig(True, "pg-functions://postgres/private_hooks/hook")
    auth = make_auth(hook={"before_user_created": config})
    function.database.execute(
        """create schema private_hooks;
        create function private_hooks.hook(event jsonb) returns jsonb language sql
          as $$ select '{}'::jsonb $$;"""
    )
    try:
        assert sign_up(auth).status_code == 500
        assert "permission denied for schema private_hooks" in caplog.text
        assert "grant usage on schema private_hooks" in caplog.text
        function.database.execute("grant usage on schema private_hooks to supabase_auth_admin")
        assert sign_up(auth).status_code == 200
    finally:
        function.database.execute("drop schema private_hooks cascade")


@pytest.mark.parametrize("argument", ["int", "uuid", "jsonb, more int"])
def test_a_function_that_takes_something_else(
    auth: AuthService, function: FunctionHook, argument: str
) -> None:
    function.database.execute(
        f"drop function public.hook; create function public.hook(event {argument})"
        " returns jsonb language sql as $$ select '{}'::jsonb $$"
    )
    assert_refused(sign_up(auth), 500, "unexpected_failure", FAILED)


def test_a_function_that_is_not_there(
    auth: AuthService, function: FunctionHook, caplog: pytest.LogCaptureFixture
) -> None:
    function.database.execute("drop function public.hook")
    assert_refused(sign_up(auth), 500, "unexpected_failure", FAILED)
    assert "It must take one argument of type jsonb or json." in caplog.text


def test_a_function_that_takes_too_long(
    hooked: Hooked, function: FunctionHook, caplog: pytest.LogCaptureFixture
) -> None:
    auth = hooked("before_user_created", function, limits=IMPATIENT)
    function.define("perform pg_sleep(5); return '{}'")
    assert_refused(sign_up(auth), 500, "unexpected_failure", FAILED)
    assert "canceling statement due to statement timeout. It has 0.2 seconds." in caplog.text
    assert auth.count("auth.users") == 0


def test_what_it_raises_is_shown(auth: AuthService, function: FunctionHook) -> None:
    function.define("raise exception 'Not from %', event->'user'->>'email'")
    answer = sign_up(auth)
    assert (answer.status_code, answer.json) == (
        500,
        {"code": "P0001", "message": "Not from ada@example.com"},
    )
    function.define("raise sqlstate 'PT403' using message = 'Members only'")
    answer = sign_up(auth)
    assert (answer.status_code, answer.json["message"]) == (403, "Members only")
    assert auth.count("auth.users") == 0


def test_its_time_limit_does_not_stay(hooked: Hooked, function: FunctionHook) -> None:
    """The limit is for the function, not for what the transaction does after it."""
    function.define("return event")
    auth = hooked("custom_access_token", function)
    with auth.context.pool.connection() as connection, connection.transaction():
        from hipflask.local.auth.hooks import functions

        hook = auth.context.config.hook.custom_access_token
        timeout = auth.context.hook_limits.function
        assert functions.run(connection, hook, "{}", timeout=timeout) == "{}"
        row = connection.execute("show statement_timeout").fetchone()
        assert row == ("0",)
