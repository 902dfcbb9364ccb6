"""CORS as hosted Supabase answers it: any site may ask; the API key and the token decide."""

from __future__ import annotations

METHODS = "GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS,TRACE,CONNECT"
# What a preflight that names no headers is told; else its own list comes back, as Kong does.
HEADERS = (
    "authorization,apikey,x-client-info,content-type,x-supabase-api-version,accept,"
    "accept-profile,content-profile,prefer,range,range-unit,x-upsert,cache-control"
)
EXPOSED = (
    "X-Total-Count,Link,X-Supabase-Api-Version,X-Sb-Error-Code,Content-Range,Content-Location,"
    "Content-Profile,Location,Range-Unit,Preference-Applied,"
    # Storage: what a page may learn about a file and a resumable upload
    "Accept-Ranges,Content-Disposition,Content-Length,ETag,Last-Modified,Tus-Extension,"
    "Tus-Max-Size,Tus-Resumable,Tus-Version,Upload-Expires,Upload-Length,Upload-Metadata,"
    "Upload-Offset"
)
MAX_AGE = "3600"


def preflight_headers(asked: str) -> list[tuple[str, str]]:
    """Return the headers that answer an OPTIONS request; ``asked`` is what it wants to send."""
    return [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Allow-Headers", asked or HEADERS),
        ("Access-Control-Max-Age", MAX_AGE),
        ("Vary", "Access-Control-Request-Headers"),
    ]


def answer_headers() -> list[tuple[str, str]]:
    """Return the headers that every other answer carries."""
    return [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Expose-Headers", EXPOSED),
    ]


def without_cors(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Drop a service's own CORS headers: two of them make a browser refuse the answer."""
    return [pair for pair in headers if not pair[0].lower().startswith("access-control-")]
