"""Every e-mail flow, in every shape of link, in the same browser and in another one.

What a scanner does to a link that it opens first is in the second half.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hipflask.testing import SupabaseBackend
from tests.kit.auth.conftest import NEW_PASSWORD, PASSWORD, SITE, Browser, Mail, Site
from tests.kit.auth.plain_mails import plain_mails

pytestmark = plain_mails

NEW = "new@example.com"
ANN = "ann@example.com"
CHANGED = "changed@example.com"


def begin_signup(site: Site, tab: Browser) -> Mail:
    tab.send("/signup", email=NEW, password=PASSWORD)
    return site.mail(NEW)


def begin_recovery(site: Site, tab: Browser) -> Mail:
    site.backend.create_user(ANN, password=PASSWORD)
    tab.send("/forgot", email=ANN)
    return site.mail(ANN)


def begin_magiclink(site: Site, tab: Browser) -> Mail:
    site.backend.create_user(ANN, password=PASSWORD)
    assert tab.send("/magic", email=ANN) == {}
    # Whole seconds stand in a token: one that was opened as early as this proves nothing.
    site.backend.clock.advance(seconds=1)
    return site.mail(ANN)


def begin_email_change(site: Site, tab: Browser) -> Mail:
    site.backend.create_user(ANN, password=PASSWORD)
    tab.send("/login", email=ANN, password=PASSWORD)
    assert tab.send("/change", email=CHANGED) == {}
    # The old address confirms first, so that the new one is the last that is asked.
    answer = site.browser().send(
        "/auth/confirm", token_hash=site.mail(ANN).hash, type="email_change"
    )
    assert answer["kind"] == "email_change_pending"
    return site.mail(CHANGED)


BEGIN: dict[str, Callable[[Site, Browser], Mail]] = {
    "signup": begin_signup,
    "recovery": begin_recovery,
    "magiclink": begin_magiclink,
    "email_change": begin_email_change,
}
ADDRESS = {"signup": NEW, "recovery": ANN, "magiclink": ANN, "email_change": CHANGED}
KIND = {
    "signup": "signed_in",
    "recovery": "recovery",
    "magiclink": "signed_in",
    "email_change": "email_changed",
}


def as_token_hash(flow: str, mail: Mail) -> dict[str, str]:
    return {"token_hash": mail.hash, "type": flow}


def as_token_hash_with_flow(flow: str, mail: Mail) -> dict[str, str]:
    return {"token_hash": mail.hash, "type": flow, "flow": mail.flow}


def as_email_type(flow: str, mail: Mail) -> dict[str, str]:
    return {"token_hash": mail.hash, "type": "email"}


def as_redirect(flow: str, mail: Mail) -> dict[str, str]:
    """The fragment, or the code when the app asked for PKCE."""
    return mail.follow()


def as_code(flow: str, mail: Mail) -> dict[str, str]:
    return {"email": ADDRESS[flow], "code": mail.code, "type": flow}


SHAPES: dict[str, Callable[[str, Mail], dict[str, str]]] = {
    "token_hash": as_token_hash,
    "token_hash with flow": as_token_hash_with_flow,
    "redirect": as_redirect,
    "typed code": as_code,
}


def open_in(tab: Browser, shape: str, fields: dict[str, str]) -> dict[str, Any]:
    if shape == "typed code":
        return tab.send("/code", **fields)
    path = fields.pop("@", "/auth/confirm")
    # What the page shows first must not use anything up.
    assert tab.get(path, **fields)["shape"] in ("token_hash", "code", "tokens")
    return tab.send(path, **fields)


@pytest.mark.parametrize("pkce", [False, True], ids=["implicit", "pkce"])
@pytest.mark.parametrize("where", ["same browser", "other browser"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("flow", BEGIN)
def test_link_works(
    make_site: Callable[..., Site], flow: str, shape: str, where: str, pkce: bool
) -> None:
    site = make_site(AUTH_EMAIL_FLOW="pkce" if pkce else "implicit")
    first = site.browser()
    mail = BEGIN[flow](site, first)
    tab = first if where == "same browser" else site.browser()
    answer = open_in(tab, shape, SHAPES[shape](flow, mail))
    assert answer.get("kind") == KIND[flow], answer
    if flow == "recovery":
        assert tab.who is None
        assert answer["proof"]
    else:
        assert tab.who == ADDRESS[flow]
        assert not answer["proof"]


@pytest.mark.parametrize("flow", ["signup", "magiclink"])
def test_plain_email_type(site: Site, tab: Browser, flow: str) -> None:
    mail = BEGIN[flow](site, tab)
    assert tab.send("/auth/confirm", **as_email_type(flow, mail))["kind"] == "signed_in"


@pytest.mark.parametrize("flow", BEGIN)
@pytest.mark.parametrize("shape", SHAPES)
def test_link_works_once(site: Site, tab: Browser, flow: str, shape: str) -> None:
    mail = BEGIN[flow](site, tab)
    fields = SHAPES[shape](flow, mail)
    open_in(tab, shape, dict(fields))
    again = site.browser()
    if shape == "redirect":
        # The fragment is a session that stands open, so look at what it may still do.
        answer = again.send("/auth/confirm", **fields)
        assert answer.get("kind") != "signed_in", answer
    else:
        path = "/code" if shape == "typed code" else "/auth/confirm"
        assert again.send(path, **fields)["error"] == "LinkExpired"
    assert again.who is None


@pytest.mark.parametrize("flow", BEGIN)
def test_scanner_on_our_page_changes_nothing(site: Site, tab: Browser, flow: str) -> None:
    mail = BEGIN[flow](site, tab)
    scanner = site.browser()
    for _ in range(3):
        scanner.get("/auth/confirm", **as_token_hash(flow, mail))
    assert tab.send("/auth/confirm", **as_token_hash(flow, mail))["kind"] == KIND[flow]


@pytest.mark.parametrize("flow", BEGIN)
def test_scanner_at_auth_leaves_an_error_that_is_told(site: Site, tab: Browser, flow: str) -> None:
    """With GoTrue's own template the link points at Auth, where a GET does use it up."""
    mail = BEGIN[flow](site, tab)
    mail.follow()
    fields = mail.follow()
    assert fields["error_code"] == "otp_expired"
    path = fields.pop("@")
    assert tab.get(path, **fields)["shape"] == "error"
    assert tab.send(path, **fields)["error"] == "LinkExpired"
    if flow == "signup":  # the scanner has confirmed the address, so the password opens
        assert tab.send("/login", email=NEW, password=PASSWORD) == {"email": NEW}


