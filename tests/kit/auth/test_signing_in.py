"""Up, in and out, through a real Auth and a real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest

from hipflask.testing import SupabaseBackend
from tests.kit.auth.conftest import PASSWORD, Browser, Site
from tests.kit.auth.plain_mails import plain_mails

pytestmark = plain_mails


def rows(backend: SupabaseBackend, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(backend.database_url) as connection:
        return connection.execute(sql).fetchall()  # type: ignore[arg-type]


def test_sign_up_confirm_and_be_in(site: Site, tab: Browser) -> None:
    answer = tab.send("/signup", email="new@example.com", password=PASSWORD)
    assert answer == {"email": "new@example.com", "confirmation_sent": True}
    assert tab.who is None
    mail = site.mail("new@example.com")
    assert mail.language == "en"
    answer = tab.send("/auth/confirm", token_hash=mail.hash, type="signup")
    assert answer["kind"] == "signed_in"
    assert tab.who == "new@example.com"


def test_sign_up_before_confirming_gives_no_session(tab: Browser) -> None:
    tab.send("/signup", email="new@example.com", password=PASSWORD)
    answer = tab.send("/login", email="new@example.com", password=PASSWORD)
    assert answer["error"] == "EmailNotConfirmed"


def test_sign_in_and_out(site: Site, tab: Browser, ann: str) -> None:
    assert tab.send("/login", email=f" {ann.upper()} ", password=PASSWORD) == {"email": ann}
    assert tab.who == ann
    assert tab.send("/logout") == {"complete": True}
    assert tab.who is None
    assert rows(site.backend, "select * from hipflask.sessions") == []
    assert rows(site.backend, "select * from auth.sessions") == []


@pytest.mark.parametrize(
    ("email", "password"), [("ann@example.com", "wrong"), ("nobody@example.com", PASSWORD)]
)
def test_wrong_credentials(tab: Browser, ann: str, email: str, password: str) -> None:
    answer = tab.send("/login", email=email, password=password)
    assert answer["error"] == "InvalidCredentials"
    assert tab.who is None


def test_malformed_address(tab: Browser) -> None:
    for path in ("/signup", "/forgot", "/resend"):
        answer = tab.send(path, email="no at sign", password=PASSWORD)
        assert answer["error"] == "EmailRefused", path


def test_weak_password(tab: Browser) -> None:
    answer = tab.send("/signup", email="new@example.com", password="a")
    assert answer["error"] == "WeakPassword"


def test_every_sign_in_has_a_new_id(tab: Browser, ann: str) -> None:
    tab.send("/login", email=ann, password=PASSWORD)
    first = tab.cookie
    tab.send("/login", email=ann, password=PASSWORD)
    assert tab.cookie != first
    assert len(first) == 43
    planted = Browser(tab.client.application)  # type: ignore[arg-type]
    planted.client.set_cookie("__session", first, domain="127.0.0.1")
    assert planted.who is None


def test_planted_id_is_worth_nothing(site: Site, ann: str) -> None:
    tab = site.browser()
    tab.client.set_cookie("__session", "A" * 43, domain="127.0.0.1")
    tab.send("/login", email=ann, password=PASSWORD)
    assert tab.cookie != "A" * 43
    thief = site.browser()
    thief.client.set_cookie("__session", "A" * 43, domain="127.0.0.1")
    assert thief.who is None


def test_id_and_tokens_are_not_in_the_table(site: Site, tab: Browser, ann: str) -> None:
    tab.send("/login", email=ann, password=PASSWORD)
    (row,) = rows(site.backend, "select sessions::text from hipflask.sessions")
    assert tab.cookie not in str(row)
    assert "eyJ" not in str(row)


def test_known_address_signs_up_alike(site: Site, tab: Browser, ann: str) -> None:
    fresh = tab.post("/signup", email="new@example.com", password=PASSWORD)
    known = tab.post("/signup", email=ann, password=PASSWORD)
    assert known.status_code == fresh.status_code
    assert known.get_json() == {"email": ann, "confirmation_sent": True}
    assert site.backend.mailbox.messages(to=ann) == []


@pytest.mark.supabase(auth={"email": {"max_frequency": timedelta(seconds=60)}})
def test_mail_limits_do_not_tell_who_exists(tab: Browser, ann: str) -> None:
    tab.send("/signup", email="open@example.com", password=PASSWORD)
    for path, known in (
        ("/forgot", ann),
        ("/resend", "open@example.com"),
        ("/magic", ann),
        ("/signup", "open@example.com"),
    ):
        answers = [
            tab.post(path, email=email, password=PASSWORD)
            for email in (known, known, "nobody@example.com", "nobody@example.com")
        ]
        assert {answer.status_code for answer in answers} == {200}, path
        bodies = {str(answer.get_json()).replace(known, "nobody@example.com") for answer in answers}
        assert len(bodies) == 1, path


def test_sign_out_elsewhere(site: Site, ann: str) -> None:
    here, there = site.browser(), site.browser()
    for tab in (here, there):
        tab.send("/login", email=ann, password=PASSWORD)
    assert here.send("/logout", scope="others") == {"complete": True}
    assert (here.who, there.who) == (ann, None)
    assert len(rows(site.backend, "select * from auth.sessions")) == 1


def test_sign_out_everywhere(site: Site, ann: str) -> None:
    here, there = site.browser(), site.browser()
    for tab in (here, there):
        tab.send("/login", email=ann, password=PASSWORD)
    here.send("/logout", scope="global")
    assert (here.who, there.who) == (None, None)
    assert rows(site.backend, "select * from auth.sessions") == []


def test_sign_out_while_auth_is_away(site: Site, make_site: Callable[..., Site], ann: str) -> None:
    tab = site.browser()
    tab.send("/login", email=ann, password=PASSWORD)
    deaf = make_site(SUPABASE_URL="http://127.0.0.1:1").browser()
    deaf.client.set_cookie("__session", tab.cookie, domain="127.0.0.1")
    assert deaf.who == ann
    assert deaf.send("/logout") == {"complete": False}
    assert deaf.who is None
    assert rows(site.backend, "select * from hipflask.sessions") == []


def test_sign_out_after_the_token_has_ended(site: Site, tab: Browser, ann: str) -> None:
    tab.send("/login", email=ann, password=PASSWORD)
    site.backend.clock.advance(hours=3)
    assert tab.send("/logout") == {"complete": True}
    assert rows(site.backend, "select * from auth.sessions") == []


def test_sign_out_of_nobody(tab: Browser) -> None:
    assert tab.send("/logout") == {"complete": True}


def test_auth_away(make_site: Callable[..., Site]) -> None:
    tab = make_site(SUPABASE_URL="http://127.0.0.1:1").browser()
    for path in ("/login", "/signup", "/forgot"):
        answer = tab.send(path, email="a@example.com", password=PASSWORD)
        assert answer["error"] == "AuthUnavailable", path


def test_database_away(make_site: Callable[..., Site], ann: str) -> None:
    tab = make_site(DATABASE_URL="postgresql://x:y@127.0.0.1:1/z").browser()
    assert tab.send("/login", email=ann, password=PASSWORD)["error"] == "DatabaseUnavailable"
    tab.client.set_cookie("__session", "A" * 43, domain="127.0.0.1")
    assert tab.send("/logout")["error"] == "DatabaseUnavailable"
    assert tab.cookie != "A" * 43


@pytest.mark.supabase(auth={"email": {"enable_confirmations": False}})
def test_project_that_confirms_by_itself(tab: Browser, ann: str) -> None:
    answer = tab.send("/signup", email="new@example.com", password=PASSWORD)
    assert answer["signed_in"] == "new@example.com"
    assert tab.who == "new@example.com"
    assert tab.send("/signup", email=ann, password=PASSWORD)["confirmation_sent"]


def test_deleted_user_is_out(site: Site, tab: Browser, ann: str) -> None:
    tab.send("/login", email=ann, password=PASSWORD)
    with psycopg.connect(site.backend.database_url) as connection:
        connection.execute("delete from auth.users")
    site.backend.clock.advance(seconds=6)
    assert tab.who is None
