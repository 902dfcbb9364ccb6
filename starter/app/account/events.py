"""The entries of the security log, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipflask import gettext as _

from .providers import provider_name

_WARNINGS = frozenset(
    {
        "sign_in_failed",
        "second_factor_failed",
        "proof_failed",
        "deletion_asked",
        "recovery_code_used",
    }
)


def is_warning(event: str) -> bool:
    """Whether its owner should look at an entry twice."""
    return event in _WARNINGS


def describe(event: str, details: Mapping[str, Any]) -> str:
    """Return what happened; an event that a later version writes keeps its name."""
    provider = provider_name(str(details.get("provider") or ""))
    match event:
        case "signed_in":
            return _signed_in([str(method) for method in details.get("methods") or ()])
        case "sign_in_failed" if details.get("by") == "mail":
            return _("A sign-in failed: wrong code from a mail")
        case "second_factor_failed" if details.get("by") == "recovery":
            return _("A sign-in stopped at a wrong recovery code")
        case "proof_failed" if details.get("by") == "password":
            return _("A wrong password was entered on these pages")
        case "identity_linked":
            return _("%(provider)s was linked", provider=provider)
        case "identity_unlinked":
            return _("%(provider)s was unlinked", provider=provider)
        case "application_allowed":
            return _("%(name)s was let in", name=str(details.get("name") or ""))
        case "application_ended":
            return _("Access of %(name)s ended", name=str(details.get("name") or ""))
        case "email_change_asked":
            return _("Change of e-mail to %(email)s asked for", email=str(details.get("to") or ""))
        case "email_changed":
            return _("E-mail changed to %(email)s", email=str(details.get("to") or ""))
    return _plain().get(event, event.replace("_", " ").capitalize())


def _signed_in(methods: list[str]) -> str:
    if "password" in methods:
        return _("Signed in with the password")
    if "oauth" in methods:
        return _("Signed in with a linked account")
    if {"otp", "magiclink"} & set(methods):
        return _("Signed in with a link or code from a mail")
    if "passkey" in methods:
        return _("Signed in with a passkey")
    return _("Signed in")


def _plain() -> dict[str, str]:
    return {
        "signed_out": _("Signed out"),
        "sign_in_failed": _("A sign-in failed: wrong password"),
        "second_factor_failed": _("A sign-in stopped at a wrong code of the authenticator app"),
        "proof_failed": _("A wrong code was entered on these pages"),
        "password_changed": _("Password changed"),
        "session_ended": _("A device was signed out"),
        "other_sessions_ended": _("All other devices were signed out"),
        "factor_added": _("A second factor was added"),
        "factor_removed": _("A second factor was removed"),
        "passkey_added": _("A passkey was added"),
        "passkey_removed": _("A passkey was removed"),
        "recovery_codes_made": _("New recovery codes were made"),
        "recovery_code_used": _("A recovery code removed the lost authenticator"),
        "data_exported": _("Your data was downloaded"),
        "deletion_asked": _("Deletion of the account asked for"),
        "deletion_undone": _("Deletion of the account undone"),
    }
