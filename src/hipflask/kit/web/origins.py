"""Which origin a URL belongs to, and which hosts are this app's."""

from __future__ import annotations

from functools import lru_cache

from hipflask.kit.environment import is_loopback, split_url

from .settings import WebSettings


def origin_of(url: str) -> str:
    """Return ``scheme://host[:port]`` in lower case, without a default port; empty if it has none.

    RFC 6454 section 6.2.
    """
    parts = split_url(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default_port = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{host}" + (
        "" if parts.port in (None, default_port) else f":{parts.port}"
    )


@lru_cache(maxsize=256)  # the same few hosts come with every request
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
    if origin_of(f"{site_url.partition('://')[0]}://{name}") == origin_of(site_url):
        return True
    if is_loopback(site_url) and is_loopback(f"//{name}"):
        return True
    if settings.on_cloud_run and bare.endswith(".run.app"):
        return True
    return any(
        name == allowed or bare == allowed or (allowed.startswith(".") and bare.endswith(allowed))
        for allowed in settings.allowed_hosts
    )
