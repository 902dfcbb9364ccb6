"""The settings of what surrounds a request: hosts, proxy, logs, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from hipflask.kit.environment import Environment

from .contacts import read_contacts
from .edge import Edge
from .trace_settings import TRACE_VARIABLES, TraceSettings, read_trace_settings

VARIABLES: Final = (
    "ALLOWED_HOSTS",
    "TRUSTED_PROXY_HOPS",
    "TRUSTED_EDGE",
    "LOG_FORMAT",
    "LOG_LEVEL",
    "GOOGLE_CLOUD_PROJECT",
    "K_SERVICE",
    "K_REVISION",
    "MAX_CONTENT_LENGTH",
    "SECURITY_CONTACT",
    *TRACE_VARIABLES,
)
"""Every environment variable that ``WebSettings.from_env`` reads."""

MEBIBYTE: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class WebSettings:
    """How the app is reached and how it reports.

    ``trusted_proxy_hops`` says how many proxies in front append to X-Forwarded-For: 0 on a laptop,
    1 on Cloud Run, 2 when a load balancer that alone can reach the service stands before it.
    ``trusted_edge`` names what may stand before them besides: ``firebase-hosting``, or networks.
    """

    allowed_hosts: tuple[str, ...] = ()
    trusted_proxy_hops: int = 0
    trusted_edge: str = ""
    log_format: str = "text"
    log_level: str = "info"
    cloud_project: str = ""
    on_cloud_run: bool = False
    service: str = ""
    revision: str = ""
    max_content_length: int = MEBIBYTE
    security_contacts: tuple[str, ...] = ()
    traces: TraceSettings | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> WebSettings:
        """Read the settings; raise one ConfigError that names every variable that is wrong.

        Cloud Run is recognised by K_SERVICE, which it reserves and always sets.
        """
        env = Environment(environ)
        service = env.get("K_SERVICE")[1]
        on_cloud_run = bool(service)
        settings = cls(
            allowed_hosts=tuple(env.get("ALLOWED_HOSTS")[1].lower().replace(",", " ").split()),
            trusted_proxy_hops=env.number(
                "TRUSTED_PROXY_HOPS", 1 if on_cloud_run else 0, least=0, most=5
            ),
            trusted_edge=_edge(env),
            log_format=env.choice("LOG_FORMAT", *(("json", "text") if on_cloud_run else _TEXT)),
            log_level=env.choice("LOG_LEVEL", "info", "debug", "warning", "error"),
            cloud_project=env.get("GOOGLE_CLOUD_PROJECT")[1],
            on_cloud_run=on_cloud_run,
            service=service,
            revision=env.get("K_REVISION")[1],
            max_content_length=env.number(
                "MAX_CONTENT_LENGTH", MEBIBYTE, least=1024, most=32 * MEBIBYTE
            ),
            security_contacts=_security_contacts(env),
            traces=read_trace_settings(env, service),
        )
        env.check()
        return settings


def _edge(env: Environment) -> str:
    name, value = env.get("TRUSTED_EDGE")
    try:
        Edge.named(value)
    except ValueError as error:
        expected = "firebase-hosting, or networks such as 203.0.113.0/24"
        env.refuse(name, str(error), expected, "Leave it out unless an edge is in front.")
    return value


_TEXT: Final = ("text", "json")


def _security_contacts(env: Environment) -> tuple[str, ...]:
    name, value = env.get("SECURITY_CONTACT")
    contacts = read_contacts(value)
    if contacts is None:
        expected = "e-mail addresses, https:// addresses or tel: numbers, separated by spaces"
        env.refuse(name, f"{value!r}", expected, "Leave it out for no security.txt.")
    return contacts or ()
