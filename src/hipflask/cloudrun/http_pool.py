"""Connections to a site on the Internet, as gcloud makes them.

They go through the proxy of the environment (HTTPS_PROXY, NO_PROXY) and trust the system's
certificates (or SSL_CERT_FILE).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

import urllib3


def pool_for(url: str, environ: Mapping[str, str]) -> urllib3.PoolManager:
    """Return a pool for one site; who asks closes it."""
    context = ssl.create_default_context(cafile=environ.get("SSL_CERT_FILE") or None)
    if environ.get("SSL_CERT_FILE"):
        context.load_default_certs()
    known = {name.lower(): value for name, value in environ.items() if value}
    host = urlsplit(url).hostname or ""
    scheme = urlsplit(url).scheme
    proxy = known.get(f"{scheme}_proxy") or known.get("all_proxy")
    if not proxy or proxy_bypass_environment(host, {"no": known.get("no_proxy", "")}):
        return urllib3.PoolManager(ssl_context=context)
    return urllib3.ProxyManager(proxy, ssl_context=context)
