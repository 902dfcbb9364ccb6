"""GET /settings: what a sign-in page may offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call

routes = Routes()

#: The names that GoTrue lists; another OpenID Connect provider of config.toml has no place there.
_PROVIDERS: Final = (
    "apple",
    "azure",
    "bitbucket",
    "discord",
    "facebook",
    "snapchat",
    "figma",
    "fly",
    "github",
    "gitlab",
    "google",
    "keycloak",
    "kakao",
    "linkedin",
    "linkedin_oidc",
    "notion",
    "spotify",
    "slack",
    "slack_oidc",
    "workos",
    "twitch",
    "twitter",
    "zoom",
)


@routes.get("/settings")
def settings(call: Call) -> Answer:
    """Return which providers are on and whether anyone may sign up."""
    config = call.config
    return Answer(
        {
            "external": {
                **{name: _is_enabled(call, name) for name in _PROVIDERS},
                "email": config.email.enable_signup,
                "phone": config.sms.enable_signup,
                "anonymous_users": config.enable_anonymous_sign_ins,
            },
            "disable_signup": not config.enable_signup,
            "mailer_autoconfirm": not config.email.enable_confirmations,
            "phone_autoconfirm": not config.sms.enable_confirmations,
            "sms_provider": "",
            "saml_enabled": False,
            "saml_private_key_next_configured": False,
            "passkeys_enabled": config.passkey.enabled,
        }
    )


def _is_enabled(call: Call, name: str) -> bool:
    provider = call.config.external.get(name)
    return provider is not None and provider.enabled
