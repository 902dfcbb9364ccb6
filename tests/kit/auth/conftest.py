"""A small site over the embedded stack, and browsers that visit it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import urllib3
from flask import Flask, request
from werkzeug.test import Client, TestResponse

from hipflask import HipFlask, csrf_exempt, current_user, errors
from hipflask.kit.extension import AppState
from hipflask.testing import SupabaseBackend

SITE = "http://127.0.0.1:8080"
PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "another horse, another battery"


def add_pages(app: Flask, hip: HipFlask) -> None:
    """Add one page for each call of ``hip.auth``; errors answer with their class."""

    def post(path: str, view: Callable[[], Any]) -> None:
        app.post(path, endpoint=path)(csrf_exempt(view))

    post(
        "/signup", lambda: public(hip.auth.sign_up(request.form["email"], request.form["password"]))
    )
    post(
        "/login", lambda: public(hip.auth.sign_in(request.form["email"], request.form["password"]))
    )
    post("/logout", lambda: public(hip.auth.sign_out(request.form.get("scope", "local"))))  # type: ignore[arg-type]
    post("/forgot", lambda: public(hip.auth.send_recovery(request.form["email"])))
    post("/resend", lambda: public(hip.auth.resend_confirmation(request.form["email"])))
    post("/magic", lambda: public(hip.auth.send_magic_link(request.form["email"])))
    post("/change", lambda: public(hip.auth.change_email(request.form["email"])))
    post("/code", lambda: public(hip.auth.verify_code(**request.form)))
    post("/reset", lambda: public(hip.auth.reset_password(**request.form)))

    @app.get("/me")
    def me() -> dict[str, Any]:
        return {"email": current_user.email if current_user else None}

    def landing() -> Any:
        link = hip.auth.read_link(request.values)
        if link is None:
            return {"link": None}
        if request.method == "GET":
            return {"shape": link.shape, "type": link.type, "fields": link.fields}
        return public(hip.auth.open_link(link))

    for path in ("/auth/confirm", "/users/reset-password"):
        app.add_url_rule(path, path, csrf_exempt(landing), methods=["GET", "POST"])

    @app.errorhandler(errors.HipFlaskError)
    def refused(error: errors.HipFlaskError) -> tuple[dict[str, Any], int]:
        return {"error": type(error).__name__, "reason": getattr(error, "reason", "")}, 400


def public(value: Any) -> dict[str, Any]:
    """Return a result as JSON, without the user's claims."""
    if value is None:
        return {}
    if hasattr(value, "claims"):
        return {"email": value.email}
    shown = {each.name: getattr(value, each.name) for each in fields(value) if each.name != "user"}
    user = getattr(value, "user", None)
    return shown | ({"signed_in": user.email} if user else {})


@dataclass
class Mail:
    """One of the mails of ``mail.html``, taken apart."""

    hash: str
    code: str
    to: str
    language: str
    link: str

    @property
    def flow(self) -> str:
        return dict(parse_qsl(urlsplit(self.to).query))["flow"]

    def follow(self) -> dict[str, str]:
        """Open the link at Auth, as a mail program or a scanner does, and return where it leads.

        Query and fragment come as one, as the site's script posts them.
        """
        answer = urllib3.request("GET", self.link, redirect=False)
        assert answer.status == 303, answer.data
        parts = urlsplit(answer.headers["Location"])
        return dict(parse_qsl(parts.query)) | dict(parse_qsl(parts.fragment)) | {"@": parts.path}


class Site:
    """The app, and the backend behind it."""

    def __init__(self, backend: SupabaseBackend, **environ: str) -> None:
        self.backend = backend
        self.app = Flask("site")
        hip = HipFlask()
        hip.init_app(
            self.app,
            environ={
                "SUPABASE_URL": backend.url,
                "SUPABASE_PUBLISHABLE_KEY": backend.publishable_key,
                "SUPABASE_SECRET_KEY": backend.secret_key,
                "DATABASE_URL": backend.database_url,
                "DATABASE_POOL_SIZE": "2",
                "SECRET_KEY": "k3y",
                "SITE_URL": SITE,
            }
            | environ,
            clock=backend.clock,
        )
        add_pages(self.app, hip)

    @property
    def state(self) -> AppState:
        state: AppState = self.app.extensions["hipflask"]
        return state

    def browser(self) -> Browser:
        return Browser(self.app)

    def mail(self, to: str, subject: str | None = None) -> Mail:
        html = self.backend.mailbox.latest(to=to, subject=subject).html.replace("&amp;", "&")
        found = re.search(r"hash=(\S*) code=(\S*) to=(\S*) language=(.*?)</p>", html)
        link = re.search(r'href="([^"]+)"', html)
        assert found, html
        assert link, html
        return Mail(*found.groups(), link=link[1])

    def close(self) -> None:
        self.state.close()


class Browser:
    """One browser: a cookie jar, and forms that are sent to the site."""

    def __init__(self, app: Flask) -> None:
        self.client = Client(app)

    def send(self, path: str, **form: str) -> dict[str, Any]:
        answer = self.post(path, **form)
        body: dict[str, Any] = answer.get_json()
        return body

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, data=form, base_url=SITE)

    def get(self, path: str, **query: str) -> dict[str, Any]:
        body: dict[str, Any] = self.client.get(path, query_string=query, base_url=SITE).get_json()
        return body

    @property
    def who(self) -> str | None:
        """Who is signed in here, if anybody."""
        email: str | None = self.get("/me")["email"]
        return email

    @property
    def cookie(self) -> str:
        found = self.client.get_cookie("__session", domain="127.0.0.1")
        return found.value.partition("~")[0] if found else ""


@pytest.fixture
def make_site(backend: SupabaseBackend) -> Iterator[Callable[..., Site]]:
    made: list[Site] = []

    def make(**environ: str) -> Site:
        made.append(Site(backend, **environ))
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def tab(site: Site) -> Browser:
    return site.browser()


@pytest.fixture
def ann(backend: SupabaseBackend) -> str:
    """The address of somebody who has an account."""
    return backend.create_user("ann@example.com", password=PASSWORD).email
