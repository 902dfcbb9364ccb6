"""Every error of psycopg has a place in our tree."""

from __future__ import annotations

import inspect

import psycopg
import pytest
from psycopg import errors as psycopg_errors

from hipflask.errors import DatabaseUnavailable, DataError
from hipflask.kit.data.sqlstates import BY_CLASS, BY_CODE, BY_KIND, class_for, unavailable

WITH_CODE = sorted(
    {
        each
        for _, each in inspect.getmembers(psycopg_errors, inspect.isclass)
        if issubclass(each, psycopg.Error) and each.sqlstate
    },
    key=lambda each: each.sqlstate,
)
WITHOUT_CODE = [
    each
    for _, each in inspect.getmembers(psycopg_errors, inspect.isclass)
    if issubclass(each, psycopg.Error) and not each.sqlstate
]


def test_the_walk_finds_them() -> None:
    assert len(WITH_CODE) > 200
    assert len(WITHOUT_CODE) > 5


@pytest.mark.parametrize("error", WITH_CODE, ids=lambda error: f"{error.sqlstate}-{error.__name__}")
def test_every_code_is_in_the_table(error: type[psycopg.Error]) -> None:
    assert error.sqlstate is not None
    assert error.sqlstate in BY_CODE or error.sqlstate[:2] in BY_CLASS


@pytest.mark.parametrize("error", WITHOUT_CODE, ids=lambda error: error.__name__)
def test_every_kind_without_a_code_is_in_the_table(error: type[psycopg.Error]) -> None:
    bare = error in (psycopg.Error, psycopg.DatabaseError)
    assert bare or any(issubclass(error, kind) for kind in BY_KIND)


def test_no_entry_is_dead() -> None:
    codes = {error.sqlstate for error in WITH_CODE}
    assert set(BY_CODE) <= codes
    assert set(BY_CLASS) <= {code[:2] for code in codes if code}


def test_unknown_code_goes_by_kind() -> None:
    assert class_for(psycopg.ProgrammingError, "ZZ999").__name__ == "QueryRefused"
    assert class_for(psycopg.Error, None) is DataError


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("FATAL:  Tenant or user not found", "unknown_project"),
        ('FATAL:  password authentication failed for user "x"', "password"),
        ("(EMAXCONNSESSION) max clients reached in session mode", "too_many_connections"),
        ("FATAL:  sorry, too many clients already", "too_many_connections"),
        ("FATAL:  the database system is starting up", "starting"),
        ("connection to server at 1.2.3.4, port 5432 failed: Connection refused", "refused"),
        ("[Errno -2] Name or service not known; failed to resolve host 'x'", "unknown_host"),
        ("connection timeout expired", "timeout"),
        ("server closed the connection unexpectedly", "lost"),
    ],
)
def test_unavailability_has_a_reason(words: str, reason: str) -> None:
    error = unavailable(words)
    assert isinstance(error, DatabaseUnavailable)
    assert error.reason == reason
