"""What was expected where something else was sent, in the caller's language, member by member.

msgspec stops at the first member that does not fit. A client wants them all at once, so a body that
was refused is looked at again here; one that fits never comes here.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import inspect as kinds

from hipflask.kit.web.i18n import gettext as _
from hipflask.kit.web.i18n import ngettext

EXPECTS: Final = "expects"
"""A key of ``msgspec.Meta(extra=…)``: the sentence to say, where the type alone says too little."""

_MOST: Final = 50
"""Refusals in one answer: a body of a thousand wrong members needs no longer one."""


def misfits(sent: Any, kind: Any, *, strict: bool, path: str = "") -> dict[str, str]:
    """Return what is wrong with ``sent``: a sentence for each path, such as ``items[2].title``.

    ``strict`` is False for values that come as text, those of a query string.
    """
    found: dict[str, str] = {}
    info = kinds.type_info(kind)
    _look(sent, info, kind, strict, path, found)
    return found or {path: expectation(info)}


def _look(
    sent: Any, info: kinds.Type, kind: Any, strict: bool, path: str, found: dict[str, str]
) -> None:
    if len(found) >= _MOST:
        return
    whole, info = info, info.type if isinstance(info, kinds.Metadata) else info
    if isinstance(info, kinds.StructType | kinds.DataclassType) and isinstance(sent, Mapping):
        _look_at_members(sent, info, strict, path, found)
    elif isinstance(info, kinds.ListType) and isinstance(sent, list) and _length_fits(sent, info):
        for number, item in enumerate(sent):
            _look(item, info.item_type, None, strict, f"{path}[{number}]", found)
    elif not _fits(sent, info, kind, strict):
        found[path] = expectation(whole)


def _look_at_members(
    sent: Mapping[str, Any],
    info: kinds.StructType | kinds.DataclassType,
    strict: bool,
    path: str,
    found: dict[str, str],
) -> None:
    known = {member.encode_name: member for member in info.fields}
    prefix = f"{path}." if path else ""
    for name in sent:
        if name not in known and len(found) < _MOST:
            found[f"{prefix}{name}"] = _unknown(strict=strict)
    hints = msgspec.structs.fields(info.cls) if isinstance(info, kinds.StructType) else ()
    declared = {member.encode_name: member.type for member in hints}
    for name, member in known.items():
        if name in sent:
            _look(sent[name], member.type, declared.get(name), strict, f"{prefix}{name}", found)
        elif member.required:
            found[f"{prefix}{name}"] = _("This member is missing.") + " " + expectation(member.type)


def _unknown(*, strict: bool) -> str:
    return _("This member is not known.") if strict else _("This parameter is not known.")


def _fits(sent: Any, info: kinds.Type, kind: Any, strict: bool) -> bool:
    if kind is None:
        kind = _rebuilt(info)
    options = info.types if isinstance(info, kinds.UnionType) else (info,)
    if any(isinstance(each, kinds.DateTimeType) for each in options):
        strict = True  # or a number would be taken for a moment
    try:
        msgspec.convert(sent, kind, strict=strict)
    except msgspec.ValidationError:
        return False
    return True


def _rebuilt(info: kinds.Type) -> Any:
    """Return a type that means what ``info`` says: list items come without their annotation."""
    plain: Mapping[type, Any] = {
        kinds.StrType: str,
        kinds.IntType: int,
        kinds.FloatType: float,
        kinds.BoolType: bool,
        kinds.UUIDType: UUID,
        kinds.DateTimeType: datetime.datetime,
        kinds.DateType: datetime.date,
    }
    if isinstance(info, kinds.StructType | kinds.DataclassType | kinds.EnumType):
        return info.cls
    return plain.get(type(info), Any)


def _length_fits(sent: list[Any], info: kinds.ListType) -> bool:
    least, most = info.min_length or 0, info.max_length
    return least <= len(sent) and (most is None or len(sent) <= most)


def expectation(info: kinds.Type) -> str:
    """Return what to send instead, as a sentence."""
    match info:
        case kinds.Metadata():
            told = (info.extra or {}).get(EXPECTS)
            return str(told) if told else expectation(info.type)
        case kinds.StrType():
            return _text(info)
        case kinds.IntType() | kinds.FloatType():
            return _number(info)
        case kinds.BoolType():
            return _("Send true or false.")
        case kinds.UUIDType():
            return _("Send a UUID.")
        case kinds.DateTimeType():
            return _("Send a moment as in RFC 3339, such as 2026-01-31T12:00:00Z.")
        case kinds.DateType():
            return _("Send a day, such as 2026-01-31.")
        case kinds.LiteralType():
            return _("Send one of: %(values)s.", values=", ".join(map(str, info.values)))
        case kinds.EnumType():
            values = [str(member.value) for member in info.cls]
            return _("Send one of: %(values)s.", values=", ".join(values))
        case kinds.ListType():
            return _list(info)
        case kinds.StructType() | kinds.DataclassType() | kinds.DictType():
            return _("Send an object.")
        case kinds.UnionType():
            return _any_of(info)
        case _:
            return _("Send something else.")


def _text(info: kinds.StrType) -> str:
    said = _length(info)
    if info.pattern is None:
        return said
    return f"{said} " + _("It must fit the pattern %(pattern)s.", pattern=info.pattern)


def _length(info: kinds.StrType) -> str:
    least, most = info.min_length, info.max_length
    if least and most:
        return _("Send a text of %(least)s to %(most)s characters.", least=least, most=most)
    if most is not None:
        return ngettext(
            "Send a text of at most %(num)s character.",
            "Send a text of at most %(num)s characters.",
            most,
        )
    return _("Send a text that is not empty.") if least else _("Send a text.")


def _number(info: kinds.IntType | kinds.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        return _("Send a number from %(least)s to %(most)s.", least=info.ge, most=info.le)
    if info.ge is not None:
        return _("Send a number of at least %(least)s.", least=info.ge)
    return _("Send a whole number.") if isinstance(info, kinds.IntType) else _("Send a number.")


def _list(info: kinds.ListType) -> str:
    if info.max_length is None:
        return _("Send a list.")
    least, most = info.min_length or 0, info.max_length
    return _("Send a list of %(least)s to %(most)s items.", least=least, most=most)


def _any_of(info: kinds.UnionType) -> str:
    parts = [each for each in info.types if not isinstance(each, kinds.NoneType)]
    said = expectation(parts[0]) if parts else _("Send something else.")
    return said if len(parts) == len(info.types) else f"{said} " + _("Or send null.")
