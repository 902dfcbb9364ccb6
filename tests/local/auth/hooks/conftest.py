"""An Auth app with a hook, asked in each of both ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from hipflask.local.auth.hooks.limits import HookLimits
from tests.local.auth.conftest import MakeAuth
from tests.local.auth.hooks.ways import FunctionHook, ServiceHook, serving
from tests.local.auth.service import AuthService

Hook = FunctionHook | ServiceHook
Hooked = Callable[..., AuthService]
#: GoTrue's, but that nobody waits two seconds between two tries.
PATIENT = HookLimits(pause=timedelta(seconds=0.01))
#: For hooks that never answer.
IMPATIENT = replace(PATIENT, function=timedelta(seconds=0.2), webhook=timedelta(seconds=0.4))


@pytest.fixture
def service() -> Iterator[ServiceHook]:
    with serving() as hook:
        yield hook


@pytest.fixture
def function(empty_database: psycopg.Connection[tuple[Any, ...]]) -> Iterator[FunctionHook]:
    yield FunctionHook(empty_database)
    empty_database.execute("drop function if exists public.hook; drop table public.asked")


@pytest.fixture(params=["function", "service"])
def hook(request: pytest.FixtureRequest) -> Hook:
    """The hook, asked in one way and in the other."""
    made: Hook = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def hooked(make_auth: MakeAuth) -> Hooked:
    """Return a maker of Auth apps: ``hooked("send_email", hook, email={...})``."""

    def make(
        name: str, hook: Hook, *, limits: HookLimits = PATIENT, **settings: Any
    ) -> AuthService:
        return make_auth(hook={name: hook.config}, context={"hook_limits": limits}, **settings)

    return make
