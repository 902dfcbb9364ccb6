"""Errors as people see them."""

from __future__ import annotations

from collections.abc import Callable

from app import create_app
from flask import Flask
from visitor import Visitor

from hipflask.testing import SupabaseBackend


def test_an_unknown_page(visitor: Visitor) -> None:
    page = visitor.open("/nowhere")
    assert page.status == 404
    assert page.links["Go to the start page"] == "/"
    assert page.response.headers["X-Request-Id"] in page.text


def test_an_unknown_page_in_chinese(new_visitor: Callable[..., Visitor]) -> None:
    assert "页面不存在" in new_visitor(language="zh-Hans").open("/nowhere").text


def test_a_form_that_is_too_large(member: Visitor) -> None:
    member.open("/dashboard/notes/new")
    page = member.press("Create note", title="x", body="b" * 2_000_000)
    assert page.status == 413


def test_a_session_that_ended_keeps_what_was_typed(
    member: Visitor, backend: SupabaseBackend, app: Flask
) -> None:
    member.open("/dashboard/notes/new")
    form = member.page.form("Create note") if member.page else None
    assert form is not None
    db = app.extensions["hipflask"].db
    with app.test_request_context(), db.as_service() as tx:
        tx.execute("delete from hipflask.sessions")
    backend.clock.advance(minutes=1)  # past the cache of sessions
    page = member.press("Create note", title="Kept title", body="Kept text")
    assert page.status == 401
    kept = page.form("Send it again").fields
    assert kept["title"] == "Kept title"
    assert kept["body"] == "Kept text"


def test_forms_say_that_auth_is_away(backend: SupabaseBackend) -> None:
    """Nothing that was typed is wrong, so the status is not that of a mistake in the form."""
    away = {"SUPABASE_URL": "http://127.0.0.1:1", "SITE_URL": "http://localhost"}
    secret = {"SECRET_KEY": "tests-only-7Zk2v9Qp4Lx8Wd3Rb6"}
    app = create_app(environ={**backend.environment, **secret, **away})
    someone = Visitor(app)
    typed = {"email": "ada@example.com"}
    for path, button, more in (
        ("/login", "Sign in", {"password": "correct horse"}),
        ("/signup", "Create account", {"password": "correct horse"}),
        ("/users/forgot-password", "Send the mail", {}),
        ("/auth/check-mail", "Continue with the code", {"code": "123456"}),
    ):
        someone.open(path)
        page = someone.press(button, **typed, **more)
        assert page.status == 503, path
        assert "not possible right now" in page.text
    app.extensions["hipflask"].close()
