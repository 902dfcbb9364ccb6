"""Recovery may only reset the password; afterwards every session is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
import urllib3

from tests.kit.auth.conftest import NEW_PASSWORD, PASSWORD, SITE, Browser, Site
from tests.kit.auth.plain_mails import plain_mails

pytestmark = plain_mails


def proof_of(site: Site, tab: Browser, email: str) -> str:
    tab.send("/forgot", email=email)
    answer = tab.send("/users/reset-password", token_hash=site.mail(email).hash, type="recovery")
    assert answer["kind"] == "recovery"
    assert answer["email"] == email
    proof: str = answer["proof"]
    return proof


def test_new_password_ends_every_session(site: Site, ann: str) -> None:
    old = [site.browser(), site.browser()]
    for each in old:
        each.send("/login", email=ann, password=PASSWORD)
    tab = site.browser()
    assert tab.send("/reset", proof=proof_of(site, tab, ann), new_password=NEW_PASSWORD) == {}
    assert [each.who for each in [*old, tab]] == [None, None, None]
    with psycopg.connect(site.backend.database_url) as connection:
        assert connection.execute("select * from auth.sessions").fetchall() == []
        assert connection.execute("select * from hipflask.sessions").fetchall() == []
    assert tab.send("/login", email=ann, password=PASSWORD)["error"] == "InvalidCredentials"
    assert tab.send("/login", email=ann, password=NEW_PASSWORD) == {"email": ann}


def test_refused_password_keeps_the_proof(site: Site, tab: Browser, ann: str) -> None:
    proof = proof_of(site, tab, ann)
    assert tab.send("/reset", proof=proof, new_password="a")["error"] == "WeakPassword"
    assert tab.send("/reset", proof=proof, new_password=PASSWORD)["error"] == "SamePassword"
    assert tab.send("/reset", proof=proof, new_password=NEW_PASSWORD) == {}


def test_proof_works_once(site: Site, tab: Browser, ann: str) -> None:
    proof = proof_of(site, tab, ann)
    tab.send("/reset", proof=proof, new_password=NEW_PASSWORD)
    again = tab.send("/reset", proof=proof, new_password=NEW_PASSWORD + "2")
    assert again["error"] == "LinkExpired"


def test_proof_ends_after_a_quarter_of_an_hour(site: Site, tab: Browser, ann: str) -> None:
    proof = proof_of(site, tab, ann)
    site.backend.clock.advance(minutes=16)
    assert tab.send("/reset", proof=proof, new_password=NEW_PASSWORD)["error"] == "LinkExpired"


def test_proof_cannot_be_made_up(site: Site, tab: Browser, ann: str) -> None:
    foreign = site.state.sealer.seal("something else", b'["a", "b"]')
    for proof in ("", "x", foreign, proof_of(site, tab, ann)[:-2] + "AA"):
        assert tab.send("/reset", proof=proof, new_password=NEW_PASSWORD)["error"] == "LinkExpired"


@pytest.mark.parametrize("disguise", ["magiclink", "email", "signup", "invite", "email_change"])
def test_disguised_recovery_link_opens_no_session(
    site: Site, tab: Browser, ann: str, disguise: str
) -> None:
    """The holder may rewrite the link's type: recovery and magic link share a column."""
    tab.send("/forgot", email=ann)
    mail = site.mail(ann)
    for fields in ({}, {"flow": mail.flow}):
        answer = tab.send("/auth/confirm", token_hash=mail.hash, type=disguise, **fields)
        assert answer.get("kind") in (None, "confirmed"), answer
        assert not answer.get("proof")
    assert tab.who is None


@pytest.mark.parametrize("disguise", ["magiclink", "email", "signup", "sms", ""])
def test_disguised_code_opens_no_session(site: Site, tab: Browser, ann: str, disguise: str) -> None:
    tab.send("/forgot", email=ann)
    answer = tab.send("/code", email=ann, code=site.mail(ann).code, type=disguise)
    assert answer.get("kind") in (None, "confirmed"), answer
    assert tab.who is None


@pytest.mark.parametrize("disguise", ["", "magiclink", "signup", "email_change", "nonsense"])
def test_disguised_fragment_opens_no_session(
    site: Site, tab: Browser, ann: str, disguise: str
) -> None:
    tab.send("/forgot", email=ann)
    fields = site.mail(ann).follow() | {"type": disguise}
    answer = tab.send("/auth/confirm", **fields)
    assert answer["kind"] in ("confirmed", "email_changed")
    assert tab.who is None


