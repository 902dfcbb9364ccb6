"""Triggers of the project's own that refuse a change which Auth makes to a user."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from tests.local.auth.flows import ask_recovery, ask_signup, mail_after
from tests.local.auth.mails import fragment_of
from tests.local.auth.service import PASSWORD, AuthService, assert_refused

SAID = {"code": "P0001", "message": "not on Sundays"}


@pytest.fixture
def no_updates(confirming_auth: AuthService) -> Iterator[psycopg.Connection]:
    """Call ``execute`` with the statement that is yielded to refuse every change from then on."""
    confirming_auth.database.execute(
        """create function public.refuse() returns trigger language plpgsql as
             $$ begin raise exception 'not on Sundays'; end $$"""
    )
    try:
        yield confirming_auth.database
    finally:
        confirming_auth.database.execute("drop function public.refuse cascade")


REFUSE = """create trigger refuse before update on auth.users
              for each row execute function public.refuse()"""


def test_link_leads_home_with_the_error(
    confirming_auth: AuthService, no_updates: psycopg.Connection
) -> None:
    mail = mail_after(confirming_auth, ask_signup, {})
    no_updates.execute(REFUSE)
    location = confirming_auth.get(f"/verify?token={quote(mail.token_hash)}&type=signup").headers[
        "Location"
    ]
    assert fragment_of(location) == {
        "error": "server_error",
        "error_code": "unexpected_failure",
        "error_description": "Error confirming user",
        "sb": "",
    }
    assert confirming_auth.count("auth.sessions") == 0


def test_token_hash_stays_good(
    confirming_auth: AuthService, no_updates: psycopg.Connection
) -> None:
    mail = mail_after(confirming_auth, ask_recovery, {})
    body = {"type": "recovery", "token_hash": mail.token_hash}
    no_updates.execute(REFUSE)
    answer = confirming_auth.post("/verify", body)
    assert (answer.status_code, answer.json) == (500, SAID)
    no_updates.execute("drop trigger refuse on auth.users")
    assert confirming_auth.post("/verify", body).status_code == 200


def test_change_of_metadata(confirming_auth: AuthService, no_updates: psycopg.Connection) -> None:
    mail = mail_after(confirming_auth, ask_signup, {})
    body = {"type": "signup", "token_hash": mail.token_hash}
    token = confirming_auth.post("/verify", body).json["access_token"]
    no_updates.execute(REFUSE)
    answer = confirming_auth.call("PUT", "/user", {"data": {"a": 1}}, bearer=token)
    assert (answer.status_code, answer.json) == (500, SAID)


@pytest.mark.parametrize(
    ("sqlstate", "status"),
    [
        ("PT402", 402),
        ("PT503", 503),
        ("PT999", 500),
        ("PT100", 500),
        ("PT000", 500),
        ("PT204", 500),
        ("P0001", 500),
    ],
)
def test_a_trigger_chooses_the_status(
    auth: AuthService, no_updates: psycopg.Connection, sqlstate: str, status: int
) -> None:
    """The body is what the trigger says and nothing else, whatever shape errors have elsewhere."""
    no_updates.execute(
        f"""create or replace function public.refuse() returns trigger language plpgsql as
              $$ begin raise sqlstate '{sqlstate}'
                 using message = 'pay first', hint = 'ask Ann', detail = 'rate 3'; end $$;
            create trigger refuse before insert on auth.users
              for each row execute function public.refuse()"""
    )
    answer = auth.post("/signup", {"email": "ada@example.com", "password": PASSWORD})
    said = {"code": sqlstate, "message": "pay first", "hint": "ask Ann", "detail": "rate 3"}
    assert (answer.status_code, answer.json) == (status, said)
    assert answer.mimetype == "application/json"


@pytest.mark.parametrize("sqlstate", ["PTXYZ", "42501", "22012"])
def test_other_states_are_not_shown(
    auth: AuthService, no_updates: psycopg.Connection, sqlstate: str
) -> None:
    no_updates.execute(
        f"""create or replace function public.refuse() returns trigger language plpgsql as
              $$ begin raise sqlstate '{sqlstate}' using message = 'inner matters'; end $$;
            create trigger refuse before insert on auth.users
              for each row execute function public.refuse()"""
    )
    answer = auth.post("/signup", {"email": "ada@example.com", "password": PASSWORD})
    assert_refused(answer, 500, "unexpected_failure")
    assert "inner matters" not in answer.text
