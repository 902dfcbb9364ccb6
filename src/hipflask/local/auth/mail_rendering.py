"""From a mail template and its data to a mail.

A template comes from ``supabase/config.toml`` or, without one there, from ``mail_templates/``.
One that is broken is logged with file and line, and the usual one is sent, as in GoTrue.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth.gotemplate import Template, TemplateError
from hipflask.local.auth.mail import Mail
from hipflask.local.auth.plain_text import plain_text
from hipflask.local.config.auth import NotificationConfig, TemplateConfig

if TYPE_CHECKING:
    from hipflask.local.auth.context import AuthContext
    from hipflask.local.config import AuthConfig

__all__ = ["SUBJECTS", "TemplateError", "as_go_json", "render"]

_log = logging.getLogger(__name__)

SUBJECTS: Final[Mapping[str, str]] = {
    "confirmation": "Confirm your e-mail address",
    "invite": "You are invited",
    "recovery": "Reset your password",
    "magic_link": "Your sign-in link",
    "email_change": "Confirm your new e-mail address",
    "reauthentication": "{{ .Token }} is your verification code",
    "password_changed_notification": "Your password was changed",
    "email_changed_notification": "Your e-mail address was changed",
    "phone_changed_notification": "Your phone number was changed",
    "identity_linked_notification": "A sign-in method was added to your account",
    "identity_unlinked_notification": "A sign-in method was removed from your account",
    "mfa_factor_enrolled_notification": "Two-factor authentication was set up",
    "mfa_factor_unenrolled_notification": "Two-factor authentication was removed",
}
"""The mails there are, each with its usual subject."""

_USUAL_SENDER: Final = ("admin@email.com", "Admin")  # the Supabase CLI's


def render(context: AuthContext, name: str, to: str, data: Mapping[str, Any]) -> Mail:
    """Return the mail ``name`` of SUBJECTS to this address.

    Raises TemplateError when a template that could be read fails over this data.
    """
    data = as_go_json(data)
    subject, body = _templates(context, name)
    html = body.render(data)
    sender, sender_name = _sender(context.config)
    return Mail(
        to=to,
        sender=sender,
        sender_name=sender_name,
        subject=" ".join(subject.render(data).split()),  # a line break would start a new header
        html=html,
        text=plain_text(html),
    )


def as_go_json(value: Any) -> Any:
    """Return JSON as Go reads it: every number a float, so ``eq .Data.n 1.0`` and 1e+06."""
    if isinstance(value, Mapping):
        return {key: as_go_json(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [as_go_json(entry) for entry in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _sender(config: AuthConfig) -> tuple[str, str]:
    smtp = config.email.smtp
    if smtp is None or not smtp.enabled or not smtp.admin_email:
        return _USUAL_SENDER
    return smtp.admin_email, smtp.sender_name


def _templates(context: AuthContext, name: str) -> tuple[Template, Template]:
    """Return the templates of subject and body, both the project's or both the usual ones."""
    settings = _settings(context.config, name)
    usual_subject = Template(f"subject of {name}", SUBJECTS[name])
    try:
        subject = usual_subject
        if settings is not None and settings.subject:
            subject = Template(f"subject of {name} in config.toml", settings.subject)
        if settings is None or settings.content_path is None:
            return subject, _usual_body(name)
        path = context.templates_root / settings.content_path
        return subject, _parsed(path, path.stat().st_mtime_ns)
    except (TemplateError, OSError, UnicodeDecodeError) as error:
        _log.error("The mail template %s is broken, so the usual one is sent: %s", name, error)
        return usual_subject, _usual_body(name)


def _settings(config: AuthConfig, name: str) -> TemplateConfig | NotificationConfig | None:
    notification = name.removesuffix("_notification")
    if notification != name:
        return config.email.notification.get(notification)
    return config.email.template.get(name)


@lru_cache(maxsize=64)
def _parsed(path: Path, changed_at: int) -> Template:  # noqa: ARG001 - part of the cache's key
    return Template(str(path), path.read_text(encoding="utf-8-sig"))


@lru_cache(maxsize=64)
def _usual_body(name: str) -> Template:
    folder = files("hipflask.local.auth") / "mail_templates"
    layout = (folder / "layout.html").read_text(encoding="utf-8")
    content = (folder / f"{name}.html").read_text(encoding="utf-8")
    return Template(f"{name}.html", content + layout)
