"""Every error as an answer: problem+json (RFC 9457) for programs, a page for people.

Same status both ways. The page is the app's own ``error.html``, which gets ``problem``; a plain one
of ours stands in when there is none or when it breaks.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, json, make_response, render_template
from jinja2 import TemplateNotFound
from werkzeug.exceptions import HTTPException, InternalServerError

from hipflask import errors

from .caller import is_api_request
from .i18n import gettext, ngettext
from .problem_types import ProblemType, type_of_error, type_of_status
from .resend import Resend, resend_of_request
from .visit import app_state, visit

_logger: Final = logging.getLogger("hipflask.problems")


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem, ready to be shown; ``error.html`` gets it under this name.

    ``title`` says what happened and ``advice`` what to do, both in the visitor's language;
    ``detail`` is the app's own sentence and often empty. ``resend`` carries what was typed.
    """

    slug: str
    status: int
    title: str
    advice: str = ""
    detail: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    retry_after: int = 0
    violated_policies: tuple[str, ...] = ()
    request_id: str = ""
    resend: Resend | None = None

    @property
    def type_uri(self) -> str:
        """A path, the same in every deployment (RFC 9457 section 3.1.1)."""
        return f"/problems/{self.slug}"

    def as_json(self) -> dict[str, Any]:
        """Return the members of the problem+json body."""
        body: dict[str, Any] = {
            "type": self.type_uri,
            "title": self.title,
            "status": self.status,
            "detail": self.detail or self.advice,
            "request_id": self.request_id,
        }
        if not body["detail"]:
            del body["detail"]
        if self.fields:
            body["errors"] = [{"field": name, "detail": text} for name, text in self.fields.items()]
        if self.retry_after:
            body["retry_after"] = self.retry_after
        if self.violated_policies:  # a member of the RateLimit draft's problem types
            body["violated-policies"] = list(self.violated_policies)
        return body


def register_error_handlers(app: Flask) -> None:
    """Answer our errors, HTTP errors and unexpected ones alike."""
    app.register_error_handler(errors.HipFlaskError, _answer_error)
    app.register_error_handler(HTTPException, _answer_http_exception)


def _answer_error(error: errors.HipFlaskError) -> Response:
    kind = type_of_error(error)
    if kind.status == 500:
        raise error  # a mistake in the program: Flask logs it and asks us again, or shows it
    if kind.status == 503:
        _logger.warning("%s: %s", type(error).__name__, error, extra={"problem": kind.slug})
    elif isinstance(error, errors.WebError):
        _logger.info("refused: %s", error, extra={"problem": kind.slug})
    retry_after = getattr(error, "retry_after", None) or kind.retry_after
    return answer(
        kind,
        detail=error.message if isinstance(error, errors.InputRefused) else "",
        fields=error.fields if isinstance(error, errors.InputRefused) else {},
        retry_after=retry_after,
        violated_policies=error.policies if isinstance(error, errors.RateLimited) else (),
        offer_resend=_may_resend(error),
    )


def _answer_http_exception(error: HTTPException) -> Response | HTTPException:
    status = error.code
    if status is None or error.response is not None or status < 400:
        return error  # a response in disguise: abort(Response(...)), a redirect
    kind = type_of_status(status)
    response = answer(
        kind, status=status, detail=_own_words(error), retry_after=_seconds(error, kind)
    )
    for name, value in error.get_headers():
        if name.lower() in ("allow", "www-authenticate", "content-range"):
            response.headers[name] = value
    return response


def _own_words(error: HTTPException) -> str:
    """Return the description that the app gave; Werkzeug's stock English ones are not ours."""
    if isinstance(error, InternalServerError) or error.description == type(error).description:
        return ""
    return str(error.description or "") if "description" in vars(error) else ""


def _seconds(error: HTTPException, kind: ProblemType) -> int:
    wanted = getattr(error, "retry_after", None)
    return wanted if isinstance(wanted, int) else kind.retry_after


def _may_resend(error: errors.HipFlaskError) -> bool:
    """Whether the visitor's own form failed through no fault in it.

    Never for a request that the browser does not vouch for: the button would carry out, with one
    click, what another site wanted.
    """
    if isinstance(error, errors.CsrfFailed):
        return error.vouched
    return isinstance(
        error,
        errors.NotSignedIn
        | errors.SessionExpired
        | errors.SecondFactorNeeded
        | errors.DatabaseUnavailable,
    )


def answer(
    kind: ProblemType,
    *,
    status: int | None = None,
    detail: str = "",
    fields: Mapping[str, str] | None = None,
    retry_after: int = 0,
    violated_policies: tuple[str, ...] = (),
    offer_resend: bool = False,
) -> Response:
    """Return the response for a problem, as JSON or as a page."""
    resend = resend_of_request() if offer_resend and not is_api_request() else None
    problem = Problem(
        slug=kind.slug,
        status=status or kind.status,
        title=gettext(kind.title),
        # "Open the page again" is wrong beside a button that sends the form once more.
        advice="" if resend and kind.slug == "form-expired" else _advice(kind, retry_after),
        detail=detail,
        fields=fields or {},
        retry_after=retry_after,
        violated_policies=violated_policies,
        request_id=visit().request_id,
        resend=resend,
    )
    response = show(problem)
    if retry_after:
        response.headers["Retry-After"] = str(retry_after)
    if problem.status == 401:
        response.headers["WWW-Authenticate"] = _challenge(problem)
    return response


def show(problem: Problem) -> Response:
    """Return a problem as this caller reads it."""
    return _as_json(problem) if is_api_request() else _as_page(problem)


def _advice(kind: ProblemType, retry_after: int) -> str:
    if kind.status == 429 and retry_after:
        minutes = -(-retry_after // 60)
        if retry_after < 60:
            return ngettext(
                "Too many attempts. Try again in %(num)s second.",
                "Too many attempts. Try again in %(num)s seconds.",
                retry_after,
            )
        return ngettext(
            "Too many attempts. Try again in %(num)s minute.",
            "Too many attempts. Try again in %(num)s minutes.",
            minutes,
        )
    return gettext(kind.advice) if kind.advice else ""


def _challenge(problem: Problem) -> str:
    """Return the challenge of a 401 (RFC 9110 section 11.6.1, RFC 6750 section 3)."""
    error = ', error="invalid_token"' if problem.slug == "token-rejected" else ""
    return f'Bearer realm="{urlsplit(app_state().settings.site_url).netloc}"{error}'


def _as_json(problem: Problem) -> Response:
    return current_app.response_class(
        json.dumps(problem.as_json()),
        status=problem.status,
        mimetype="application/problem+json",
    )


def _as_page(problem: Problem) -> Response:
    page = _own_page(problem)
    if page is not None:
        return make_response(page, problem.status)
    from .plain_page import PLAIN_CSP, plain_page  # deferred: an app with error.html needs none

    response = make_response(plain_page(problem), problem.status)
    response.headers["Content-Security-Policy"] = PLAIN_CSP
    return response


def _own_page(problem: Problem) -> str | None:
    """Draw the app's ``error.html``; None when it has none or when drawing fails."""
    current = visit()
    if problem.status >= 500:
        # The navigation asks who is signed in; what knows it may be the very thing that is away.
        current.session_loaded = True
    try:
        try:
            return render_template("error.html", problem=problem)
        except errors.HipFlaskError:
            current.session_loaded = True
            return render_template("error.html", problem=problem)
    except TemplateNotFound as error:
        if error.name != "error.html":
            _logger.exception("error.html cannot be drawn")
    except Exception:  # an error page must not fail, whatever its template does
        _logger.exception("error.html cannot be drawn")
    return None
