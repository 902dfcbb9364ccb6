"""Whose SAML metadata these are, and what is refused to be read."""

from __future__ import annotations

import pytest

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.sso.metadata import entity_id

SPACE = 'xmlns="urn:oasis:names:tc:SAML:2.0:metadata"'
ROLE = '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"/>'
SERVICE = "<SPSSODescriptor/>"


def entity(name: str, inner: str = ROLE, space: str = SPACE) -> str:
    return f'<EntityDescriptor {space} entityID="{name}">{inner}</EntityDescriptor>'


def test_the_one_identity_provider() -> None:
    assert entity_id(entity("https://idp.example.com")) == "https://idp.example.com"


def test_of_many_the_first_identity_provider() -> None:
    inner = entity("sp", SERVICE, "") + entity("first", ROLE, "") + entity("second", ROLE, "")
    assert entity_id(f"<EntitiesDescriptor {SPACE}>{inner}</EntitiesDescriptor>") == "first"


def test_prefixes_and_declaration() -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?>
      <m:EntityDescriptor xmlns:m="urn:oasis:names:tc:SAML:2.0:metadata" entityID="ä">
        <m:IDPSSODescriptor/></m:EntityDescriptor>"""
    assert entity_id(text) == "ä"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not well-formed"),
        ("{}", "not well-formed"),
        (entity("x")[:-3], "not well-formed"),
        ("<EntityDescriptor entityID='x'/>", "must be an EntityDescriptor"),
        (f"<IDPSSODescriptor {SPACE}/>", "must be an EntityDescriptor"),
        (entity(""), "does not contain an EntityID"),
        (entity("x", ""), "does not contain any IDPSSODescriptor"),
        (entity("x", f"<Extensions>{ROLE}</Extensions>"), "not contain any IDPSSODescriptor"),
        (entity("x", ROLE + ROLE), "contains multiple IDPSSODescriptors"),
        (entity("x" * 1025), "longer than 1024 bytes"),
        (f"<EntitiesDescriptor {SPACE}/>", "no entity with an IDPSSODescriptor"),
        (f'<?xml version="1.0" encoding="latin1"?>{entity("x")}', "not UTF-8"),
        (f"<!DOCTYPE x>{entity('x')}", "must not contain a DOCTYPE"),
        (
            '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + entity("&b;"),
            "must not contain a DOCTYPE",
        ),
        (
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + entity("x", "&a;"),
            "must not contain a DOCTYPE",
        ),
        (entity("&a;"), "not well-formed"),
    ],
)
def test_refused(text: str, said: str) -> None:
    with pytest.raises(AuthApiError, match=said) as refused:
        entity_id(text)
    assert refused.value.code == "validation_failed"


def test_depth_costs_no_stack() -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    assert entity_id(entity("x", ROLE + deep)) == "x"
