"""The web of Cloud Run: from a host name to the container of a revision.

What Google's front end does and a fake can show: the host decides the service and the tag; who may
not invoke gets its 403 page; a path whose last part ends in "z" (`/healthz`) is answered by Google
itself; the client's address is appended to X-Forwarded-For; a cookie makes an answer private.
The traffic split is not drawn by lot: the largest share gets everything, so that tests are certain.
"""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

from tests.google.cloud_run import NO_SUCH_PAGE, CloudRun
from tests.google.errors import HTMLError
from tests.google.logs import Logs
from tests.google.run_revision import Revision
from tests.google.run_service import Service
from tests.google.web import WebAnswer, WebRequest, page

INVOKER = "roles/run.invoker"
_HOST = re.compile(
    r"(?:(?P<tag>[a-z0-9-]+?)---)?(?P<name>[a-z0-9-]+)-(?P<number>\d+)\.(?P<region>[a-z0-9-]+)"
    r"\.run\.app"
)
_HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
    *("transfer-encoding", "upgrade", "proxy-connection"),
}


@dataclass
class FrontEnd:
    """Answers for every host of run.app."""

    cloud_run: CloudRun
    logs: Logs
    visits: list[str] = field(default_factory=list)

    def answer(self, request: WebRequest) -> WebAnswer:
        """Route the request, forward it, log it."""
        self.visits.append(f"{request.method} https://{request.host}{request.path}")
        begun = time.monotonic()
        with self.cloud_run.project.changed:
            try:
                service, revision = self._route(request)
                self._check(request, service)
                if revision.process is None or revision.process.poll() is not None:
                    raise HTMLError(
                        503, "Server Error", "The service you requested is not available yet."
                    )
                port = revision.port
            except HTMLError as error:
                return page(error)
        answer = _forward(request, port, float(revision.template.spec["timeoutSeconds"]))
        with self.cloud_run.project.changed:
            self._log(request, revision, answer.status, time.monotonic() - begun)
        return answer

    def _route(self, request: WebRequest) -> tuple[Service, Revision]:
        found = _HOST.fullmatch(request.host)
        if found is None or found["number"] != self.cloud_run.project.number:
            raise HTMLError(404, "Page not found", NO_SUCH_PAGE)
        service = self.cloud_run.services.get((found["region"], found["name"]))
        if service is None:
            raise HTMLError(404, "Page not found", NO_SUCH_PAGE)
        shares = [(it.get("percent") or 0, it) for it in service.traffic]
        if found["tag"]:
            targets = [it for it in service.traffic if it.get("tag") == found["tag"]]
        else:
            targets = [max(shares, key=lambda share: share[0])[1]]
        revision = service.resolve(targets[0]) if targets else None
        if revision is None:
            raise HTMLError(404, "Page not found", NO_SUCH_PAGE)
        return service, revision

    def _check(self, request: WebRequest, service: Service) -> None:
        path = request.path.partition("?")[0]
        if path.rpartition("/")[2].endswith("z"):
            raise HTMLError(
                404,
                "Not Found",
                f"The requested URL <code>{escape(path)}</code> was not found on this server.",
            )
        annotations = service.metadata["annotations"]
        if annotations.get("run.googleapis.com/ingress", "all") != "all":
            raise HTMLError(404, "Page not found", NO_SUCH_PAGE)
        if annotations.get("run.googleapis.com/invoker-iam-disabled") == "true":
            return
        bearer = request.header("Authorization").lower().startswith("bearer ")
        if not bearer and not service.policy.grants(INVOKER, "allUsers"):
            raise HTMLError(
                403,
                "Forbidden",
                "Your client does not have permission to get URL "
                f"<code>{escape(path)}</code> from this server.",
            )

    def _log(self, request: WebRequest, revision: Revision, status: int, seconds: float) -> None:
        self.logs.write(
            revision,
            severity="ERROR" if status >= 500 else "WARNING" if status >= 400 else "INFO",
            log="requests",
            httpRequest={
                "requestMethod": request.method,
                "requestUrl": f"https://{request.host}{request.path}",
                "status": status,
                "userAgent": request.header("User-Agent"),
                "remoteIp": request.client,
                "latency": f"{seconds:.6f}s",
                "protocol": "HTTP/1.1",
            },
        )


def _forward(request: WebRequest, port: int, seconds: float) -> WebAnswer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.putrequest(
            request.method, request.path, skip_host=True, skip_accept_encoding=True
        )
        for name, value in _forwarded_headers(request):
            connection.putheader(name, value)
        connection.endheaders(request.body or None)
        answer = connection.getresponse()
    except TimeoutError:
        connection.close()
        return page(HTMLError(504, "Gateway Timeout", "upstream request timeout"))
    except (OSError, http.client.HTTPException):
        connection.close()
        return page(HTMLError(503, "Server Error", "Service Unavailable"))
    headers = [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP]
    headers = [(k, v) for k, v in headers if k.lower() not in ("server", "content-length")]
    if any(name.lower() == "set-cookie" for name, _ in headers):
        headers = [(k, v) for k, v in headers if k.lower() != "cache-control"]
        headers.append(("Cache-Control", "private"))
    headers.append(("Server", "Google Frontend"))
    told = answer.getheader("Content-Length")  # for HEAD `answer.length` would be 0
    length = int(told) if told is not None else None
    return WebAnswer(answer.status, headers, _pieces(connection, answer), length, answer.reason)


def _forwarded_headers(request: WebRequest) -> Iterator[tuple[str, str]]:
    told = ("x-forwarded-for", "x-forwarded-proto", "forwarded", "content-length")
    for name, value in request.headers:
        if name.lower() not in _HOP_BY_HOP and name.lower() not in told:
            yield name, value
    before = request.header("X-Forwarded-For")
    yield "X-Forwarded-For", f"{before},{request.client}" if before else request.client
    yield "X-Forwarded-Proto", "https"
    yield "Forwarded", f'for="{request.client}";proto=https'
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        yield "Content-Length", str(len(request.body))


def _pieces(
    connection: http.client.HTTPConnection, answer: http.client.HTTPResponse
) -> Iterator[bytes]:
    """Pass on what comes when it comes: a page of events must not wait for its end."""
    try:
        while piece := answer.read1(65536):
            yield piece
    finally:
        answer.close()
        connection.close()
