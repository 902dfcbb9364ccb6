"""Theme, language and time zone: chosen without a script, read on the server."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient

from tests.kit.web.browsing import token_of


@pytest.fixture
def page(app: Flask, client: FlaskClient) -> FlaskClient:
    @app.get("/page")
    def page() -> str:
        return render_template_string("{{ theme }} {{ language }} {{ current_theme() }}")

    return client


def choose(client: FlaskClient, **form: str) -> object:
    return client.post("/preferences", data={"csrf_token": token_of(client), **form})


def test_defaults_follow_the_system_and_the_browser(page: FlaskClient) -> None:
    assert page.get("/page").text == "system en system"
    assert page.get("/page", headers={"Accept-Language": "zh-CN"}).text == "system zh-Hans system"


def test_a_choice_is_there_on_the_next_page(page: FlaskClient) -> None:
    choose(page, theme="dark")
    choose(page, language="zh-Hans")
    assert page.get("/page", headers={"Accept-Language": "en"}).text == "dark zh-Hans dark"


def test_a_choice_leads_back(client: FlaskClient) -> None:
    response = choose(client, theme="light", next="/notes?page=2")
    assert (response.status_code, response.headers["Location"]) == (303, "/notes?page=2")  # type: ignore[attr-defined]


def test_a_choice_never_leads_elsewhere(client: FlaskClient) -> None:
    response = choose(client, theme="light", next="//evil.example")
    assert response.headers["Location"] == "/"  # type: ignore[attr-defined]


def test_a_choice_needs_our_own_form(client: FlaskClient) -> None:
    token_of(client)
    assert client.post("/preferences", data={"theme": "dark"}).status_code == 400


@pytest.mark.parametrize(
    "form",
    [
        {"theme": "neon"},
        {"language": "xx"},
        {"language": "en;x=y"},
        {"timezone": "../../etc/passwd"},
        {"timezone": "Europe/Berlin; Domain=x"},
        {"timezone": "/etc"},
    ],
)
def test_an_unknown_choice_is_refused(client: FlaskClient, form: dict[str, str]) -> None:
    assert choose(client, **form).status_code == 422  # type: ignore[attr-defined]


def test_a_choice_keeps_the_id(client: FlaskClient) -> None:
    token_of(client)
    before = client.get_cookie("__session")
    choose(client, theme="dark")
    after = client.get_cookie("__session")
    assert before is not None
    assert after is not None
    assert after.value == f"{before.value}~dark."


def test_a_time_zone_is_kept_and_can_be_taken_back(client: FlaskClient) -> None:
    choose(client, timezone="Asia/Shanghai")
    cookie = client.get_cookie("__session")
    assert cookie is not None
    assert cookie.value.endswith("~..Asia/Shanghai")
    choose(client, timezone="")
    cookie = client.get_cookie("__session")
    assert cookie is not None
    assert "~" not in cookie.value
