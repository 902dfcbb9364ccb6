"""Wires the kit to an app: what runs before and after each request, and what templates can call."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from flask import Blueprint, Flask, Response, request

from hipflask.errors import HostRefused
from hipflask.kit.environment import is_loopback, split_url
from hipflask.kit.extension import AppState
from hipflask.kit.settings import Settings
from hipflask.protocol.clock import Clock

from . import formats, i18n
from .cookie import COOKIE_NAME, MAX_AGE
from .csrf import check_csrf, csrf_field, csrf_token
from .flash import carry_flashes, get_flashed_messages
from .headers import add_cache_headers, add_security_headers, content_security_policy
from .health import add_health_routes
from .json_bodies import read_json_cautiously
from .logs import configure_logging, log_request
from .masking import learn_secrets
from .origins import host_is_ours
from .preferences import add_preferences_route, current_theme, current_timezone
from .problem_pages import add_problem_pages
from .problems import register_error_handlers
from .proxy import TrustedProxy
from .query import make_query_readable
from .security_txt import add_security_txt
from .settings import WebSettings
from .signed_in import api_user, current_user
from .traces import begin_visit
from .visit import app_state, visit

_DEFAULTS: Final = {
    "HIPFLASK_LOGIN_URL": "/login",
    "HIPFLASK_SECOND_FACTOR_URL": "/login/second-factor",
    "HIPFLASK_STEP_UP_URL": "/login/confirm",
    "HIPFLASK_API_PREFIX": "/api/",
    "HIPFLASK_LANGUAGES": i18n.LANGUAGES,
    "HIPFLASK_CSP": None,
}

_logger: Final = logging.getLogger("hipflask.mail")
_HEALTH: Final = frozenset({"hipflask.healthz", "hipflask.readyz"})


def put_around(app: Flask, *, settings: Settings, web: WebSettings, clock: Clock) -> None:
    """Put the kit around an app; the app may have set ``HIPFLASK_…`` config keys before."""
    for name, value in _DEFAULTS.items():
        app.config.setdefault(name, value)
    # Flask's own session is not used here; an app that does use it gets a cookie as strict as ours.
    if app.config["SESSION_COOKIE_SAMESITE"] is None:
        app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    if not is_loopback(settings.site_url):
        app.config["SESSION_COOKIE_SECURE"] = True
    if app.config["MAX_CONTENT_LENGTH"] is None:
        app.config["MAX_CONTENT_LENGTH"] = web.max_content_length
    app.extensions["hipflask"] = AppState(
        settings=settings,
        web=web,
        clock=clock,
        csp=content_security_policy(app.config["HIPFLASK_CSP"], storage_url=settings.storage_url),
        translations=Path(app.root_path) / "translations",
        languages=tuple(app.config["HIPFLASK_LANGUAGES"]),
        debug=app.debug,
    )
    learn_secrets(_secrets(settings, web))
    configure_logging(web)
    if settings.smtp is None and not is_loopback(settings.site_url):
        _logger.warning(
            "SMTP_HOST is not set: the app's own mails, such as the one that undoes an account's"
            " deletion, are not sent"
        )
    read_json_cautiously(app)
    app.wsgi_app = TrustedProxy(  # type: ignore[method-assign]
        app.wsgi_app, hops=web.trusted_proxy_hops
    )
    app.before_request(_before)
    app.after_request(_after)
    if web.traces is not None or app.extensions["hipflask"].in_development:
        from .listening import listen_to_requests  # deferred: production has nobody who listens

        listen_to_requests(app)
    register_error_handlers(app)
    blueprint = Blueprint("hipflask", __name__)
    add_health_routes(blueprint)
    add_preferences_route(blueprint)
    add_problem_pages(blueprint)
    add_security_txt(blueprint)
    app.register_blueprint(blueprint)
    _furnish_templates(app)
    app.context_processor(_page_context)


def _secrets(settings: Settings, web: WebSettings) -> list[str | None]:
    """Return what the app itself must keep to itself."""
    url = split_url(settings.database_url)
    password = url.password if url else None
    return [
        *settings.secret_keys,
        settings.service_key,
        settings.jwt_secret,
        password,
        unquote(password or ""),
        settings.smtp.password if settings.smtp else None,
        *(text for _, text in (web.traces.headers if web.traces else ())),
    ]


def _page_context() -> dict[str, object]:
    """Give pages the two words that their ``<html>`` tag needs."""
    return {"theme": current_theme(), "language": i18n.current_language()}


def _before() -> None:
    make_query_readable(request)
    begin_visit(visit())
    if request.endpoint in _HEALTH:
        return  # a probe calls the container by its address, and must not depend on SITE_URL
    state = app_state()
    if not host_is_ours(request.host, state.settings.site_url, state.web):
        raise HostRefused(request.host)
    check_csrf()


def _after(response: Response) -> Response:
    state = app_state()
    current = visit()
    carry_flashes(response)
    secure = request.is_secure
    if current.cookie_changed:
        response.set_cookie(
            COOKIE_NAME,
            current.cookie.text(),
            max_age=MAX_AGE,
            httponly=True,
            secure=secure or not is_loopback(request.host_url),
            samesite="Lax",
            path="/",
        )
    add_security_headers(response, csp=state.csp, hsts=secure and not is_loopback(request.host_url))
    add_cache_headers(
        response,
        keep_out=bool(current.user_id) or current.holds_secret,
        depends_on_visitor=current.depends_on_visitor,
    )
    response.headers["X-Request-Id"] = current.request_id
    log_request(response)
    return response


def _furnish_templates(app: Flask) -> None:
    """Give templates, and the macros that they import, what they need to be whole pages."""
    environment = app.jinja_env
    environment.add_extension("jinja2.ext.i18n")
    # Unfilled: Jinja puts the values in itself, escaped (newstyle).
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: i18n.catalog().gettext(message),
        lambda singular, plural, number: i18n.catalog().ngettext(singular, plural, number),
        newstyle=True,
        pgettext=lambda context, message: i18n.catalog().pgettext(context, message),
        npgettext=lambda context, singular, plural, number: i18n.catalog().npgettext(
            context, singular, plural, number
        ),
    )
    environment.globals.update(
        csrf_field=csrf_field,
        csrf_token=csrf_token,
        current_user=current_user,
        api_user=api_user,
        current_language=i18n.current_language,
        current_theme=current_theme,
        current_timezone=current_timezone,
        get_flashed_messages=get_flashed_messages,
    )
    environment.filters.update(
        number=formats.format_number,
        filesize=formats.format_size,
        date=formats.format_date,
        exact=formats.format_datetime,
        iso=formats.format_iso,
        ago=formats.format_relative,
    )
