"""The last sign-in with a provider, step by step, for a developer to look at.

Kept in memory and in development only. Secrets are masked before they are written down: what is
shown of them is enough to see that two are the same, and not enough to use one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from .answers import Tokens

_SECRETS: Final = frozenset({"code", "flow", "auth_code", "code_verifier", "state"})
_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class TraceStep:
    """One message: who sent it to whom, and what it carried, masked.

    ``number`` is that of the seven steps in docs/architecture/oauth.md. 4 and 5 are Auth's with the
    provider: nobody here sees them.
    """

    number: int
    sender: str
    receiver: str
    method: str
    url: str
    carried: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """One sign-in. ``claims`` are those of the access token; empty until it has ended well."""

    provider: str
    steps: tuple[TraceStep, ...] = ()
    outcome: str = ""
    claims: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)


class OAuthTrace:
    """Remembers one sign-in. Off, it remembers nothing."""

    def __init__(self, *, on: bool) -> None:
        self.on = on
        self._lock = Lock()
        self._flow = ""
        self._trace: Trace | None = None

    @property
    def last(self) -> Trace | None:
        """The last sign-in that was begun, or None."""
        with self._lock:
            return self._trace

    def begin(self, flow: str, provider: str, start: str, url: str, verifier: str) -> None:
        """Remember the start of a sign-in, from the link ``start``, and forget the one before."""
        if not self.on:
            return
        with self._lock:
            self._flow = flow
            self._trace = Trace(
                provider,
                (
                    TraceStep(1, "browser", "app", "GET", start),
                    TraceStep(2, "app", "browser", "303", masked_url(url)),
                    TraceStep(3, "browser", "auth", "GET", masked_url(url)),
                ),
                kept={"code_verifier": masked(verifier)},
            )

    def step(self, flow: str, step: TraceStep) -> None:
        """Add a message to the sign-in, if it is the one that is remembered."""
        self._change(flow, steps=(step,))

    def end(self, flow: str, outcome: str, tokens: Tokens | None = None) -> None:
        """Remember how it ended: ``signed_in``, or the reason why not."""
        if tokens is None:
            self._change(flow, outcome=outcome)
            return
        self._change(
            flow,
            outcome=outcome,
            claims=json.dumps(_payload(tokens.access_token), indent=2, ensure_ascii=False),
            kept={
                "access_token": masked(tokens.access_token),
                "refresh_token": masked(tokens.refresh_token),
            },
        )

    def _change(
        self,
        flow: str,
        *,
        steps: tuple[TraceStep, ...] = (),
        outcome: str = "",
        claims: str = "",
        kept: Mapping[str, str] | None = None,
    ) -> None:
        with self._lock:
            before = self._trace
            if not self.on or before is None or flow != self._flow:
                return
            self._trace = Trace(
                before.provider,
                before.steps + steps,
                outcome or before.outcome,
                claims or before.claims,
                {**before.kept, **(kept or {})},
            )


def masked(secret: str) -> str:
    """Return the first few characters of a secret."""
    return f"{secret[:_SHOWN]}…" if len(secret) > 2 * _SHOWN else "…"


def masked_url(url: str) -> str:
    """Return an address whose secrets are masked, also in the addresses that it carries."""
    parts = urlsplit(url)
    pairs = [
        (name, _masked_value(name, value))
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    query = urlencode(pairs, safe=":/?").replace(quote("…"), "…")
    return urlunsplit(parts._replace(query=query, fragment=""))


def _masked_value(name: str, value: str) -> str:
    if name in _SECRETS:
        return masked(value)
    return masked_url(value) if "://" in value else value


def _payload(token: str) -> Any:
    body = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except ValueError:
        return {}
