"""The extension owns nothing: apps in one process stay apart, and nothing connects early."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string

from hipflask import HipFlask, Settings
from hipflask.errors import ConfigError, SealBroken
from tests.kit.web.browsing import token_of
from tests.kit.web.conftest import ENVIRON, PRODUCTION

ONE = ENVIRON | {"SECRET_KEY": "one-" + "a1b2c3d4e5" * 4}
TWO = ENVIRON | {"SECRET_KEY": "two-" + "f6g7h8i9j0" * 4, "SITE_URL": "http://127.0.0.1:9000"}


def make_app(hip: HipFlask, environ: dict[str, str]) -> Flask:
    app = Flask("kit_under_test")
    hip.init_app(app, environ=environ)
    app.add_url_rule("/form", view_func=lambda: render_template_string("{{ csrf_field() }}"))
    app.add_url_rule("/save", "save", lambda: "saved", methods=["POST"])
    return app


def test_two_apps_of_one_extension_do_not_mix() -> None:
    hip = HipFlask()
    one, two = make_app(hip, ONE), make_app(hip, TWO)
    with one.app_context():
        sealed = hip.sealer.seal("test", b"of one")
        assert hip.settings.site_url == "http://localhost"
        database = hip.db
    with two.app_context():
        assert hip.settings.site_url == "http://127.0.0.1:9000"
        assert hip.db is not database
        with pytest.raises(SealBroken):
            hip.sealer.open("test", sealed)
    with one.app_context():
        assert hip.sealer.open("test", sealed) == b"of one"
        assert hip.db is database


def test_a_form_of_one_app_is_refused_by_the_other() -> None:
    hip = HipFlask()
    one, two = make_app(hip, ONE).test_client(), make_app(hip, TWO).test_client()
    token = token_of(one)
    cookie = one.get_cookie("__session")
    assert cookie is not None
    two.set_cookie("__session", cookie.value)
    assert one.post("/save", data={"csrf_token": token}).text == "saved"
    assert two.post("/save", data={"csrf_token": token}).status_code == 400


def test_one_app_inside_the_other_keeps_its_own() -> None:
    hip = HipFlask()
    one, two = make_app(hip, ONE), make_app(hip, TWO)
    with one.app_context():
        with two.app_context():
            assert hip.settings.site_url == "http://127.0.0.1:9000"
        assert hip.settings.site_url == "http://localhost"


def test_an_app_without_the_extension_says_what_to_do() -> None:
    with Flask("bare").app_context(), pytest.raises(RuntimeError, match=r"init_app\(app\)"):
        _ = HipFlask().settings


def test_nothing_is_made_before_it_is_needed() -> None:
    app = make_app(HipFlask(), ONE)
    assert app.test_client().get("/form").status_code == 200
    made = set(vars(app.extensions["hipflask"]))
    assert not made & {"db", "client", "tokens", "sessions", "auth", "readiness", "storage"}


def test_settings_may_be_given() -> None:
    app = Flask("given")
    settings = Settings.from_env(ONE)
    hip = HipFlask(app, settings=settings)
    with app.app_context():
        assert hip.settings is settings


def test_a_missing_setting_stops_the_start_and_is_named() -> None:
    environ = {name: text for name, text in ONE.items() if name != "DATABASE_URL"}
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        HipFlask().init_app(Flask("x"), environ=environ)


def test_a_guessable_key_stops_the_start_in_production() -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY"):
        HipFlask().init_app(Flask("x"), environ=PRODUCTION | {"SECRET_KEY": "changeme" * 5})


def test_the_state_shows_no_secret() -> None:
    app = make_app(HipFlask(), ONE)
    state = app.extensions["hipflask"]
    assert ONE["SECRET_KEY"] not in repr(state)
    assert "postgres:postgres" not in repr(state)


def test_flasks_own_session_is_left_unusable() -> None:
    # It would be a second cookie, which Firebase Hosting drops: silently losing data is worse.
    from flask import session

    app = make_app(HipFlask(), ONE)
    with app.test_request_context(), pytest.raises(RuntimeError, match="secret key"):
        session["x"] = 1


def test_config_that_the_app_set_before_is_kept() -> None:
    app = Flask("own")
    app.config["HIPFLASK_LOGIN_URL"] = "/enter"
    app.config["MAX_CONTENT_LENGTH"] = 5000
    HipFlask().init_app(app, environ=ONE)
    assert app.config["HIPFLASK_LOGIN_URL"] == "/enter"
    assert app.config["MAX_CONTENT_LENGTH"] == 5000


def test_close_without_anything_open() -> None:
    make_app(HipFlask(), ONE).extensions["hipflask"].close()


def test_two_visitors_within_one_application_context_are_two() -> None:
    # Flask then shares ``g`` between their requests; the first visitor's cookie must not be seen.
    app = make_app(HipFlask(), ONE)
    app.add_url_rule("/theme", "theme", lambda: render_template_string("{{ theme }}"))
    with app.app_context():
        first, second = app.test_client(), app.test_client()
        first.set_cookie("__session", "a" * 22 + "~dark.en")
        assert first.get("/theme").text == "dark"
        assert second.get("/theme").text == "system"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"SITE_URL": "https://app.example.com"}, True),
        ({"SITE_URL": "https://app.example.com", "SMTP_HOST": "smtp.example.com"}, False),
        ({"SITE_URL": "http://localhost:8080"}, False),
    ],
)
def test_a_public_site_says_as_it_starts_that_it_cannot_send_mail(
    caplog: pytest.LogCaptureFixture, changes: dict[str, str], says: bool
) -> None:
    HipFlask().init_app(Flask("site"), environ=ENVIRON | changes)
    assert ("SMTP_HOST is not set" in caplog.text) is says
