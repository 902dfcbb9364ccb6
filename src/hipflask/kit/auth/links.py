"""Reads the links of Supabase Auth's mails, in every shape in which they come back.

``token_hash`` and ``code`` stand in the query. Tokens and errors stand behind the ``#``, which no
server sees: a script posts them as form fields of the same names. Reading never uses a link up, so
it is safe in answer to a GET, by which mail scanners open links too.

Shapes: GoTrue's internal/api/verify.go and internal/tokens/service.go (``AsRedirectURL``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Shape = Literal["token_hash", "code", "tokens", "message", "error"]

TYPES: Final = frozenset({"signup", "recovery", "magiclink", "email", "email_change", "invite"})

_MOST: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Link:
    """A link as it came in; nothing of it has been checked.

    ``type`` is what the link says about itself, good for choosing the words of a page and for
    nothing else: whoever holds the link can change it. ``email`` is set for tokens that are
    genuine, so that the page can ask "Continue as …?".
    """

    shape: Shape
    type: str = ""
    flow: str = ""
    token_hash: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    error_code: str = ""
    error_description: str = ""
    message: str = ""
    email: str | None = None

    @property
    def is_recovery(self) -> bool:
        """Whether the link says that it resets a password."""
        return self.type == "recovery"

    @property
    def fields(self) -> dict[str, str]:
        """The form fields that bring the same link back with a POST."""
        names = ("type", "flow", "token_hash", "code", "access_token", "refresh_token")
        return {name: value for name in names if (value := getattr(self, name))}


def parse_link(values: Mapping[str, str]) -> Link | None:
    """Return the link in a request's query or form, or None when there is none.

    An error wins over everything else; of the rest, what the app can check best comes first.
    """
    kind = _value(values, "type")
    known = kind if kind in TYPES else ""
    flow = _value(values, "flow")
    if _value(values, "error_code") or _value(values, "error"):
        return Link(
            "error",
            known,
            flow,
            error_code=_value(values, "error_code") or _value(values, "error"),
            error_description=_value(values, "error_description"),
        )
    if token_hash := _value(values, "token_hash"):
        return Link("token_hash", known, flow, token_hash=token_hash)
    if code := _value(values, "code"):
        return Link("code", known, flow, code=code)
    if access_token := _value(values, "access_token"):
        return Link(
            "tokens",
            known,
            flow,
            access_token=access_token,
            refresh_token=_value(values, "refresh_token"),
        )
    if message := _value(values, "message"):
        return Link("message", known, flow, message=message)
    return None


def _value(values: Mapping[str, str], name: str) -> str:
    value = values.get(name) or ""
    return value if len(value) <= _MOST else ""