def test_older_sign_in_flow_is_no_excuse(site: Site, tab: Browser, ann: str) -> None:
    """A flow that did ask for a sign-in proves nothing once a recovery was asked for."""
    tab.send("/magic", email=ann)
    excuse = site.mail(ann).flow
    site.backend.clock.advance(minutes=2)
    tab.send("/forgot", email=ann)
    mail = site.mail(ann, subject="recovery")
    answer = tab.send("/auth/confirm", token_hash=mail.hash, type="magiclink", flow=excuse)
    assert answer["kind"] == "confirmed"
    assert tab.who is None


def test_recovery_asked_for_at_auth_itself_counts_too(site: Site, tab: Browser, ann: str) -> None:
    """Somebody with the publishable key can ask Auth without us, so no record of ours says so."""
    tab.send("/magic", email=ann)
    excuse = site.mail(ann).flow
    site.backend.clock.advance(minutes=2)
    ask_auth_to_recover(site, ann)
    mail = site.mail(ann, subject="recovery")
    answer = tab.send("/auth/confirm", token_hash=mail.hash, type="magiclink", flow=excuse)
    assert answer["kind"] == "confirmed"
    assert tab.who is None


def test_recovery_without_our_flow_still_resets(site: Site, tab: Browser, ann: str) -> None:
    ask_auth_to_recover(site, ann)
    mail = site.mail(ann)
    answer = tab.send("/users/reset-password", token_hash=mail.hash, type="recovery")
    assert tab.send("/reset", proof=answer["proof"], new_password=NEW_PASSWORD) == {}


def ask_auth_to_recover(site: Site, email: str) -> None:
    answer = urllib3.request(
        "POST",
        f"{site.backend.url}/auth/v1/recover?redirect_to={SITE}/users/reset-password",
        json={"email": email},
        headers={"apikey": site.backend.publishable_key},
    )
    assert answer.status == 200


@pytest.mark.parametrize("excuse", ["/resend", "/signup"])
@pytest.mark.parametrize("shape", ["token_hash", "fragment", "code"])
def test_younger_sign_up_flow_is_no_excuse(
    site: Site, tab: Browser, ann: str, shape: str, excuse: str
) -> None:
    """Anybody may ask for a sign-up with any address; Auth sends nothing to a confirmed one."""
    tab.send("/forgot", email=ann)
    mail = site.mail(ann)
    fields = {"token_hash": mail.hash}
    if shape == "fragment":
        fields = {name: text for name, text in mail.follow().items() if name != "flow"}
    site.backend.clock.advance(minutes=2)
    assert "error" not in tab.send(excuse, email=ann, **_password_for(excuse))
    if shape == "code":
        answer = tab.send("/code", email=ann, code=mail.code, type="magiclink")
    else:
        answer = tab.send("/auth/confirm", **fields | {"type": "magiclink"})
    assert answer["kind"] == "confirmed"
    assert tab.who is None


def _password_for(path: str) -> dict[str, str]:
    return {"password": PASSWORD} if path == "/signup" else {}


@pytest.mark.supabase(auth={"email": {"max_frequency": timedelta(minutes=1)}})
def test_refused_sign_in_flow_is_no_excuse(site: Site, tab: Browser, ann: str) -> None:
    """Auth sends one mail a minute, so the recovery link stays the one that is valid."""
    ask_auth_to_recover(site, ann)
    mail = site.mail(ann)
    site.backend.clock.advance(seconds=10)
    tab.send("/magic", email=ann)
    assert len(site.backend.mailbox.messages()) == 1
    answer = tab.send("/auth/confirm", token_hash=mail.hash, type="magiclink")
    assert answer["kind"] == "confirmed"
    assert tab.who is None


def test_sign_in_flow_is_no_excuse_for_an_older_session(site: Site, tab: Browser, ann: str) -> None:
    """The recovery link was opened at Auth, and its session kept until there was an excuse."""
    ask_auth_to_recover(site, ann)
    fields = site.mail(ann).follow() | {"type": ""}
    site.backend.clock.advance(minutes=2)
    tab.send("/magic", email=ann)
    answer = tab.send("/auth/confirm", **fields)
    assert answer["kind"] == "confirmed"
    assert tab.who is None


