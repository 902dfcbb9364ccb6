"""What a client sends, checked: the body by its declared type, the query string likewise."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, get_args, get_type_hints

import msgspec
from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from hipflask.errors import InputRefused
from hipflask.kit.web.i18n import gettext as _

from .expectations import misfits

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"


def body_reader(kind: Any, *, patch: bool) -> Callable[[], Any]:
    """Return what reads the request's body as ``kind``.

    A patch may call itself a merge patch (RFC 7396 section 4). Reading raises BadRequest for what
    is no JSON, UnsupportedMediaType for another type, InputRefused for what does not fit.
    """
    decode = msgspec.json.Decoder(kind).decode
    accepted = (JSON, MERGE_PATCH) if patch else (JSON,)

    def read() -> Any:
        if request.mimetype not in accepted:
            raise _Unsupported(accepted)
        raw = request.get_data(cache=False)
        try:
            return decode(raw)
        except msgspec.ValidationError as error:
            sent = _read_again(raw)
            with contextlib.suppress(msgspec.ValidationError):
                return msgspec.convert(sent, kind)
            raise _refused(sent, kind, strict=True) from error
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise BadRequest(_("The body is no JSON that can be read.")) from error

    return read


def query_reader(kind: Any) -> Callable[[], Any]:
    """Return what reads the query string as ``kind``. Reading raises InputRefused."""
    # Where text is taken for numbers, msgspec takes a number for a moment (seconds since 1970).
    hints = get_type_hints(kind)
    moments = {name for name, hint in hints.items() if datetime in (hint, *get_args(hint))}

    def read() -> Any:
        given = request.args.to_dict(flat=False)
        twice = {name: _("Send it once.") for name, values in given.items() if len(values) > 1}
        if twice:
            raise InputRefused(_("Some parameters do not fit."), fields=twice)
        sent = {name: values[0] for name, values in given.items()}
        try:
            for name in moments.intersection(sent):
                msgspec.convert(sent[name], datetime, strict=True)
            return msgspec.convert(sent, kind, strict=False)
        except msgspec.ValidationError as error:
            raise _refused(sent, kind, strict=False) from error

    return read


def refuse_query() -> None:
    """Raise InputRefused when an operation that knows no parameter is sent one."""
    if request.query_string:
        fields = {name: _("This parameter is not known.") for name in request.args}
        raise InputRefused(_("Some parameters do not fit."), fields=fields)


class _Unsupported(UnsupportedMediaType):
    """415 that says which types are taken (RFC 9110 section 15.5.16, RFC 5789 section 2.2)."""

    def __init__(self, accepted: tuple[str, ...]) -> None:
        super().__init__(_("Send %(types)s.", types=" or ".join(accepted)))
        self._accepted = ", ".join(accepted)

    def get_headers(self, *values: Any, **named: Any) -> list[tuple[str, str]]:
        """Return the headers of the answer."""
        name = "Accept-Patch" if request.method == "PATCH" else "Accept"
        return [*super().get_headers(*values, **named), (name, self._accepted)]


def _read_again(raw: bytes) -> Any:
    """Return the body as it is; msgspec stopped reading where it met the first misfit.

    1.0 is a whole number to JSON Schema, and to JavaScript, though not to msgspec.
    """
    try:
        return json.loads(raw, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise BadRequest(_("The body is no JSON that can be read.")) from error


def _number(text: str) -> float | int:
    value = float(text)
    return int(value) if value.is_integer() else value


def _refused(sent: Any, kind: Any, *, strict: bool) -> InputRefused:
    fields = misfits(sent, kind, strict=strict)
    whole = fields.pop("", "")
    message = whole or (
        _("Some members do not fit.") if strict else _("Some parameters do not fit.")
    )
    return InputRefused(message, fields=fields)
