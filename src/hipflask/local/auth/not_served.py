"""GoTrue's endpoints for what this service does not do, with the refusals of a GoTrue in which
that is switched off: clients then show "disabled" and not "no such page".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.routes import Answer, Handler, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()

#: Path prefix -> code and message. Asked without a look at the bearer token, as in GoTrue, where
#: the switch comes before the handler.
_SWITCHED_OFF: Final[Mapping[str, tuple[str, str]]] = {
    "/sso": ("saml_provider_disabled", "SAML 2.0 is disabled"),
    "/oauth": ("feature_disabled", "OAuth server is disabled"),
    "/scim/v2": ("feature_disabled", "SCIM server is disabled"),
}
_OFF_FOR_USERS: Final[Mapping[str, tuple[str, str]]] = {
    "/user/identities": ("manual_linking_disabled", "Manual linking is disabled"),
    "/user/oauth/grants": ("feature_disabled", "OAuth server is disabled"),
}
_OFF_FOR_ADMINS: Final[Mapping[str, tuple[str, str]]] = {
    "/admin/oauth": ("feature_disabled", "OAuth server is disabled"),
    "/admin/custom-providers": ("feature_disabled", "Custom OAuth providers are disabled"),
    "/admin/sso": ("saml_provider_disabled", "SAML 2.0 is disabled"),
}
_FACTORS: Final = {"totp": "TOTP", "phone": "Phone", "webauthn": "WebAuthn"}
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _refuse_below(prefix: str, handler: Handler) -> None:
    for method in _METHODS:
        routes.add(method, prefix)(handler)
        routes.add(method, f"{prefix}/<path:_rest>")(handler)


def _switched_off(code: str, message: str) -> Handler:
    def refuse(_call: Call, _rest: str = "") -> Answer:
        raise AuthApiError(code, message)

    return refuse


def _off_for_users(code: str, message: str) -> Handler:
    def refuse(call: Call, _rest: str = "") -> Answer:
        call.require_user()
        raise AuthApiError(code, message)

    return refuse


def _off_for_admins(code: str, message: str) -> Handler:
    def refuse(call: Call, _rest: str = "") -> Answer:
        call.require_admin()
        raise AuthApiError(code, message)

    return refuse


for _prefix, _words in _SWITCHED_OFF.items():
    _refuse_below(_prefix, _switched_off(*_words))
for _prefix, _words in _OFF_FOR_USERS.items():
    _refuse_below(_prefix, _off_for_users(*_words))
for _prefix, _words in _OFF_FOR_ADMINS.items():
    _refuse_below(_prefix, _off_for_admins(*_words))


@routes.post("/factors")
def enroll_factor(call: Call) -> Answer:
    """Refuse to set up a second factor."""
    call.require_user()
    kind = call.text("factor_type")
    if kind not in _FACTORS:
        raise AuthApiError("validation_failed", "factor_type needs to be totp, phone, or webauthn")
    raise AuthApiError(
        f"mfa_{kind}_enroll_not_enabled", f"MFA enroll is disabled for {_FACTORS[kind]}"
    )


@routes.post("/factors/<_factor_id>/challenge")
@routes.post("/factors/<_factor_id>/verify")
@routes.delete("/factors/<_factor_id>")
def use_factor(call: Call, _factor_id: str) -> Answer:
    """Refuse: nobody has a second factor."""
    call.require_user()
    raise AuthApiError("mfa_factor_not_found", "Factor not found")


@routes.get("/authorize")
def authorize(_call: Call) -> Answer:
    """Refuse: no OAuth provider is served."""
    raise AuthApiError("validation_failed", "Unsupported provider: provider is not enabled")


@routes.get("/callback")
@routes.post("/callback")
def callback(call: Call) -> Answer:
    """Lead home with the error: whoever comes back here did not leave from here."""
    error = {
        "error": "invalid_request",
        "error_code": "bad_oauth_callback",
        "error_description": "OAuth state parameter missing",
    }
    site_url = call.config.site_url
    separator = "&" if "?" in site_url else "?"
    return Answer(None, 303, {"Location": f"{site_url}{separator}{urlencode(error)}"})
