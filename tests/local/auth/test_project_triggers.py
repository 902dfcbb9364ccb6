"""Triggers of the project's own that refuse a change which Auth makes to a user."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import psycopg
import pytest

from tests.local.auth.flows import ask_recovery, ask_signup, mail_after
from tests.local.auth.mails import fragment_of
from tests.local.auth.service import AuthService

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
