"""POST /oauth/clients/register and /admin/oauth/clients: clients come, change and go (RFC 7591)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.oauth_server import client_parameters as checks
from hipflask.local.auth.oauth_server import clients
from hipflask.local.auth.oauth_server.clients import METHODS_OF, Client
from hipflask.local.auth.oauth_server.switch import require_enabled
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()
_CHANGEABLE = (
    *("redirect_uris", "grant_types", "client_name"),
    *("client_uri", "logo_uri", "token_endpoint_auth_method"),
)


@routes.post("/oauth/clients/register")
def register(call: Call) -> Answer:
    """Let an application register itself, where config.toml allows it."""
    require_enabled(call)
    call.count_against(call.context.limits.oauth_client_register)
    if not call.config.oauth_server.allow_dynamic_registration:
        raise AuthApiError(
            "oauth_dynamic_client_registration_disabled",
            "Dynamic client registration is not enabled",
        )
    return _registered(call, "dynamic")


@routes.post("/admin/oauth/clients")
def create(call: Call) -> Answer:
    """Register a client by hand."""
    _require_admin(call)
    return _registered(call, "manual")


def _registered(call: Call, registration_type: str) -> Answer:
    uris, grants = checks.texts(call, "redirect_uris"), checks.texts(call, "grant_types")
    if not uris:
        raise AuthApiError("validation_failed", "redirect_uris is required")
    checks.check_redirect_uris(uris)
    if grants:
        checks.check_grant_types(grants)
    checks.check_name(call.text("client_name"))
    checks.check_page("client_uri", call.text("client_uri"))
    checks.check_page("logo_uri", call.text("logo_uri"))
    method = call.text("token_endpoint_auth_method")
    kind = checks.client_type_of(call.text("client_type"), method)
    secret = "" if kind == clients.PUBLIC else clients.new_secret()
    client = Client(
        id=uuid4(),
        secret_hash=clients.hash_secret(secret) if secret else "",
        registration_type=registration_type,
        client_type=kind,
        auth_method=method or METHODS_OF[kind][0],
        redirect_uris=uris,
        grant_types=grants or list(checks.GRANT_TYPES),
        name=call.text("client_name"),
        uri=call.text("client_uri"),
        logo_uri=call.text("logo_uri"),
        created_at=call.now,
        updated_at=call.now,
    )
    with call.reading() as tx:
        clients.insert(tx, client)
    return Answer(client.as_json(secret), status=201)


@routes.get("/admin/oauth/clients")
def list_clients(call: Call) -> Answer:
    """Return every client, newest first."""
    _require_admin(call)
    with call.reading() as tx:
        found = clients.find_all(tx)
    return Answer({"clients": [one.as_json() for one in found]} if found else {})


@routes.get("/admin/oauth/clients/<client_id>")
def get_client(call: Call, client_id: str) -> Answer:
    """Return one client."""
    return Answer(_load(call, client_id).as_json())


@routes.put("/admin/oauth/clients/<client_id>")
def update(call: Call, client_id: str) -> Answer:
    """Change the fields that the body names."""
    client = _load(call, client_id)
    if all(call.body.get(name) is None for name in _CHANGEABLE):
        raise AuthApiError("validation_failed", "No fields provided for update")
    if (uris := checks.texts(call, "redirect_uris")) is not None:
        checks.check_redirect_uris(uris)
        client.redirect_uris = uris
    if (grants := checks.texts(call, "grant_types")) is not None:
        checks.check_grant_types(grants)
        client.grant_types = grants
    if (name := call.optional_text("client_name")) is not None:
        checks.check_name(name)
        client.name = name
    if (page := call.optional_text("client_uri")) is not None:
        checks.check_page("client_uri", page)
        client.uri = page
    if (logo := call.optional_text("logo_uri")) is not None:
        checks.check_page("logo_uri", logo)
        client.logo_uri = logo
    if (method := call.optional_text("token_endpoint_auth_method")) is not None:
        checks.check_new_method(client.client_type, method)
        client.auth_method = method
    return _saved(call, client)


@routes.delete("/admin/oauth/clients/<client_id>")
def delete(call: Call, client_id: str) -> Answer:
    """Delete a client; what it was granted ends with it."""
    client = _load(call, client_id)
    with call.reading() as tx:
        clients.delete(tx, client.id, call.now)
    return Answer(None, status=204)


@routes.post("/admin/oauth/clients/<client_id>/regenerate_secret")
def regenerate_secret(call: Call, client_id: str) -> Answer:
    """Give a client another secret; the old one no longer works."""
    client = _load(call, client_id)
    if client.is_public:
        raise AuthApiError("validation_failed", "Cannot regenerate secret for public client")
    secret = clients.new_secret()
    client.secret_hash = clients.hash_secret(secret)
    return _saved(call, client, secret)


def _saved(call: Call, client: Client, secret: str = "") -> Answer:
    client.updated_at = call.now
    with call.reading() as tx:
        clients.save(tx, client)
    return Answer(client.as_json(secret))


def _require_admin(call: Call) -> None:
    call.require_admin()
    require_enabled(call)


def _load(call: Call, client_id: str) -> Client:
    _require_admin(call)
    try:
        wanted = UUID(client_id)
    except ValueError:
        raise AuthApiError("validation_failed", "invalid client_id format") from None
    with call.reading() as tx:
        client = clients.find(tx, wanted)
    if client is None:
        raise AuthApiError("oauth_client_not_found", "OAuth client not found")
    return client
