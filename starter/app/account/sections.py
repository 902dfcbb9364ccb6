"""The sections of the account centre, in the order of its navigation."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app

from hipflask import lazy_gettext as _


@dataclass(frozen=True)
class Section:
    """One entry of the navigation; ``within`` are blueprints that belong to it as well."""

    endpoint: str
    label: object
    symbol: str
    within: tuple[str, ...] = ()

    def holds(self, endpoint: str | None) -> bool:
        """Whether the page at this endpoint lies in the section."""
        blueprint = (endpoint or "").rpartition(".")[0]
        return blueprint in (self.endpoint.rpartition(".")[0], *self.within)


SECTIONS = (
    Section("account_profile.show", _("Profile"), "user", within=("avatar",)),
    Section("account_email.show", _("E-mail"), "mail"),
    Section("account_password.show", _("Password"), "key-round"),
    Section("account_security.show", _("Security"), "shield-check", within=("passkeys",)),
    Section("account_identities.show", _("Linked accounts"), "link"),
    Section("account_sessions.show", _("Sessions"), "monitor"),
    Section("account_activity.show", _("Activity"), "list"),
    Section("account_data.show", _("Your data"), "download"),
    Section("account_deletion.show", _("Delete account"), "trash-2"),
)
"""Add a page here, and it is in the navigation as soon as its endpoint exists."""


def sections() -> list[Section]:
    """Return the sections that this app has pages for."""
    return [section for section in SECTIONS if section.endpoint in current_app.view_functions]
