"""POST /token: a password, a refresh token or a PKCE code against tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from hipflask.local.auth import flow_state, passwords, phones, refresh_tokens, sign_in, users
from hipflask.local.auth.errors import AuthApiError
from hipflask.local.auth.external.id_token_grant import by_id_token
from hipflask.local.auth.hooks import attempts
from hipflask.local.auth.routes import Answer, Handler, Routes

if TYPE_CHECKING:
    from hipflask.local.auth.call import Call
    from hipflask.local.auth.context import Tx
    from hipflask.local.auth.flow_state import FlowState
    from hipflask.local.auth.users import User

routes = Routes()


@routes.post("/token")
def token(call: Call) -> Answer:
    """Answer with tokens, as the query's ``grant_type`` asks."""
    grant_type = call.form_value("grant_type")
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise AuthApiError("invalid_credentials", "unsupported_grant_type")
    limits = call.context.limits
    call.count_against(limits.web3 if grant_type == "web3" else limits.token)
    return grant(call)


def by_password(call: Call) -> Answer:
    """Sign in by password. Which of address and password is wrong is not said."""
    email, phone, password = call.text("email"), call.text("phone"), call.text("password")
    if email and phone:
        raise AuthApiError(
            "validation_failed",
            "Only an email address or phone number should be provided on login.",
        )
    if not email and not phone:
        raise AuthApiError("validation_failed", "missing email or phone")
    user = _find_by_email(call, email) if email else _find_by_phone(call, phone)
    stored_hash = user.encrypted_password if user is not None else ""
    if user is not None and stored_hash and user.is_banned(call.now):
        raise AuthApiError("user_banned", "User is banned", status=400)
    valid = passwords.matches(password, stored_hash, call.context.bcrypt_cost)
    if user is not None and stored_hash:
        attempts.judge_password(call, user.id, valid=valid)
    if not valid or user is None:
        raise AuthApiError("invalid_credentials", "Invalid login credentials")
    if email and not user.is_confirmed:
        raise AuthApiError("email_not_confirmed", "Email not confirmed")
    if phone and user.phone_confirmed_at is None:
        raise AuthApiError("phone_not_confirmed", "Phone not confirmed")
    with call.issuing() as tx:
        opened = sign_in.open_session(
            call, tx, user, "password", traits={"provider": "email" if email else "phone"}
        )
    return Answer({**opened.as_json(), "weak_password": _judged(call, password)})


def _find_by_email(call: Call, email: str) -> User | None:
    if not call.config.email.enable_signup:
        raise AuthApiError("email_provider_disabled", "Email logins are disabled", status=422)
    with call.reading() as tx:
        return users.find_by_email(tx, email, call.audience)


def _find_by_phone(call: Call, phone: str) -> User | None:
    if not call.config.sms.enable_signup:
        raise AuthApiError("phone_provider_disabled", "Phone logins are disabled", status=422)
    with call.reading() as tx:
        return users.find_by_phone(tx, phones.normalised_phone(phone), call.audience)


def _judged(call: Call, password: str) -> dict[str, Any] | None:
    """Return what is wrong with the right password by today's rules, for the client to show."""
    reasons, sentences = passwords.weaknesses(password, call.config)
    return {"message": " ".join(sentences), "reasons": reasons} if reasons else None


def by_refresh_token(call: Call) -> Answer:
    """Trade a refresh token for the next one and a fresh access token."""
    given = call.text("refresh_token")
    refresh_tokens.require_well_formed(given)
    return Answer(refresh_tokens.refresh(call, given).as_json())


def by_code(call: Call) -> Answer:
    """Trade the code of a link for tokens; the verifier proves who asked for the link."""
    auth_code, verifier = call.text("auth_code"), call.text("code_verifier")
    if not auth_code or not verifier:
        raise AuthApiError(
            "validation_failed",
            "invalid request: both auth code and code verifier should be non-empty",
        )
    with call.transaction() as tx:
        flow, user = _finished_flow(call, tx, auth_code, verifier)
        opened = sign_in.open_session(
            call,
            tx,
            user,
            flow.authentication_method,
            traits={"provider_type": flow.provider_type},
        )
    provider_tokens = {
        "provider_token": flow.provider_token,
        "provider_refresh_token": flow.provider_refresh_token,
    }
    given = {name: token for name, token in provider_tokens.items() if token}
    return Answer({**opened.as_json(), **given})


def _finished_flow(call: Call, tx: Tx, auth_code: str, verifier: str) -> tuple[FlowState, User]:
    flow = flow_state.find_by_auth_code(tx, auth_code)
    if flow is None or flow.user_id is None:
        raise _no_such_flow()
    if flow.is_expired(call.now):
        raise AuthApiError("flow_state_expired", "invalid flow state, flow state has expired")
    if not flow.proves(verifier):
        raise AuthApiError(
            "bad_code_verifier", "code challenge does not match previously saved code verifier"
        )
    user = users.find_by_id(tx, flow.user_id)
    if user is None or not flow_state.consume(tx, flow.id):  # another request was faster
        raise _no_such_flow()
    return flow, user


def _no_such_flow() -> AuthApiError:
    return AuthApiError("flow_state_not_found", "invalid flow state, no valid flow state found")


def by_web3(_call: Call) -> Answer:
    """Refuse: signing in with a wallet is not served. GoTrue does so before it reads the chain."""
    raise AuthApiError("web3_provider_disabled", "Web3 provider is disabled")


GRANTS: Final[Mapping[str, Handler]] = {
    "password": by_password,
    "refresh_token": by_refresh_token,
    "pkce": by_code,
    "id_token": by_id_token,
    "web3": by_web3,
}
