"""/NAME/authorize: the consent page, and what a person decides on it."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from hipflask.local.identity.authorization_request import AuthorizationRequest, Untrusted
from hipflask.local.identity.failures import Failure
from hipflask.local.identity.people import PEOPLE, Person, find, hinted, somebody
from hipflask.local.identity.provider import current, known, label
from hipflask.local.identity.refusals import Refused
from hipflask.local.identity.words import words_for

blueprint = Blueprint("identity", __name__, template_folder="pages", static_folder="pages/static")
OTHER = "other"


@blueprint.get("/<name>/authorize")
def ask(name: str) -> ResponseReturnValue:
    """Show who one can be."""
    known(name)
    try:
        asked = AuthorizationRequest.read(request.args)
    except Untrusted as error:
        return _stop_page(str(error)), 400
    try:
        asked.check()
    except Refused as error:
        return _back(name, asked, 302, **error.body)
    return _consent_page(name, asked)


@blueprint.post("/<name>/authorize")
def decide(name: str) -> ResponseReturnValue:
    """Send the browser back with a code, or with an error."""
    known(name)
    form = request.form
    try:
        asked = AuthorizationRequest.read(form)
    except Untrusted as error:
        return _stop_page(str(error)), 400
    try:
        asked.check()
        if form.get("decision") != "allow":
            raise Refused("access_denied", "The person pressed Deny.")
        failure = Failure.named(form.get("failure", ""))
        if failure.is_at_authorize:
            raise Refused(failure.value, "Asked for on the consent page.")
    except Refused as error:
        return _back(name, asked, 303, **error.body)
    person = _chosen()
    if person is None:
        return _consent_page(name, asked, wrong=True), 422
    code = current().grants.code_for(name, person, asked, failure)
    return _back(name, asked, 303, code=code)


def _back(name: str, asked: AuthorizationRequest, status: int, **answer: str) -> BaseResponse:
    """Lead back with the answer, and with who gives it (RFC 9207): codes cannot be mixed up."""
    return redirect(asked.answer_url(**answer, iss=current().issuer(name)), status)


def _chosen() -> Person | None:
    key, email = request.form.get("person", ""), request.form.get("email", "").strip()
    # Whoever types an address means it, also when the button beside it was not pressed.
    typed = email and email != request.form.get("offered", "")
    return somebody(email) if typed or key == OTHER else find(key)


def _consent_page(name: str, asked: AuthorizationRequest, *, wrong: bool = False) -> Response:
    email, failure = request.form.get("email", ""), request.form.get("failure", "")
    chosen = OTHER if wrong else request.form.get("person", "")
    if not chosen:
        person = hinted(asked.login_hint, name)
        chosen = PEOPLE[0].key if person is None else person.key
        if person is not None and find(person.key) is None:
            chosen, email = OTHER, person.email
    language, words = words_for(request.accept_languages, asked.ui_locales)
    page = make_response(
        render_template(
            "consent.html",
            words=words,
            language=language,
            provider=label(name),
            people=PEOPLE,
            chosen=chosen,
            other=OTHER,
            email=email,
            offered=email,
            failures=[each for each in Failure if each is not Failure.NONE],
            failure=failure,
            wrong=wrong,
            parameters=asked.parameters,
            target=urlsplit(asked.redirect_uri).netloc,
        )
    )
    # Browsers hold each redirect that follows the form to this list, not the first alone.
    targets = ["'self'", *current().form_targets, _origin(asked.redirect_uri)]
    page.headers["Content-Security-Policy"] = policy(" ".join(dict.fromkeys(targets)))
    return page


def _stop_page(reason: str) -> Response:
    language, words = words_for(request.accept_languages)
    return make_response(
        render_template("refused.html", words=words, language=language, reason=words.stops[reason])
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def policy(form_action: str = "'none'") -> str:
    """Return the Content-Security-Policy of a page: its own style sheet and nothing else."""
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none';"
        f" base-uri 'none'; form-action {form_action}"
    )
