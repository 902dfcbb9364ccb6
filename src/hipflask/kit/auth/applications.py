"""``hip.auth.applications``: other applications that sign people in with their account here.

The consent page of Supabase Auth's OAuth 2.1 server: Auth leads the browser there, and this asks
Auth, in the name of who is signed in, what is wanted, and says the answer. The calls are those of
``auth.oauth`` of the official clients; here the user's token stays on the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from hipflask.errors import AuthRejected, AuthUnavailable
from hipflask.kit.web.visit import visit

from .client import AuthClient
from .current import CurrentSession, address
from .security_log import SecurityLog

#: By these a browser runs or reads something. Auth registers none; should one come all the same, it
#: must not become a link.
_NEVER: Final = frozenset({"", "javascript", "data", "file", "vbscript", "about", "blob"})


@dataclass(frozen=True, slots=True)
class Application:
    """An application that is registered with Auth. ``uri`` and ``logo_uri`` are its own words."""

    id: str
    name: str
    uri: str = ""
    logo_uri: str = ""

    @classmethod
    def from_json(cls, body: object) -> Application:
        """Read what Auth shows of a client."""
        told: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
        return cls(*(str(told.get(name) or "") for name in ("id", "name", "uri", "logo_uri")))


@dataclass(frozen=True, slots=True)
class ApplicationRequest:
    """What an application asks the signed-in user for.

    ``answer_url`` is set when they granted the same before: lead there, nobody needs to be asked.
    """

    id: str
    application: Application = field(default_factory=lambda: Application("", ""))
    scopes: tuple[str, ...] = ()
    redirect_uri: str = ""
    answer_url: str = field(default="", repr=False)

    @property
    def goes_to(self) -> str:
        """Where the answer goes: a host, or the scheme of an app on the device."""
        parts = urlsplit(self.redirect_uri)
        return parts.netloc if parts.scheme in ("http", "https") else f"{parts.scheme}:"


@dataclass(frozen=True, slots=True)
class ApplicationGrant:
    """What the user allowed an application, until they end it."""

    application: Application
    scopes: tuple[str, ...]
    granted_at: datetime | None


class Applications:
    """Consent of the signed-in user; calls raise NotSignedIn when nobody is."""

    def __init__(self, client: AuthClient, current: CurrentSession, log: SecurityLog) -> None:
        self._client = client
        self._current = current
        self._log = log

    def asked(self, request_id: str) -> ApplicationRequest:
        """Return what the request wants. The first user who looks is the one who is asked.

        Raises AuthRejected with ``code`` ``oauth_authorization_not_found`` (unknown, too old, or
        somebody else's), ``validation_failed`` (answered already) or ``feature_disabled``.
        """
        told = self._call("GET", request_id)
        if told.get("redirect_url"):
            return ApplicationRequest(request_id, answer_url=_answer_url(told))
        return ApplicationRequest(
            request_id,
            Application.from_json(told.get("client")),
            tuple(str(told.get("scope") or "").split()),
            str(told.get("redirect_uri") or ""),
        )

    def allow(self, asked: ApplicationRequest) -> str:
        """Let the application in; return where the browser takes the code."""
        url = _answer_url(self._call("POST", asked.id, "approve"))
        user_id = self._current.whole().user.id
        self._log.record(user_id, "application_allowed", name=asked.application.name)
        return url

    def deny(self, asked: ApplicationRequest) -> str:
        """Refuse; return where the browser takes the refusal."""
        return _answer_url(self._call("POST", asked.id, "deny"))

    def granted(self) -> list[ApplicationGrant]:
        """Return what the user allowed, newest first; nothing where Auth is no OAuth server."""
        token = self._current.whole().access_token
        try:
            rows = self._client.call_for_list("/user/oauth/grants", token=token, address=address())
        except AuthRejected as error:
            if error.code == "feature_disabled":
                return []
            raise
        return [
            ApplicationGrant(
                Application.from_json(row.get("client")),
                tuple(str(scope) for scope in row.get("scopes") or ()),
                _time(row.get("granted_at")),
            )
            for row in rows
        ]

    def end(self, application_id: str) -> bool:
        """End what the user allowed, and the application's sessions; False if there was nothing."""
        session = self._current.whole()
        found = [one for one in self.granted() if one.application.id == application_id]
        if not found:
            return False
        path = "/user/oauth/grants?" + urlencode({"client_id": application_id})
        self._client.call("DELETE", path, token=session.access_token, address=address())
        name = found[0].application.name
        self._log.record(session.user.id, "application_ended", name=name)
        return True

    def _call(self, method: str, request_id: str, action: str = "") -> Mapping[str, Any]:
        path = f"/oauth/authorizations/{quote(request_id, safe='')}"
        token = self._current.whole().access_token
        if not action:
            return self._client.call(method, path, token=token, address=address())
        body = {"action": action}
        return self._client.call(method, f"{path}/consent", body, token=token, address=address())


def _answer_url(told: Mapping[str, Any]) -> str:
    """Return the address of an answer. It holds a code, so nothing may keep the page."""
    visit().holds_secret = True
    url = told.get("redirect_url")
    if not isinstance(url, str) or urlsplit(url).scheme.lower() in _NEVER:
        raise AuthUnavailable("Supabase Auth sent no address to go to.", reason="malformed")
    return url


def _time(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
