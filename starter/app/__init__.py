"""The web application. ``create_app`` makes it; gunicorn is given ``app:create_app()``."""

from __future__ import annotations

from typing import Any

from flask import Flask
from markupsafe import Markup

from hipflask import Settings

from . import api, pages
from .account.erasing import delete_due_accounts
from .account.inviting import invite
from .account.providers import oauth_providers, provider_name
from .assets import add_assets
from .avatars import avatar_url, initial
from .extensions import hip

NAME = "Hipflask"
"""What the product is called, in the bar at the top and in titles."""


def create_app(settings: Settings | None = None, **parts: Any) -> Flask:
    """Make the application; settings come from the environment unless they are given.

    ``parts`` (a clock, an environment) go to ``HipFlask.init_app``, for tests.
    """
    app = Flask(__name__)
    hip.init_app(app, settings, **parts)
    add_assets(app)
    app.add_template_filter(_bold, "bold")
    app.jinja_env.globals["app_name"] = NAME
    app.jinja_env.globals.update(avatar_url=avatar_url, initial=initial)
    app.jinja_env.globals.update(oauth_providers=oauth_providers, provider_name=provider_name)
    pages.register(app)
    api.register(app)
    app.cli.add_command(delete_due_accounts)
    app.cli.add_command(invite)
    return app


def _bold(text: str) -> Markup:
    return Markup('<strong class="font-medium text-base-content break-words">{}</strong>').format(
        text
    )
