"""GET /settings."""

from __future__ import annotations

from tests.local.auth.conftest import MakeAuth
from tests.local.auth.service import AuthService


def test_defaults(auth: AuthService) -> None:
    settings = auth.get("/settings").json
    external = settings.pop("external")
    assert [name for name, on in external.items() if on] == ["email"]
    assert {"google", "github", "phone", "anonymous_users"} <= set(external)
    assert settings == {
        "disable_signup": False,
        "mailer_autoconfirm": True,
        "phone_autoconfirm": True,
        "sms_provider": "",
        "saml_enabled": False,
        "saml_private_key_next_configured": False,
        "passkeys_enabled": False,
    }


def test_follows_config(make_auth: MakeAuth) -> None:
    auth = make_auth(
        enable_signup=False, email={"enable_signup": False, "enable_confirmations": True}
    )
    settings = auth.get("/settings").json
    assert settings["disable_signup"] is True
    assert settings["mailer_autoconfirm"] is False
    assert settings["external"]["email"] is False
