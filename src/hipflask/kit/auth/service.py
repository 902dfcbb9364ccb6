"""``hip.auth``: what the pages call. Acts on the current request and its session cookie."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace

from hipflask.errors import (
    AuthError,
    DatabaseUnavailable,
    InvalidCredentials,
    LinkExpired,
    NotSignedIn,
    TokenRejected,
)
from hipflask.kit.data import Database
from hipflask.kit.settings import Settings
from hipflask.kit.web.i18n import current_language
from hipflask.kit.web.redirects import safe_next
from hipflask.kit.web.seal import Sealer
from hipflask.kit.web.signed_in import load_user
from hipflask.kit.web.visit import app_state, visit
from hipflask.protocol.clock import Clock

from .account import Account
from .applications import Applications
from .attempts import Attempts
from .client import AuthClient
from .current import CurrentSession, address
from .endings import Endings, Scope
from .factors import Factors
from .flows import Flows
from .links import Link, parse_link
from .mails import CONFIRM_PATH, Mails
from .new_password import NewPassword
from .oauth import OAuth
from .oauth_trace import OAuthTrace
from .opening import LinkOpener, Outcome
from .pace import EvenPace
from .passkeys import Passkeys
from .proof import Proof
from .recovery_codes import RecoveryCodes
from .results import LinkResult, SignOut, SignUp
from .security_log import SecurityLog
from .sessions import Session, Sessions
from .tokens import TokenVerifier
from .user import User


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
        log: SecurityLog,
        trace: OAuthTrace,
        pace: Callable[[], EvenPace] = EvenPace,
    ) -> None:
        self._client = client
        self._verifier = verifier
        self._sessions = sessions
        self._flows = flows
        self._opener = LinkOpener(client, flows, verifier, sessions.is_behind)
        self._mails = Mails(client, flows, settings.site_url, pace())
        self._password_pace = pace()
        self._landing = settings.site_url + CONFIRM_PATH
        self._endings = Endings(client, sessions, clock)
        self._current = CurrentSession(sessions, log)
        self.security_log = log
        """What happened to accounts, for their owners."""
        attempts = Attempts(db, clock)
        self.recovery_codes = RecoveryCodes(
            db, client, self._current, clock, os.urandom, attempts, log
        )
        self.factors = Factors(
            client, self._current, sealer, clock, self.recovery_codes.forget, attempts, log
        )
        self.proof = Proof(
            client,
            self._current,
            self.factors,
            self._opener,
            self._mails,
            self._endings,
            attempts,
            db=db,
            log=log,
            pace=self._password_pace,
        )
        self._new_password = NewPassword(
            client, sessions, sealer, clock, self.factors, self.recovery_codes, log
        )
        self.passkeys = Passkeys(client, self._current, clock)
        self.oauth = OAuth(
            settings, client, db, sealer, clock, os.urandom, self._current.sign_in, trace
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

    def sign_up(self, email: str, password: str, *, language: str = "") -> SignUp:
        """Create an account and send the mail that confirms its address.

        The answer for an address that has an account already is the same, and takes as long.
        Raises WeakPassword, EmailRefused, SignUpClosed, TooManyAttempts, AuthUnavailable.
        """
        email = email.strip()
        language = language or current_language()
        tokens = self._mails.sign_up(email, password, language=language, visitor=address())
        if tokens is None:
            return SignUp(email, confirmation_sent=True)
        return SignUp(email, confirmation_sent=False, user=self._current.sign_in(tokens))

    def sign_in(self, email: str, password: str) -> User:
        """Open a session for the right password.

        Raises InvalidCredentials, EmailNotConfirmed, UserBanned, TooManyAttempts, AuthUnavailable.
        """
        email = email.strip()
        with self._password_pace.keep_failure():
            try:
                tokens = self._client.sign_in_with_password(email, password, address=address())
            except InvalidCredentials:
                self.security_log.record_failed_sign_in(email, by="password")
                raise
        return self._current.sign_in(tokens)

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

    def accept_invitation(self, proof: str, password: str, *, name: str = "") -> User | None:
        """Set the first password, as ``reset_password`` does, and sign in with it.

        None when the password is set but Auth did not sign in: the person may try by the form.
        Raises LinkUnusable for the proof of a recovery, which signs nobody in.
        """
        allowed = self._new_password.open(proof, kind="invited")
        self._new_password.set(allowed, password, name=name)
        try:
            return self.sign_in(allowed.email, password)
        except AuthError:
            return None

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
            return SignOut(self._endings.tell(session, scope))
        here.end_session()
        self.security_log.record(session.user.id, "signed_out", scope=scope)
        if scope == "global":
            self._sessions.revoke_all(session.user.id)
        else:
            self._sessions.revoke(session)
        return SignOut(self._endings.tell(session, scope))

    def send_recovery(self, email: str, *, language: str = "") -> None:
        """Send the mail that resets a password, if there is such an account; never say whether."""
        language = language or current_language()
        self._mails.recover(email.strip(), language=language, visitor=address())

    def resend_confirmation(self, email: str, *, language: str = "") -> None:
        """Send the mail of a sign-up again, if one is open; never say whether."""
        language = language or current_language()
        self._mails.resend_confirmation(email.strip(), language=language, visitor=address())

    def send_magic_link(self, email: str, *, language: str = "", next: str = "") -> None:  # noqa: A002
        """Send a link that signs in, if there is such an account; never say whether.

        ``next`` is where its ``LinkResult`` leads, if that is a page of this site.
        """
        self._mails.magic_link(
            email.strip(),
            language=language or current_language(),
            visitor=address(),
            target=safe_next(next, ""),
        )

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
            visitor=address(),
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
        return again or self._result(self._opener.open(link, address=address()), link.flow)

    def verify_code(self, email: str, code: str, type: str) -> LinkResult:  # noqa: A002
        """Use up the code that the mail carries beside its link; ``type`` is GoTrue's."""
        digits, email = "".join(code.split()), email.strip()
        try:
            outcome = self._opener.enter(type, email, digits, address=address())
        except LinkExpired:
            self.security_log.record_failed_sign_in(email, by="mail")
            raise
        return self._result(outcome)

    def reset_password(
        self, proof: str, new_password: str, *, name: str = "", second_factor: str = ""
    ) -> None:
        """Set the password that a recovery link or an invitation allows; end every session.

        ``name`` goes into the user's metadata. After WeakPassword, SamePassword, WrongCode or
        SecondFactorNeeded the proof is still good: somebody with a second factor gives a code of
        it too, or a recovery code. Raises LinkExpired when the proof is too old or was used.
        """
        allowed = self._new_password.open(proof)
        self._new_password.set(allowed, new_password, name=name, second_factor=second_factor)

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

    def _result(self, outcome: Outcome, flow_id: str = "") -> LinkResult:
        tokens = outcome.tokens
        if tokens is None:
            return LinkResult(outcome.kind)
        email = tokens.claims.email or ""
        if outcome.kind == "email_changed":
            self.security_log.record(tokens.claims.sub, "email_changed", to=email)
        if not outcome.signs_in:
            return LinkResult(
                outcome.kind, proof=self._new_password.proof(outcome.kind, tokens), email=email
            )
        target = self._flows.target(flow_id, email)
        user = self._current.sign_in(tokens)
        return LinkResult(outcome.kind, user=user, email=email, next=safe_next(target, ""))
