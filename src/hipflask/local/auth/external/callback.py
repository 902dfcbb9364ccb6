"""GET and POST /callback: a person comes back from the provider."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import psycopg

from hipflask.local.auth import redirect_urls, sign_in, users
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external import arrivals, find, states
from hipflask.local.auth.external.arrivals import Arrival
from hipflask.local.auth.external.outbound import ProviderFailure
from hipflask.local.auth.external.provider import ProviderTokens, Visit
from hipflask.local.auth.routes import Answer, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.external.profile import Profile
    from hipflask.local.auth.external.provider import Provider
    from hipflask.local.auth.external.states import State

log = logging.getLogger(__name__)
routes = Routes()

#: Refusals that are the person's own matter, whatever their status (GoTrue, getErrorQueryString).
_DENIED: Final = frozenset({"signup_disabled", "user_banned", "provider_email_needs_verification"})


class _SentBack(Exception):
    """The provider itself says no, in the words of RFC 6749 section 4.1.2.1."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


@routes.get("/callback")
@routes.post("/callback")
def callback(call: Call) -> Answer:
    """Sign the person in, or link, and lead home with tokens, a code or an error."""
    if call.request.method == "HEAD":  # scanners send it, and must not use a code up
        raise AuthApiError("unknown", "Method Not Allowed", status=405, headers={"Allow": "GET"})
    values = call.request.args.to_dict()
    if call.request.method == "POST":  # Apple's way, and OAuth's response mode form_post
        values |= call.request.form.to_dict()
    try:
        with call.reading() as tx:
            state = states.find(tx, values.get("state", ""), now=call.now)
            target = None
            if state.linking_target is not None:
                target = users.find_by_id(tx, state.linking_target)
                if target is None:
                    raise AuthApiError(
                        "user_not_found", "Linking target user not found", status=422
                    )
    except AuthApiError as error:
        log.info("A callback was refused: %s", error.code)
        home = redirect_urls.with_query(call.config.site_url, _words(error))
        return Answer(None, 303, {"Location": home})
    home = state.home or call.config.site_url
    try:
        return Answer(None, 302, {"Location": _finish(call, values, state, target, home)})
    except _SentBack as error:
        log.info("The provider sent somebody back: %s", error.error[:60])
        words = {"error": error.error, "error_description": error.description}
    except AuthApiError as error:
        cause = error.__cause__
        level = logging.ERROR if error.status >= 500 else logging.INFO
        log.log(level, "A callback was refused: %s (%s)", error.code, _shown(cause))
        words = _words(error)
    except psycopg.Error as error:  # most often a trigger of the project's own on auth.users
        if isinstance(error, psycopg.OperationalError):
            raise
        log.error("A callback failed: %s %s", error.sqlstate, error.diag.message_primary)
        said = error.diag.message_primary if error.sqlstate == "P0001" else None
        words = {"error": "server_error", "error_description": said or "Database error"}
    home = redirect_urls.with_query(home, words)
    return Answer(None, 302, {"Location": redirect_urls.with_fragment(home, words)})


def _words(error: AuthApiError) -> dict[str, str]:
    word = redirect_urls.ERROR_OF_STATUS.get(error.status, "server_error")
    if error.code in _DENIED:
        word = "access_denied"
    return {"error": word, "error_code": error.code, "error_description": error.message}


def _shown(cause: BaseException | None) -> str:
    """Say what lies behind an error; of a database's error no detail, which may be a whole row."""
    if isinstance(cause, psycopg.Error):
        return f"{cause.sqlstate} {cause.diag.message_primary}"
    return str(cause or "")


def _finish(
    call: Call, values: Mapping[str, str], state: State, target: users.User | None, home: str
) -> str:
    tokens, profile = _visit(call, values, state)
    if not profile.emails and not state.email_optional:
        raise AuthApiError("unexpected_failure", "Error getting user email from external provider")
    if target is None and not state.invite_token:
        arrivals.announce(call, profile, state.provider)
    with call.transaction() as tx:
        arrival = _arrive(call, tx, state, target, profile)
        if arrival.refusal is None:
            home = _ending(call, tx, state, arrival.user, tokens, home)
    if arrival.refusal is not None:
        raise arrival.refusal
    return home


def _visit(call: Call, values: Mapping[str, str], state: State) -> tuple[ProviderTokens, Profile]:
    """Trade the code and ask who it was. No transaction is open while the provider answers."""
    if values.get("error"):
        raise _SentBack(values["error"], values.get("error_description", ""))
    code = values.get("code", "")
    if not code:
        raise AuthApiError(
            "bad_oauth_callback", "OAuth callback with missing authorization code missing"
        )
    try:
        provider = find.provider(call, state.provider)
    except ProviderFailure as error:
        raise AuthApiError(
            "oauth_provider_not_supported", f"Unsupported provider: {error}"
        ) from None
    with call.transaction() as tx:
        verifier = states.take_verifier(tx, state, wanted=provider.pkce, now=call.now)
    try:
        tokens = provider.exchange(call.context.outbound, code, verifier)
    except ProviderFailure as error:
        raise AuthApiError(
            "unexpected_failure", f"Unable to exchange external code: {code[:4]}"
        ) from error
    try:
        profile = read_profile(call, provider, tokens)
    except ProviderFailure as error:
        raise AuthApiError(
            "unexpected_failure", "Error getting user profile from external provider"
        ) from error
    if state.provider == "apple" and values.get("user"):
        profile = _with_apple_name(profile, values["user"])
    return tokens, profile


def read_profile(call: Call, provider: Provider, tokens: ProviderTokens) -> Profile:
    """Ask the provider who the person is, or raise ProviderFailure."""
    context = call.context
    return provider.read_profile(
        Visit(provider, tokens, context.outbound, context.directory, call.now)
    )


def _arrive(
    call: Call, tx: Tx, state: State, target: users.User | None, profile: Profile
) -> Arrival:
    if target is not None:
        return arrivals.link(call, tx, target, profile, state.provider)
    if state.invite_token:
        return Arrival(
            arrivals.accept_invite(call, tx, profile, state.provider, state.invite_token)
        )
    return arrivals.sign_in(call, tx, profile, state.provider, email_optional=state.email_optional)


def _ending(
    call: Call, tx: Tx, state: State, user: users.User, tokens: ProviderTokens, home: str
) -> str:
    if state.is_pkce:
        states.finish(tx, state, user.id, tokens.access_token, tokens.refresh_token, now=call.now)
        return redirect_urls.with_query(home, {"code": state.auth_code})
    states.end(tx, state)
    user = users.find_by_id(tx, user.id) or user
    opened = sign_in.open_session(call, tx, user, states.METHOD, logged_as=None)
    extra = {"provider_token": tokens.access_token}
    if tokens.refresh_token:
        extra["provider_refresh_token"] = tokens.refresh_token
    return f"{home}#{opened.as_fragment(extra)}"


def _with_apple_name(profile: Profile, text: str) -> Profile:
    """Add the name, which Apple sends with the first callback only and in no token."""
    try:
        user: Any = json.loads(text)
        name = user["name"]
        full = f"{name.get('firstName', '')} {name.get('lastName', '')}".strip()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return profile
    names = {"name": full, "full_name": full} if full else {}
    return dataclasses.replace(profile, claims={**profile.claims, **names})
