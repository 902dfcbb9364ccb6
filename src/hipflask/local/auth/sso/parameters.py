"""What an administrator says about an SSO provider, checked (GoTrue, ssoadmin.go)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.json_body import bad_json
from hipflask.local.auth.sso import attribute_mapping, metadata

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

_NAME_ID_FORMATS: Final = (
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified",
)
#: In bytes. DNS knows no longer name, and the unique index no longer entry.
_LONGEST_DOMAIN: Final = 253
_LONGEST_RESOURCE_ID: Final = 1024


@dataclass(frozen=True, slots=True)
class SsoParameters:
    """The body of ``POST /admin/sso/providers`` and ``PUT /admin/sso/providers/ID``.

    None is what the body does not name, which an update leaves as it is.
    """

    metadata_url: str
    domains: list[str] | None
    attribute_mapping: dict[str, Any] | None
    name_id_format: str
    resource_id: str | None
    disabled: bool | None
    _metadata_xml: str = field(repr=False)

    @classmethod
    def read(cls, call: Call, *, new: bool) -> SsoParameters:
        """Read the body, in which a ``new`` provider must have a type and metadata."""
        asked = cls(
            metadata_url=call.text("metadata_url"),
            domains=_domains(call),
            attribute_mapping=attribute_mapping.read(call.mapping("attribute_mapping")),
            name_id_format=call.text("name_id_format"),
            resource_id=call.optional_text("resource_id"),
            disabled=None if call.body.get("disabled") is None else call.flag("disabled"),
            _metadata_xml=call.text("metadata_xml"),
        )
        kind = call.text("type")
        if new and kind != "saml":
            raise _invalid("Only 'saml' supported for SSO provider type")
        asked._check(new=new)
        return asked

    def _check(self, *, new: bool) -> None:
        if self.metadata_url and self._metadata_xml:
            raise _invalid("Only one of metadata_xml or metadata_url needs to be set")
        if new and not self.metadata_url and not self._metadata_xml:
            raise _invalid("Either metadata_xml or metadata_url must be set")
        if self.metadata_url:
            metadata.require_https(self.metadata_url)
        if self.name_id_format and self.name_id_format not in _NAME_ID_FORMATS:
            raise _invalid(
                f"name_id_format must be unspecified or one of {', '.join(_NAME_ID_FORMATS)}"
            )
        for domain in self.domains or ():
            if not domain:
                raise _invalid("domains must not be empty")
            if len(domain.encode()) > _LONGEST_DOMAIN:
                raise _invalid(f"a domain is longer than {_LONGEST_DOMAIN} bytes")
        if len((self.resource_id or "").encode()) > _LONGEST_RESOURCE_ID:
            raise _invalid(f"resource_id is longer than {_LONGEST_RESOURCE_ID} bytes")

    def metadata(self, call: Call) -> str:
        """Return the metadata document, fetched if need be, or "" when the body names none."""
        if self.metadata_url:
            return metadata.fetch(call.context.outbound, self.metadata_url)
        return self._metadata_xml


def _domains(call: Call) -> list[str] | None:
    """Return the domains in order, each once: capitals tell no two of them apart."""
    asked = call.body.get("domains")
    if asked is None:
        return None
    if not isinstance(asked, list) or not all(isinstance(one, str) for one in asked):
        raise bad_json('"domains" must be a list of strings')
    once: dict[str, str] = {}
    for domain in asked:
        once.setdefault(domain.lower(), domain)
    return sorted(once.values())


def _invalid(message: str) -> AuthApiError:
    return AuthApiError("validation_failed", message)
