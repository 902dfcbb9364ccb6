"""``hip.auth``: what the pages call. Acts on the current request and its session cookie."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final, Literal

from flask import request

from hipflask.errors import (
    AuthError,
    DatabaseUnavailable,
    InvalidCredentials,
    LinkExpired,
    NotSignedIn,
    SealBroken,
    SessionExpired,
    TokenRejected,
)
from hipflask.kit.data import Database
from hipflask.kit.settings import Settings
from hipflask.kit.web.i18n import current_language
from hipflask.kit.web.seal import Sealer
from hipflask.kit.web.signed_in import load_user
from hipflask.kit.web.visit import app_state, visit
from hipflask.protocol.clock import Clock

from .account import Account
from .answers import Tokens
from .applications import Applications
from .attempts import Attempts
from .client import AuthClient
from .current import CurrentSession
from .factors import SIX_DIGITS, Factors
from .flows import Flows
from .links import Link, parse_link
from .mails import CONFIRM_PATH, Mails
from .oauth import OAuth
from .oauth_trace import OAuthTrace
from .opening import LinkOpener, Outcome
from .pace import EvenPace
from .passkeys import Passkeys
from .recovery_codes import RecoveryCodes
from .results import LinkResult, SignOut, SignUp
from .security_log import SecurityLog
from .sessions import Session, Sessions
from .tokens import TokenVerifier
from .user import User

_logger: Final = logging.getLogger("hipflask.auth")

PROOF_LIFETIME: Final = timedelta(minutes=15)
_PROOF: Final = "recovery"

Scope = Literal["local", "others", "global"]


class AuthFlows:
    """Signing up, in and out, and links, for the current request."""

    def __init__(
        self,
        settings: Settings,
        client: AuthClient,
        verifier: TokenVerifier,
        sessions: Sessions,
        flows: Flows,
        sealer: Sealer,
        clock: Clock,
        *,
        db: Database,
        trace: OAuthTrace,
        pace: Callable[[], EvenPace] = EvenPace,
    ) -> None:
        self._client = client
        self._verifier = verifier
        self._sessions = sessions
        self._opener = LinkOpener(client, flows, verifier, sessions.is_behind)
        self._sealer = sealer
        self._clock = clock
        self._mails = Mails(client, flows, settings.site_url, pace())
        self._password_pace = pace()
        self._landing = settings.site_url + CONFIRM_PATH
        self._current = CurrentSession(sessions)
        attempts = Attempts(db, clock)
        self.recovery_codes = RecoveryCodes(db, client, self._current, clock, os.urandom, attempts)
        self.factors = Factors(
            client, self._current, sealer, clock, self.recovery_codes.forget, attempts
        )
        self.passkeys = Passkeys(client, self._current, clock)
        self.oauth = OAuth(
            settings, client, db, sealer, clock, os.urandom, self._start_session, trace
        )

    @property
    def session(self) -> Session | None:
        """The session of the current request, or None."""
        load_user()
        session: Session | None = visit().session
        return session

    @property
    def account(self) -> Account:
        """What the signed-in change about their own account."""
        return app_state().account

    @property
    def applications(self) -> Applications:
        """Other applications that sign people in with their account here."""
        return Applications(self._client, self._current, self.security_log)

    @property
    def security_log(self) -> SecurityLog:
        """What happened to accounts, for their owners."""
        return app_state().security_log

    def sign_up(self, email: str, password: str, *, language: str = "") -> SignUp:
        """Create an account and send the mail that confirms its address.

        The answer for an address that has an account already is the same, and takes as long.
        Raises WeakPassword, EmailRefused, SignUpClosed, TooManyAttempts, AuthUnavailable.
        """
        email = email.strip()
        language = language or current_language()
        tokens = self._mails.sign_up(email, password, language=language, visitor=_address())
        if tokens is None:
            return SignUp(email, confirmation_sent=True)
        return SignUp(email, confirmation_sent=False, user=self._start_session(tokens))

    def sign_in(self, email: str, password: str) -> User:
        """Open a session for the right password.

        Raises InvalidCredentials, EmailNotConfirmed, UserBanned, TooManyAttempts, AuthUnavailable.
        """
        email = email.strip()
        with self._password_pace.keep_failure():
            try:
                tokens = self._client.sign_in_with_password(email, password, address=_address())
            except InvalidCredentials:
                self.security_log.record_failed_sign_in(email)
                raise
        return self._start_session(tokens)

    def prove(self, *, code: str = "", password: str = "") -> User:
        """Prove once more who is signed in: by a code of the second factor, else the password.

        The session goes on under a new id. Raises WrongCode, InvalidCredentials,
        TooManyAttempts, AuthUnavailable.
        """
        session = self._current.whole()
        if session.claims.aal == "aal2":
            return self.factors.confirm(code)
        with self._password_pace.keep_failure():
            tokens = self._client.sign_in_with_password(
                session.user.email or "", password, address=_address()
            )
        if tokens.claims.sub != session.user.id:  # the address has changed hands meanwhile
            raise InvalidCredentials("The password is somebody else's.")
        user = self._current.replace(tokens)
        self._sign_out_at_auth(session, "local")
        return user

    def invite(self, email: str, *, language: str = "") -> None:
        """Make an account for somebody and send the mail that lets them choose a password.

        Needs SUPABASE_SECRET_KEY (ConfigError). Raises EmailTaken, EmailRefused,
        TooManyAttempts, AuthUnavailable.
        """
        self._client.call_as_server(
            "POST",
            "/invite",
            {"email": email.strip(), "data": {"language": language or current_language()}},
            redirect_to=self._landing,
        )

    def sign_out(self, scope: Scope = "local") -> SignOut:
        """End this session, the ``others`` of its user, or all of them (``global``).

        Works while Auth is away too: the app's sessions end in any case, and the result says
        whether those of Auth did.
        """
        here = visit()
        session_id = here.session_id()
        try:
            session = self._sessions.peek(session_id) if session_id else None
        except DatabaseUnavailable:
            here.end_session()  # at least this browser forgets its id
            raise
        if session is None:
            here.end_session()
            return SignOut(complete=True)
        if scope == "others":
            self._sessions.revoke_others(session)
            self.security_log.record(session.user.id, "other_sessions_ended")
            return SignOut(self._sign_out_at_auth(session, scope))
        here.end_session()
        self.security_log.record(session.user.id, "signed_out", scope=scope)
        if scope == "global":
            self._sessions.revoke_all(session.user.id)
        else:
            self._sessions.revoke(session)
        return SignOut(self._sign_out_at_auth(session, scope))

    def send_recovery(self, email: str, *, language: str = "") -> None:
        """Send the mail that resets a password, if there is such an account; never say whether."""
        language = language or current_language()
        self._mails.recover(email.strip(), language=language, visitor=_address())

    def resend_confirmation(self, email: str, *, language: str = "") -> None:
        """Send the mail of a sign-up again, if one is open; never say whether."""
        language = language or current_language()
        self._mails.resend_confirmation(email.strip(), language=language, visitor=_address())

    def send_magic_link(self, email: str, *, language: str = "") -> None:
        """Send a link that signs in, if there is such an account; never say whether."""
        language = language or current_language()
        self._mails.magic_link(email.strip(), language=language, visitor=_address())

    def change_email(self, new_email: str, *, language: str = "") -> None:
        """Send the mails that change the signed-in user's address.

        Raises NotSignedIn, EmailRefused, EmailTaken, SecondFactorNeeded, TooManyAttempts.
        """
        session = self.session
        if session is None:
            raise NotSignedIn("Changing the address needs a signed-in user.")
        self._mails.change_email(
            session.access_token,
            new_email.strip(),
            language=language or current_language(),
            visitor=_address(),
        )
        self.security_log.record(session.user.id, "email_change_asked", to=new_email.strip())

    def read_link(self, values: Mapping[str, str]) -> Link | None:
        """Return the link in a request's query or form, or None. Never uses it up."""
        link = parse_link(values)
        visit().holds_secret |= link is not None
        if link is None or link.shape != "tokens":
            return link
        try:
            claims = self._verifier.verify(link.access_token)
        except TokenRejected as error:
            expired = error.reason == "expired"
            return Link("error", link.type, error_code="otp_expired" if expired else "bad_jwt")
        return replace(link, email=claims.email)

    def open_link(self, link: Link) -> LinkResult:
        """Use a link up; call it in answer to a POST only, for mail scanners send GETs.

        Raises LinkExpired, LinkUnusable, AuthUnavailable.
        """
        again = self._already_open(link)
        return again or self._result(self._opener.open(link, address=_address()))

    def verify_code(self, email: str, code: str, type: str) -> LinkResult:  # noqa: A002
        """Use up the code that the mail carries beside its link; ``type`` is GoTrue's."""
        digits = "".join(code.split())
        return self._result(self._opener.enter(type, email.strip(), digits, address=_address()))

    def reset_password(
        self, proof: str, new_password: str, *, name: str = "", second_factor: str = ""
    ) -> None:
        """Set the password that a recovery link or an invitation allows; end every session.

        ``name`` goes into the user's metadata. After WeakPassword, SamePassword, WrongCode or
        SecondFactorNeeded the proof is still good: somebody with a second factor gives a code of
        it too, or a recovery code. Raises LinkExpired when the proof is too old or was used.
        """
        access_token, user_id = self._open_proof(proof)
        changes: dict[str, object] = {"password": new_password}
        if name:
            changes["data"] = {"name": name}
        try:
            if second_factor:
                access_token = self._show_factor(access_token, user_id, second_factor)
            self._client.update_user(access_token, changes, address=_address())
        except SessionExpired as error:
            raise LinkExpired("The link has been used, or it is too old.") from error
        self._sessions.revoke_all(user_id)
        visit().forget_session()
        self.security_log.record(user_id, "password_changed", by="recovery")
        try:
            self._client.sign_out(access_token, "global", address=_address())
        except AuthError as error:
            # The change itself has ended all sessions but the one of the link.
            _logger.warning("the session of a recovery was not ended: %s", error)

    def _show_factor(self, access_token: str, user_id: str, code: str) -> str:
        """Raise a token that is no session by a code of the user's authenticator.

        A recovery code removes the factor, so that none is needed any more.
        """
        if len("".join(code.split())) > SIX_DIGITS:
            self.recovery_codes.spend(user_id, code)
            return access_token
        return self.factors.tokens_for(access_token, code).access_token

    def _already_open(self, link: Link) -> LinkResult | None:
        """Return the result for tokens that this browser is signed in with: a second press."""
        session = self.session if link.shape == "tokens" else None
        if session is None or session.claims.session_id is None:
            return None
        try:
            claims = self._verifier.verify(link.access_token)
        except TokenRejected:
            return None
        if claims.session_id != session.claims.session_id:
            return None
        return LinkResult("signed_in", user=session.user, email=session.user.email or "")

    def _result(self, outcome: Outcome) -> LinkResult:
        tokens = outcome.tokens
        if tokens is None:
            return LinkResult(outcome.kind)
        email = tokens.claims.email or ""
        if outcome.kind == "email_changed":
            self.security_log.record(tokens.claims.sub, "email_changed", to=email)
        if outcome.signs_in:
            return LinkResult(outcome.kind, user=self._start_session(tokens), email=email)
        return LinkResult(outcome.kind, proof=self._proof(tokens), email=email)

    def _start_session(self, tokens: Tokens) -> User:
        """Sign the browser in under a new id, and end the session that it had before."""
        user = self._current.replace(tokens)
        methods = [entry.method for entry in tokens.claims.amr]
        self.security_log.record(user.id, "signed_in", methods=methods)
        return user

    def _sign_out_at_auth(self, session: Session, scope: Scope) -> bool:
        try:
            token = session.access_token
            if not session.is_usable(self._clock.now()):
                token = self._fresh_token(session, scope)
            self._client.sign_out(token, scope, address=_address())
        except SessionExpired:
            return True
        except AuthError as error:
            _logger.warning("Auth was not told of a sign-out: %s", error)
            return False
        return True

    def _fresh_token(self, session: Session, scope: Scope) -> str:
        """Return an access token that Auth accepts; the row is gone unless others are ended."""
        if scope == "others":
            fresh = self._sessions.refresh(session)
            if fresh is None:
                raise SessionExpired("The session is over.")
            return fresh.access_token
        return self._client.refresh(session.refresh_token, address=_address()).access_token

    def _proof(self, tokens: Tokens) -> str:
        visit().holds_secret = True
        body = json.dumps([tokens.access_token, tokens.claims.sub]).encode()
        return self._sealer.seal(_PROOF, body, self._clock.now() + PROOF_LIFETIME)

    def _open_proof(self, proof: str) -> tuple[str, str]:
        visit().holds_secret = True  # it is written into the form again if the password is refused
        try:
            access_token, user_id = json.loads(self._sealer.open(_PROOF, proof))
        except SealBroken as error:
            raise LinkExpired("The form is too old. Ask for a new link.") from error
        return access_token, user_id


def _address() -> str:
    return request.remote_addr or ""
