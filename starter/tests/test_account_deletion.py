"""Deleting the account: asked, undone, carried out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from app.account.erasing import BUCKETS
from app.extensions import hip
from conftest import PASSWORD
from flask import Flask
from storage_calls import picture
from visitor import Page, Visitor

from hipflask import errors
from hipflask.testing import SupabaseBackend

ADA = "ada@example.com"


@pytest.fixture
def sent(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, str]]:
    """The mails that the app itself has sent: to whom, about what, and the text."""
    mails: list[tuple[str, str, str]] = []

    def send(_mail: object, to: str, subject: str, text: str) -> bool:
        mails.append((to, subject, text))
        return True

    with app.app_context():
        monkeypatch.setattr(type(hip.mail), "send", send)
    return mails


def ask(member: Visitor) -> Page:
    member.open("/account/delete")
    return member.press("Delete my account", confirmation=ADA)


def carry_out(app: Flask) -> str:
    return str(app.test_cli_runner().invoke(args=["delete-due-accounts"]).output)


def users(backend: SupabaseBackend) -> set[str]:
    with psycopg.connect(backend.database_url) as connection:
        return {row[0] for row in connection.execute("select email from auth.users")}


def test_it_is_asked_for_and_undone_on_any_page(
    member: Visitor, app: Flask, backend: SupabaseBackend, sent: list[Any]
) -> None:
    page = ask(member)
    assert page.status == 200
    assert "Your account and everything in it is deleted on" in page.text
    page = member.open("/dashboard")
    assert "Your account is deleted on" in page.text
    page = member.press("Keep my account")
    assert "Your account stays." in page.text
    assert "is deleted on" not in member.open("/dashboard").text
    backend.clock.advance(days=15)
    assert carry_out(app) == "0 deleted\n"
    assert users(backend) == {ADA}


def test_the_link_in_the_mail_undoes_it_without_signing_in(
    member: Visitor, visitor: Visitor, app: Flask, sent: list[tuple[str, str, str]]
) -> None:
    ask(member)
    [(to, subject, text)] = sent
    assert (to, subject) == (ADA, "Your account is to be deleted")
    link = re.findall(r"http://localhost(/\S+)", text)[-1]
    visitor.open(link)
    visitor.open(link)  # looking changes nothing
    page = visitor.press("Keep my account")
    assert "Your account stays." in page.text
    page = visitor.open(link)
    page = visitor.press("Keep my account")
    assert page.status == 410
    assert "There is nothing to undo" in page.text
    assert "is deleted on" not in member.open("/dashboard").text


def test_an_old_link_does_not_undo_a_later_deletion(
    member: Visitor,
    visitor: Visitor,
    backend: SupabaseBackend,
    sent: list[tuple[str, str, str]],
) -> None:
    ask(member)
    link = re.findall(r"http://localhost(/\S+)", sent[0][2])[-1]
    member.press("Keep my account")
    backend.clock.advance(minutes=1)
    ask(member)
    visitor.open(link)
    assert visitor.press("Keep my account").status == 410


def test_signing_in_shows_it_and_other_devices_are_signed_out(
    member: Visitor, new_visitor: Callable[..., Visitor], sent: list[Any]
) -> None:
    other = new_visitor()
    other.sign_in(ADA, PASSWORD)
    ask(member)
    assert other.open("/dashboard").path.startswith("/login")
    page = other.sign_in(ADA, PASSWORD)
    assert "Your account is deleted on" in page.text


def test_after_two_weeks_nothing_is_left(
    member: Visitor, stranger: Visitor, app: Flask, backend: SupabaseBackend, sent: list[Any]
) -> None:
    for visitor in (member, stranger):
        visitor.open("/files")
        visitor.press("Upload", files=[("lake.png", picture())])
        visitor.open("/account/avatar")
        visitor.press("Save picture", files=[("me.png", picture())])
    ask(member)
    assert carry_out(app) == "0 deleted\n"
    backend.clock.advance(days=14, seconds=1)
    assert carry_out(app) == "1 deleted\n"
    assert carry_out(app) == "0 deleted\n"
    assert users(backend) == {"eve@example.com"}
    with psycopg.connect(backend.database_url) as connection:
        for table, left in (
            ("storage.objects", 2),
            ("public.files", 1),
            ("hipflask.sessions", 1),
            ("hipflask.account_deletions", 0),
        ):
            row = connection.execute(f"select count(*) from {table}").fetchone()
            assert row == (left,), table
    assert member.open("/dashboard").path.startswith("/login")
    assert member.sign_in(ADA, PASSWORD).status == 422


def test_what_stops_it_half_way_is_made_up_for(
    member: Visitor,
    app: Flask,
    backend: SupabaseBackend,
    sent: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(member)
    backend.clock.advance(days=15)
    with app.app_context(), monkeypatch.context() as broken:

        def fail(*_: object) -> None:
            raise errors.AuthUnavailable("away", reason="unreachable")

        broken.setattr(type(hip.auth.account.deletions), "_delete", fail)
        assert hip.auth.account.deletions.carry_out(BUCKETS) == []
    member.open("/files")
    page = member.press("Keep my account")
    assert "There was nothing to undo." in page.text, "it has begun: there is no way back"
    assert carry_out(app) == "1 deleted\n"
    assert users(backend) == set()


@pytest.mark.parametrize(
    "confirmation",
    ["", "eve@example.com"],
)
def test_what_is_wrong_stands_beside_its_field(
    member: Visitor, sent: list[Any], confirmation: str
) -> None:
    member.open("/account/delete")
    page = member.press("Delete my account", confirmation=confirmation)
    assert page.status == 422
    assert 'id="confirmation-error"' in page.html
    assert "Type your e-mail address here." in page.text
    assert sent == []


def test_a_visit_carries_it_out_without_any_command(
    member: Visitor, stranger: Visitor, app: Flask, backend: SupabaseBackend, sent: list[Any]
) -> None:
    stranger.open("/dashboard")
    ask(member)
    backend.clock.advance(days=13, hours=23)
    stranger.open("/dashboard")
    assert users(backend) == {ADA, "eve@example.com"}
    backend.clock.advance(hours=1, seconds=1)
    stranger.open("/dashboard")
    assert users(backend) == {"eve@example.com"}


def test_a_visit_looks_once_an_hour(
    member: Visitor, stranger: Visitor, backend: SupabaseBackend, sent: list[Any]
) -> None:
    ask(member)
    backend.clock.advance(days=13, hours=23, minutes=30)
    stranger.open("/dashboard")
    backend.clock.advance(minutes=31)
    stranger.open("/dashboard")
    assert users(backend) == {ADA, "eve@example.com"}
    backend.clock.advance(minutes=30)
    assert stranger.open("/dashboard").status == 200
    assert users(backend) == {"eve@example.com"}


def test_a_visit_goes_on_when_nothing_can_be_deleted(
    member: Visitor,
    stranger: Visitor,
    app: Flask,
    backend: SupabaseBackend,
    sent: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ask(member)
    backend.clock.advance(days=15)

    def fail(*_: object, **__: object) -> None:
        raise errors.DatabaseUnavailable("away", reason="unreachable")

    with app.app_context():
        monkeypatch.setattr(type(hip.auth.account.deletions), "carry_out", fail)
    assert stranger.open("/dashboard").status == 200


def test_it_needs_a_fresh_proof_and_keeps_what_was_typed(
    member: Visitor, backend: SupabaseBackend, sent: list[Any]
) -> None:
    backend.clock.advance(minutes=11)
    page = ask(member)
    assert page.status == 403
    assert sent == []
    page = member.press("Confirm and go on", step_up_password=PASSWORD)
    assert "Your account and everything in it is deleted on" in page.text


def test_without_a_mail_server_the_page_says_so_before(
    member: Visitor, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not app.extensions["hipflask"].mail.can_send
    assert "sign in and undo it on any page" in member.open("/account/delete").text
    assert "send you a link" not in member.open("/account/delete").text


def test_a_mail_that_cannot_be_sent_is_said(member: Visitor) -> None:
    page = ask(member)
    assert "The mail with the undo link could not be sent." in page.text
    assert "Keep my account" in page.form("Keep my account").buttons


@pytest.mark.parametrize("token", ["", "x", "v1.AAAA"])
def test_a_made_up_link_is_refused(visitor: Visitor, token: str) -> None:
    visitor.open(f"/account/undo-deletion?token={token}")
    assert visitor.press("Keep my account").status == 410
