"""The Storage service as one WSGI app: routes in, Supabase Storage's answers out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

from hipflask.local.storage.answers import Answer, FilePart, json_answer
from hipflask.local.storage.bucket import create as bucket_create
from hipflask.local.storage.bucket import delete as bucket_delete
from hipflask.local.storage.bucket import empty as bucket_empty
from hipflask.local.storage.bucket import get as bucket_get
from hipflask.local.storage.bucket import list as bucket_list
from hipflask.local.storage.bucket import update as bucket_update
from hipflask.local.storage.call import Call
from hipflask.local.storage.cdn import purge
from hipflask.local.storage.context import StorageContext
from hipflask.local.storage.object import (
    copy,
    delete,
    download,
    info,
    list_v2,
    move,
    sign,
    upload,
    upload_sign,
)
from hipflask.local.storage.object import list as object_list
from hipflask.local.storage.refusals import refusal_of
from hipflask.local.storage.render import image as render_image
from hipflask.local.storage.replacements import despite_replacements
from hipflask.local.storage.resumable import ResumableUploads
from hipflask.local.storage.routes import Routes, RouteTable
from hipflask.local.storage.s3 import S3Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


#: One line per endpoint file; a new endpoint is a new line.
ENDPOINTS: Final[Sequence[Routes]] = (
    bucket_create.routes,
    bucket_delete.routes,
    bucket_empty.routes,
    bucket_get.routes,
    bucket_list.routes,
    bucket_update.routes,
    purge.routes,
    copy.routes,
    delete.routes,
    download.routes,
    info.routes,
    object_list.routes,
    list_v2.routes,
    move.routes,
    render_image.routes,
    sign.routes,
    upload.routes,
    upload_sign.routes,
)

#: Answers what is below a prefix in its own way: resumable uploads, S3. None: there is no route.
Protocol: TypeAlias = Callable[[Call], Answer | None]


class StorageApp:
    """Answers Supabase Storage's paths, without their /storage/v1 prefix."""

    def __init__(self, context: StorageContext) -> None:
        self.context = context
        self._routes = _route_table()
        self._protocols: Sequence[tuple[str, Protocol]] = (
            ("/upload/resumable", ResumableUploads(context)),
            ("/s3", S3Protocol(context)),
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        call = Call(self.context, environ)
        try:
            answer = self._protocols_answer(call) or self._answer(call)
        except Exception as error:
            answer = _refused(call, error)
        return _sent(answer, call, start_response)

    def _protocols_answer(self, call: Call) -> Answer | None:
        for prefix, protocol in self._protocols:
            if call.raw_path == prefix or call.raw_path.startswith(prefix + "/"):
                return protocol(call)
        return None

    def _answer(self, call: Call) -> Answer:
        found = self._routes.find(call.method, call.raw_path)
        if found is None:
            return _no_route(call)
        route, values = found
        call.operation = route.operation
        call.token_is_optional = route.token_is_optional
        return despite_replacements(lambda: route.handler(call, **values))


@functools.cache
def _route_table() -> RouteTable:
    return RouteTable(ENDPOINTS)


def _refused(call: Call, error: Exception) -> Answer:
    refusal = refusal_of(error, call)
    return json_answer(refusal.body, refusal.http_status)


def _no_route(call: Call) -> Answer:
    message = f"Route {call.method}:{call.url} not found"
    if f"{call.raw_path}/".startswith(("/bucket/", "/object/", "/render/image/", "/cdn/")):
        body = {
            "statusCode": "404",
            "error": "Not Found",
            "message": message,
            "code": "InvalidRequest",
        }
        return json_answer(body, 404)
    return json_answer({"message": message, "error": "Not Found", "statusCode": 404}, 404)


def _sent(answer: Answer, call: Call, start_response: StartResponse) -> Iterable[bytes]:
    body = answer.body
    size = body.size if isinstance(body, FilePart) else len(body)
    headers = [(name, _header_text(text)) for name, text in answer.headers]
    if answer.status not in (204, 304):
        length = size if answer.length is None else answer.length
        headers.append(("Content-Length", str(length)))
    start_response(f"{answer.status} {_phrase(answer.status)}", headers)
    if isinstance(body, FilePart):
        # The server's own way from the disk to the socket (PEP 3333), where it has one.
        sent_by_server = call.environ.get("wsgi.file_wrapper")
        return sent_by_server(body.file) if sent_by_server else body
    return [] if call.method == "HEAD" or not body else [body]


def _header_text(text: str) -> str:
    """Return a header's text in the only characters that a header may have."""
    return "".join(one if " " <= one <= "~" else "?" for one in text) if not _plain(text) else text


def _plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


@functools.cache
def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
