"""Where somebody is signed in, and ending that."""

from __future__ import annotations

import re
from collections.abc import Callable

import psycopg
from conftest import PASSWORD
from flask import Flask
from visitor import Visitor

from hipflask.testing import SupabaseBackend

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0"


def on_firefox(app: Flask) -> Visitor:
    visitor = Visitor(app)
    visitor.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    visitor.sign_in("ada@example.com", PASSWORD)
    return visitor


def auth_sessions(backend: SupabaseBackend) -> int:
    with psycopg.connect(backend.database_url) as connection:
        row = connection.execute("select count(*) from auth.sessions").fetchone()
    return int(row[0]) if row else -1


def test_they_are_listed_and_this_one_is_marked(member: Visitor, app: Flask) -> None:
    page = member.open("/account/sessions")
    assert "No other device is signed in." in page.text
    on_firefox(app)
    page = member.open("/account/sessions")
    assert "Firefox 141 on Linux" in page.text
    assert "127.0.0.1" in page.text
    assert page.text.count("This device") == 1
    assert page.text.index("This device") < page.text.index("Firefox")


def test_one_device(member: Visitor, app: Flask, backend: SupabaseBackend) -> None:
    other = on_firefox(app)
    page = member.open("/account/sessions")
    action = next(form.action for form in page.forms if form.action.endswith("/end"))
    token = page.form("Sign out all other devices").fields["csrf_token"]
    answer = member.client.post(action, data={"csrf_token": token}, follow_redirects=True)
    assert "The device is signed out." in answer.text
    assert auth_sessions(backend) == 1
    assert other.open("/dashboard").path.startswith("/login")
    assert member.open("/dashboard").path == "/dashboard"
    answer = member.client.post(action, data={"csrf_token": token}, follow_redirects=True)
    assert "signed out already" in answer.text


def test_a_device_whose_token_has_ended(
    member: Visitor, app: Flask, backend: SupabaseBackend
) -> None:
    on_firefox(app)
    backend.clock.advance(hours=2)
    page = member.open("/account/sessions")
    action = next(form.action for form in page.forms if form.action.endswith("/end"))
    token = page.form("Sign out all other devices").fields["csrf_token"]
    member.client.post(action, data={"csrf_token": token})
    assert auth_sessions(backend) == 1


def test_all_others(
    member: Visitor, app: Flask, backend: SupabaseBackend, stranger: Visitor
) -> None:
    others = [on_firefox(app), on_firefox(app)]
    member.open("/account/sessions")
    page = member.press("Sign out all other devices")
    assert "Every other device is signed out." in page.text
    assert "No other device is signed in." in page.text
    assert all(other.open("/dashboard").path.startswith("/login") for other in others)
    assert auth_sessions(backend) == 2  # this one, and the stranger's
    assert stranger.open("/dashboard").path == "/dashboard"


def test_nobody_ends_the_sessions_of_others(
    member: Visitor, stranger: Visitor, app: Flask, new_visitor: Callable[..., Visitor]
) -> None:
    on_firefox(app)
    page = member.open("/account/sessions")
    action = next(form.action for form in page.forms if form.action.endswith("/end"))
    theirs = stranger.open("/account").form("Save profile").fields["csrf_token"]
    answer = stranger.client.post(action, data={"csrf_token": theirs}, follow_redirects=True)
    assert "signed out already" in answer.text
    assert len(re.findall('/end"', member.open("/account/sessions").html)) == 1
    assert new_visitor().client.post(action).status_code in (400, 401, 403)
