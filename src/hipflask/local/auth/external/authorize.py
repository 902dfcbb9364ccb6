"""GET /authorize and GET /user/identities/authorize: the way to the provider."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from hipflask.local.auth import one_time_tokens
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external import find, states
from hipflask.local.auth.external.outbound import ProviderFailure
from hipflask.local.auth.flow_state import Challenge
from hipflask.local.auth.redirects import redirect_target
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.users import User

routes = Routes()

#: What a request may not set at the provider: ours to say, or a secret between us and the app.
_OURS: Final = frozenset(
    {
        "provider",
        "scopes",
        "client_id",
        "client_secret",
        "redirect_uri",
        "response_type",
        "state",
        "code_challenge",
        "code_challenge_method",
        "code_verifier",
        "invite_token",
        "apikey",
    }
)


@routes.get("/authorize")
def authorize(call: Call) -> Answer:
    """Lead to the provider that ``provider`` names."""
    return Answer(None, 302, {"Location": _departure(call)})


@routes.get("/user/identities/authorize")
def authorize_link(call: Call) -> Answer:
    """Lead a signed-in user to the provider that shall be linked to them."""
    user, _ = call.require_user()
    require_manual_linking(call)
    address = _departure(call, user)
    if call.request.args.get("skip_http_redirect") == "true":
        return Answer({"url": address})
    return Answer(None, 302, {"Location": address})


def require_manual_linking(call: Call) -> None:
    """Raise manual_linking_disabled unless config.toml enables it."""
    if not call.config.enable_manual_linking:
        raise AuthApiError("manual_linking_disabled", "Manual linking is disabled")


def _departure(call: Call, linking_target: User | None = None) -> str:
    query = call.request.args
    name = query.get("provider", "").replace("\0", "\ufffd")
    try:
        provider = find.provider(call, name, query.get("scopes", ""))
    except ProviderFailure as error:
        raise AuthApiError("validation_failed", f"Unsupported provider: {error}") from None
    invite_token = query.get("invite_token", "").replace("\0", "\ufffd")
    if invite_token:
        _require_invited(call, invite_token)
    departure = states.Departure(
        provider=name.lower(),
        challenge=Challenge.checked(
            query.get("code_challenge", ""), query.get("code_challenge_method", "")
        ),
        home=redirect_target(call),
        invite_token=invite_token,
        linking_target=None if linking_target is None else linking_target.id,
        email_optional=provider.email_optional,
    )
    verifier = secrets.token_urlsafe(32) if provider.pkce else ""
    with call.transaction() as tx:
        state = states.start(tx, departure, verifier, now=call.now)
    extra = {
        "provider" if key == "workos_provider" else key: value
        for key, value in query.items()
        if key.lower() not in _OURS
    }
    return provider.address(state, extra, verifier)


def _require_invited(call: Call, token: str) -> None:
    with call.transaction() as tx:
        if one_time_tokens.lock_owner(tx, token, one_time_tokens.CONFIRMATION) is None:
            raise AuthApiError("user_not_found", "User identified by token not found")
