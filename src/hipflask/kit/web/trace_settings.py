"""Where traces go, by the variables of OpenTelemetry's specification ("OTLP exporter")."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote

from hipflask.kit.environment import Environment, is_loopback, split_url

TRACE_VARIABLES: Final = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_SERVICE_NAME",
    "OTEL_TRACES_SAMPLER_ARG",
)

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """Where to send traces. ``ratio`` is of requests that belong to no trace yet."""

    url: str
    service: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    ratio: float = 1.0


def read_trace_settings(env: Environment, service: str) -> TraceSettings | None:
    """Read the settings; None when no address is set. Problems are noted in ``env``."""
    name, url = env.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if not url:
        name, base = env.get("OTEL_EXPORTER_OTLP_ENDPOINT")
        url = f"{base.rstrip('/')}/v1/traces" if base else ""
    if not url:
        return None
    parts = split_url(url)
    if parts is None or not (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
    ):
        expected = "an https:// address, or http:// of this machine (a collector beside the app)"
        env.refuse(name, f"{url!r}", expected, "Leave it out for no traces.")
    return TraceSettings(
        url=url,
        service=env.get("OTEL_SERVICE_NAME")[1] or service or "app",
        headers=_headers(env),
        ratio=_ratio(env),
    )


def _headers(env: Environment) -> tuple[tuple[str, str], ...]:
    """Read ``name=value,name=value``, values percent-encoded; they hold keys, so none is shown."""
    variable, text = env.get("OTEL_EXPORTER_OTLP_HEADERS")
    pairs = [each.partition("=") for each in text.split(",") if each.strip()]
    headers = tuple((name.strip(), unquote(value.strip())) for name, _, value in pairs)
    if not all(_HEADER_NAME.fullmatch(name) and value.isprintable() for name, value in headers):
        env.refuse(variable, "malformed", "name=value,name=value", "Percent-encode the values.")
    return headers


def _ratio(env: Environment) -> float:
    name, text = env.get("OTEL_TRACES_SAMPLER_ARG")
    if not text:
        return 1.0
    if not re.fullmatch(r"0(\.\d{1,9})?|1(\.0{1,9})?", text):
        env.refuse(name, f"{text!r}", "a number from 0 to 1", "Leave it out for 1.")
        return 1.0
    return float(text)
