"""/NAME/userinfo (OpenID Connect Core 5.3) and the pictures that it names."""

from __future__ import annotations

from colorsys import hls_to_rgb

from flask import Blueprint, Response, jsonify, make_response, request
from flask.typing import ResponseReturnValue

from hipflask.local.identity.people import PEOPLE
from hipflask.local.identity.provider import current, known

blueprint = Blueprint("userinfo", __name__)


@blueprint.route("/<name>/userinfo", methods=["GET", "POST"])
def userinfo(name: str) -> ResponseReturnValue:
    """Say whose access token this is."""
    provider = current()
    known(name)
    kind, _, sent = request.headers.get("Authorization", "").partition(" ")
    grant = provider.grants.allowed_by(name, sent.strip()) if kind.lower() == "bearer" else None
    if grant is None:
        response = make_response(jsonify(error="invalid_token"), 401)
        response.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return response
    return jsonify(grant.person.claims(name, provider.issuer(name), grant.request.scopes))


@blueprint.get("/<name>/picture/<int:subject>.svg")
def picture(name: str, subject: int) -> Response:
    """Draw a person's first letter on a colour of their own."""
    known(name)
    named = {person.subject(name): person.name for person in PEOPLE}
    letter = named.get(str(subject), "?")[0]
    red, green, blue = (int(255 * part) for part in hls_to_rgb(subject % 360 / 360, 0.35, 0.4))
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96">'
        f'<rect width="96" height="96" fill="#{red:02x}{green:02x}{blue:02x}"/>'
        '<text x="48" y="64" text-anchor="middle" font-family="sans-serif" font-size="44"'
        f' fill="#fff">{letter}</text></svg>'
    )
    return Response(drawn, content_type="image/svg+xml")
