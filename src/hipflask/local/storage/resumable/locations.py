"""The address of an upload, as the client can reach it: absolute, for a proxy may stand before."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from hipflask.local.storage.call import Call
from hipflask.local.storage.resumable.upload_id import UploadId
from hipflask.local.storage.resumable.visitors import SIGNED, is_signed

UNSIGNED: Final = "/upload/resumable"
_HOST: Final = re.compile(r"[A-Za-z0-9._:\[\]-]+")
_PREFIX: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)+")
_FORWARDED_HOST: Final = re.compile(r'host="?([^";,]+)', re.IGNORECASE)
_FORWARDED_PROTO: Final = re.compile(r'proto="?(https?)', re.IGNORECASE)
_USUAL_PORTS: Final = ("80", "443")


def location_of(call: Call, upload_id: UploadId) -> str:
    """Return an upload's address for whom ``call`` comes from."""
    path = f"{_prefix(call)}{SIGNED if is_signed(call) else UNSIGNED}"
    return f"{_proto(call)}://{_host(call)}{path}/{upload_id.encoded}"


def _proto(call: Call) -> str:
    if found := _FORWARDED_PROTO.search(call.header("Forwarded")):
        return found[1].lower()
    forwarded = _first(call.header("X-Forwarded-Proto"))
    if forwarded in ("http", "https"):
        return forwarded
    return str(call.environ.get("wsgi.url_scheme", "http"))


def _host(call: Call) -> str:
    found = _FORWARDED_HOST.search(call.header("Forwarded"))
    forwarded = _first(call.header("X-Forwarded-Host"))
    host = (found[1] if found else forwarded) or call.header("Host")
    if not _HOST.fullmatch(host):
        return urlsplit(call.context.external_url).netloc
    port = _first(call.header("X-Forwarded-Port"))
    if forwarded and port.isdigit() and port not in _USUAL_PORTS:
        host = f"{re.sub(r':[0-9]+$', '', host)}:{port}"
    return host


def _prefix(call: Call) -> str:
    """Return the path that leads to the service: a proxy's, then the gateway's."""
    forwarded = call.header("X-Forwarded-Prefix").rstrip("/")
    own = str(call.environ.get("SCRIPT_NAME", ""))
    return f"{forwarded if _PREFIX.fullmatch(forwarded) else ''}{own}"


def _first(header: str) -> str:
    return header.partition(",")[0].strip()
