"""What a new password needs. The same rules are shown, ticked off live, and checked here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hipflask import errors, ngettext
from hipflask import gettext as _

from .forms import Form

SHORTEST = 8
"""In characters. supabase/config.toml says the same to Supabase Auth (minimum_password_length)."""

LONGEST = 72
"""In bytes: bcrypt, and so Supabase Auth, takes no more."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Rule:
    """One rule as a page shows it; forms.js knows how to check each name."""

    name: str
    text: str
    limit: int = 0


def password_rules() -> list[Rule]:
    """Return the rules in the visitor's language."""
    return [Rule("length", _at_least(), SHORTEST), Rule("differs", _("Not your e-mail address"))]


def check_new_password(form: Form, email: str) -> str:
    """Return the form's password; note on the form what is wrong with it."""
    password = form.value("password")
    if not password:
        form.fields["password"] = _("Enter a password.")
    elif len(password) < SHORTEST:
        form.fields["password"] = _too_short()
    elif len(password.encode()) > LONGEST:
        form.fields["password"] = _("This password is too long. Use 72 characters at most.")
    elif _CONTROL.search(password):
        form.fields["password"] = _("Leave out control characters such as tabs.")
    elif email and password.strip().casefold() == email.casefold():
        form.fields["password"] = _("Use something other than your e-mail address.")
    return password


def note_weak_password(form: Form, error: errors.WeakPassword) -> None:
    """Note on the form what Supabase Auth does not like about the password."""
    texts = {
        "length": _too_short(),
        "characters": _("Mix small and capital letters, digits and symbols."),
        "pwned": _("This password is known from a data leak. Choose another."),
    }
    found = [texts[reason] for reason in error.reasons if reason in texts]
    form.fields["password"] = " ".join(found) or _("This password is too easy to guess.")


def _at_least() -> str:
    return ngettext("%(num)s character or more", "%(num)s characters or more", SHORTEST)


def _too_short() -> str:
    return ngettext("Use %(num)s character or more.", "Use %(num)s characters or more.", SHORTEST)
