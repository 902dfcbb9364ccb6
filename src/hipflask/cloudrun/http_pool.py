"""Connections to a site on the Internet, as gcloud makes them.

They go through the proxy of the environment (HTTPS_PROXY, NO_PROXY) and trust the system's
certificates (or SSL_CERT_FILE).
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

import urllib3

from hipflask.errors import DeployError


def pool_for(url: str, environ: Mapping[str, str]) -> urllib3.PoolManager:
    """Return a pool for one site; who asks closes it. Raises DeployError for a SOCKS proxy."""
    file = environ.get("SSL_CERT_FILE")
    try:
        context = ssl.create_default_context(cafile=file or None)
    except OSError as error:
        raise DeployError(
            f"SSL_CERT_FILE is {file}, which cannot be read: {error.strerror}.",
            hint="Correct the path, or unset it to trust the system's certificates.",
        ) from None
    if file:
        context.load_default_certs()
    known = {name.lower(): value for name, value in environ.items() if value}
    parts = urlsplit(url)
    proxy = known.get(f"{parts.scheme}_proxy") or known.get("all_proxy")
    if not proxy or proxy_bypass_environment(parts.netloc, {"no": known.get("no_proxy", "")}):
        return urllib3.PoolManager(ssl_context=context)
    # People write proxy.example:3128, too.
    address = urllib3.util.parse_url(proxy if "://" in proxy else f"http://{proxy}")
    if address.scheme not in ("http", "https"):
        raise DeployError(
            f"{parts.hostname} cannot be asked through a proxy of the kind {address.scheme}.",
            hint="Set HTTPS_PROXY to the address of an HTTP proxy, or NO_PROXY to that host.",
        )
    headers = urllib3.util.make_headers(proxy_basic_auth=unquote(address.auth or "") or None)
    return urllib3.ProxyManager(
        address._replace(auth=None).url, proxy_headers=headers, ssl_context=context
    )
