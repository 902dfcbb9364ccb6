"""Pages of a list: which one is asked for, and the headers that say how many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from hipflask.local.auth.errors import AuthApiError

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

_USUAL_SIZE: Final = 50
_LARGEST_NUMBER: Final = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, counted from 1."""

    number: int
    size: int

    @classmethod
    def asked_for(cls, call: Call) -> Page:
        """Read ``page`` and ``per_page`` from the query."""
        number, size = _number(call, "page", 1), _number(call, "per_page", _USUAL_SIZE)
        return cls(max(number, 1), size or _USUAL_SIZE)

    @property
    def offset(self) -> int:
        """How many entries come before this page."""
        return (self.number - 1) * self.size

    def headers(self, call: Call, total: int) -> dict[str, str]:
        """Return Link (RFC 8288) and X-Total-Count, from which clients know the other pages."""
        pages = -(-total // self.size)
        links = [(pages, "last")]
        if pages > self.number:
            links.insert(0, (self.number + 1, "next"))
        link = ", ".join(f'<{_address(call, page)}>; rel="{name}"' for page, name in links)
        return {"Link": link, "X-Total-Count": str(total)}


def _number(call: Call, name: str, usual: int) -> int:
    text = call.request.args.get(name, "")
    if not text:
        return usual
    if not (text.isascii() and text.isdigit()):
        raise AuthApiError(
            "validation_failed", f'Bad Pagination Parameters: "{text}" is not a whole number'
        )
    return min(int(text[:20]), _LARGEST_NUMBER)


def _address(call: Call, page: int) -> str:
    query = {**call.request.args.to_dict(flat=False), "page": [str(page)]}
    return f"{call.request.path}?{urlencode(sorted(query.items()), doseq=True)}"
