"""``/problems/<slug>``: what a problem's ``type`` leads to (RFC 9457 section 3.1.1)."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from .i18n import gettext
from .problem_types import BY_SLUG
from .problems import Problem, show
from .visit import visit


def add_problem_pages(blueprint: Blueprint) -> None:
    """Add the pages to the kit's blueprint."""
    blueprint.add_url_rule("/problems/<slug>", "problem", _explain)


def _explain(slug: str) -> Response:
    kind = BY_SLUG.get(slug) or abort(404)
    problem = Problem(
        slug=kind.slug,
        status=kind.status,
        title=gettext(kind.title),
        advice=gettext(kind.advice) if kind.advice else "",
        request_id=visit().request_id,
    )
    response = show(problem)
    response.status_code = 200  # the page is there; it only speaks of a problem
    return response
