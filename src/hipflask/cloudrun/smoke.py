"""Tries a revision as a visitor would: pages, health, and a sign-in where one is configured."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import urllib3

from hipflask.cloudrun.http_pool import pool_for
from hipflask.errors import SmokeTestFailed

DEFAULT_PATHS: Final = ("/health", "/ready", "/login")
SIGN_IN: Final = "/login"
AFTERWARDS: Final = "/dashboard"
SIGN_OUT: Final = "/logout"
# A cold start and a database that wakes up; Cloud Run itself gives a start four minutes.
PATIENCE: Final = 60.0
_PAUSE: Final = 2.0
_TIMEOUT: Final = urllib3.Timeout(connect=10, read=30)
# Answers that the next try may not give: the instance starts, or permissions are on their way.
_PASSING: Final = frozenset({403, 404, 429, 500, 502, 503, 504})
_FIELD: Final = re.compile(r"""<input\b[^>]*\bname=["']csrf_token["'][^>]*>""")
_VALUE: Final = re.compile(r"""\bvalue=["']([^"']*)["']""")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class SmokeTest:
    """What is tried. ``email`` and ``password`` are of a user made for this; both or neither."""

    paths: tuple[str, ...] = DEFAULT_PATHS
    email: str = ""
    password: str = field(default="", repr=False)
    # Seconds in which a page may still be away: an instance starts, a permission is on its way.
    patience: float = PATIENCE


class Visitor:
    """Asks one site; keeps its cookies; says what came instead of what was expected."""

    def __init__(
        self,
        url: str,
        environ: Mapping[str, str],
        *,
        token: str = "",
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._url = url
        self._http = pool_for(url, environ)
        self._token = token
        self._cookies: dict[str, str] = {}
        self._now = now
        self._sleep = sleep

    def close(self) -> None:
        """Close the connections."""
        self._http.clear()

    def expect(self, path: str, status: int = 200, *, patience: float = PATIENCE) -> str:
        """Return the text of a page that must answer with a status.

        Answers that may pass are asked for again until the patience ends. Raises SmokeTestFailed.
        """
        until = self._now() + patience
        while True:
            found, text, why = self._try(path)
            if found == status:
                return text
            if (found and found not in _PASSING) or self._now() >= until:
                raise SmokeTestFailed(
                    f"{self._at(path)} {_said(found, text, why)}; {status} was expected.",
                    url=self._url,
                    hint="Why is in its log: hipflask cloud logs --severity warning",
                )
            self._sleep(_PAUSE)

    def sign_in(self, email: str, password: str, *, patience: float = PATIENCE) -> None:
        """Sign in by the form and look at the page that only users see. Raises SmokeTestFailed."""
        page = self.expect(SIGN_IN, patience=patience)
        form = {"email": email, "password": password, **_csrf_field(page)}
        status, text, why = self._send("POST", SIGN_IN, form)
        if status not in (302, 303):
            raise SmokeTestFailed(
                f"Signing in as {email} {_said(status, text, why)}; a redirect was expected.",
                url=self._url,
                hint="Check SMOKE_EMAIL and SMOKE_PASSWORD: the user must exist and be confirmed.",
            )
        page = self.expect(AFTERWARDS, patience=0)
        # The session that this has opened is of no use any more.
        self._send("POST", SIGN_OUT, _csrf_field(page))

    def _at(self, path: str) -> str:
        # No urljoin: //elsewhere would be another site, which must not see who we are.
        return f"{self._url.rstrip('/')}{path}"

    def _try(self, path: str) -> tuple[int, str, str]:
        return self._send("GET", path)

    def _send(
        self, method: str, path: str, form: Mapping[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Return the status (0: no answer), the text and why there is none."""
        headers = {"User-Agent": "hipflask-smoke-test", "Accept": "text/html, */*"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self._cookies.items())
        if self._token:
            # Cloud Run reads this one and leaves Authorization to the application.
            headers["X-Serverless-Authorization"] = f"Bearer {self._token}"
        body = None
        if form is not None:
            body = urlencode(form).encode()
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": self._url.rstrip("/"),
            }
        try:
            answer = self._http.request(
                method,
                self._at(path),
                body=body,
                headers=headers,
                redirect=False,
                retries=False,
                timeout=_TIMEOUT,
            )
        except urllib3.exceptions.HTTPError as error:
            return 0, "", f"does not answer ({error})"
        self._keep_cookies(answer.headers.getlist("Set-Cookie"))
        return answer.status, answer.data.decode("utf-8", "replace"), ""

    def _keep_cookies(self, lines: list[str]) -> None:
        for line in lines:
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies.pop(name.strip(), None)
            if value.strip():  # an empty one takes the cookie back
                self._cookies[name.strip()] = value.strip()


def run_smoke_test(
    test: SmokeTest,
    visitor: Visitor,
    on_path: Callable[[str], None] = lambda _: None,
) -> None:
    """Try all of it. Raises SmokeTestFailed with the address and what it answered."""
    for path in test.paths:
        visitor.expect(path, patience=test.patience)
        on_path(path)
    if test.email:
        visitor.sign_in(test.email, test.password, patience=test.patience)
        on_path(f"signed in as {test.email}")


def _csrf_field(page: str) -> dict[str, str]:
    found = _FIELD.search(page)
    token = _VALUE.search(found[0]) if found else None
    return {"csrf_token": html.unescape(token[1])} if token else {}


def _said(status: int, text: str, why: str) -> str:
    if not status:
        return why
    shown = re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    shown = " ".join(_CONTROL.sub(" ", shown).split())
    return f"answered {status}" + (f" (“{shown[:160]}”)" if shown else "")
