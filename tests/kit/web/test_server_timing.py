"""Where the time of a page went: told in development, and to nobody else."""

from __future__ import annotations

import re

from flask import Flask, render_template_string

from hipflask import HipFlask
from hipflask.kit.timing import timed
from hipflask.kit.web.server_timing import Stopwatch
from tests.kit.web.conftest import ENVIRON, PRODUCTION


def app_with_pages(environ: dict[str, str], *, debug: bool) -> Flask:
    app = Flask("timed")
    app.debug = debug
    HipFlask().init_app(app, environ=environ)

    @app.get("/")
    def page() -> str:
        with timed("database", "statement"), timed("auth", "GET"):
            pass
        return render_template_string("{{ 6 * 7 }}")

    @app.get("/broken")
    def broken() -> str:
        return render_template_string("{{ 1 / 0 }}")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


def test_a_developer_sees_the_parts() -> None:
    client = app_with_pages(ENVIRON, debug=True).test_client()
    for _ in range(2):  # nothing of the request before is left
        timing = client.get("/").headers["Server-Timing"]
        assert re.fullmatch(
            r'db;dur=\d+\.\d;desc="database \(1\)", auth;dur=\d+\.\d;desc="auth \(1\)",'
            r' render;dur=\d+\.\d;desc="render \(1\)", total;dur=\d+\.\d',
            timing,
        )


def test_a_page_that_fails_is_timed_too() -> None:
    client = app_with_pages(ENVIRON, debug=True).test_client()
    assert "total;dur=" in client.get("/broken").headers["Server-Timing"]
    assert "render (1)" in client.get("/").headers["Server-Timing"]


def test_nobody_else_sees_them() -> None:
    # How long it takes to look something up says whether it is there.
    for environ, debug in ((ENVIRON, False), (PRODUCTION, True)):
        client = app_with_pages(environ, debug=debug).test_client()
        answer = client.get("/", base_url=environ["SITE_URL"])
        assert answer.status_code == 200
        assert "Server-Timing" not in answer.headers


def test_what_lies_within_another_part_counts_for_itself() -> None:
    seconds = iter([0.0, 1.0, 3.0, 7.0])
    watch = Stopwatch(lambda: next(seconds))
    watch.begin("render", "page")
    watch.begin("database", "statement")
    watch.end(failed=False)
    watch.end(failed=False)
    assert watch.header(9.0) == (
        'db;dur=2000.0;desc="database (1)", render;dur=5000.0;desc="render (1)", total;dur=9000.0'
    )


def test_nobody_listens_outside_a_request() -> None:
    with timed("database", "statement") as nothing:
        assert nothing is None
