"""The form of a request, read as it comes, so that no file lies here in between.

``request.form`` and ``request.files`` read all of it first; on Cloud Run the disk that they write
large files to is memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from flask import request
from werkzeug.exceptions import UnsupportedMediaType

from hipflask.protocol.form_parts import FormPart, FormParts


def form_parts() -> Iterator[FormPart]:
    """Return the fields and files of the request's multipart form, one after the other.

    Read a part before going on to the next. A view that calls this is ``csrf_exempt`` and gives the
    field with the token to ``require_csrf_token``. Raises UnsupportedMediaType for any other body;
    FormBroken for a form that is broken or cut off, also while a part is read.
    """
    boundary = request.mimetype_params.get("boundary", "").encode("latin-1", "replace")
    if request.mimetype != "multipart/form-data" or not boundary:
        raise UnsupportedMediaType
    return iter(FormParts(request.stream, boundary))