def test_pkce_link_after_the_flow_has_ended(make_site: Callable[..., Site]) -> None:
    """GoTrue counts 300 s from the request; what its GET confirmed is confirmed."""
    site = make_site(AUTH_EMAIL_FLOW="pkce")
    tab = site.browser()
    signup, recovery = begin_signup(site, tab), begin_recovery(site, tab)
    site.backend.clock.advance(minutes=10)
    fields = signup.follow()
    assert tab.send(fields.pop("@"), **fields)["kind"] == "confirmed"
    fields = recovery.follow()
    assert tab.send(fields.pop("@"), **fields)["error"] == "LinkExpired"


def test_code_without_our_flow(make_site: Callable[..., Site]) -> None:
    site = make_site(AUTH_EMAIL_FLOW="pkce")
    tab = site.browser()
    fields = begin_signup(site, tab).follow()
    for flow in ("", "invented"):
        answer = tab.send("/auth/confirm", **fields | {"flow": flow})
        assert (answer["error"], answer["reason"]) == ("LinkUnusable", "unknown_flow")


def test_invitation_asks_for_a_password(site: Site, tab: Browser) -> None:
    invite(site.backend, NEW)
    mail = site.mail(NEW)
    answer = tab.send("/auth/confirm", token_hash=mail.hash, type="invite")
    assert answer["kind"] == "invited"
    assert tab.who is None
    assert tab.send("/reset", proof=answer["proof"], new_password=NEW_PASSWORD) == {}
    assert tab.send("/login", email=NEW, password=NEW_PASSWORD) == {"email": NEW}


def test_invitation_as_a_fragment(site: Site, tab: Browser) -> None:
    invite(site.backend, NEW)
    fields = site.mail(NEW).follow()
    assert tab.send("/auth/confirm", **fields)["kind"] == "invited"


def invite(backend: SupabaseBackend, email: str) -> None:
    answer = backend.request(
        "POST",
        f"/auth/v1/invite?redirect_to={SITE}/auth/confirm",
        json={"email": email},
        headers={"apikey": backend.secret_key},
    )
    assert answer.status_code == 200, answer.text


def test_fragment_shows_whose_it_is_and_signs_in_nobody_else(site: Site, tab: Browser) -> None:
    fields = begin_signup(site, tab).follow()
    with site.app.test_request_context(base_url=SITE):
        link = site.state.auth.read_link(fields)
    assert link is not None
    assert link.email == NEW
    forged = fields | {"access_token": fields["access_token"][:-4] + "AAAA"}
    assert tab.send("/auth/confirm", **forged)["error"] == "LinkUnusable"
    assert tab.who is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"error": "access_denied", "error_code": "otp_expired"}, "LinkExpired"),
        ({"error": "server_error"}, "LinkUnusable"),
        ({"error_code": "user_banned", "error_description": "x"}, "LinkUnusable"),
        ({"token_hash": "x"}, "LinkUnusable"),
        ({"token_hash": "x", "type": "sms"}, "LinkUnusable"),
        ({"token_hash": "x", "type": "signup"}, "LinkExpired"),
        ({"code": "x"}, "LinkUnusable"),
        ({"access_token": "x", "refresh_token": "y"}, "LinkUnusable"),
        ({"access_token": "x"}, "LinkUnusable"),
    ],
)
def test_broken_links(tab: Browser, fields: dict[str, str], expected: str) -> None:
    assert tab.send("/auth/confirm", **fields)["error"] == expected
    assert tab.who is None


def test_message_of_the_first_of_two_confirmations(site: Site, tab: Browser) -> None:
    site.backend.create_user(ANN, password=PASSWORD)
    tab.send("/login", email=ANN, password=PASSWORD)
    tab.send("/change", email=CHANGED)
    fields = site.mail(ANN).follow()
    assert "message" in fields
    assert tab.send(fields.pop("@"), **fields)["kind"] == "email_change_pending"
    assert tab.who == ANN


def test_second_press_on_a_fragment_does_no_harm(site: Site, tab: Browser) -> None:
    fields = begin_signup(site, tab).follow()
    for _ in range(2):
        assert tab.send("/auth/confirm", **fields)["kind"] == "signed_in"
    assert site.browser().send("/auth/confirm", **fields)["kind"] == "confirmed"
    site.backend.clock.advance(hours=2)
    assert tab.who == NEW  # refreshed, so the session at Auth is still there
