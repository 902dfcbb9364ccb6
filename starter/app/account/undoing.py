"""The mail that tells of a deletion, with the link that undoes it."""

from __future__ import annotations

from datetime import datetime

from flask import url_for

from hipflask import gettext as _

from ..extensions import hip


def send_undo_link(to: str, token: str, due: datetime) -> bool:
    """Send the mail, and say whether the mail server took it."""
    site = hip.settings.site_url
    link = f"{site}{url_for('account_undo.show', token=token)}"
    text = _(
        "Your account at %(site)s is to be deleted on %(date)s, with everything in it.\n\n"
        "To keep it, open this link before then and press the button:\n\n%(link)s\n\n"
        "If it was not you who asked for this, keep the account and change your password at once.",
        site=site,
        date=f"{due:%Y-%m-%d}",
        link=link,
    )
    return hip.mail.send(to, _("Your account is to be deleted"), text)
