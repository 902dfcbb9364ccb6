"""The settings for an application that answers elsewhere than `config.toml` says."""

from __future__ import annotations

from dataclasses import replace

from hipflask.local.config.project_config import ProjectConfig


def for_app_at(config: ProjectConfig, app_url: str) -> ProjectConfig:
    """Return the settings with the application at ``app_url`` (``--port``) instead of elsewhere.

    Mails must lead to the port that the application really has, or their links open nothing.
    """
    auth = config.auth
    loopback = ("http://127.0.0.1", "http://localhost")
    site_url = app_url if auth.site_url.startswith(loopback) else auth.site_url
    allowed = tuple(dict.fromkeys((*auth.additional_redirect_urls, f"{app_url}/**")))
    return replace(config, auth=replace(auth, site_url=site_url, additional_redirect_urls=allowed))
