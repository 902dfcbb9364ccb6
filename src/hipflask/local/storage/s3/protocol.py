"""Everything below ``/s3``: who signed it, which operation it is, and how a refusal reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from hipflask.local.storage.answers import Answer
from hipflask.local.storage.call import Call
from hipflask.local.storage.caller import Caller
from hipflask.local.storage.database import Scope
from hipflask.local.storage.refusals import refusal_of
from hipflask.local.storage.replacements import despite_replacements
from hipflask.local.storage.s3.actions import ACTIONS
from hipflask.local.storage.s3.actions.form import post_object
from hipflask.local.storage.s3.authority import Authority
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.part_files import tidy
from hipflask.local.storage.s3.request import Target, target_of
from hipflask.local.storage.s3.sent import SentRequest, sent_request
from hipflask.local.storage.s3.signature import verify
from hipflask.local.storage.s3.storage_call import StorageCall
from hipflask.local.storage.s3.xml import CONTENT_TYPE, error_document

if TYPE_CHECKING:
    from hipflask.local.storage.context import StorageContext
    from hipflask.local.storage.files import Readable

PREFIX: Final = "/s3"
# Policies may read the request's headers; these are secrets of their own.
_HIDDEN_HEADERS: Final = frozenset({"authorization", "cookie", "apikey", "x-amz-security-token"})


class S3Protocol:
    """Answers below ``/s3``."""

    def __init__(self, context: StorageContext) -> None:
        self._context = context
        self._authority = Authority(context)
        self._enabled = context.config.s3_protocol.enabled
        if self._enabled:
            tidy(context, context.clock.now())

    def __call__(self, call: Call) -> Answer:
        """Answer; a refusal is XML with a true status."""
        request_id = uuid4().hex
        try:
            answer = despite_replacements(lambda: self._answer(call, request_id))
        except Exception as error:
            refusal = error if isinstance(error, S3Error) else self._as_s3_error(error, call)
            resource = "/" + call.raw_path[len(PREFIX) :].lstrip("/")
            body = error_document(refusal, resource, request_id)
            answer = Answer(refusal.status, (("Content-Type", CONTENT_TYPE),), body)
        headers = (*answer.headers, ("x-amz-request-id", request_id))
        return Answer(answer.status, headers, answer.body, answer.length)

    def _answer(self, call: Call, request_id: str) -> Answer:
        if not self._enabled:
            raise S3Error(
                "NotImplemented",
                "The S3 protocol is switched off: storage.s3_protocol.enabled in config.toml.",
            )
        sent = sent_request(call.environ)
        target = target_of(sent, str(call.environ.get("SCRIPT_NAME", "")) + PREFIX)
        source = _Arriving(call.stream)
        if target.operation.name == "PostObject":
            return post_object(
                self._context,
                target,
                source,
                secrets=self._authority.secret_of,
                scope_of=lambda token: self._scope(call, sent, target, self._caller(call, token)),
                now=call.now,
            )
        signed = verify(sent, self._authority.secret_of, call.now)
        caller = self._caller(call, signed.session_token)
        return ACTIONS[target.operation.name](
            StorageCall(
                target,
                signed,
                source,
                request_id,
                context=self._context,
                scope=self._scope(call, sent, target, caller),
                now=call.now,
            )
        )

    def _caller(self, call: Call, session_token: str | None) -> Caller:
        return self._authority.caller(session_token, call.now)

    def _scope(self, call: Call, sent: SentRequest, target: Target, caller: Caller) -> Scope:
        shown = _shown(sent.headers)
        return Scope(caller, target.operation.policy_name, call.method, call.raw_path, shown)

    def _as_s3_error(self, error: Exception, call: Call) -> S3Error:
        refusal = refusal_of(error, call)
        if refusal.code == "DatabaseTimeout":
            return S3Error("SlowDown")
        return S3Error(refusal.code, refusal.message, status=refusal.status)


class _Arriving:
    """A request's body; whoever hangs up, or sends no good chunks, has sent too little."""

    def __init__(self, stream: Readable) -> None:
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except (OSError, ValueError) as error:
            raise S3Error("IncompleteBody") from error


def _shown(headers: Mapping[str, str]) -> Mapping[str, str]:
    return {name: text for name, text in headers.items() if name not in _HIDDEN_HEADERS}
