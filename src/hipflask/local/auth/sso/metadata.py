"""The SAML metadata of an identity provider (SAML 2.0 Metadata, section 2): whose it is.

Only what GoTrue asks of it is read. The document comes from outside: a DOCTYPE, which could declare
entities that expand without end or name files, is refused, and no tree is built in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from xml.parsers import expat

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external.outbound import ProviderFailure

if TYPE_CHECKING:
    from hipflask.local.auth.external.outbound import Outbound

_SPACE: Final = "urn:oasis:names:tc:SAML:2.0:metadata"
_MANY: Final = f"{_SPACE} EntitiesDescriptor"
_ONE: Final = f"{_SPACE} EntityDescriptor"
_PROVIDER: Final = f"{_SPACE} IDPSSODescriptor"
#: SAML 2.0 Metadata, section 2.2.1. A longer one would not fit into the unique index, either.
_LONGEST_ENTITY_ID: Final = 1024


def fetch(outbound: Outbound, url: str) -> str:
    """Return the document at ``url``, a public HTTPS address, or saml_metadata_fetch_failed."""
    try:
        raw = outbound.get_bytes(url, accept="application/xml;charset=UTF-8", guarded=True)
    except ProviderFailure as error:
        what = f"fetching SAML Metadata from URL '{url}'"
        said = f"HTTP {error.status} error {what}" if error.status else f"Error {what}: {error}"
        raise AuthApiError("saml_metadata_fetch_failed", said) from None
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise _invalid(
            "SAML Metadata XML contains invalid UTF-8 characters, "
            "which are not supported at this time"
        ) from None


def require_https(url: str) -> None:
    """Raise validation_failed for an address that is not HTTPS, in GoTrue's words."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if not scheme and not url.startswith("/"):
        raise _invalid("metadata_url is not a valid URL")
    if scheme != "https":
        raise _invalid("metadata_url is not a HTTPS URL")


def entity_id(document: str) -> str:
    """Return the ``entityID`` of the one identity provider in it, or raise validation_failed.

    Of several entities it is the first one that is an identity provider.
    """
    outline = _Outline()
    try:
        outline.read(document)
    except expat.ExpatError as error:
        raise _invalid(f"SAML Metadata is not well-formed XML: {error}") from None
    return outline.provider()


class _Outline:
    """Which entities a document names, and how many times each is an identity provider."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._root = ""
        self._entities: list[tuple[str, int]] = []

    def read(self, document: str) -> None:
        parser = expat.ParserCreate("utf-8", " ")
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        parser.XmlDeclHandler = self._check_encoding
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.Parse(document.encode(), True)

    def provider(self) -> str:
        entities = self._entities
        if self._root == _MANY:
            entities = [entity for entity in entities if entity[1]][:1]
            if not entities:
                raise _invalid("SAML Metadata contains no entity with an IDPSSODescriptor")
        elif self._root != _ONE:
            raise _invalid("SAML Metadata must be an EntityDescriptor")
        name, roles = entities[0]
        if not name:
            raise _invalid("SAML Metadata does not contain an EntityID")
        if len(name.encode()) > _LONGEST_ENTITY_ID:
            raise _invalid(f"EntityID is longer than {_LONGEST_ENTITY_ID} bytes")
        if roles < 1:
            raise _invalid("SAML Metadata does not contain any IDPSSODescriptor")
        if roles > 1:
            raise _invalid("SAML Metadata contains multiple IDPSSODescriptors")
        return name

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._root = self._root or name
        if name == _ONE and self._open in ([], [_MANY]):
            self._entities.append((attributes.get("entityID", ""), 0))
        elif name == _PROVIDER and self._open in ([_ONE], [_MANY, _ONE]):
            entity, roles = self._entities[-1]
            self._entities[-1] = (entity, roles + 1)
        self._open.append(name)

    def _end(self, _name: str) -> None:
        self._open.pop()

    @staticmethod
    def _refuse_doctype(*_declared: object) -> None:
        raise _invalid("SAML Metadata must not contain a DOCTYPE")

    @staticmethod
    def _check_encoding(_version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() != "utf-8":
            raise _invalid(f"SAML Metadata is declared to be {encoding!r}, and not UTF-8")


def _invalid(message: str) -> AuthApiError:
    return AuthApiError("validation_failed", message)
