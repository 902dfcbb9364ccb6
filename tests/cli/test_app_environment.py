"""The environment of the application."""

from __future__ import annotations

from dataclasses import replace

from hipflask.cli.app_environment import app_variables, elsewhere
from hipflask.local.config import AuthConfig, ProjectConfig
from hipflask.local.keys import ProjectKeys
from hipflask.local.stack_state import Addresses
from hipflask.protocol.clock import SystemClock

ADDRESSES = Addresses(
    app="http://127.0.0.1:8080",
    api="http://127.0.0.1:54321",
    database="postgresql://postgres:postgres@127.0.0.1:54322/postgres",
    mailbox="http://127.0.0.1:54324",
    smtp="127.0.0.1:54325",
)
KEYS = ProjectKeys.generate(issuer="supabase", clock=SystemClock())
CONFIG = ProjectConfig()


def test_holds_what_the_application_needs() -> None:
    made = app_variables(ADDRESSES, KEYS, CONFIG, {})
    assert made["SUPABASE_URL"] == ADDRESSES.api
    assert made["SUPABASE_PUBLISHABLE_KEY"] == KEYS.publishable_key
    assert made["SECRET_KEY"] == KEYS.app_secret
    assert made["SITE_URL"] == ADDRESSES.app
    assert (made["SMTP_HOST"], made["SMTP_PORT"]) == ("127.0.0.1", "54325")


def test_keeps_the_signing_secret_from_it() -> None:
    assert KEYS.jwt_secret not in app_variables(ADDRESSES, KEYS, CONFIG, {}).values()


def test_what_is_set_wins() -> None:
    made = app_variables(ADDRESSES, KEYS, CONFIG, {"SITE_URL": "http://localhost:1", "X": "y"})
    assert made["SITE_URL"] == "http://localhost:1"
    assert made["X"] == "y"


def test_mail_servers_are_not_mixed() -> None:
    made = app_variables(ADDRESSES, KEYS, CONFIG, {"SMTP_HOST": "smtp.example.com"})
    assert made["SMTP_HOST"] == "smtp.example.com"
    assert "SMTP_PORT" not in made


def test_issuer_of_its_own_is_told() -> None:
    config = replace(CONFIG, auth=AuthConfig(jwt_issuer="https://me"))
    assert app_variables(ADDRESSES, KEYS, config, {})["SUPABASE_JWT_ISSUER"] == "https://me"
    assert "SUPABASE_JWT_ISSUER" not in app_variables(ADDRESSES, KEYS, CONFIG, {})


def test_says_when_the_application_goes_elsewhere() -> None:
    assert elsewhere({}, ADDRESSES) == []
    assert elsewhere({"SUPABASE_URL": ADDRESSES.api + "/"}, ADDRESSES) == []
    (note,) = elsewhere({"SUPABASE_URL": "https://x.example"}, ADDRESSES)
    assert note.startswith("SUPABASE_URL is set to another address")
