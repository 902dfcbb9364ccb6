"""Where a mail's link may lead back to (GoTrue, utilities/request.go).

An address that is not allowed is silently replaced by ``site_url``: a refusal would tell a prober
what is on the list.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hipflask.errors import ConfigError
from hipflask.local.auth import glob

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.config import AuthConfig

_URL: Final = re.compile(r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?(?://(?P<authority>[^/?#]*))?")
_PORT: Final = re.compile(r":(?P<port>\d*)\Z")
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")
_DECIMAL_HOST: Final = re.compile(r"[0-9]+")
_USUAL_HOST: Final = re.compile(r"[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?")
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port of a URL, as far as it has them."""

    scheme: str
    host: str
    port: str

    @classmethod
    def of(cls, url: str) -> Origin | None:
        """Read a URL, or return None for one that browsers and servers may read differently.

        Control characters are dropped by some parsers, and a backslash counts as a slash in
        browsers, so that ``http://site\\@evil.example`` leads elsewhere than it seems to.
        """
        found = _URL.match(url)
        if found is None or _CONTROL.search(url):
            return None
        authority = found["authority"] or ""
        if "\\" in authority:
            return None
        host = authority.rpartition("@")[2]
        port = _PORT.search(host)
        host = host[: port.start()] if port else host
        if host.startswith("[") != host.endswith("]"):
            return None
        if ":" in host and not host.startswith("["):
            return None
        return cls((found["scheme"] or "").lower(), host.strip("[]"), port["port"] if port else "")


def redirect_target(call: Call) -> str:
    """Return where the request wants to be led: header, form or query, Referer, else site_url."""
    headers = call.request.headers
    asked = headers.get("redirect_to", "") or call.form_value("redirect_to")
    for candidate in (asked, headers.get("Referer", "")):
        if is_allowed(candidate, call.config):
            return candidate
    return call.config.site_url


def is_allowed(url: str, config: AuthConfig) -> bool:
    """Say whether a link may lead to ``url``."""
    if not url:
        return False
    site, asked = Origin.of(config.site_url), Origin.of(url)
    if site is None or asked is None:
        return False
    if (site.scheme, site.host) == (asked.scheme, asked.host) and (
        site.port == asked.port or _is_this_machine(asked.host)
    ):
        return True  # ports of a native app's loopback address vary (RFC 8252 section 7.3)
    if _DECIMAL_HOST.fullmatch(asked.host):
        return False  # browsers read http://2130706433 as an IP address
    address = _ip_address(asked.host)
    if address is not None:
        return address.is_loopback
    if asked.scheme in ("http", "https") and not _USUAL_HOST.fullmatch(asked.host):
        return False
    without_fragment = url.partition("#")[0]
    return any(
        glob.compiled(pattern).matches(without_fragment)
        for pattern in config.additional_redirect_urls
    )


def check_patterns(config: AuthConfig) -> None:
    """Raise ConfigError when a pattern of ``additional_redirect_urls`` cannot be read."""
    for pattern in config.additional_redirect_urls:
        try:
            glob.compiled(pattern)
        except glob.MalformedPattern as error:
            raise ConfigError(
                f"auth.additional_redirect_urls: {pattern!r} is not a pattern: {error}.",
                hint="Put a backslash before a character that is meant as itself.",
            ) from None


def _is_this_machine(host: str) -> bool:
    host = host.lower()
    return host in _THIS_MACHINE or host.endswith(".localhost")


def _ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if "%" in host:
        return None
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
