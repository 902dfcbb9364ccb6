"""GET and POST /verify: the link in a mail, and the code in it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import psycopg

from hipflask.local.auth import (
    flow_state,
    phone_verification,
    redirect_urls,
    sign_in,
    verification,
)
from hipflask.local.auth.emails import normalised_email
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.flow_state import PKCE_PREFIX
from hipflask.local.auth.phones import checked_phone
from hipflask.local.auth.redirects import redirect_target
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.users import User
    from hipflask.local.auth.verification import Found

log = logging.getLogger(__name__)
routes = Routes()

#: What an e-mail change answers while the other address has not agreed.
_ONE_OF_TWO: Final = (
    "Confirmation link accepted. Please proceed to confirm link sent to the other email"
)
#: Type in a PKCE link -> the flow that asked for the mail (GoTrue, factor.go).
_FLOW_METHODS: Final = {
    "signup": "email/signup",
    "invite": "invite",
    "recovery": "recovery",
    "magiclink": "magiclink",
    "email_change": "email_change",
}


@dataclass(frozen=True, slots=True)
class Proof:
    """What a POST shows: the hash from a link, or a code and where it went to."""

    kind: str
    token_hash: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    email: str = ""
    phone: str = ""


@routes.get("/verify")
def follow_link(call: Call) -> Answer:
    """Use the link's token and lead on to the app, with tokens, a code or an error."""
    if call.request.method == "HEAD":  # scanners of mails send it, and must not use a link up
        raise AuthApiError("unknown", "Method Not Allowed", status=405, headers={"Allow": "GET"})
    call.count_against(call.context.limits.verify)
    kind, token = call.form_value("type"), call.form_value("token")
    redirect_to = redirect_target(call)
    if not kind:
        raise AuthApiError("validation_failed", "Verify requires a verification type")
    if not token:
        raise AuthApiError("validation_failed", "Verify requires a token or a token hash")
    pkce = token.startswith(PKCE_PREFIX)
    try:
        with call.transaction() as tx:
            target = _target(call, tx, kind, token, redirect_to, pkce=pkce)
    except AuthApiError as error:
        log.info("A link was refused: %s", error.code)
        target = redirect_urls.with_error(redirect_to, error, pkce=pkce)
    except psycopg.Error as error:  # most often a trigger of the project's own on auth.users
        if isinstance(error, psycopg.OperationalError):
            raise
        reason = error.diag.message_primary
        log.error("A link was not accepted: %s %s", error.sqlstate, reason)
        refusal = AuthApiError("unexpected_failure", "Error confirming user")
        target = redirect_urls.with_error(redirect_to, refusal, pkce=pkce)
    return Answer(None, status=303, headers={"Location": target})


def _target(call: Call, tx: Tx, kind: str, token: str, redirect_to: str, *, pkce: bool) -> str:
    if pkce and kind not in _FLOW_METHODS:
        raise AuthApiError("validation_failed", "Invalid email verification type")
    found = verification.find_by_link(call, tx, kind, token)
    user = verification.accept(call, tx, found)
    if user is None:
        return redirect_urls.with_message(redirect_to, _ONE_OF_TWO, pkce=pkce)
    if pkce:
        return redirect_urls.with_query(redirect_to, {"code": _code(call, tx, kind, user)})
    opened = sign_in.open_session(call, tx, user, "otp", logged_as=None)
    return f"{redirect_to}#{opened.as_fragment({'type': _shown_kind(kind, found)})}"


def _code(call: Call, tx: Tx, kind: str, user: User) -> str:
    try:
        return flow_state.issue_auth_code(tx, user.id, _FLOW_METHODS[kind], now=call.now)
    except AuthApiError as error:
        raise AuthApiError(
            "flow_state_not_found",
            f"No associated flow state found. {error.status}: {error.message}",
            status=400,
        ) from None


def _shown_kind(kind: str, found: Found) -> str:
    """Say what "email" turned out to be; other types are echoed."""
    if kind != "email":
        return kind
    return "signup" if found.kind == "confirmation_token" else "magiclink"


@routes.post("/verify")
def verify(call: Call) -> Answer:
    """Use the token or code and answer with a session."""
    call.count_against(call.context.limits.verify)
    proof = _read(call)
    with call.transaction() as tx:
        user = _use(call, tx, proof)
        if user is None:
            return Answer({"msg": _ONE_OF_TWO, "code": "200"})
        return Answer(sign_in.open_session(call, tx, user, "otp", logged_as=None).as_json())


def _use(call: Call, tx: Tx, proof: Proof) -> User | None:
    if proof.phone:
        owner = phone_verification.find_by_code(call, tx, proof.kind, proof.phone, proof.code)
        return phone_verification.accept(call, tx, proof.kind, owner)
    if proof.token_hash:
        found = verification.find_by_link(call, tx, proof.kind, proof.token_hash)
    else:
        found = verification.find_by_code(call, tx, proof.kind, proof.email, proof.code)
    return verification.accept(call, tx, found)


def _read(call: Call) -> Proof:
    kind, code, token_hash = call.text("type"), call.text("token"), call.text("token_hash")
    email, phone = call.text("email"), call.text("phone")
    if not kind:
        raise AuthApiError("validation_failed", "Verify requires a verification type")
    if bool(code) == bool(token_hash):
        raise AuthApiError("validation_failed", "Verify requires either a token or a token hash")
    if token_hash:
        if email or phone or call.text("redirect_to"):
            raise AuthApiError(
                "validation_failed", "Only the token_hash and type should be provided"
            )
        return Proof(kind, token_hash=token_hash)
    if bool(email) == bool(phone):
        raise AuthApiError(
            "validation_failed",
            "Only an email address or phone number should be provided on verify",
        )
    if phone:
        return Proof(kind, code=code, phone=checked_phone(phone))
    try:
        return Proof(kind, code=code, email=normalised_email(email))
    except AuthApiError:
        raise AuthApiError("validation_failed", "Invalid email format", status=422) from None
