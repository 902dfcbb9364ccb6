"""The settings of what surrounds a request: hosts, proxy, logs, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hipflask.kit.environment import Environment, is_loopback, split_url

VARIABLES: Final = (
    "ALLOWED_HOSTS",
    "TRUSTED_PROXY_HOPS",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "GOOGLE_CLOUD_PROJECT",
    "K_SERVICE",
    "MAX_CONTENT_LENGTH",
)
"""Every environment variable that ``WebSettings.from_env`` reads."""

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the app is reached and how it reports.

    ``trusted_proxy_hops`` says how many proxies in front append to X-Forwarded-For: 0 on a laptop,
    1 on Cloud Run, 2 when a load balancer that alone can reach the service stands before it.
    """

    allowed_hosts: tuple[str, ...] = ()
    trusted_proxy_hops: int = 0
    log_format: str = "text"
    log_level: str = "info"
    cloud_project: str = ""
    on_cloud_run: bool = False
    max_content_length: int = MEBIBYTE

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> WebSettings:
        """Read the settings; raise one ConfigError that names every variable that is wrong.

        Cloud Run is recognised by K_SERVICE, which it reserves and always sets.
        """
        env = Environment(environ)
        on_cloud_run = bool(env.get("K_SERVICE")[1])
        settings = cls(
            allowed_hosts=tuple(env.get("ALLOWED_HOSTS")[1].lower().replace(",", " ").split()),
            trusted_proxy_hops=env.number(
                "TRUSTED_PROXY_HOPS", 1 if on_cloud_run else 0, least=0, most=5
            ),
            log_format=env.choice("LOG_FORMAT", *(("json", "text") if on_cloud_run else _TEXT)),
            log_level=env.choice("LOG_LEVEL", "info", "debug", "warning", "error"),
            cloud_project=env.get("GOOGLE_CLOUD_PROJECT")[1],
            on_cloud_run=on_cloud_run,
            max_content_length=env.number(
                "MAX_CONTENT_LENGTH", MEBIBYTE, least=1024, most=32 * MEBIBYTE
            ),
        )
        env.check()
        return settings


_TEXT: Final = ("text", "json")


def host_is_ours(host: str, site_url: str, settings: WebSettings) -> bool:
    """Whether a Host header names this app.

    A wrong one would end up in links, in caches and, by DNS rebinding, open a laptop's app to a
    website. In development any loopback name will do; on Cloud Run the service's own addresses.
    An entry of ALLOWED_HOSTS that starts with a dot covers all names under it.
    """
    name = host.lower()
    split = split_url(f"//{name}")
    bare = (split.hostname or "") if split else ""
    if not bare or "@" in name:
        return False
    site = split_url(site_url)
    if site is not None and name == site.netloc.lower():
        return True
    if is_loopback(site_url) and is_loopback(f"//{name}"):
        return True
    if settings.on_cloud_run and bare.endswith(".run.app"):
        return True
    return any(
        name == allowed or bare == allowed or (allowed.startswith(".") and bare.endswith(allowed))
        for allowed in settings.allowed_hosts
    )
