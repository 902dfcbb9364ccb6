"""Everything below ``/upload/resumable``: which request is whose, and how a refusal reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hipflask.local.key_ring import Fault
from hipflask.local.storage.answers import Answer, text_answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.caller import JOSE_WORDS
from hipflask.local.storage.context import StorageContext
from hipflask.local.storage.errors import access_denied
from hipflask.local.storage.refusals import refusal_of
from hipflask.local.storage.resumable.create import create_upload
from hipflask.local.storage.resumable.desk import Desk
from hipflask.local.storage.resumable.headers import VERSION, require_headers
from hipflask.local.storage.resumable.locations import UNSIGNED
from hipflask.local.storage.resumable.look_up import look_up
from hipflask.local.storage.resumable.refusals import (
    ConnectionLost,
    no_such_method,
    no_such_upload,
)
from hipflask.local.storage.resumable.resume import resume_upload
from hipflask.local.storage.resumable.terminate import terminate_upload
from hipflask.local.storage.resumable.upload_id import UploadId
from hipflask.local.storage.resumable.visitors import SIGNED, is_signed

EXTENSIONS: Final = "creation,creation-with-upload,creation-defer-length,termination,expiration"
_BELOW: Final = ("PATCH", "HEAD", "DELETE", "PUT")
_OPERATIONS: Final = {
    "OPTIONS": "storage.tus.options",
    "POST": "storage.tus.upload.create",
    "PATCH": "storage.tus.upload.part",
    "HEAD": "storage.tus.upload.get",
    "DELETE": "storage.tus.upload.delete",
}


class ResumableUploads:
    """Answers below ``/upload/resumable``."""

    def __init__(self, context: StorageContext) -> None:
        self._desk = Desk(context)

    def __call__(self, call: Call) -> Answer | None:
        """Answer, or None where the reference has no route. Raises what is wrong with a key."""
        address = _address(call)
        if call.method not in ("OPTIONS", "POST") and not (address and call.method in _BELOW):
            return None
        # For clients that cannot send PATCH and DELETE.
        method = call.header("X-HTTP-Method-Override").upper() or call.method
        call.operation = _OPERATIONS.get(method, "") + ("_signed" if is_signed(call) else "")
        if call.method != "OPTIONS" and not is_signed(call):
            _require_key(call)
        try:
            answer = self._answer(call, method, address)
        except ConnectionLost as lost:
            answer = text_answer(lost.message, lost.status)
        except Exception as error:
            refusal = refusal_of(error, call)
            answer = text_answer(refusal.message, refusal.status)
        headers = (*answer.headers, ("Tus-Resumable", VERSION))
        if answer.status in (400, 412):
            headers = (*headers, ("Tus-Version", VERSION))
        return replace(answer, headers=headers)

    def _answer(self, call: Call, method: str, address: str) -> Answer:
        if method == "OPTIONS":
            return self._capabilities()
        require_headers(call, method)
        if method == "POST":
            return create_upload(self._desk, call)
        if method not in _OPERATIONS:
            raise no_such_method()
        if not address:
            raise no_such_upload()
        upload_id = UploadId.of_address(address)
        match method:
            case "PATCH":
                return resume_upload(self._desk, call, upload_id)
            case "HEAD":
                return look_up(self._desk, call, upload_id)
            case _:
                return terminate_upload(self._desk, call, upload_id)

    def _capabilities(self) -> Answer:
        limit = self._desk.context.config.file_size_limit
        headers = (
            ("Tus-Version", VERSION),
            ("Tus-Extension", EXTENSIONS),
            ("Tus-Max-Size", str(limit)),
        )
        return Answer(204, headers)


def _address(call: Call) -> str:
    """Return the last part of an upload's address, or nothing."""
    prefix = SIGNED if is_signed(call) else UNSIGNED
    return call.raw_path[len(prefix) :].rstrip("/").rpartition("/")[2]


def _require_key(call: Call) -> None:
    """Raise AccessDenied without a good token: a client reads that as JSON, like the REST API's."""
    if not call.header("Authorization"):
        raise access_denied(JOSE_WORDS[Fault.MALFORMED])
    _ = call.caller
