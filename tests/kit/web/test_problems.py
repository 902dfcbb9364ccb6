"""Every error reaches a program as problem+json and a person as a page, with the same status."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from jinja2 import DictLoader
from markupsafe import escape

from hipflask import errors
from hipflask.kit.web.messages import BUILT_IN
from hipflask.kit.web.problem_types import (
    BY_SLUG,
    PROBLEM_TYPES,
    SLUG_OF_ERROR,
    SLUG_OF_STATUS,
    ProblemType,
    type_of_status,
)
from tests.kit.web.browsing import token_of
from tests.kit.web.conftest import MakeApp

JSON = {"Accept": "application/json"}


def every_error(base: type[errors.HipFlaskError]) -> list[type[errors.HipFlaskError]]:
    """Return a class and all below it."""
    return [base, *(found for child in base.__subclasses__() for found in every_error(child))]


KIT_ERRORS = [
    kind
    for kind in every_error(errors.HipFlaskError)
    if kind.__module__.startswith("hipflask.errors.")
    and not issubclass(kind, (errors.StackError, errors.DeployError))
]


def test_a_problem_for_programs(client: FlaskClient) -> None:
    response = client.get("/nowhere", headers=JSON)
    assert response.mimetype == "application/problem+json"
    assert response.get_json() == {
        "type": "/problems/not-found",
        "title": "Page not found",
        "status": 404,
        "detail": "Check the address, or go to the start page.",
        "request_id": response.headers["X-Request-Id"],
    }


def test_a_page_for_people(client: FlaskClient) -> None:
    response = client.get("/nowhere", headers={"Accept": "text/html"})
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "<h1>Page not found</h1>" in response.text
    assert response.headers["X-Request-Id"] in response.text


def test_a_page_in_chinese(client: FlaskClient) -> None:
    page = client.get("/nowhere", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).text
    assert '<html lang="zh-Hans">' in page
    assert "<h1>页面不存在</h1>" in page


@pytest.mark.parametrize(
    ("path", "accept", "mimetype"),
    [
        ("/api/v1/nowhere", "text/html", "application/problem+json"),
        ("/nowhere", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html"),
        ("/nowhere", "*/*", "text/html"),
        ("/nowhere", "", "text/html"),
        ("/nowhere", "application/problem+json", "application/problem+json"),
        ("/nowhere", "application/json, text/html;q=0.5", "application/problem+json"),
        ("/nowhere", "text/html, application/json;q=0.9", "text/html"),
        ("/nowhere", "application/json, text/plain, */*", "application/problem+json"),
        ("/nowhere", "application/json;q=0", "text/html"),
    ],
)
def test_who_gets_which(client: FlaskClient, path: str, accept: str, mimetype: str) -> None:
    assert client.get(path, headers={"Accept": accept}).mimetype == mimetype


@pytest.mark.parametrize("headers", [JSON, {}])
def test_an_unexpected_error_tells_nothing_but_its_id(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    response = client.get("/boom", headers=headers)
    assert response.status_code == 500
    assert "ZeroDivision" not in response.text
    assert "hunter2" not in response.text
    assert response.headers["X-Request-Id"] in response.text


def test_an_unexpected_error_is_raised_in_tests(app: Flask) -> None:
    # A test of an app must see the traceback, not a polite page.
    app.testing = True
    with pytest.raises(ZeroDivisionError):
        app.test_client().get("/boom")


def test_a_mistake_in_a_query_is_a_server_error(app: Flask, client: FlaskClient) -> None:
    @app.get("/typo")
    def typo() -> str:
        raise errors.QueryRefused('column "secret_column" does not exist')

    response = client.get("/typo")
    assert response.status_code == 500
    assert "secret_column" not in response.text


@pytest.mark.parametrize("headers", [JSON, {}])
def test_a_database_that_is_away_is_503_and_a_time(
    client: FlaskClient, headers: dict[str, str]
) -> None:
    response = client.get("/away", headers=headers)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "10.0.0.7" not in response.text


def test_too_many_attempts_says_when(client: FlaskClient) -> None:
    response = client.get("/hasty", headers={"Accept-Language": "zh"})
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "90"
    assert "请 2 分钟后再试" in response.text
    assert client.get("/hasty", headers=JSON).get_json()["retry_after"] == 90


def test_refused_input_names_its_fields(client: FlaskClient) -> None:
    response = client.post("/refuse", headers=JSON | {"X-CSRF-Token": token_of(client)})
    assert response.status_code == 422
    body = response.get_json()
    assert body["detail"] == "The note is empty."
    assert body["errors"] == [{"field": "note", "detail": "Write something."}]


def test_a_wrong_method_names_the_right_ones(client: FlaskClient) -> None:
    response = client.get("/save")
    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.parametrize("path", ["/save", "/api/v1/thing"])
def test_ten_megabytes_are_too_large(client: FlaskClient, path: str) -> None:
    token = token_of(client)
    response = client.post(path, data={"csrf_token": token, "note": "x" * 10_000_000})
    assert response.status_code == 413


def test_the_limit_is_a_setting(make_app: MakeApp) -> None:
    assert make_app(MAX_CONTENT_LENGTH="2048").config["MAX_CONTENT_LENGTH"] == 2048


def test_broken_json_is_a_bad_request(app: Flask, client: FlaskClient) -> None:
    from flask import request

    from hipflask import csrf_exempt

    app.add_url_rule("/read", "read", csrf_exempt(lambda: request.get_json()), methods=["POST"])
    broken = client.post("/read", data="{", content_type="application/json", headers=JSON)
    assert (broken.status_code, broken.get_json()["type"]) == (400, "/problems/bad-request")
    other = client.post("/read", data="x", content_type="text/plain", headers=JSON)
    assert (other.status_code, other.get_json()["type"]) == (415, "/problems/unsupported-type")


def test_the_apps_own_words_are_shown(app: Flask, client: FlaskClient) -> None:
    @app.get("/mine")
    def mine() -> str:
        abort(404, "This note was deleted.")

    assert client.get("/mine", headers=JSON).get_json()["detail"] == "This note was deleted."


def test_an_unusual_status_keeps_its_number(app: Flask, client: FlaskClient) -> None:
    @app.get("/teapot")
    def teapot() -> str:
        abort(418)

    response = client.get("/teapot", headers=JSON)
    assert response.status_code == 418
    assert response.get_json()["status"] == 418


def test_the_apps_own_page_is_used(app: Flask, client: FlaskClient) -> None:
    app.jinja_env.loader = DictLoader(
        {
            "error.html": "{{ problem.status }} {{ problem.slug }}|{{ problem.title }}"
            "|{{ current_user }}"
        }
    )
    assert client.get("/nowhere").text == "404 not-found|Page not found|None"


@pytest.mark.parametrize(
    "template", ["{{ 1/0 }}", "{% extends 'missing.html' %}", "{{ x.y.z }}", "{% if %}"]
)
def test_a_broken_error_page_does_not_hide_the_error(
    app: Flask, client: FlaskClient, template: str
) -> None:
    app.jinja_env.loader = DictLoader({"error.html": template})
    response = client.get("/nowhere")
    assert response.status_code == 404
    assert "<h1>Page not found</h1>" in response.text


def test_the_page_for_a_database_that_is_away_does_not_ask_the_database(
    app: Flask, client: FlaskClient
) -> None:
    # The navigation of an error page asks who is signed in; that must not fail a second time.
    app.jinja_env.loader = DictLoader({"error.html": "{{ problem.slug }} {{ current_user.email }}"})
    client.set_cookie("__session", "s" * 43)
    assert client.get("/away").text == "database-away "


def test_a_visitor_stays_visitor_on_a_page_that_is_not_there(
    app: Flask, client: FlaskClient
) -> None:
    # The page asks who is signed in; when that cannot be known, nobody is, and it is drawn anyway.
    app.jinja_env.loader = DictLoader({"error.html": "{{ problem.slug }} {{ current_user.email }}"})
    client.set_cookie("__session", "s" * 43)
    response = client.get("/nowhere")
    assert (response.status_code, response.text) == (404, "not-found ")


def test_typed_text_survives_a_database_that_is_away(app: Flask, client: FlaskClient) -> None:
    @app.post("/keep")
    def keep() -> str:
        raise errors.DatabaseUnavailable("gone", reason="refused")

    token = token_of(client)
    page = client.post("/keep", data={"csrf_token": token, "note": "an hour of work"}).text
    assert 'name="note" value="an hour of work"' in page


@pytest.mark.parametrize("kind", KIT_ERRORS, ids=lambda kind: kind.__name__)
def test_every_error_of_the_kit_has_a_row(kind: type[errors.HipFlaskError]) -> None:
    mapped = next(found for found in kind.__mro__ if found in SLUG_OF_ERROR)
    assert SLUG_OF_ERROR[mapped] in BY_SLUG
    on_purpose = {errors.HipFlaskError, errors.ConfigError, errors.DataError, errors.QueryRefused}
    on_purpose |= {errors.WebError, errors.StorageError, errors.BucketNotFound}
    assert mapped is not errors.HipFlaskError or kind in on_purpose


def test_slugs_are_unique_and_statuses_belong_to_their_rows() -> None:
    assert len(BY_SLUG) == len(PROBLEM_TYPES)
    for status, slug in SLUG_OF_STATUS.items():
        assert BY_SLUG[slug].status == status


@pytest.mark.parametrize("status", [402, 418, 451, 501, 502])
def test_a_status_without_a_row_gets_the_nearest(status: int) -> None:
    assert type_of_status(status).status == (400 if status < 500 else 500)


def test_every_sentence_is_in_chinese() -> None:
    chinese = BUILT_IN["zh-Hans"]
    for kind in PROBLEM_TYPES:
        for sentence in filter(None, (kind.title, kind.advice)):
            assert sentence in chinese


def test_the_plain_page_needs_no_other_file(client: FlaskClient) -> None:
    page = client.get("/nowhere").text
    assert "<script" not in page
    assert "<link" not in page
    assert Path(__file__).name not in page


@pytest.mark.parametrize("kind", PROBLEM_TYPES, ids=lambda kind: kind.slug)
def test_the_type_of_a_problem_leads_to_its_explanation(
    client: FlaskClient, kind: ProblemType
) -> None:
    response = client.get(f"/problems/{kind.slug}")
    assert response.status_code == 200
    assert f"<h1>{escape(kind.title)}</h1>" in response.text


def test_an_unknown_type_is_not_found(client: FlaskClient) -> None:
    assert client.get("/problems/nonsense").status_code == 404
