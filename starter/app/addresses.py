"""E-mail addresses as people type them."""

from __future__ import annotations

import re

from hipflask import gettext as _

from .forms import Form

LONGEST = 254  # RFC 5321 section 4.5.3.1.3, without the angle brackets

# Catches slips of the hand, no more: whether an address exists, only a mail can tell.
_SHAPE = re.compile(r"[^@\s\x00-\x1f]+@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+")


def check_email(form: Form) -> str:
    """Return the form's address; note on the form what is wrong with it."""
    email = form.text("email")
    if not email:
        form.fields["email"] = _("Enter your e-mail address.")
    elif len(email) > LONGEST or not _SHAPE.fullmatch(email):
        form.fields["email"] = _("Enter an address like ada@example.com.")
    return email
