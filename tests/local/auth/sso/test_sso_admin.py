"""/admin/sso/providers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest

from hipflask.local.auth.external.outbound import Outbound
from tests.local.auth.service import AuthService, Reply, assert_refused

PATH = "/admin/sso/providers"
ENTITY = "https://idp.example.com/metadata"
EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"


def described(entity: str = ENTITY, more: str = "") -> str:
    return (
        f'<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity}">'
        f"<IDPSSODescriptor/>{more}</EntityDescriptor>"
    )


@pytest.fixture
def admin(auth: AuthService) -> AuthService:
    auth.database.execute("truncate auth.sso_providers cascade")
    return auth


def create(auth: AuthService, **body: Any) -> Reply:
    asked = {"type": "saml", "metadata_xml": described(), **body}
    return auth.post(PATH, asked, bearer=auth.service_role)


def change(auth: AuthService, provider: str, **body: Any) -> Reply:
    return auth.put(f"{PATH}/{provider}", body, bearer=auth.service_role)


def listed(auth: AuthService, query: str = "") -> Any:
    return auth.get(f"{PATH}{query}", bearer=auth.service_role).json["items"]


def test_create_read_list_delete(admin: AuthService) -> None:
    mapping = {"keys": {"email": {"name": "mail"}, "groups": {"names": ["g"], "array": True}}}
    made = create(
        admin,
        domains=["b.example.com", "a.example.com", "B.example.com"],
        attribute_mapping=mapping,
        name_id_format=EMAIL_FORMAT,
        resource_id="acme",
        disabled=False,
    )
    assert made.status_code == 201
    provider = made.json
    assert provider == {
        "id": provider["id"],
        "resource_id": "acme",
        "disabled": False,
        "saml": {
            "entity_id": ENTITY,
            "metadata_xml": described(),
            "attribute_mapping": mapping,
            "name_id_format": EMAIL_FORMAT,
        },
        "domains": [{"domain": "a.example.com"}, {"domain": "b.example.com"}],
        "created_at": "2026-03-01T12:00:00.250000Z",
        "updated_at": "2026-03-01T12:00:00.250000Z",
    }
    at, bearer = f"{PATH}/{provider['id']}", admin.service_role
    assert admin.get(at, bearer=bearer).json == provider
    assert admin.get(f"{PATH}/resource_acme", bearer=bearer).json == provider
    (seen,) = listed(admin)
    assert seen["saml"].pop("metadata_xml", None) is None
    assert seen["domains"] == provider["domains"]
    gone = admin.delete(at, bearer=bearer)
    assert (gone.status_code, gone.json) == (200, provider)
    for call in (admin.get, admin.put, admin.delete):
        assert_refused(call(at, bearer=bearer), 404, "sso_provider_not_found")
    for table in ("sso_providers", "saml_providers", "sso_domains"):
        assert admin.count(f"auth.{table}") == 0


def test_little_is_needed(admin: AuthService) -> None:
    made = create(admin).json
    assert "resource_id" not in made
    assert (made["disabled"], made["domains"]) == (None, [])
    assert made["saml"] == {
        "entity_id": ENTITY,
        "metadata_xml": described(),
        "attribute_mapping": {},
    }


def test_lists_by_resource(admin: AuthService) -> None:
    for name in ("team_a", "team_b", "teamXc", None):
        create(admin, metadata_xml=described(f"urn:{name}"), resource_id=name)
        admin.clock.advance(timedelta(seconds=1))
    assert len(listed(admin)) == 4
    assert [one["resource_id"] for one in listed(admin, "?resource_id=team_b")] == ["team_b"]
    found = listed(admin, "?resource_id_prefix=team_")
    assert [one["resource_id"] for one in found] == ["team_a", "team_b"]
    assert listed(admin, "?resource_id=%00") == []


def test_what_is_named_changes(admin: AuthService) -> None:
    made = create(admin, domains=["a.com", "b.com"], resource_id="acme").json
    admin.clock.advance(timedelta(minutes=1))
    newer = described(more="<Organization/>")
    changed = change(
        admin,
        "resource_acme",
        metadata_xml=newer,
        domains=["b.com", "c.com"],
        attribute_mapping={"keys": {"email": {"default": "x", "unknown": 1}}},
        name_id_format=EMAIL_FORMAT,
        resource_id="new",
        disabled=True,
    ).json
    assert changed["saml"] == {
        "entity_id": ENTITY,
        "metadata_xml": newer,
        "attribute_mapping": {"keys": {"email": {"default": "x"}}},
        "name_id_format": EMAIL_FORMAT,
    }
    assert changed["domains"] == [{"domain": "b.com"}, {"domain": "c.com"}]
    assert (changed["resource_id"], changed["disabled"]) == ("new", True)
    assert changed["created_at"] < changed["updated_at"]
    assert changed == admin.get(f"{PATH}/{made['id']}", bearer=admin.service_role).json


def test_what_is_not_named_stays_but_for_the_format(admin: AuthService) -> None:
    made = create(admin, domains=["a.com"], name_id_format=EMAIL_FORMAT, resource_id="r").json
    admin.clock.advance(timedelta(minutes=1))
    same = change(admin, made["id"], name_id_format=EMAIL_FORMAT).json
    assert same == made
    changed = change(admin, made["id"]).json
    assert changed["saml"].pop("name_id_format", None) is None
    assert changed["domains"] == made["domains"]
    assert "resource_id" not in change(admin, made["id"], resource_id="", domains=[]).json
    assert admin.count("auth.sso_domains") == 0


def test_an_entity_is_there_once(admin: AuthService) -> None:
    create(admin)
    said = f"SAML Identity Provider with this EntityID ({ENTITY}) already exists"
    assert_refused(create(admin), 422, "saml_idp_already_exists", said)


@pytest.mark.parametrize("domain", ["example.com", "EXAMPLE.com"])
def test_a_domain_is_there_once(admin: AuthService, domain: str) -> None:
    first = create(admin, domains=["example.com"]).json["id"]
    other = described("urn:other")
    said = f"SSO Domain '{domain}' is already assigned to an SSO identity provider ({first})"
    answer = create(admin, metadata_xml=other, domains=["free.com", domain])
    assert_refused(answer, 400, "sso_domain_already_exists", said)
    second = create(admin, metadata_xml=other).json["id"]
    assert_refused(change(admin, second, domains=[domain]), 400, "sso_domain_already_exists", said)


def test_a_resource_is_there_once(admin: AuthService) -> None:
    create(admin, resource_id="acme")
    other = described("urn:other")
    assert_refused(create(admin, metadata_xml=other, resource_id="ACME"), 422, "conflict")
    second = create(admin, metadata_xml=other).json["id"]
    assert_refused(change(admin, second, resource_id="acme"), 422, "conflict")


def test_metadata_of_another_entity(admin: AuthService) -> None:
    provider = create(admin).json["id"]
    said = (
        "SAML Metadata can be updated only if the EntityID matches for the provider; "
        f"expected '{ENTITY}' but got 'urn:other'"
    )
    answer = change(admin, provider, metadata_xml=described("urn:other"))
    assert_refused(answer, 400, "saml_entity_id_mismatch", said)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"type": "oidc"}, "Only 'saml' supported for SSO provider type"),
        (
            {"metadata_url": "https://1.1.1.1"},
            "Only one of metadata_xml or metadata_url needs to be set",
        ),
        ({"metadata_xml": ""}, "Either metadata_xml or metadata_url must be set"),
        ({"metadata_xml": "", "metadata_url": "x"}, "metadata_url is not a valid URL"),
        ({"metadata_xml": "", "metadata_url": "https://["}, "metadata_url is not a valid URL"),
        ({"metadata_xml": "", "metadata_url": "http://1.1.1.1"}, "metadata_url is not a HTTPS URL"),
        ({"metadata_xml": "", "metadata_url": "/x"}, "metadata_url is not a HTTPS URL"),
        (
            {"name_id_format": "email"},
            (
                "name_id_format must be unspecified or one of "
                "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent, "
                "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress, "
                "urn:oasis:names:tc:SAML:2.0:nameid-format:transient, "
                "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"
            ),
        ),
        ({"domains": [""]}, "domains must not be empty"),
        ({"domains": ["x" * 254]}, "a domain is longer than 253 bytes"),
        ({"resource_id": "x" * 1025}, "resource_id is longer than 1024 bytes"),
        ({"metadata_xml": "<x/>"}, "SAML Metadata must be an EntityDescriptor"),
    ],
)
def test_bad_requests(admin: AuthService, body: dict[str, Any], said: str) -> None:
    assert_refused(create(admin, **body), 400, "validation_failed", said)
    assert admin.count("auth.sso_providers") == 0


@pytest.mark.parametrize(
    "body",
    [
        {"domains": "a.com"},
        {"domains": [1]},
        {"disabled": "yes"},
        {"resource_id": 1},
        {"attribute_mapping": []},
        {"attribute_mapping": {"keys": []}},
        {"attribute_mapping": {"keys": {"email": "mail"}}},
        {"attribute_mapping": {"keys": {"email": {"name": 1}}}},
        {"attribute_mapping": {"keys": {"email": {"names": [1]}}}},
        {"attribute_mapping": {"keys": {"email": {"array": 1}}}},
    ],
)
def test_values_of_the_wrong_type(admin: AuthService, body: dict[str, Any]) -> None:
    assert_refused(create(admin, **body), 400, "bad_json")


@pytest.mark.parametrize("provider", ["x", str(uuid4()), "resource_x", "resource_%00"])
def test_unknown(admin: AuthService, provider: str) -> None:
    assert_refused(change(admin, provider), 404, "sso_provider_not_found")


def test_only_for_administrators(admin: AuthService) -> None:
    assert_refused(admin.get(PATH), 401, "no_authorization")
    bearer = admin.sign_up()["access_token"]
    for method, at in (
        ("GET", PATH),
        ("POST", PATH),
        ("GET", f"{PATH}/x"),
        ("DELETE", f"{PATH}/x"),
    ):
        assert_refused(admin.call(method, at, bearer=bearer), 403, "not_admin")


def test_signing_in_with_one_stays_switched_off(admin: AuthService) -> None:
    create(admin, domains=["example.com"])
    answer = admin.post("/sso", {"domain": "example.com"})
    assert_refused(answer, 404, "saml_provider_disabled", "SAML 2.0 is disabled")


class Unguarded(Outbound):
    """Asks the server of the test instead, which no guarded call may reach."""

    def get_bytes(self, url: str, *, accept: str, guarded: bool = False) -> bytes:
        assert guarded
        return super().get_bytes(url.replace("https:", "http:"), accept=accept)


@pytest.fixture
def publisher() -> Iterator[str]:
    """Where metadata are published: at ``/``, broken at ``/latin``, nowhere else."""
    documents = {"/": described().encode(), "/latin": b"<\xe4/>"}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in documents else 410)
            self.end_headers()
            self.wfile.write(documents.get(self.path, b""))

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_metadata_are_fetched(admin: AuthService, publisher: str) -> None:
    admin.context.__dict__["outbound"] = Unguarded()
    url = f"{publisher}/"
    saml = create(admin, metadata_xml="", metadata_url=url).json["saml"]
    assert (saml["metadata_url"], saml["metadata_xml"]) == (url, described())
    answer = create(admin, metadata_xml="", metadata_url=f"{publisher}/gone")
    said = f"HTTP 410 error fetching SAML Metadata from URL '{publisher}/gone'"
    assert_refused(answer, 400, "saml_metadata_fetch_failed", said)
    answer = create(admin, metadata_xml="", metadata_url=f"{publisher}/latin")
    assert_refused(answer, 400, "validation_failed")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]"])
def test_nothing_is_fetched_from_ones_own_network(admin: AuthService, host: str) -> None:
    answer = create(admin, metadata_xml="", metadata_url=f"https://{host}/")
    assert_refused(answer, 400, "saml_metadata_fetch_failed")
