"""Asks a Supabase project's public endpoints. No mail is sent, and nothing is changed.

The statuses of a project that is away are Supabase's (guides/platform/http-status-codes).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import urllib3

from hipflask.cloudrun.doctor.facts import AuthSettings, Cause, Supabase, Unseen
from hipflask.cloudrun.http_pool import pool_for

PATHS: Final = ("/auth/confirm", "/auth/callback", "/users/reset-password")
"""Where links lead back to; the application adds ``?flow=…`` (kit/auth/mails.py)."""
DECOY: Final = "https://hipflask-doctor.invalid/"
"""A site that nobody can own (RFC 2606), so that no list should have it."""
_TIMEOUT: Final = urllib3.Timeout(connect=10, read=20)
_STATES: Final = {
    540: (Cause.PAUSED, "the project is paused"),
    402: (Cause.RESTRICTED, "the project is restricted (402)"),
}


class _NoAnswer(Exception):
    """It did not answer; why."""

    def __init__(self, unseen: Unseen) -> None:
        super().__init__(unseen.reason)
        self.unseen = unseen


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    location: str
    text: str

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object; empty where it is none."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def words(self) -> str:
        """Status and message for people."""
        said = self.body.get("msg") or self.body.get("message") or self.body.get("error") or ""
        return f"{self.status} {said}".strip()


def find_supabase(
    url: str, key: str, environ: Mapping[str, str], *, site_url: str
) -> Supabase | Unseen:
    """Return what the project says to everybody; ``site_url`` is where links should lead."""
    if not urlsplit(url).hostname:
        return Unseen("the Supabase project: SUPABASE_URL is not set in [service.environment]")
    project = _Project(url, key, environ)
    try:
        return project.look(site_url)
    except _NoAnswer as error:
        return error.unseen
    finally:
        project.close()


class _Project:
    """One project; its public endpoints."""

    def __init__(self, url: str, key: str, environ: Mapping[str, str]) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._http = pool_for(url, environ)

    def close(self) -> None:
        self._http.clear()

    def look(self, site_url: str) -> Supabase:
        """Ask all of it. Raises _NoAnswer."""
        known = {"apikey": self._key}
        health = self._get("/auth/v1/health", known)
        asked = [f"{site_url}{path}?flow=doctor&language=en" for path in PATHS] if site_url else []
        decoy = self._leads_to(DECOY)
        return Supabase(
            version=str(health.body.get("version") or ""),
            settings=_settings(self._get("/auth/v1/settings", known)),
            algorithms=_algorithms(self._get("/auth/v1/.well-known/jwks.json")),
            redirects=self._redirects(asked),
            site_url="" if decoy in (None, DECOY) else str(decoy),
            any_site=decoy == DECOY,
        )

    def _redirects(self, asked: Sequence[str]) -> dict[str, bool] | Unseen:
        if not asked:
            return Unseen("redirect URLs: the application's address is not known yet")
        found = {}
        for address in asked:
            target = self._leads_to(address)
            if target is None:
                return Unseen("redirect URLs: Supabase does not say where a link would lead")
            found[address.partition("?")[0]] = target == address
        return found

    def _leads_to(self, address: str) -> str | None:
        """Return where a link that names this address leads, by following a wrong one.

        GoTrue redirects it with an error: to the address, or to the Site URL where the address is
        not allowed (utilities/request.go, ``GetReferrer``).
        """
        query = {"token": "hipflask-doctor", "type": "recovery", "redirect_to": address}
        answer = self._get(f"/auth/v1/verify?{urlencode(query)}")
        return answer.location.partition("#")[0] if answer.location else None

    def _get(self, path: str, headers: Mapping[str, str] | None = None) -> _Answer:
        try:
            answer = self._http.request(
                "GET",
                f"{self._url}{path}",
                headers={"User-Agent": "hipflask-doctor", **(headers or {})},
                redirect=False,
                retries=False,
                timeout=_TIMEOUT,
            )
        except urllib3.exceptions.NameResolutionError:
            raise _NoAnswer(Unseen("there is no such name", Cause.PAUSED)) from None
        except urllib3.exceptions.HTTPError as error:
            raise _NoAnswer(Unseen(f"no answer ({error})", Cause.UNREACHABLE)) from None
        text = answer.data.decode("utf-8", "replace")
        found = _Answer(answer.status, answer.headers.get("Location", ""), text)
        if answer.status in _STATES:
            cause, words = _STATES[answer.status]
            raise _NoAnswer(Unseen(words, cause))
        if answer.status >= 500:
            raise _NoAnswer(Unseen(f"it answers {found.words}", Cause.UNREACHABLE))
        return found


def _settings(answer: _Answer) -> AuthSettings | Unseen:
    if answer.status in (401, 403):
        return Unseen(answer.words, Cause.DENIED)
    if answer.status != 200:
        return Unseen(f"the settings of Auth: it answers {answer.words}")
    external = answer.body.get("external") or {}
    return AuthSettings(
        signup=not answer.body.get("disable_signup"),
        confirmations=not answer.body.get("mailer_autoconfirm"),
        providers=frozenset(str(name) for name, is_on in external.items() if is_on),
    )


def _algorithms(answer: _Answer) -> frozenset[str] | Unseen:
    if answer.status == 404:  # an Auth that is too old to publish keys signs with HS256
        return frozenset()
    if answer.status != 200:
        return Unseen(f"the signing keys: it answers {answer.words}")
    keys = answer.body.get("keys") or []
    return frozenset(str(key.get("alg") or "?") for key in keys if isinstance(key, dict))
