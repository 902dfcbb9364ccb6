"""Reading a mail as its reader does: the link behind the button, the code, the hash."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from hipflask.local.auth.mail import Mail
from tests.local.auth.service import ISSUER

_LINK = re.compile(rf"{re.escape(ISSUER)}/verify\?\S+")
_CODE = re.compile(r"^\d{6,10}$", re.MULTILINE)


@dataclass(frozen=True)
class ReadMail:
    """What one mail offers."""

    to: str
    link: str
    code: str

    @classmethod
    def of(cls, mail: Mail) -> ReadMail:
        link, code = _LINK.search(mail.text), _CODE.search(mail.text)
        assert code is not None, mail.text
        return cls(mail.to, link.group() if link else "", code.group())

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.link).query).items()}

    @property
    def token_hash(self) -> str:
        return self.query["token"]

    @property
    def path(self) -> str:
        """The link without the address of the API, as the Auth app sees it."""
        return self.link.removeprefix(ISSUER)


def fragment_of(location: str) -> dict[str, str]:
    """Return what stands behind the # of an address, empty values included."""
    pairs = parse_qs(urlsplit(location).fragment, keep_blank_values=True)
    return {key: values[0] for key, values in pairs.items()}


def query_of(location: str) -> dict[str, str]:
    """Return the query of an address."""
    pairs = parse_qs(urlsplit(location).query, keep_blank_values=True)
    return {key: values[0] for key, values in pairs.items()}
