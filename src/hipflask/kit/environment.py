"""Reads environment variables and collects every problem, so that one start shows them all."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from hipflask.errors import ConfigError
from hipflask.protocol import api_keys

# Short words count only between separators, or a random secret would be refused now and then.
_PLACEHOLDER = re.compile(
    r"changeme|replaceme|placeholder|example|password|supersecret|secret[-_ ]?key|"
    r"(?<![a-z0-9])(?:change|replace|insert|your|secret|default|dev|todo|xxx+)(?![a-z0-9])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One variable that cannot be used: what was sent, what is expected, what to do."""

    variable: str
    sent: str
    expected: str
    advice: str

    def __str__(self) -> str:
        return f"{self.variable} is {self.sent}. Expected {self.expected}. {self.advice}"


class Environment:
    """A reader over the environment that notes problems instead of raising at the first one."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[Problem] = []

    def refuse(self, variable: str, sent: str, expected: str, advice: str) -> None:
        """Note a problem; ``check`` raises it together with the others."""
        self.problems.append(Problem(variable, sent, expected, advice))

    def get(self, *names: str) -> tuple[str, str]:
        """Return the first of ``names`` that has a value, and the value; else ``names[0], ""``.

        Blanks around a value go: a secret that was piped into a secret manager often ends in a
        line feed.
        """
        for name in names:
            value = self._environ.get(name, "").strip()
            if value:
                return name, value
        return names[0], ""

    def required(self, *names: str, expected: str, advice: str) -> tuple[str, str]:
        """Return like ``get`` and note a problem when none of the names has a value."""
        name, value = self.get(*names)
        if not value:
            self.refuse(" or ".join(names), "missing", expected, advice)
        return name, value

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        """Return a whole number within the limits."""
        _, value = self.get(name)
        if not value:
            return default
        expected = f"a whole number from {least} to {most}"
        if not re.fullmatch(r"-?\d{1,9}", value) or not least <= int(value) <= most:
            self.refuse(name, f"{value!r}", expected, f"Leave it out for {default}.")
            return default
        return int(value)

    def choice(self, name: str, *choices: str) -> str:
        """Return one of the choices; the first is the default."""
        _, value = self.get(name)
        if not value:
            return choices[0]
        if value.lower() not in choices:
            expected = " or ".join(repr(choice) for choice in choices)
            self.refuse(name, f"{value!r}", expected, f"Leave it out for {choices[0]!r}.")
            return choices[0]
        return value.lower()

    def origin(self, name: str, *, example: str, advice: str) -> str:
        """Return an origin (scheme, host, port) without a trailing slash.

        Plain http is for loopback only: session cookies and keys would travel in the clear.
        """
        expected = f"an origin such as {example}"
        _, value = self.required(name, expected=expected, advice=advice)
        if not value:
            return ""
        url = split_url(value)
        if url is None or url.scheme not in ("http", "https"):
            self.refuse(name, f"{value!r}", expected, advice)
            return ""
        if url.path not in ("", "/") or url.query or url.fragment or url.username:
            self.refuse(name, f"{value!r}", f"{expected}, without a path or a login", advice)
        elif url.scheme == "http" and not is_loopback(value):
            self.refuse(name, f"{value!r}", "https outside this machine", "Write https:// instead.")
        return f"{url.scheme}://{url.netloc}"

    def key(
        self, *names: str, accept: Callable[[api_keys.KeyKind], bool], expected: str, advice: str
    ) -> str:
        """Return an API key of an accepted kind; a key of the wrong kind is named as such."""
        name, value = self.get(*names)
        if value:
            found = api_keys.kind(value)
            if not accept(found):
                what = f"a {found.value} key" if found.value != "unknown" else "no Supabase key"
                self.refuse(name, f"{masked(value)}, which is {what}", expected, advice)
        return value

    def check(self) -> None:
        """Raise one ConfigError that names every problem; return when there is none."""
        if not self.problems:
            return
        count = len(self.problems)
        head = "1 setting cannot be used" if count == 1 else f"{count} settings cannot be used"
        lines = "".join(f"\n  - {problem}" for problem in self.problems)
        raise ConfigError(
            f"{head}:{lines}",
            hint="On a laptop `hipflask status -o env` prints values that work.",
        )


def masked(secret: str) -> str:
    """Describe a secret without telling it: its public prefix, if any, and its length."""
    for prefix in (api_keys.SECRET_PREFIX, api_keys.PUBLISHABLE_PREFIX, "eyJ"):
        if secret.startswith(prefix):
            return f"{prefix}… ({len(secret)} characters)"
    return f"**** ({len(secret)} characters)"


def weakness(secret: str) -> str | None:
    """Return why a signing secret is weak, or None when it will do."""
    if secret in api_keys.DEMO_JWT_SECRETS:
        return "the demo secret that Supabase publishes"
    if len(secret) < 32:
        return f"too short ({len(secret)} characters)"
    if _PLACEHOLDER.search(secret):
        return "a placeholder"
    if secret in (secret + secret)[1:-1]:
        return "too regular (one pattern, repeated)"
    # 32 random hex digits have about 14 different ones, "aaaa…" or "0123456789" repeated do not.
    if len(set(secret)) < 11:
        return f"too regular ({len(set(secret))} different characters)"
    return None


def split_url(value: str) -> SplitResult | None:
    """Split a URL; None when it has no host or its port is no number."""
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        return None
    return url if url.hostname else None


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine: ``localhost``, ``*.localhost``, 127/8 or ::1."""
    split = split_url(url)
    host = (split.hostname or "") if split else ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
