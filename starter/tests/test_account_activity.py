"""The security log on the account pages."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from conftest import PASSWORD
from visitor import Visitor

from hipflask.testing import SupabaseBackend


def test_what_happened_is_told_in_order(
    member: Visitor, new_visitor: Callable[..., Visitor]
) -> None:
    new_visitor().sign_in("ADA@example.com", "wrong")
    member.open("/account/password")
    member.press("Change password", current_password="wrong too", password="battery staple 1")
    member.press("Change password", current_password=PASSWORD, password="battery staple 1")
    text = member.open("/account/activity").text
    told = [
        "Password changed",
        "A wrong password was entered on these pages",
        "A sign-in failed: wrong password",
        "Signed in with the password",
    ]
    places = [text.index(each) for each in told]
    assert places == sorted(places)
    assert "127.0.0.1" in text


def test_unknown_addresses_leave_no_trace(
    new_visitor: Callable[..., Visitor], backend: SupabaseBackend
) -> None:
    new_visitor().sign_in("nobody@example.com", "wrong")
    with psycopg.connect(backend.database_url) as connection:
        found = connection.execute("select count(*) from public.security_events").fetchone()
    assert found == (0,)


def test_others_do_not_see_it(member: Visitor, stranger: Visitor) -> None:
    member.open("/account/password")
    member.press("Change password", current_password=PASSWORD, password="battery staple 1")
    assert "Password changed" not in stranger.open("/account/activity").text


def test_it_is_paged_and_old_entries_go(member: Visitor, backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        connection.execute(
            "insert into public.security_events (user_id, event, created_at)"
            " select id, 'something_new', %s from auth.users, generate_series(1, 40)",
            [backend.clock.now()],
        )
    page = member.open("/account/activity")
    assert page.text.count("Something new") == 30
    page = member.follow("Older")
    assert page.text.count("Something new") == 10
    assert "Signed in with the password" in page.text
    assert member.follow("Newest").text.count("Something new") == 30
    backend.clock.advance(days=181)
    member.sign_in("ada@example.com", PASSWORD)
    page = member.open("/account/activity")
    assert "Something new" not in page.text


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "%00", "1.5"])
def test_a_strange_page_is_the_first(member: Visitor, before: str) -> None:
    assert member.open(f"/account/activity?before={before}").status == 200


def test_nobody_but_the_server_writes(backend: SupabaseBackend) -> None:
    with psycopg.connect(backend.database_url) as connection:
        for statement in (
            "delete from public.security_events",
            "update public.security_events set event = 'x'",
            "insert into public.security_events (user_id, event) values (auth.uid(), 'x')",
            "select hipflask.user_with_email('ada@example.com')",
            "select hipflask.has_password(auth.uid())",
            "select * from hipflask.account_deletions",
        ):
            connection.execute("set local role authenticated")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()
