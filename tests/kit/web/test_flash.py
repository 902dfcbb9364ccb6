"""One-time messages in a redirect: they reach their visitor and nobody else."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.kit.web.browsing import token_of
from tests.kit.web.conftest import MovedByHand


def save_and_go(client: FlaskClient, to: str = "/messages") -> str:
    """Send the form and return where it leads."""
    response = client.post(
        "/save-and-go", query_string={"to": to}, data={"csrf_token": token_of(client)}
    )
    assert response.status_code == 303
    return response.headers["Location"]


def test_survives_a_redirect(client: FlaskClient) -> None:
    assert client.get(save_and_go(client)).text == "good:Saved “你好”;"


def test_is_shown_at_once_without_a_redirect(app: Flask, client: FlaskClient) -> None:
    from flask import render_template_string

    from hipflask import flash

    @app.get("/now")
    def now() -> str:
        flash("<b>hi</b>")
        return render_template_string("{{ get_flashed_messages() | join }}")

    assert client.get("/now").text == "&lt;b&gt;hi&lt;/b&gt;"


def test_keeps_the_rest_of_the_address(client: FlaskClient) -> None:
    location = save_and_go(client, "/messages?page=2&q=a%20b#top")
    assert location.startswith("/messages?page=2&q=a+b&flash=v1.")
    assert location.endswith("#top")


def test_is_gone_after_two_minutes(client: FlaskClient, clock: MovedByHand) -> None:
    location = save_and_go(client)
    clock.advance(minutes=2)
    assert client.get(location).text == ""


def test_is_not_shown_to_somebody_else(app: Flask, client: FlaskClient) -> None:
    # A link to "Your password was changed, call this number" must not work on other people.
    location = save_and_go(client)
    stranger = app.test_client()
    token_of(stranger)
    assert stranger.get(location).text == ""
    assert app.test_client().get(location).text == ""


@pytest.mark.parametrize("value", ["", "Hello", "v1.AAAA", "v1." + "A" * 200])
def test_cannot_be_forged(client: FlaskClient, value: str) -> None:
    token_of(client)
    assert client.get("/messages", query_string={"flash": value}).text == ""


def test_never_travels_to_another_site(client: FlaskClient) -> None:
    assert save_and_go(client, "https://elsewhere.example/") == "https://elsewhere.example/"


def test_travels_to_our_own_absolute_address(client: FlaskClient) -> None:
    assert "flash=v1." in save_and_go(client, "http://localhost/messages")


def test_follows_a_visitor_through_the_sign_in(app: Flask, client: FlaskClient) -> None:
    # The id changes on the very response that carries the message.
    from flask import redirect

    from hipflask import csrf_exempt, flash
    from hipflask.kit.web.visit import visit

    @app.post("/enter")
    @csrf_exempt
    def enter() -> object:
        visit().start_session()
        flash("Welcome")
        return redirect("/messages", 303)

    location = client.post("/enter").headers["Location"]
    assert client.get(location).text == "info:Welcome;"


def test_a_message_too_long_for_an_address_is_a_mistake(app: Flask, client: FlaskClient) -> None:
    from flask import redirect

    from hipflask import csrf_exempt, flash

    app.testing = True

    @app.post("/long")
    @csrf_exempt
    def long() -> object:
        flash("x" * 2000)
        return redirect("/messages", 303)

    with pytest.raises(ValueError, match="too long"):
        client.post("/long")
