"""Pages: one noun a file, each with its blueprint."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Flask, request

from ..extensions import hip
from . import (
    account_activity,
    account_data,
    account_deletion,
    account_email,
    account_identities,
    account_password,
    account_profile,
    account_sessions,
    account_undo,
    auth_callback,
    auth_confirm,
    avatar,
    check_mail,
    dashboard,
    dev_oauth,
    favicon,
    file,
    file_deleting,
    file_sharing,
    files,
    forgot_password,
    home,
    login,
    login_email,
    logout,
    notes,
    oauth,
    oauth_consent,
    passkeys,
    reset_password,
    second_factor,
    security,
    signup,
    step_up,
)

_PAGES = (
    account_activity,
    account_data,
    account_deletion,
    account_email,
    account_identities,
    account_password,
    account_profile,
    account_sessions,
    account_undo,
    auth_callback,
    auth_confirm,
    avatar,
    check_mail,
    dashboard,
    favicon,
    file,
    file_deleting,
    file_sharing,
    files,
    forgot_password,
    home,
    login,
    login_email,
    logout,
    notes,
    oauth,
    oauth_consent,
    passkeys,
    reset_password,
    second_factor,
    security,
    signup,
    step_up,
)


def register(app: Flask) -> None:
    """Add every page to the application."""
    for page in _PAGES:
        app.register_blueprint(page.blueprint)
    with app.app_context():
        if hip.in_development:
            app.register_blueprint(dev_oauth.blueprint)
    app.context_processor(lambda: {"here": _here()})


def _here() -> str:
    """Return where a change of theme or language leads back to: this page, if it can be opened."""
    rule = request.url_rule
    if rule is None or "GET" not in (rule.methods or ()):
        return "/"
    # A message is shown once: without it, and without what a form brought by POST.
    pairs = [pair for pair in request.args.items(multi=True) if pair[0] != "flash"]
    return request.path + (f"?{urlencode(pairs)}" if pairs else "")