def test_unconfirmed_account_is_no_excuse(site: Site, tab: Browser) -> None:
    """A sign-in link for an unconfirmed address is a sign-up link, and leaves the recovery one."""
    new = "new@example.com"
    tab.send("/signup", email=new, password=PASSWORD)
    site.backend.clock.advance(minutes=2)
    tab.send("/forgot", email=new)
    mail = site.mail(new, subject="recovery")
    site.backend.clock.advance(minutes=2)
    tab.send("/magic", email=new)
    answer = tab.send("/auth/confirm", token_hash=mail.hash, type="magiclink")
    assert answer.get("kind") in (None, "confirmed")
    assert tab.who is None


@pytest.mark.parametrize("kind", ["recovery", "invite"])
def test_full_session_is_not_taken_for_a_recovery(site: Site, tab: Browser, kind: str) -> None:
    """Pages show the password form unasked; somebody else's session must not ride along."""
    eve = site.backend.signed_in("eve@example.com")
    tokens = {"access_token": eve.access_token, "refresh_token": eve.refresh_token}
    answer = tab.send("/users/reset-password", **tokens, type=kind)
    assert answer["error"] == "LinkUnusable"
    assert tab.who is None


def test_somebody_elses_flow_is_no_excuse(site: Site, tab: Browser, ann: str) -> None:
    site.backend.create_user("eve@example.com", password=PASSWORD)
    tab.send("/forgot", email=ann)
    recovery = site.mail(ann)
    tab.send("/magic", email="eve@example.com")
    excuse = site.mail("eve@example.com").flow
    answer = tab.send("/auth/confirm", token_hash=recovery.hash, type="magiclink", flow=excuse)
    assert answer["kind"] == "confirmed"
    assert tab.who is None


def test_harmless_flow_works_once(site: Site, tab: Browser, ann: str) -> None:
    """One sign-in for one flow: a second token cannot lean on it."""
    tab.send("/magic", email=ann)
    first = site.mail(ann)
    tab.send("/auth/confirm", token_hash=first.hash, type="magiclink", flow=first.flow)
    assert tab.who == ann
    other = site.browser()
    answer = ask_magic_at_auth(site, ann)
    result = other.send("/auth/confirm", token_hash=answer, type="magiclink", flow=first.flow)
    assert result["kind"] == "confirmed"
    assert other.who is None


def ask_magic_at_auth(site: Site, email: str) -> str:
    site.backend.mailbox.clear()
    urllib3.request(
        "POST",
        f"{site.backend.url}/auth/v1/otp",
        json={"email": email, "create_user": False},
        headers={"apikey": site.backend.publishable_key},
    )
    return site.mail(email).hash


def test_bearer_of_a_recovery_token_is_told_apart(site: Site, tab: Browser, ann: str) -> None:
    tab.send("/forgot", email=ann)
    fields = site.mail(ann).follow()
    assert site.state.tokens.verify(fields["access_token"]).is_one_time


def test_signed_in_browser_stays_until_the_password_changes(
    site: Site, tab: Browser, ann: str
) -> None:
    tab.send("/login", email=ann, password=PASSWORD)
    proof = proof_of(site, tab, ann)
    assert tab.who == ann
    tab.send("/reset", proof=proof, new_password=NEW_PASSWORD)
    assert tab.who is None


def test_auth_away_during_reset(
    site: Site, make_site: Callable[..., Site], tab: Browser, ann: str
) -> None:
    proof = proof_of(site, tab, ann)
    deaf = make_site(SUPABASE_URL="http://127.0.0.1:1").browser()
    answer = deaf.send("/reset", proof=proof, new_password=NEW_PASSWORD)
    assert answer["error"] == "AuthUnavailable"
    assert tab.send("/reset", proof=proof, new_password=NEW_PASSWORD) == {}


def test_link_ends_after_an_hour(site: Site, tab: Browser, ann: str) -> None:
    tab.send("/forgot", email=ann)
    site.backend.clock.advance(timedelta(minutes=61))
    answer = tab.send("/users/reset-password", token_hash=site.mail(ann).hash, type="recovery")
    assert answer["error"] == "LinkExpired"


def test_pages_with_a_secret_are_stored_nowhere(site: Site, tab: Browser, ann: str) -> None:
    tab.send("/forgot", email=ann)
    link = {"token_hash": site.mail(ann).hash, "type": "recovery"}
    path = "/users/reset-password"
    shown = tab.client.get(path, query_string=link, base_url=SITE)
    opened = tab.post(path, **link)
    refused = tab.post("/reset", proof=opened.get_json()["proof"], new_password="a")
    for page in (shown, opened, refused):
        assert page.headers["Cache-Control"] == "private, no-store"
