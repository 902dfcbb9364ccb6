"""PostObject: a browser's form that uploads under a policy somebody signed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode, urlsplit

from hipflask.local.storage import uploads
from hipflask.local.storage.answers import Answer
from hipflask.local.storage.bodies import BodyUpload
from hipflask.local.storage.database import Scope
from hipflask.local.storage.files import Readable
from hipflask.local.storage.mime_types import OCTET_STREAM
from hipflask.local.storage.objects import StoredObject
from hipflask.local.storage.s3.errors import S3Error
from hipflask.local.storage.s3.form_data import FormData
from hipflask.local.storage.s3.post_policy import FormGrant, verify_form
from hipflask.local.storage.s3.request import META, Target, xml_answer
from hipflask.local.storage.s3.signing import SecretLookup

if TYPE_CHECKING:
    from hipflask.local.storage.context import StorageContext


def post_object(
    context: StorageContext,
    target: Target,
    source: Readable,
    *,
    secrets: SecretLookup,
    scope_of: Callable[[str | None], Scope],
    now: datetime,
) -> Answer:
    """Store the form's file; ``scope_of`` says who a session token stands for."""
    form = FormData(source, target.headers.get("content-type", ""))
    if "key" not in form.fields:
        raise S3Error("InvalidArgument", "Bucket POST must contain a field named 'key'.")
    fields = {**form.fields, "key": form.fields["key"].replace("${filename}", form.filename)}
    grant = verify_form(fields, target.bucket, secrets, now)
    scope = scope_of(grant.session_token)
    stored = uploads.take_in(
        context,
        scope,
        uploads.Target(target.bucket, fields["key"], scope.caller.user_id, upsert=True),
        BodyUpload(
            _Granted(form, grant),
            fields.get("content-type") or OCTET_STREAM,
            fields.get("cache-control") or "no-cache",
            {
                name.removeprefix(META): value
                for name, value in fields.items()
                if name.startswith(META)
            },
        ),
        now=now,
    )
    return _answer(context, fields, stored)


class _Granted:
    """The file, held against the lengths that the policy allows."""

    def __init__(self, form: FormData, grant: FormGrant) -> None:
        self._form = form
        self._grant = grant
        self._size = 0

    def read(self, size: int, /) -> bytes:
        chunk = self._form.read(size)
        self._size += len(chunk)
        if self._grant.largest is not None and self._size > self._grant.largest:
            raise S3Error("EntityTooLarge", status=400)
        if not chunk and self._size < self._grant.smallest:
            raise S3Error("EntityTooSmall")
        return chunk


def _answer(context: StorageContext, fields: Mapping[str, str], stored: StoredObject) -> Answer:
    key = quote(stored.name, safe="/-._~")
    location = f"{context.external_url}/s3/{quote(stored.bucket_id)}/{key}"
    headers = (("ETag", stored.etag), ("Location", location))
    redirect = fields.get("success_action_redirect", "")
    if urlsplit(redirect).scheme in ("http", "https"):
        told = {"bucket": stored.bucket_id, "key": stored.name, "etag": stored.etag}
        glue = "&" if "?" in redirect else "?"
        return Answer(303, (("ETag", stored.etag), ("Location", redirect + glue + urlencode(told))))
    match fields.get("success_action_status"):
        case "200":
            return Answer(200, headers)
        case "201":
            value = {"Location": location, "Bucket": stored.bucket_id, "Key": stored.name}
            made = xml_answer("PostResponse", {**value, "ETag": stored.etag}, headers)
            return Answer(201, made.headers, made.body)
        case _:
            return Answer(204, headers)
