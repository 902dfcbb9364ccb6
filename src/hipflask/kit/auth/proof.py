"""``hip.auth.proof``: the signed-in prove once more who they are, before a sensitive action.

One rule for all of them: who has a second factor gives a code of it; else the password; else, and
for whoever has forgotten it, a code that is mailed. The mailbox may stand in for the password
because it resets the password as well; it never stands in for a second factor. (NIST SP 800-63B
section 4.2.3, reauthentication; OWASP ASVS 5.0, 7.5.1 and 7.5.3.)
"""

from __future__ import annotations

from typing import Literal

from hipflask.errors import (
    AuthError,
    InvalidCredentials,
    LinkExpired,
    NotSignedIn,
    WrongCode,
)
from hipflask.kit.data import SERVICE, Database
from hipflask.kit.web.i18n import current_language

from .answers import Tokens
from .attempts import Attempts
from .client import AuthClient
from .current import CurrentSession, address
from .endings import Endings
from .factors import Factors
from .mails import Mails
from .opening import LinkOpener
from .pace import EvenPace
from .security_log import SecurityLog
from .sessions import Session
from .user import User

Way = Literal["code", "password", "mail", "again"]
"""How somebody proves it: ``again`` is signing out and in, for who has no e-mail address."""


class Proof:
    """The proof of whoever is signed in; the session goes on under a new id afterwards."""

    def __init__(
        self,
        client: AuthClient,
        current: CurrentSession,
        factors: Factors,
        opener: LinkOpener,
        mails: Mails,
        endings: Endings,
        attempts: Attempts,
        *,
        db: Database,
        log: SecurityLog,
        pace: EvenPace,
    ) -> None:
        self._client = client
        self._current = current
        self._factors = factors
        self._opener = opener
        self._mails = mails
        self._endings = endings
        self._attempts = attempts
        self._db = db
        self._log = log
        self._pace = pace

    def way(self) -> Way:
        """Return what is asked for. Raises NotSignedIn."""
        session = self._current.whole()
        if session.claims.aal == "aal2":
            return "code"
        if not session.user.email:
            return "again"
        return "password" if has_password(self._db, session.user.id) else "mail"

    def send_code(self, *, language: str = "") -> None:
        """Mail the code that ``by_mail`` takes.

        Raises TooManyAttempts, AuthUnavailable, and AuthRejected where Auth sends no such mails.
        """
        email = self._without_factor().user.email
        if not email:
            raise NotSignedIn("There is no address to send a code to.")
        self._mails.prove(email, language=language or current_language(), visitor=address())

    def give(self, *, code: str = "", password: str = "", mailed: bool = False) -> User:
        """Take the proof that a form brought; ``mailed`` says which kind of code it is."""
        if mailed:
            return self.by_mail(code)
        return self.by_factor(code) if self.way() == "code" else self.by_password(password)

    def by_factor(self, code: str) -> User:
        """Take a code of the second factor. Raises WrongCode, TooManyAttempts, AuthUnavailable."""
        session = self._current.whole()
        if session.claims.aal != "aal2":
            raise WrongCode("The user has shown no second factor.")
        try:
            return self._factors.confirm(code)
        except WrongCode:
            self._log.record(session.user.id, "proof_failed", by="code")
            raise

    def by_password(self, password: str) -> User:
        """Take the password. Raises InvalidCredentials, TooManyAttempts, AuthUnavailable.

        The session of Auth is a new one: GoTrue has no other way to ask for a password.
        """
        session = self._without_factor()
        if not password:
            raise InvalidCredentials("There is no password.")
        with self._pace.keep_failure():
            try:
                tokens = self._client.sign_in_with_password(
                    session.user.email or "", password, address=address()
                )
            except InvalidCredentials:
                self._log.record(session.user.id, "proof_failed", by="password")
                raise
        return self._go_on(session, tokens)

    def by_mail(self, code: str) -> User:
        """Take the code that ``send_code`` has mailed.

        Wrong ones are counted for each user. Raises LinkExpired, TooManyAttempts, AuthUnavailable.
        """
        session = self._without_factor()
        user_id, digits = session.user.id, "".join(code.split())
        if not (digits.isascii() and digits.isdecimal()):
            raise LinkExpired("A mailed code has digits only.")
        self._attempts.begin(user_id, "mail")
        try:
            outcome = self._opener.enter(
                "magiclink", session.user.email or "", digits, address=address()
            )
        except LinkExpired:
            self._log.record(user_id, "proof_failed", by="mail")
            raise
        except AuthError:
            self._attempts.take_back(user_id, "mail")
            raise
        if outcome.tokens is None or not outcome.signs_in:
            # A link that resets the password may be about: its code proves nothing here.
            raise LinkExpired("The code is not one that was asked for here.")
        self._attempts.succeeded(user_id, "mail")
        return self._go_on(session, outcome.tokens)

    def _without_factor(self) -> Session:
        """Return the session of somebody whose second factor is not asked for."""
        session = self._current.whole()
        if session.claims.aal == "aal2":
            raise WrongCode("This needs the second factor.")
        return session

    def _go_on(self, session: Session, tokens: Tokens) -> User:
        if tokens.claims.sub != session.user.id:  # the address has changed hands meanwhile
            raise InvalidCredentials("The proof is somebody else's.")
        user = self._current.replace(tokens)
        self._endings.tell(session)
        return user


def has_password(db: Database, user_id: str) -> bool:
    """Whether somebody can sign in with a password, and not with a provider or a mail alone."""
    row = db.fetch_one_as(SERVICE, "select hipflask.has_password(%s) as found", (user_id,))
    return bool(row and row["found"])
