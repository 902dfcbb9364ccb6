"""Sparse fields: ``?fields=id,title`` sends only these members of each item."""

from __future__ import annotations

import dataclasses
from typing import Any

import msgspec

from hipflask.errors import InputRefused
from hipflask.kit.web.i18n import gettext as _


class Fields(msgspec.Struct, forbid_unknown_fields=True):
    """A query with ``fields``; derive from it to offer the choice.

    The members that may be chosen are those of the answer; an empty choice means all.
    """

    fields: str = ""


def chosen(query: Any, kind: Any) -> frozenset[str]:
    """Return the members that the caller wants of ``kind``; empty for all.

    Raises InputRefused for a name that ``kind`` does not have.
    """
    text = query.fields if isinstance(query, Fields) else ""
    if not text:
        return frozenset()
    names = text.split(",")
    known = members(kind)
    if not known.issuperset(names):
        sentence = _("Send some of: %(values)s.", values=", ".join(sorted(known)))
        raise InputRefused(_("Some parameters do not fit."), fields={"fields": sentence})
    return frozenset(names)


def members(kind: Any) -> frozenset[str]:
    """Return the names under which a struct's or dataclass's members are encoded."""
    return frozenset(members_in_order(kind))


def members_in_order(kind: Any) -> list[str]:
    """Return these names as they were declared."""
    if dataclasses.is_dataclass(kind):
        return [each.name for each in dataclasses.fields(kind)]
    return [each.encode_name for each in msgspec.structs.fields(kind)]


def trimmed(item: Any, names: frozenset[str]) -> dict[str, Any]:
    """Return the chosen members of an item, ready to be encoded."""
    whole: dict[str, Any] = msgspec.to_builtins(item)
    return {name: value for name, value in whole.items() if name in names}
