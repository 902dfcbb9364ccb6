"""A REST API of resources: its routes, its OpenAPI 3.1 document, and the page that shows it."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Blueprint, Flask, Response, current_app, render_template, request, url_for
from werkzeug.exceptions import NotFound

from .document import document_of
from .resource import Resource


class Api:
    """Resources under one prefix, described at ``/api/openapi.json`` and ``/api/docs``.

    The page is the app's template ``api_docs.html``; an app without one has no page.
    """

    def __init__(
        self,
        title: str,
        version: str,
        *,
        prefix: str,
        resources: Sequence[Resource],
        about: str = "",
    ) -> None:
        self.title, self.version, self.prefix, self.about = title, version, prefix, about
        self.resources = tuple(resources)
        self.blueprint = Blueprint("api", __name__, url_prefix=prefix)
        for resource in self.resources:
            self.blueprint.register_blueprint(resource.blueprint)

    def init_app(self, app: Flask) -> None:
        """Register the routes."""
        app.register_blueprint(self.blueprint)
        app.add_url_rule("/api/openapi.json", "api_openapi", self._answer)
        app.add_url_rule("/api/docs", "api_docs", self._page)

    @functools.cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document, made when it is first asked for."""
        return document_of(self)

    def _answer(self) -> Response:
        raw = _encoded(self)
        response = Response(raw, mimetype="application/json")
        response.add_etag()
        response.make_conditional(request)
        return response

    def _page(self) -> str:
        if "api_docs.html" not in current_app.jinja_env.list_templates():
            raise NotFound()
        return render_template("api_docs.html", api=self, document=url_for("api_openapi"))


@functools.lru_cache(maxsize=8)
def _encoded(api: Api) -> bytes:
    return msgspec.json.encode(api.document)
